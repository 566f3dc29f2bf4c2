/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_CHIRP_BANK_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_CHIRP_BANK_H

#include "pooled_rows.h"
#include "restart.h"
#include "spectral_whitener.h"
#include <gnuradio/stft/kernel/dstft/position.h>
#include <gnuradio/stft/kernel/frames/frame_dft.h>

namespace gr::stft::kernel {

//! Rates of the coarse stage and of the fine one, in cycles per sample^2, and the window lengths that these take.
struct STFT_API chirp_grid {
    double coarse_theta, fine_theta;
    std::vector<double> rates;   //!< rates from -chirp_max to chirp_max, ascending
    std::vector<double> offsets; //!< differences to a rate of the coarse stage, ascending

    static constexpr double usual = 94; //!< greatest rate by default, times theta_max^2

    explicit chirp_grid(const adaptive_settings& filled);
};

/*!
 * \brief Measures windows that turn with a chirp rate, in three stages: all rates under a window of half the greatest
 * length; a few rates around one of them under the longest window, which tells them apart; and every window length with
 * the rate 0 and with one other rate.
 *
 * The analytic signal of a real one fills half of the band, and every second sample of it all of the band, periodically:
 * with stride 2 DFTs are half as long, and nothing that a turning window moves beyond an end of the band is lost. A
 * criterion could else be lowered by moving energy out of the bins that it sums.
 *
 * Windows that would reach beyond an end of the signal are measured at the nearest position within it; those that are
 * longer than the signal get the sums of the longest that is not. Frames whose samples are not finite have no sums.
 */
template <class R>
class STFT_API chirp_bank
{
public:
    using complex = std::complex<R>;

    //! \param theta window lengths, ascending \param stride 1, or 2 if the signal is analytic
    chirp_bank(const adaptive_settings& s, const std::vector<double>& theta, std::size_t stride);

    const chirp_grid& grid() const { return d_grid; }
    std::size_t lengths() const { return d_lengths.size(); }
    //! Frames from one measurement of a window length to the next.
    std::int64_t interval(std::size_t k) const { return d_lengths[k].every; }

    //! Number of samples under the longest window on either side of its centre.
    std::int64_t reach() const { return d_reach; }

    //! Measures grid().rates in the frame at `centre`, adds it to the rows, and updates the whitener.
    void measure_rates(std::int64_t p,
                       const excerpt<complex>& x,
                       std::int64_t centre,
                       pooled_rows<R>& to);
    //! Measures `rate` plus grid().offsets.
    void measure_offsets(std::int64_t p,
                         const excerpt<complex>& x,
                         std::int64_t centre,
                         double rate,
                         pooled_rows<R>& to);
    //! Measures the window lengths with rate 0, then with `rate`.
    void measure_lengths(std::int64_t p,
                         const excerpt<complex>& x,
                         std::int64_t centre,
                         double rate,
                         pooled_rows<R>& to);

    //! Updates the whitener by the frame at `centre` alone.
    void measure_envelope(std::int64_t p, const excerpt<complex>& x, std::int64_t centre);
    const spectral_whitener<R>& whitener() const { return d_whitener; }

    //! Clears the whitener.
    void reset()
    {
        d_whitener.reset();
        d_whitened = 0;
    }
    //! Carries over the whitener and the counter.
    void take_over(const chirp_bank& other);
    std::uint64_t evaluations() const { return d_evaluations; }

private:
    struct member {
        double theta;
        std::size_t n;      // points of the DFT
        std::int64_t every; // frames
        std::size_t side;   // samples of the stride under the window on either side of its centre
        volk::vector<R> taps;
        frame_analysis<complex> analysis;
        std::size_t weights; // index into d_weights
    };
    struct weight_set {
        std::size_t n;
        volk::vector<R> values;
        std::uint64_t version = 0;
    };

    member member_of(const adaptive_settings& s, double theta);
    bool fits(const member& m, const excerpt<complex>& x) const
    {
        return static_cast<std::int64_t>(2 * m.side * d_stride + 1) <= x.end - x.begin;
    }
    bool finite(const excerpt<complex>& x, std::int64_t centre) const;
    void take(const member& m, const excerpt<complex>& x, std::int64_t centre);
    void turn(const R* by, const R* from, R* to, std::size_t count) const;
    void tabulate(double rate, std::size_t side, R* turns) const;
    void whiten(const member& m);
    void spread_power(std::size_t n);
    const R* transform(member& m, bool whitens);
    criterion_sums sums(member& m, const block_criterion<R>& criterion, bool whitens);

    chirp_grid d_grid;
    std::size_t d_stride;
    std::int64_t d_half, d_reach = 0;
    std::vector<weight_set> d_weights;       // one per DFT length
    std::vector<member> d_lengths, d_stages; // d_stages: of the coarse stage, of the fine one
    spectral_whitener<R> d_whitener;
    std::vector<volk::vector<complex>> d_rates, d_offsets; // exp(-i pi c u^2) under the window
    volk::vector<complex> d_turns, d_product, d_turned, d_spectrum;
    volk::vector<R> d_power, d_q;
    std::vector<double> d_running; // cumulative sums of powers
    std::size_t d_spread = 0;      // bins on either side of one that its power is spread over
    std::int64_t d_whitened = 0;   // frames in the whitener, up to its time constant
    std::uint64_t d_evaluations = 0;
};

} // namespace gr::stft::kernel
#endif
