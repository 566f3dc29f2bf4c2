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

    //! Bins with common rotators, one or two sets of them, and the constants of their angles.
    struct group {
        std::size_t count = 0; // entries; whole vectors, the last bin repeated
        group_of what = group_of::pairs;
        std::vector<std::size_t> bin[2];
        volk::vector<real> kappa, sine_half, cosine_half, sine_scale;
        volk::vector<integer> step;
        volk::vector<real> theta[2], re[2], im[2];
        volk::vector<real> cosine[2][3], sine[2][3];

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

    void add_group(group_of what, std::size_t from, std::size_t to);
    simd::bin_group<real> described(const group& g, std::size_t from = 0) const;
    std::size_t bin_of(std::size_t bin, half which) const;

    //! Sets the frame's geometry: distances, reach and phases.
    void set_frame(const position& t, const double* theta);
    //! Sets the samples about the centre.
    void fold(const excerpt<T>& x, const position& t, part which);
    simd::folded_frame<real> frame_of(const group& g) const;
    simd::folded_frame<real> frame_without_samples() const;
    void gather_theta(const double* theta, half which);
    //! Sets to[k][m], m = 0 .. n_fft / 2, to the sums of the folded samples for the window lengths of this half.
    void
    sum(const double* theta, half which, int order, std::size_t left_out, complex* const to[3]);
    void sum_all(const excerpt<T>& x,
                 const position& t,
                 const double* theta,
                 int order,
                 std::size_t left_out);
    //! d_spread[r] += sum over bins of g Re(weight exp(+-j angle r)); weight(bin) is complex.
    template <class Weight>
    void spread(const double* theta, half which, Weight weight);
    void clear_spread();
    //! Calls add(k - begin, value) for the samples k under the windows, of begin .. end - 1.
    template <class Add>
    void unfold(const position& t, std::int64_t begin, std::int64_t end, Add add) const;

    std::size_t d_n_fft, d_bins, d_half;
    window_family d_window;
    std::vector<group> d_groups;
    std::vector<complex> d_roots;

    // the frame in hand
    double d_fraction = 0, d_reach = 0;
    std::vector<complex> d_twiddles;
    real_rows d_distance, d_sample, d_alternating;

    // room for results
    volk::vector<complex> d_half_sums[3], d_sums[3];
    sums d_spread, d_group_spread;
    volk::vector<real> d_scratch;
};

} // namespace gr::stft::kernel
#endif
