/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_SPEED_WARPED_ROWS_H
#define INCLUDED_STFT_KERNEL_SPEED_WARPED_ROWS_H

#include <gnuradio/stft/kernel/speed/ridge_settings.h>
#include <cstdint>
#include <memory>

namespace gr::stft::kernel {

/*!
 * \brief Spectra of a machine whose speed changes: a bank of time-warped frames, as whitened logarithms of power.
 *
 * Frame p is centred at sample p hop(). For each relative rate a it is read along the time axis
 *     tau(u) = (sqrt(1 + 2 a u) - 1) / a,   u = -T/2 .. T/2,   tau(u) = u for a = 0,
 * y[u] = x(t_p + tau(u)), on which a line at k f (1 + a tau) Hz is a pure tone of k f Hz: all orders of a shaft are
 * sharp at once in the row of its own rate f'/f, however fast it runs up. Row m is ln(1 + P[m] / F[m]), P = |DFT(hann y)|^2,
 * F the running median of P over `whiten` Hz on either side.
 *
 * The DSTFT learns the window of a frame, theta, by descent; here the frame's time axis is what is chosen: a finite
 * bank of warps instead of a length, because a length only trades the resolutions and a warp removes the smear. A
 * tracker chooses from the bank by a shortest path, as the adaptive STFT does from its candidates.
 *
 * Before, samples are decimated by an FIR filter to at least 2.56 f_top (decimation()), and clipped at
 * `limit` medians of their magnitudes in the last second. A sample that is not finite is replaced by the one before; the
 * frames that hold it are damaged(). Frames that hang over an end of the signal are not computed: first() is the number
 * of the first one. Samples may come in chunks of any size, with the same bits. push() and row() do not allocate.
 */
template <class R>
class STFT_API warped_rows
{
public:
    /*!
     * \param s parameters
     * \param memory s of samples before a frame that cut() can still reach when the frame's row is known
     * \param first number of the first sample that comes; the frames' numbers follow it
     * \throws std::invalid_argument as warped_rows_settings::check()
     */
    explicit warped_rows(const warped_rows_settings& s, double memory = 0, std::int64_t first = 0);
    ~warped_rows();
    //!@{
    //! Takes another one's state, which can only be destroyed or assigned to from then on.
    warped_rows(warped_rows&&) noexcept;
    warped_rows& operator=(warped_rows&&) noexcept;
    //!@}

    //! Values of a row, rates x bins(), without making anything. \throws std::invalid_argument as warped_rows_settings::check()
    static std::size_t row_length(const warped_rows_settings& s);

    //! Takes as many of the samples as there is room for, some at least if row() is null, and returns how many.
    std::size_t push(const R* samples, std::size_t count);
    //! Samples that push() takes now, at most.
    std::size_t room() const;
    //! Takes missing samples as push() takes others.
    std::size_t hold(std::size_t count);
    //! No more samples.
    void finish();

    //! The next frame, rates x bins() values, by rates; null if it is not complete.
    const R* row();
    //! Moves on to the frame after it.
    void advance();
    //! Number of the next frame.
    std::int64_t frame() const;
    //! True if the next frame holds a sample that was missing or not finite.
    bool damaged() const;
    //! Samples so far, with those before the first one.
    std::int64_t received() const;

    //! Samples from frame to frame.
    std::size_t hop() const;
    //! s from frame to frame.
    double hop_time() const;
    //! Samples for one of a frame.
    std::size_t decimation() const;
    //! Length of the DFT, in samples at samp_rate / decimation().
    std::size_t n_fft() const;
    //! n_fft() / 2 + 1
    std::size_t bins() const;
    //! Hz from bin to bin.
    double bin_width() const;
    //! Number of the first frame.
    std::int64_t first() const;
    //! Samples after the centre of a frame that its row waits for.
    std::int64_t latency() const;
    //! The parameters.
    const warped_rows_settings& design() const;

    /*!
     * \brief Reads one frame more, after decimation and clipping; where no sample is known it is 0.
     * \param frame number of the frame it is centred at \param rate 1/s, |rate| (count - 1) / sample rate <= 0.9
     * \param count samples, at samp_rate / decimation() \param y gets them
     */
    void cut(std::int64_t frame, double rate, std::size_t count, R* y) const;

private:
    class parts;
    std::unique_ptr<parts> d;
};

} // namespace gr::stft::kernel
#endif
