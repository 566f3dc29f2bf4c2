/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DSTFT_DIRECT_SUMS_H
#define INCLUDED_STFT_LIB_KERNEL_DSTFT_DIRECT_SUMS_H

#include "kernel/simd/routines.h"
#include "run_transform.h"
#include "running_sums.h"
#include <gnuradio/stft/kernel/dstft/dstft.h>

namespace gr::stft::kernel {

//! The window is factor g(x / theta), and factor goes with theta^-power; for dcunit factor is 1.
struct norm_factor {
    double factor, power;
};
norm_factor norm_scale(norm n, const window_family& window, std::size_t n_fft, double theta);

/*!
 * \brief The part of the DSTFT in which each bin of a frame has a window length of its own: sums over the true support
 * of each window, bins in the lanes of SIMD vectors, no array larger than a frame.
 *
 * Bins m and n_fft / 2 - m share the points exp(2j pi m r / n_fft) they are summed with. Complex samples are two
 * real signals, and bins above n_fft / 2 the conjugates of those below. Hann windows that move by little from frame to
 * frame are summed by running_sums. Bins that share window lengths are left to run_transform where its FFTs are faster.
 */
template <class T>
class direct_sums
{
public:
    using real = real_t<T>;
    using complex = std::complex<real>;

    direct_sums(std::size_t n_fft, const window_family& window, norm n);

    void analyse(const excerpt<T>& x,
                 const position& t,
                 const double* theta,
                 complex* spectrum,
                 complex* by_theta,
                 complex* by_t);
    void pull_back(const excerpt<T>& x,
                   const position& t,
                   const double* theta,
                   const complex* G,
                   double* theta_gradient,
                   double* t_gradient,
                   T* x_gradient);
    void energy(const position& t,
                const double* theta,
                const real* weight,
                std::int64_t begin,
                std::int64_t end,
                double* sum);

private:
    using integer = typename simd::integer_of<real>::type;

    //! Bins with common rotators, one or two sets of them, and the constants of their angles.
    struct group {
        std::size_t count = 0;    // entries; whole vectors, the last bin repeated
        bool alternating = false; // the one set is that of angles pi - angle
        std::vector<std::size_t> bin[2];
        volk::vector<real> kappa, sine_half, cosine_half, sine_scale;
        volk::vector<integer> step;
        volk::vector<real> theta[2], re[2], im[2];
        volk::vector<real> cosine[2][3], sine[2][3];

        int sets() const { return bin[1].empty() ? 1 : 2; }
    };

    //! The cells' norm: S = value G, dS/dtheta = length_g G + slope UG, dS/dt = position_g G + slope D, where
    //! G, UG and D are sums with g(u), u g'(u) and g'(u).
    struct cell_norms {
        volk::vector<real> value, length_g, position_g, slope;
    };

    void add_group(std::size_t from, std::size_t to, bool paired, bool alternating);
    simd::bin_group<real> described(const group& g, std::size_t from = 0) const;
    void prepare(const position& t, const double* theta);
    void prepare_norms(double fraction, const double* theta);
    //! Real or imaginary parts of x about the centre.
    void fold(const excerpt<T>& x, const position& t, bool imaginary);
    //! Bins 0 .. n_fft / 2 of the folded samples, for the window lengths of these bins or of their mirror images.
    //! \param served number of entries of the first group to skip, since run_transform computes
    //!        them
    void sum(const double* theta, bool mirrored, int order, std::size_t served);
    void gather_theta(const double* theta, bool mirrored);
    std::size_t image(std::size_t bin, bool mirrored) const;
    //! d_spread[r] += sum over bins of g Re(weight exp(+-j angle r)); weight(bin) is complex.
    template <class Weight>
    void spread(const double* theta, bool mirrored, Weight weight);
    void clear_spread();
    template <class Add>
    void unfold(const position& t, std::int64_t begin, std::int64_t end, Add add) const;

    std::size_t d_n_fft, d_half;
    window_family d_window;
    norm d_norm;
    std::vector<group> d_groups;
    volk::vector<real> d_after, d_before, d_alternating_after, d_alternating_before;
    volk::vector<real> d_x_after, d_x_before, d_scratch;
    volk::vector<complex> d_half_sums[3], d_sums[3], d_by_theta, d_by_t;
    cell_norms d_norms;
    std::vector<double> d_norms_theta; // what they belong to
    double d_norms_fraction = -1;
    volk::vector<real> d_theta;
    std::vector<double> d_spread_after, d_spread_before, d_group_after, d_group_before;
    std::vector<complex> d_roots, d_turns;
    double d_fraction = 0, d_reach = 0;
    std::unique_ptr<running_sums<T>> d_running;
    run_transform<T> d_of_runs;
};

} // namespace gr::stft::kernel
#endif
