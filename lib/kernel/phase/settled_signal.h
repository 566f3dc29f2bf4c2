/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_PHASE_SETTLED_SIGNAL_H
#define INCLUDED_STFT_LIB_KERNEL_PHASE_SETTLED_SIGNAL_H

#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <gnuradio/stft/kernel/phase/phase_settings.h>
#include <array>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief The signal that the frames of a stream make, as far as the frames to come reach, and the spectra of it under these.
 *
 * Of settled frames p, whose spectra stay, there are sums
 *
 *     y[n] = sum_p w[n - s_p] f_p[n - s_p],    D[n] = sum_p w[n - s_p]^2,
 *
 * f_p the inverse DFT of frame p; y / D is the signal that istft makes of them. Pending frames, whose spectra may still change, start `later` samples,
 * at most 2 n_fft, after the first of them; each has a slot, which keeps w f_p. Spectra count their phases from the window's centre. T: type of the
 * samples.
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
    //! The first pending frame starts `step` samples later than the one before did; what is settled is forgotten if that is not possible.
    void advance(std::int64_t step);
    //! The frame in a slot, the first pending one, joins the settled ones, if its samples are finite.
    void settle(std::size_t slot);

    //! The spectrum of the frame in a slot.
    void take(std::size_t slot, const complex* spectrum);
    //! Settled frames only are in the signal, which goes as far as a pending frame that starts `latest` samples later.
    void begin(std::size_t latest);
    //! So is the frame in a slot.
    void add(std::size_t slot, std::size_t later);
    //! All frames are in it: before the calls that follow.
    void complete();
    //! take(), of a frame that is in the signal.
    void replace(std::size_t slot, std::size_t later, const complex* spectrum);
    //! The signal's spectrum under a pending frame.
    void analyse(std::size_t later, complex* spectrum);

    static constexpr std::size_t slots = 3;

private:
    struct sums {
        std::vector<T> weighted;
        std::vector<real> coverage;
    };

    template <class F>
    void synthesise(const complex* spectrum, F f);
    void add_to(sums& all, std::size_t slot, std::size_t later);

    std::size_t d_length = 0;          // of the signal
    std::size_t d_n_fft, d_offset = 0; // offset: of a frame's first sample in a period
    std::vector<real> d_taps, d_squares;
    real d_least = 0; // coverage that counts
    frame_analysis<T> d_forward;
    frame_synthesis<T> d_backward;
    sums d_settled;
    sums d_signal; // when complete, 1 / coverage instead of it
    std::array<std::vector<T>, slots> d_weighted;
};

} // namespace gr::stft::kernel
#endif
