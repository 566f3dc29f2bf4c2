/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "block_gradient.h"
#include "kernel/simd/dispatch.h"
#include "kernel/simd/power.h"

namespace gr::stft::kernel {

namespace {

//! Computes S = factor S.
template <class R>
STFT_LOOP void apply(const R* __restrict factor, std::size_t count, R* __restrict S)
{
    for (std::size_t m = 0; m < count; ++m) {
        S[2 * m] *= factor[m];
        S[2 * m + 1] *= factor[m];
    }
}

} // namespace

template <class R>
void block_gradient<R>::reserve(std::size_t bins)
{
    for (auto* numbers : { &weight, &q, &factor })
        numbers->assign(bins, 1);
}

template <class R>
void block_gradient<R>::whiten(const spectral_whitener<R>& whitener)
{
    if (weight.empty() || d_version == whitener.version())
        return;
    whitener.weights(n, weight.data());
    d_version = whitener.version();
}

template <class R>
void block_gradient<R>::measure(const complex* spectrum)
{
    simd::dispatch<whitened_power<R>>(
        reinterpret_cast<const R*>(spectrum), weight.data(), q.size(), q.data());
}

template <class R>
descent_point block_gradient<R>::differentiate(complex* spectrum, const criterion_sums& others)
{
    descent_point here;
    measure(spectrum);
    const double scale = 1 / static_cast<double>(n);
    here.own = criterion.sums(q.data(), all) * scale;
    auto block = here.own;
    if (criterion.pooled())
        block += others;
    here.defined = criterion.usable(here.own) && criterion.usable(block);
    if (!here.defined)
        return here;
    here.J = criterion.value(block);
    criterion.factor(q.data(), weight.data(), all, criterion.slope(block) * scale, factor.data());
    simd::dispatch<apply<R>>(factor.data(), factor.size(), reinterpret_cast<R*>(spectrum));
    return here;
}

template struct block_gradient<float>;
template struct block_gradient<double>;

} // namespace gr::stft::kernel
