/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_BLOCK_CRITERION_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_BLOCK_CRITERION_H

#include "kernel/dstft/criteria.h"
#include <gnuradio/stft/kernel/adaptive/adaptive_stft.h>
#include <limits>

namespace gr::stft::kernel {

//! Bins begin .. end - 1, of which the first and the last count in part: the band's edges lie within them. Bin 0
//! counts as a last one as well in the last band of a circle.
struct bin_band {
    std::size_t begin, end;
    double first_weight, last_weight, bin_0_weight;

    double weight(std::size_t bin) const
    {
        return bin == begin ? first_weight : bin + 1 == end ? last_weight : 1;
    }
};

//! Band `index` of count equal ones of a DFT of n points. One-sided: DC and Nyquist then have weight 1/2.
STFT_API bin_band band_of(std::size_t n, bool one_sided, std::size_t index, std::size_t count);

//! A criterion of concentration as a function of sums, which may be pooled over frames.
template <class R>
class STFT_API block_criterion
{
public:
    explicit block_criterion(const adaptive_settings& s);

    //! Whether sums are pooled over frames; if not, of each frame its value() is.
    bool pooled() const { return d_pooled; }

    //! Over the band; q is the whitened power of every bin.
    criterion_sums sums(const R* q, const bin_band& band) const;
    //! Over each of the bands
    void sums(const R* q, const bin_band* bands, std::size_t count, criterion_sums* sums) const;

    //! A second sum that is not larger is silence, which has no value.
    static constexpr double least_sum = std::numeric_limits<R>::min() * 1e6;

    //! Whether the sums are those of silence, or not finite.
    static bool silent(const criterion_sums& s) { return !(s.second > least_sum); }
    static bool usable(const criterion_sums& s);

    //! J; the sums are not silent
    double value(const criterion_sums& s) const;
    //! J of as many pairs of sums; nothing in particular for those that are not usable
    void values(const double* first, const double* second, std::size_t count, double* J) const;

    //! dJ by the two sums
    criterion_sums slope(const criterion_sums& s) const;

    //! factor[m] = weight 2 W (dJ/dq)(m) for the bins of the band, such that factor S is the cotangent
    void factor(const R* q,
                const R* W,
                const bin_band& band,
                const criterion_sums& slope,
                R* factor) const;

private:
    enum class form { root, log, power, magnitude };

    template <class F>
    auto with_form(F f) const;

    form d_form;
    bool d_pooled;
    double d_order;
};

} // namespace gr::stft::kernel
#endif
