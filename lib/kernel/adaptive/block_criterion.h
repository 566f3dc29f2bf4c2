/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_BLOCK_CRITERION_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_BLOCK_CRITERION_H

#include "kernel/dstft/criteria.h"
#include <gnuradio/stft/kernel/adaptive/adaptive_stft.h>
#include <limits>

namespace gr::stft::kernel {

//! Bins begin .. end - 1 of a band whose edges may lie within its first and last bin, which then
//! count in part. The last band of a two-sided spectrum may end within bin 0, which then counts in
//! part as well.
struct bin_band {
    std::size_t begin, end;
    double first_weight, last_weight, bin_0_weight;

    double weight(std::size_t bin) const
    {
        return bin == begin ? first_weight : bin + 1 == end ? last_weight : 1;
    }
};

//! Returns band `index` of `count` bands of equal width of a DFT of n points. One-sided: DC and
//! Nyquist have weight 1/2.
STFT_API bin_band band_of(std::size_t n, bool one_sided, std::size_t index, std::size_t count);

/*!
 * \brief A criterion of concentration as a function of two sums, which may be pooled over frames.
 *
 * The sums are of a and q for l1l2, q ln q and q for entropy, q^order and q for renyi (order 2 for
 * kurtosis), and a ln a and a for the entropies of magnitudes; a = sqrt(q).
 */
template <class R>
class STFT_API block_criterion
{
public:
    explicit block_criterion(const adaptive_settings& s);

    //! True if sums are pooled over frames before value() is taken; if not, the values of the
    //! frames are averaged.
    bool pooled() const { return d_pooled; }

    //! Sums over a band. \param q whitened power of every bin
    criterion_sums sums(const R* q, const bin_band& band) const;
    //! Writes the sums over each of `count` bands.
    void sums(const R* q, const bin_band* bands, std::size_t count, criterion_sums* sums) const;
    //! sums() of q = W power.
    void sums(const R* power,
              const R* W,
              const bin_band* bands,
              std::size_t count,
              criterion_sums* sums) const;

    //! Largest second sum that counts as silence, which has no value.
    static constexpr double least_sum = std::numeric_limits<R>::min() * 1e6;

    //! True if the sums are those of silence, or the second one is NaN.
    static bool silent(const criterion_sums& s) { return !(s.second > least_sum); }
    //! True if both sums are finite and not those of silence.
    static bool usable(const criterion_sums& s);

    //! Returns J of sums that are not silent.
    double value(const criterion_sums& s) const;
    //! Writes J of `count` pairs of sums; it is undefined for those that are not usable.
    void values(const double* first, const double* second, std::size_t count, double* J) const;

    //! Term of a frame's second sum e in the first sum over the energies of frames: sqrt(e), e ln e or e^order. With these
    //! sums, value() is the concentration of the energies.
    double term(double e) const;

    //! Derivatives of J by the two sums.
    criterion_sums slope(const criterion_sums& s) const;

    //! Writes factor[m] = weight 2 W (dJ/dq)(m) for the bins of the band; factor S is the cotangent
    //! of S.
    void factor(const R* q,
                const R* W,
                const bin_band& band,
                const criterion_sums& slope,
                R* factor) const;

private:
    enum class form { root, log, power, magnitude };

    template <class Q>
    void sums_of(Q q, const bin_band* bands, std::size_t count, criterion_sums* sums) const;
    template <class F>
    auto with_form(F f) const;

    form d_form;
    bool d_pooled;
    double d_order;
};

} // namespace gr::stft::kernel
#endif
