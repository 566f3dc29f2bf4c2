/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_FRAME_EMITTER_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_FRAME_EMITTER_H

#include "band_interpolation.h"
#include "frame_descent.h"
#include "theta_bounds.h"
#include <gnuradio/stft/kernel/dstft/chirp_dstft.h>
#include <optional>

namespace gr::stft::kernel {

/*!
 * \brief The next output frame: its window lengths, first those of the bands, then refined by
 * descent; its centre; and its spectrum.
 *
 * Calls for each frame: set_centre(), then repeat() or follow(), then refine() and cover_end() as
 * needed, then emit().
 */
template <class T>
class STFT_API frame_emitter
{
public:
    using complex = std::complex<real_t<T>>;

    //! The window lengths before the first frame are theta_init.
    frame_emitter(const adaptive_settings& s, dstft<T>& transform);

    //! Applies new settings for the same n_fft and bands; the last window lengths are clipped to
    //! the new bounds.
    void configure(const adaptive_settings& s);

    //! Sets the last window lengths, and the last chirp rate to 0. \param theta one, or one per bin, within the bounds
    void set_last(const std::vector<double>& theta);
    //! Window lengths of the last frame: one, or one per bin.
    const std::vector<float>& last() const { return d_last; }

    //! Forgets the window lengths that the total variation compares the next frame with.
    void forget_before() { d_has_before = false; }

    //! Sets the centre of the next frame.
    void set_centre(const position& t) { d_t = t; }
    //! Gives the next frame the window lengths, and the chirp rate, of the last one.
    void repeat();
    //! Gives the next frame the window lengths of the bands. \param log_theta ln theta of each band \param rate chirp rate
    void follow(const double* log_theta, double rate = 0);

    /*!
     * \brief Descends in the next frame's position, or its window lengths, whichever the settings
     * ask for.
     * \param means mean sums per frame of the block around the frame, for each band
     * \param frames number of frames of that block
     */
    void refine(const excerpt<T>& x,
                const criterion_sums* means,
                std::int64_t frames,
                frame_descent<T>& descent);

    //! Lengthens the windows of the last frame so that no sample up to `length` lies where they are
    //! too small to divide by.
    void cover_end(std::int64_t length);

    //! Least and greatest window length of the next frame, and their sum over the bins.
    const theta_statistics& statistics() const { return d_statistics; }
    //! Centre of the next frame.
    const position& t() const { return d_t; }
    //! Chirp rate of the last frame.
    float last_rate() const { return d_last_rate; }

    /*!
     * \brief Transforms the next frame, whose window lengths become last().
     * \param spectrum transform.bins() values, or null
     * \param learned false if window lengths were not found from the signal; those of a repeated frame are not
     */
    void emit(const excerpt<T>& x, complex* spectrum, bool learned);

private:
    void take_cells();
    void clip() { d_statistics = d_bounds.clip(d_theta.data(), d_theta.size()); }
    double farthest(double theta) const;

    adaptive_settings d_settings;
    dstft<T>& d_transform;
    std::optional<chirp_dstft<T>> d_chirped; // where rates are learned
    theta_bounds d_bounds;
    std::optional<band_interpolation> d_over_bins; // where bins have window lengths of their own
    std::vector<float> d_theta, d_last;            // of the next frame, and of the last one
    std::vector<double> d_lengths;                 // d_theta in double precision
    theta_statistics d_statistics{};
    position d_t{ 0, 0 };
    float d_rate = 0, d_last_rate = 0; // of the next frame, and of the last one
    std::vector<double> d_cells,
        d_before;              // ln theta of the bins of the next frame, and of the last one
    bool d_followed = false;   // the next frame has window lengths of the bands
    bool d_has_before = false; // d_before was found from the signal
};

} // namespace gr::stft::kernel
#endif
