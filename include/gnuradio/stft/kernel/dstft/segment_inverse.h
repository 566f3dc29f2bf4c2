/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_DSTFT_SEGMENT_INVERSE_H
#define INCLUDED_STFT_KERNEL_DSTFT_SEGMENT_INVERSE_H

#include <gnuradio/stft/kernel/dstft/idstft.h>

namespace gr::stft::kernel {

/*!
 * \brief Inverse of the DSTFT with a window length for each bin of a frame, in a stream of spectra:
 * least squares on one segment of the signal after the other.
 *
 * A segment is solved for together with a margin on either side, from all frames that are centred there, as if the signal
 * ended at the margins' ends. It does not, and what is wrong there for it dies away towards the segment: each n_fft
 * samples weaken it several times, and the margins are thrown away.
 */
template <class T>
class STFT_API segment_inverse
{
public:
    using real = real_t<T>;             //!< the precision of everything
    using complex = std::complex<real>; //!< a bin

    static constexpr std::size_t segment = 16; //!< samples of it, in units of n_fft
    static constexpr std::size_t margin = 8;   //!< on either side, in the same units

    //! \param n_fft DFT length, 2 .. 2^28
    //! \param window the family that the spectra were made with
    //! \param n the norm that they were made with
    //! \param tolerance relative residual of the segment at which iterations stop; negative: 1e-12, for samples in single
    //!        precision 1e-7
    //! \param max_iterations for a segment, 1 or more
    segment_inverse(std::size_t n_fft,
                    const window_family& window,
                    norm n,
                    double tolerance = -1,
                    std::size_t max_iterations = 200);

    //! DFT length.
    std::size_t n_fft() const { return d_transform.n_fft(); }
    //! Bins of a spectrum.
    std::size_t bins() const { return d_transform.bins(); }
    //! Window lengths of a frame.
    static std::size_t thetas(std::size_t n_fft) { return kernel::bins<T>(n_fft); }
    //! True if the value is a window length, as in dstft.
    bool takes(double theta) const { return d_transform.takes(theta); }

    //! Samples by which the output lags behind the centre of the newest frame, at most.
    static std::int64_t latency(std::size_t n_fft)
    {
        return static_cast<std::int64_t>((segment + margin) * n_fft);
    }

    //! The next frame.
    //! \param spectrum bins() values
    //! \param t its centre
    //! \param theta bins() window lengths
    //! \throws std::invalid_argument if t is before that of the last
    void add(const complex* spectrum, const position& t, const double* theta);

    //! No frame will come before t.
    void expect(const position& t) { d_expected = t; }

    //! No more frames; the signal ends at length, or under the last window if length is negative.
    void finish(std::int64_t length = -1);

    //! End of the signal, known after finish().
    std::int64_t end() const { return d_end; }

    //! Samples that can be read, up to the end of a segment, which is solved for if it has to be.
    std::size_t ready();

    //! Takes the first count <= ready() of them.
    void read(T* samples, std::size_t count);

    //! Samples read that no window covered, so far; they are 0.
    std::uint64_t uncovered() const { return d_uncovered; }

    //! Most iterations that a segment took, and largest residual, so far.
    convergence worst() const { return d_worst; }

private:
    struct nearby_frames { // of a segment
        std::vector<complex> spectra;
        std::vector<double> theta;
        std::vector<position> t;
        std::vector<position> spoilt; // of frames with spectra that are not finite
    };

    nearby_frames frames_near(std::int64_t base, std::int64_t stop) const;
    void invert(nearby_frames& frames, const wanted_part& part);
    void spoil(const position& where);
    void solve();
    void forget_frames();

    dstft<T> d_transform;
    double d_tolerance;
    std::size_t d_max_iterations;
    std::int64_t d_segment, d_margin;
    std::int64_t d_solved = 0, d_covered = 0, d_end = -1;
    position d_expected{ INT64_MIN, 0 };
    // of the frames that are still needed
    std::vector<complex> d_spectra;
    std::vector<double> d_theta;
    std::vector<position> d_t;
    // the segment
    std::vector<T> d_samples;
    std::vector<char> d_is_covered;
    std::size_t d_read = 0;
    std::uint64_t d_uncovered = 0;
    convergence d_worst{ 0, 0 };
};

} // namespace gr::stft::kernel
#endif
