/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_WARPED_WARPED_STFT_H
#define INCLUDED_STFT_KERNEL_WARPED_WARPED_STFT_H

#include <gnuradio/stft/api.h>
#include <gnuradio/stft/kernel/fields.h>
#include <complex>
#include <memory>
#include <string>
#include <vector>

namespace gr::stft::kernel {

//! Parameters of warped_stft; lengths are in samples. 0 or -1 stands for a default that depends on the other parameters.
struct STFT_API warped_stft_settings {
    std::size_t n_fft = 0; //!< DFT length, >= 64
    double hop = 0;        //!< between frames, a whole number; 0: n_fft / 16
    //! Length of the window, an even number; 0: n_fft / 4, / 2.83 or / 2 in each frame.
    double theta = 0;
    //! Frames n - block .. n + block are measured jointly; -1: theta / (2 hop).
    std::int64_t block = -1;
    std::int64_t lag = -1; //!< frames that the path looks ahead; -1: n_fft / (2 hop)
    //! five times the cost of a change to the next rate of the bank, a 30th of that of a change to the next length
    double smoothness = 0.1;

    /*!
     * \brief Computes the defaults that hold for all lengths, and checks the parameters against each other.
     * \throws std::invalid_argument naming the parameter, its value and the rule
     */
    warped_stft_settings filled() const;

    //! Checks the parameters. \throws std::invalid_argument as in filled()
    void check() const { filled(); }
};

//! Parameters of warped_stft_settings.
template <>
inline constexpr auto fields<warped_stft_settings> =
    std::tuple(field("n_fft", &warped_stft_settings::n_fft).required(),
               field("hop", &warped_stft_settings::hop).automatic(),
               field("theta", &warped_stft_settings::theta).automatic(),
               field("block", &warped_stft_settings::block).automatic(),
               field("lag", &warped_stft_settings::lag).automatic(),
               field("smoothness", &warped_stft_settings::smoothness));

/*!
 * \brief An STFT of a machine whose speed changes: each frame has a relative rate a = f'/f, on whose time axis all orders
 * of a shaft are tones.
 *
 * Frame p is centred at sample p hop, and read along tau(u) = (sqrt(1 + 2 a u) - 1) / a, u = -theta / 2 .. theta / 2. The rate
 * comes from the bank of warped_rows, eleven rates up to 0.75 / theta: the one whose whitened rows ln(1 + P / F)
 * are most concentrated (l1/l2) over a block of frames, by a shortest path. Phases count from the frame's centre.
 *
 * Where no length of the window is given, each frame has one of three, half an octave apart, each with the rate that is
 * found under it. If the speed bends within the longer one of two, all orders are shifted by the same ratio from where they
 * are under the shorter one, and the shorter one errs less; if their shifts disagree, noise does it, and the longer one errs
 * less. A shortest path through the lengths decides, which looks `lag` frames ahead, too. The frames made are those that
 * the middle length has room for.
 *
 * For looking and tracking: samples are interpolated and clipped, and frames that hang over an end of the signal are not
 * made, so there is no inverse.
 */
template <class R>
class STFT_API warped_stft
{
public:
    //! \throws std::invalid_argument as in warped_stft_settings::filled()
    explicit warped_stft(const warped_stft_settings& settings);
    ~warped_stft();
    //!@{
    //! Moves; a moved-from object may only be assigned to or destroyed.
    warped_stft(warped_stft&&) noexcept;
    warped_stft& operator=(warped_stft&&) noexcept;
    //!@}

    //! Settings in force, with defaults filled in.
    const warped_stft_settings& settings() const;
    //! n_fft / 2 + 1
    std::size_t bins() const;
    //! Samples after its centre that a frame waits for.
    std::int64_t latency() const;

    //! Takes samples. \return number of samples taken; at least 1 unless the next frame is decided
    std::size_t push(const R* samples, std::size_t count);
    //! Ends the signal.
    void finish();
    //! Decides the next frame, if the samples suffice. \return true if next() may be called
    bool ready();
    //! Number of the next frame, which is centred at sample frame() hop.
    std::int64_t frame() const;
    //! Length of the window of the frame that next() gave last, before that of the middle one.
    double theta() const;
    //! Writes bins() values of the next frame, or none to null. \return its relative rate, per sample
    double next(std::complex<R>* spectrum);

private:
    struct parts;
    std::unique_ptr<parts> d;
};

} // namespace gr::stft::kernel
#endif
