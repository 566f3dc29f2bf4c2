/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_STFT_ISTFT_H
#define INCLUDED_STFT_KERNEL_STFT_ISTFT_H

#include <gnuradio/stft/kernel/frames/dual.h>
#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <boost/circular_buffer.hpp>
#include <volk/volk_alloc.hh>
#include <memory>

namespace gr::stft::kernel {

/*!
 * \brief The inverse STFT by weighted overlap-add,
 *
 *     y[n] = sum_p w[n - s_p] f_p[n - s_p] / D[n],    D[n] = sum_p |w[n - s_p]|^2,
 *
 * f_p the inverse DFT of frame p. It returns the input of an unmodified STFT wherever D > 0, and of a
 * modified one the least-squares signal (Griffin and Lim, IEEE Trans. ASSP 32, 1984, eq. 6). D counts
 * the frames that were really added, so the ends of a signal and changes of window and hop are exact.
 *
 * Where D <= threshold max D (max over a long signal of the present window and hop), the sample is uncovered and y is 0.
 * With another win_exp a, w^a stands for the window in the overlap-add, and D[n] = sum_p w[n - s_p]^(a + 1): plain overlap-add for 0. It returns the input
 * of an unmodified STFT, too. With a synthesis window d given, y[n] = sum_p d[n - s_p] f_p[n - s_p] without any division.
 *
 * Frames go in one by one with add(); the samples that no later frame can reach then wait in read(), as
 * far as the frame's centre: a signal that has another frame is longer than that in every placement, so
 * never more comes out than went in, and a sample is left for what belongs to the last frame. Sample 0
 * comes out first; what frames hold before it is dropped.
 *
 * T, the type of the samples: float, double, or their complex types.
 */
template <class T>
class STFT_API istft
{
public:
    using complex = std::complex<real_t<T>>; //!< a bin

    /*!
     * \param p the STFT's parameters
     * \param synthesis a dual window, or nothing
     * \param threshold relative, 0 <= threshold < 1; negative: 1e-10, for single precision 1e-6
     * \param strict refuse a hop that leaves samples of a long signal uncovered (NOLA). If not, or if a threshold is given,
     *        such samples are 0
     * \param win_exp power of the window in the overlap-add, 0 .. 16; not 1: of a real window, which is not negative unless it is
     *        an integer, and without synthesis
     * \throws std::invalid_argument as parameters::check(); if synthesis differs from the window in length;
     *         if the hop exceeds the window, or leaves samples uncovered that strict does not let pass
     */
    explicit istft(const parameters& p,
                   const std::vector<std::complex<double>>& synthesis = {},
                   double threshold = -1,
                   bool strict = true,
                   double win_exp = 1);

    //! Bins of a spectrum.
    std::size_t bins() const { return kernel::bins<T>(d_parameters.n_fft); }
    //! The present parameters.
    const parameters& design() const { return d_parameters; }

    //! Position of the next frame's first sample.
    std::int64_t next_start() const { return d_next; }

    //! Position after the last sample under the frames so far.
    std::int64_t covered_end() const { return d_covered; }

    //! Position after the last sample that the frames so far give.
    std::int64_t ends_at() const { return d_covered; }

    //! Another frame follows: if it starts after all samples that earlier ones reach, the zeros
    //! between are ready.
    void expect_next();

    //! The next frame, bins() values; everything that was ready, also by expect_next(), must have been read.
    void add(const complex* spectrum);

    /*!
     * Fast path for the steady state, in which each frame gives hop samples with the same weights:
     * does what add() and read() do, frame by frame.
     * \return the number of frames taken, each of which gave hop samples; 0 unless the next frame
     *        is in steady state
     */
    std::size_t add_run(const complex* spectra, std::size_t frames, T* samples);

    //! Samples that can be read.
    std::size_t ready() const { return static_cast<std::size_t>(d_final - d_read); }

    //! Reads up to count samples, in order from sample 0 on, and returns their number.
    std::size_t read(T* samples, std::size_t count);

    //! Uncovered samples that were read, and those under no frame.
    std::uint64_t uncovered() const { return d_uncovered; }

    //! No more frames: the rest, up to sample length (zeros where no frame was), is ready.
    void finish(std::int64_t length);

    //! Inverts a whole STFT at once: spectra [frame][bin] -> length samples. For a new object.
    void invert(const complex* spectra, std::size_t frames, T* samples, std::int64_t length);

    /*!
     * The next frame starts at start and has these parameters; the bins' number and order stay. Gaps give
     * zeros. Once frames were added, a given synthesis window belongs to the old parameters, and is used no
     * longer.
     * \throws std::invalid_argument as the constructor, but for NOLA (see invertible()); if start lies before
     *         samples that were read, or, while none was, before the last frame; for another n_fft once frames
     *         were added
     */
    void change(const parameters& p, std::int64_t start);

    //! True if every sample of a long signal can be recovered with the present window and hop
    //! (NOLA).
    bool invertible() const;

    //! Before any frame was added: the first one starts here, if it is not where the placement has it.
    void begin_at(std::int64_t start);

    //! Forgets its past: the next frame is the first one again, and starts here.
    void restart(std::int64_t start);

private:
    struct tuning { // one window at one hop
        tuning(const parameters& p,
               const taps_t& taps,
               const taps_t& synthesis,
               double threshold,
               double win_exp);

        kernel::taper<T> taper;
        bool divides; // by the coverage; not where a synthesis window was given
        std::size_t hop, centre, frames_to_steady;
        std::vector<double> weight;    // |w|^2 or w^(a + 1), what a frame adds to D
        double least, smallest;        // what counts as covered; min D / max D
        std::vector<real_t<T>> steady; // 1 / D, or 1, for the samples that a frame makes ready
        std::uint64_t zeros = 0;       // of steady: samples of a hop that are uncovered
    };
    struct placed {
        std::int64_t start;
        const tuning* how; // one of d_tunings
    };

    bool follows_a_run() const;
    std::size_t offset() const;
    T* room();
    template <class F>
    void for_pieces(std::size_t offset, std::size_t begin, std::size_t end, F f) const;
    void overlap_add(const complex* spectrum);
    void remember(std::int64_t start);
    void make_ready(std::int64_t end);
    void weigh();

    parameters d_parameters;
    std::vector<std::complex<double>> d_synthesis;
    double d_threshold, d_exponent;
    std::vector<std::shared_ptr<const tuning>> d_tunings; // the present one and those of d_placed
    const tuning* d_tuning;
    frame_synthesis<T> d_dft;
    volk::vector<T> d_sum; // d_sum[0] is sample d_base; it holds samples as far as d_covered
    std::int64_t d_base, d_next, d_covered, d_final = 0, d_read = 0;
    std::size_t d_run = 0;                   // frames in a row with the present tuning
    boost::circular_buffer<placed> d_placed; // frames that reach samples not yet read
    const real_t<T>* d_weights = nullptr; // for the samples from d_ready_from on; null: as they are
    std::int64_t d_ready_from = 0;
    std::vector<double> d_coverage;
    std::vector<real_t<T>> d_edge_weights;
    std::uint64_t d_uncovered = 0;
};

} // namespace gr::stft::kernel
#endif
