/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DSTFT_CELLS_DIRECT_H
#define INCLUDED_STFT_LIB_KERNEL_DSTFT_CELLS_DIRECT_H

#include "cell_norms.h"
#include "kernel/simd/routines.h"
#include <gnuradio/stft/kernel/dstft/position.h>
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <complex>

namespace gr::stft::kernel {

/*!
 * \brief Cells by direct sums: each bin of a frame over the true support of its window, bins in the lanes of SIMD
 * vectors, no array larger than a frame. A frame depends on no other one.
 *
 * Bins m and n_fft / 2 - m share the points exp(2j pi m r / n_fft) they are summed with. Complex samples are two
 * real signals, and bins above n_fft / 2 the conjugates of those below.
 */
template <class T>
class cells_direct
{
public:
    using real = real_t<T>;
    using complex = std::complex<real>;

    cells_direct(std::size_t n_fft, const window_family& window);

    //! Bins at both ends of a spectrum can be left out in multiples of this; 0 if none can.
    std::size_t granule() const;

    //! Writes S, dS/dtheta and dS/dt, each unless it is null.
    //! \param n the norms of these window lengths
    //! \param left_out number of lowest and of highest bins whose results are not needed and are undefined;
    //!        a multiple of granule()
    void analyse(const excerpt<T>& x,
                 const position& t,
                 const double* theta,
                 const norm_rows<real>& n,
                 std::size_t left_out,
                 complex* spectrum,
                 complex* by_theta,
                 complex* by_t);

    //! Adds the gradient of samples begin .. end - 1 to x_gradient, as dstft<T>::pull_back() does.
    void pull_back(const position& t,
                   const double* theta,
                   const norm_rows<real>& n,
                   const complex* G,
                   std::int64_t begin,
                   std::int64_t end,
                   T* x_gradient);

    //! Adds the energies of samples begin .. end - 1 to sum, as dstft<T>::energy() does.
    void energy(const position& t,
                const double* theta,
                const norm_rows<real>& n,
                const real* weight,
                std::int64_t begin,
                std::int64_t end,
                double* sum);

private:
    using integer = typename simd::integer_of<real>::type;

    //! The real signal that is summed: complex samples are two.
    enum class part { real, imaginary };
    //! The half of a spectrum that is summed: bins m = 0 .. n_fft / 2, or their images n_fft - m.
    enum class half { lower, upper };
    //! The bins of a group: pairs m and n_fft / 2 - m; bins below n_fft / 4; bins above it, summed with
    //! the points of angle pi - angle and samples of alternating sign.
    enum class group_of { pairs, low_bins, high_bins };

    //! Bins with common rotators, and the constants of their angles: a simd::bin_group that owns its arrays. Arrays of
    //! two are indexed by set, arrays of three by window term.
    struct group {
        std::size_t count = 0; // entries; whole vectors, the last bin repeated
        group_of what = group_of::pairs;
        std::vector<std::size_t> bin[2]; // bin of the entry; no_bin where it repeats another one
        volk::vector<real> kappa, sine_half, cosine_half, sine_scale;
        volk::vector<integer> step;
        volk::vector<real> theta[2], re[2], im[2];
        volk::vector<real> cosine[3], sine[3]; // of one set

        int sets() const { return what == group_of::pairs ? 2 : 1; }
        bool alternates() const { return what == group_of::high_bins; }
    };

    //! Numbers for the samples at a window's centre or after it, and for those before it.
    template <class V>
    struct two_sided {
        V after, before;

        template <class F>
        void for_both(F f)
        {
            f(after);
            f(before);
        }
    };
    using real_rows = two_sided<volk::vector<real>>;
    using sums = two_sided<std::vector<double>>;

    //! A frame whose windows have their places and lengths.
    struct placed_frame {
        position t{ 0, 0 };
        double reach = 0;              // largest distance from t under any window
        real_rows distance;            // from t, of the r-th sample on either side of t.sample
        std::vector<complex> twiddles; // exp(2j pi m t.sample / n_fft) of each bin m
    };

    void add_group(group_of what, std::size_t from, std::size_t to);
    //! The entries of a group from `from` on, with their window lengths in this frame.
    simd::bin_group<real>
    entries(const placed_frame& frame, const group& g, std::size_t from = 0) const;
    std::size_t bin_of(std::size_t bin, half which) const;

    //! Places the windows. \return the frame, valid until the next call
    const placed_frame& place(const position& t, const double* theta);
    //! Sets the samples under the frame's windows, by their distance from t.sample, and their moments where the terms
    //! need them.
    void fold(const excerpt<T>& x, const placed_frame& frame, part which, simd::window_terms terms);
    //! The folded samples, or these times (-1)^r.
    simd::folded_frame<real> samples_for(const placed_frame& frame, bool alternating) const;
    simd::folded_frame<real> distances_of(const placed_frame& frame) const;
    void gather_theta(const double* theta, half which);
    //! Sets to[term][m], m = 0 .. n_fft / 2, to the sums of the folded samples for the window lengths of this half.
    void sum(const placed_frame& frame,
             const double* theta,
             half which,
             simd::window_terms terms,
             std::size_t left_out,
             complex* const to[3]);
    //! Sets d_sums[term][bin] for all bins but those left out.
    void sum_all(const excerpt<T>& x,
                 const placed_frame& frame,
                 const double* theta,
                 simd::window_terms terms,
                 std::size_t left_out);
    //! d_spread[r] += sum over bins of g Re(weight exp(+-j angle r)); weight(bin) is complex.
    template <class Weight>
    void spread(const placed_frame& frame, const double* theta, half which, Weight weight);
    void clear_spread();
    //! Calls add(k - begin, value) for the samples k under the windows, of begin .. end - 1.
    template <class Add>
    void unfold(const placed_frame& frame, std::int64_t begin, std::int64_t end, Add add) const;

    std::size_t d_n_fft, d_bins, d_half;
    window_family d_window;
    std::vector<group> d_groups;
    std::vector<complex> d_roots;

    placed_frame d_frame;                     // the frame in hand
    real_rows d_sample, d_alternating;        // samples of d_frame, and these times (-1)^r
    real_rows d_moment, d_alternating_moment; // both times their distances from t

    // room for results
    volk::vector<complex> d_half_sums[3], d_sums[3]; // [term][bin]
    sums d_spread, d_group_spread;
    volk::vector<real> d_scratch;
};

} // namespace gr::stft::kernel
#endif
