/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_PHASE_SETTLED_SIGNAL_H
#define INCLUDED_STFT_LIB_KERNEL_PHASE_SETTLED_SIGNAL_H

#include "kernel/phase/settled_coverage.h"
#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <gnuradio/stft/kernel/phase/phase_settings.h>
#include <array>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief The signal that the frames of a stream make, as far as the frames to come reach, and the spectra of it under
 * these.
 *
 * Of settled frames p, whose spectra stay, there are sums
 *
 *     y[n] = sum_p w[n - s_p] f_p[n - s_p],    D[n] = sum_p w[n - s_p]^2,
 *
 * f_p the inverse DFT of frame p; y / D is the signal that istft makes of them. Pending frames, whose spectra may
 * still change, start at most 2 n_fft samples after the first of them, from whose start positions count here; each
 * has a slot, which keeps w f_p. Spectra count their phases from the window's centre. T: type of the samples.
 */
template <class T>
class settled_signal
{
public:
    using real = real_t<T>;
    using complex = std::complex<real>;

    explicit settled_signal(const phase_settings& s);

    //! Another window for the frames to come; n_fft stays.
    void change(const phase_settings& s);
    //! The first pending frame starts `step` samples later than the one before did; what is settled is forgotten if
    //! that is not possible.
    void advance(std::int64_t step);
    //! The frame in a slot, the first pending one, joins the settled ones, if its samples are finite.
    void settle(std::size_t slot);

    struct pending {
        std::size_t slot;
        std::int64_t start;      //!< samples after that of the first pending frame
        const complex* spectrum; //!< null: the slot keeps what it holds
    };
    //! True if the signal goes as far as a frame that starts there.
    bool reaches(std::int64_t start) const;
    //! The signal of the settled frames and of these, the first pending one first; of those that it does not reach,
    //! slots take the spectra.
    void begin(const pending* frames, std::size_t count);
    //! Another spectrum for a frame that is in the signal.
    void replace(std::size_t slot, std::int64_t start, const complex* spectrum);
    //! The signal's spectrum under a frame that it reaches.
    void analyse(std::int64_t start, complex* spectrum);

    static constexpr std::size_t slots = 3;

private:
    static constexpr std::size_t parts = sizeof(T) / sizeof(real); // numbers of a sample

    template <class F>
    void synthesise(const complex* spectrum, F f);
    void take(std::size_t slot, const complex* spectrum);
    //! The sums of a pending frame's samples.
    real* sums_from(std::int64_t start)
    {
        return d_signal.data() + static_cast<std::int64_t>(parts) * start;
    }

    std::size_t d_n_fft, d_length = 0,
                         d_offset = 0; // of the window; of a frame's first sample in a period
    frame_analysis<T> d_forward;
    frame_synthesis<T> d_backward;
    settled_coverage<real> d_coverage;
    // numbers, since loops over std::complex do not become vectors
    volk::vector<real> d_taps;              // each one for every part of a sample
    volk::vector<real> d_settled, d_signal; // sums y
    std::array<volk::vector<real>, slots> d_weighted;
    const real* d_inverse = nullptr;    // 1 / D of d_signal
    std::vector<std::int64_t> d_starts; // of the frames in it
};

} // namespace gr::stft::kernel
#endif
