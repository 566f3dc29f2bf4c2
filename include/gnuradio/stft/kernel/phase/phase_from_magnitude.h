/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_PHASE_PHASE_FROM_MAGNITUDE_H
#define INCLUDED_STFT_KERNEL_PHASE_PHASE_FROM_MAGNITUDE_H

#include <gnuradio/stft/kernel/phase/phase_settings.h>
#include <complex>
#include <memory>

namespace gr::stft::kernel {

template <class R>
class phase_rows;

/*!
 * \brief Rows of magnitudes in, spectra out, frame by frame: phases from the magnitudes' gradient. R: float or double.
 *
 * With a Gaussian window of time-frequency ratio gamma (gaussian_fit), the logarithm s of the magnitudes and the
 * phase, in cycles and counted from the window's centre, hold each other's derivatives:
 *
 *     d phase / d frame = k hop / n_fft + hop n_fft / (2 pi gamma) ds / dk,
 *     d phase / dk      = -gamma / (2 pi n_fft hop) ds / d frame.
 *
 * They are integrated by the trapezoidal rule: to a cell from the frame before, or from a neighbour in its own frame,
 * whichever a path over the largest cells comes from. Cells at or below the tolerance, relative to the largest cell
 * of both frames, begin with random phases. ds / d frame looks back (three frames), or with look_ahead one frame in
 * either direction.
 *
 * After Prusa and Sondergaard, "Real-time spectrogram inversion using phase gradient heap integration", DAFx 2016.
 * Their heap hands out cells in the order of the widest path to them (the one whose smallest cell is the largest),
 * since it spreads along a line only; so two scans of a row find the same neighbours in linear time.
 *
 * With iterations, frames become settled one after the other, and their overlap-add is kept. When a frame comes, the
 * phases of the one before it are found again from both sides in time, and from there they are led on to the new one.
 * Then frames are replaced by the STFT of the signal that all of them make, with their own magnitudes: the new one as
 * often as iterations says, and each of those before it that are not settled, two, or one if iterations is 1, once;
 * the oldest of them is settled. Each replacement goes beyond by 0.3 of its way, or 0.2 of the newest frame, since
 * the frame itself is in that signal. What leaves without look-ahead is the new one, replaced once more and 0.6
 * beyond, with look-ahead the one before it: nothing follows from that, so its errors stay in one frame of those that
 * overlap, instead of adding up. Where the logarithm bends upwards in time a zero of the STFT is near, and ds / d
 * frame is taken from differences of squares, (|X_(p + 1)|^2 - |X_(p - 1)|^2) / (4 |X_p|^2). Where two paths meet in
 * a row, path_balance divides what they disagree about, with a weight that is 31 when phases begin and goes down to
 * 1. The agreement with overlapped frames is that of Zhu, Beauregard and Wyse, "Real-time signal estimation from
 * modified short-time Fourier transform magnitude spectra", IEEE Trans. ASLP 15, 2007.
 *
 * Negative magnitudes count as 0; what is not finite is confined to its own cell. Latency: look_ahead frames.
 */
template <class R>
class STFT_API phase_from_magnitude
{
public:
    using complex = std::complex<R>; //!< a bin

    //! \throws std::invalid_argument as phase_settings::check()
    explicit phase_from_magnitude(const phase_settings& s);
    ~phase_from_magnitude();
    phase_from_magnitude(
        phase_from_magnitude&& other) noexcept; //!< `other` may only be assigned to afterwards
    phase_from_magnitude& operator=(
        phase_from_magnitude&& other) noexcept; //!< `other` may only be assigned to afterwards

    //! The settings in force.
    const phase_settings& design() const;
    //! Bins of a row.
    std::size_t bins() const;
    //! First sample under the next frame that goes in.
    std::int64_t start() const;

    //! The next row of magnitudes, bins() values. True if the spectrum of the next frame was written; with
    //! look_ahead, that of the frame before.
    bool push(const R* magnitudes, complex* spectrum);
    //! Writes the spectrum of the frame that waits for another one; false if there is none.
    bool finish(complex* spectrum);

    /*!
     * \brief Other settings from the next frame on, which starts at start. What finish() gives must have been taken.
     * \throws std::invalid_argument as check(), or for another n_fft, other sides or look_ahead, or where one of both
     * has no iterations
     */
    void change(const phase_settings& s, std::int64_t start);
    //! The first frame starts here.
    void begin_at(std::int64_t start);

private:
    std::unique_ptr<phase_rows<R>> d_rows;
};

/*!
 * \brief Phases for all frames of a signal at once: magnitudes [frame][bin] -> spectra [frame][bin].
 *
 * The gradients are those of phase_from_magnitude with iterations, taken from both neighbours of a cell, and the
 * paths lead forwards and backwards in time, from the largest cell to ever smaller ones: Prusa, Balazs and
 * Sondergaard, "A noniterative method for reconstruction of phase from STFT magnitude", IEEE/ACM Trans. ASLP 25,
 * 2017. The tolerance is relative to the largest cell of all.
 *
 * \param s settings; look_ahead does not matter
 * \param magnitudes of each cell, 0 or more
 * \param frames count
 * \param first first sample under frame 0
 * \param spectra where the results go
 * \throws std::invalid_argument as phase_settings::check()
 */
template <class R>
STFT_API void integrate_phases(const phase_settings& s,
                               const R* magnitudes,
                               std::size_t frames,
                               std::int64_t first,
                               std::complex<R>* spectra);

} // namespace gr::stft::kernel
#endif
