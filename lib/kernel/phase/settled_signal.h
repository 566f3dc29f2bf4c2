/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_PHASE_SETTLED_SIGNAL_H
#define INCLUDED_STFT_LIB_KERNEL_PHASE_SETTLED_SIGNAL_H

#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <gnuradio/stft/kernel/phase/phase_settings.h>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief The signal that the frames of a stream make, as far as the frames to come reach, and the spectra of it under these.
 *
 * Of settled frames p, whose spectra stay, there are sums
 *
 *     y[n] = sum_p w[n - s_p] f_p[n - s_p],    D[n] = sum_p w[n - s_p]^2,
 *
 * f_p the inverse DFT of frame p; y / D is the signal that istft makes of them. Pending frames are those that start `later` samples, less than
 * n_fft, after the first one that is not settled. Spectra count their phases from the window's centre. T: type of the samples.
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
    //! A frame joins the settled ones, if its samples are finite.
    void settle(const complex* spectrum);

    //! Settled frames only are in the signal, which goes as far as a pending frame that starts `latest` samples later.
    void begin(std::size_t latest);
    //! So is a pending frame, of finite samples.
    void add(const complex* spectrum, std::size_t later);
    //! The signal's spectrum under a pending frame.
    void analyse(std::size_t later, complex* spectrum);

private:
    struct sums {
        std::vector<T> weighted;
        std::vector<real> coverage;
    };

    const T* synthesise(const complex* spectrum);
    void add_to(sums& all, std::size_t later);

    std::size_t d_n_fft, d_offset = 0; // offset: of a frame's first sample in a period
    std::vector<real> d_taps, d_squares;
    real d_least = 0; // coverage that counts
    frame_analysis<T> d_forward;
    frame_synthesis<T> d_backward;
    sums d_settled, d_signal;
    std::vector<T> d_frame;
};

} // namespace gr::stft::kernel
#endif
