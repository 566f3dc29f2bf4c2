/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_PHASE_PHASE_VOCODER_H
#define INCLUDED_STFT_KERNEL_PHASE_PHASE_VOCODER_H

#include <gnuradio/stft/kernel/frames/parameters.h>
#include <complex>
#include <memory>
#include <vector>

namespace gr::stft::kernel {

//! Parameters of phase_vocoder.
struct STFT_API vocoder_settings {
    std::size_t n_fft = 0;      //!< DFT length
    std::size_t hop = 0;        //!< samples between frames, of the input and of the output
    std::size_t win_length = 0; //!< samples under the window; 0: n_fft
    placement where = placement::centred;          //!< placement of the frames
    phase_reference phase{ "centre" };             //!< phase reference of the spectra
    kernel::sides sides = kernel::sides::onesided; //!< bins of a spectrum, and their order
    double rate = 1; //!< speed: seconds of the input in a second of the output, 0.01 .. 100

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! Bins of a spectrum.
    std::size_t bins() const { return kernel::bins(sides, n_fft); }
    //! The parameters of the STFT but for its window.
    parameters frames_of() const;
};

//! Parameters of vocoder_settings.
template <>
inline constexpr auto fields<vocoder_settings> =
    std::tuple(field("n_fft", &vocoder_settings::n_fft).required(),
               field("hop", &vocoder_settings::hop).required(),
               field("rate", &vocoder_settings::rate).changeable(),
               field("win_length", &vocoder_settings::win_length).automatic(),
               field("placement", &vocoder_settings::where, placement_named),
               field("phase", &vocoder_settings::phase, phase_reference::named),
               field("sides", &vocoder_settings::sides, sides_named));

/*!
 * \brief Middle of a window's energy, in samples from sample size / 2 of its taps.
 *
 * Half a sample for periodic windows of odd size, minus half a sample for symmetric ones of even size. What is as
 * near to a multiple of 1/2 as taps in single precision is one.
 */
STFT_API double window_centre(const std::vector<std::complex<double>>& taps);

//! Rounding of positions in frames, which are sums of rates.
inline constexpr double position_rounding = 1e-9;

template <class R>
class vocoder_rows;

/*!
 * \brief Spectra in, those of the same sound at another speed out: the pitch stays, the duration changes. R: float or
 * double.
 *
 * Output frame j shows the input at the position a_j = a_(j-1) + rate, in frames. Magnitudes are interpolated between
 * two frames. Phases advance by the mean frequency in each bin, which the phases of input frames tell, over one hop;
 * along the bins they change by 1 / rate times what they do in the input, so that what is short stays short. A bin
 * takes its phase from the frame before or from a neighbour as in phase_from_magnitude: over the largest cells. After
 * Prusa and Holighaus, "Phase vocoder done right", EUSIPCO 2017.
 *
 * As long as the rate has been 1, output frames are the input's, to the bit. What is not finite is confined to its
 * bin and frames.
 */
template <class R>
class STFT_API phase_vocoder
{
public:
    using complex = std::complex<R>; //!< a bin

    //! \throws std::invalid_argument as vocoder_settings::check()
    explicit phase_vocoder(const vocoder_settings& s);
    ~phase_vocoder();
    phase_vocoder(phase_vocoder&& other) noexcept; //!< `other` may only be assigned to afterwards
    //! `other` may only be assigned to afterwards.
    phase_vocoder& operator=(phase_vocoder&& other) noexcept;

    //! The settings in force.
    const vocoder_settings& design() const;
    //! Bins of a spectrum.
    std::size_t bins() const;

    //! True if a frame can be pulled; if not, one has to be pushed.
    bool ready() const;
    //! The next frame of the input, bins() values. To be called while nothing is ready.
    void push(const complex* spectrum);
    //! The next frame of the output. To be called while one is ready.
    void pull(complex* spectrum);
    //! No more frames will be pushed: those that waited for another one are ready.
    void finish();

    //! Frames pushed so far.
    std::int64_t frames_in() const;
    //! Position of the next output frame in the input, in frames: its whole part and the rest.
    std::int64_t frame() const;
    //! The rest of it.
    double fraction() const;
    //! First sample under the next output frame.
    std::int64_t start() const;
    //! First sample under the next input frame.
    std::int64_t start_in() const;

    /*!
     * \brief Tells where the window has its middle, in samples from sample win_length / 2 of a frame, as
     * window_centre() tells; 0 at first.
     *
     * What is as long as the frame stays there; other parts of a frame move away from it as the sound gets slower.
     */
    void set_window_centre(double samples);

    //! Another speed: from the next frame that is pulled to the one after it. \throws std::invalid_argument unless
    //! 0.01 .. 100
    void set_rate(double rate);

    /*!
     * \brief Another stream follows: its first frame comes out as it is.
     * \param s settings of the same n_fft and sides
     * \param start_in,start first samples under its first frame, in the input and in the output
     */
    void restart(const vocoder_settings& s, std::int64_t start_in, std::int64_t start);

private:
    std::unique_ptr<vocoder_rows<R>> d_rows;
};

} // namespace gr::stft::kernel
#endif
