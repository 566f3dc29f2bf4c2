/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "block_criterion.h"
#include "kernel/simd/logarithm.h"
#include "kernel/simd/run_sums.h"

namespace gr::stft::kernel {

namespace {

constexpr std::size_t lanes =
    16; // partial sums; the same for every processor, and so is the result

//! Whitened powers that are given as such.
template <class R>
struct given_powers {
    const R* q;
    STFT_LOOP R operator[](std::size_t m) const { return q[m]; }
};

//! Whitened powers that are products.
template <class R>
struct weighted_powers {
    const R *power, *W;
    STFT_LOOP R operator[](std::size_t m) const { return W[m] * power[m]; }
};

//! Terms in the two sums of a bin whose whitened power is q.
template <class R>
struct root_terms {
    using sum = R;
    STFT_LOOP void operator()(R q, R& first, R& second) const
    {
        first = std::sqrt(q);
        second = q;
    }
};

template <class R>
struct log_terms {
    using sum = R;
    STFT_LOOP void operator()(R q, R& first, R& second) const
    {
        first = q * natural_log(q);
        second = q;
    }
};

template <class R>
struct magnitude_terms {
    using sum = R;
    STFT_LOOP void operator()(R q, R& first, R& second) const
    {
        const R a = std::sqrt(q);
        first = R(0.5) * a * natural_log(q);
        second = a;
    }
};

//! Sums in double precision, since fourth powers of magnitudes leave the range of float. raised(q) is q^(order - 1).
template <class R, class Raised>
struct power_terms {
    using sum = double;
    Raised raised;
    STFT_LOOP void operator()(R q, double& first, double& second) const
    {
        second = q;
        first = second * raised(second);
    }
};

//! Adds up values. \param count a multiple of `lanes`
template <class A>
STFT_LOOP A sum_of(const A* values, std::size_t count)
{
    A sum[lanes] = {};
    for (std::size_t i = 0; i < count; i += lanes)
        for (std::size_t l = 0; l < lanes; ++l)
            sum[l] += values[i + l];
    for (std::size_t l = 0; l < 8; ++l)
        sum[l] += sum[l + 8];
    for (std::size_t l = 0; l < 4; ++l)
        sum[l] += sum[l + 4];
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

//! Two sums over the bins of each band; short runs of bins are added up in type Terms::sum, the runs in double precision.
template <class Terms, class Q>
STFT_LOOP void
in_bands(Terms f, Q q, const bin_band* bands, std::size_t count, criterion_sums* sums)
{
    using A = typename Terms::sum;
    const auto weighted = [&](std::size_t m, double weight) STFT_INLINE {
        A first, second;
        f(q[m], first, second);
        return criterion_sums{ first, second } * weight;
    };
    for (std::size_t b = 0; b < count; ++b) {
        const auto& band = bands[b];
        const auto last = band.end - 1;
        auto total = weighted(last, band.last_weight);
        if (band.first_weight != 1)
            total += weighted(band.begin, band.first_weight - 1);
        if (band.bin_0_weight > 0)
            total += weighted(0, band.bin_0_weight);
        for (auto begin = band.begin; begin < last; begin += short_run) {
            const auto run = std::min(short_run, last - begin);
            A first[short_run], second[short_run];
            for (std::size_t m = 0; m < run; ++m)
                f(q[begin + m], first[m], second[m]);
            auto whole = run;
            for (; whole % lanes != 0; ++whole)
                first[whole] = second[whole] = 0;
            total += { sum_of(first, whole), sum_of(second, whole) };
        }
        sums[b] = total;
    }
}

//! Computes J of `count` pairs of sums.
template <class Form>
STFT_LOOP void values_of(Form form,
                         const double* __restrict first,
                         const double* __restrict second,
                         std::size_t count,
                         double* __restrict J)
{
    for (std::size_t i = 0; i < count; ++i)
        J[i] = form.value(first[i], second[i], [](double x) STFT_INLINE { return natural_log(x); });
}

template <class R>
STFT_LOOP void
root_factor(const R* q, const R* W, std::size_t count, R first, R second, R* __restrict f)
{
    constexpr R tiny = std::numeric_limits<R>::min();
    for (std::size_t m = 0; m < count; ++m) {
        const R a = std::sqrt(q[m]);
        f[m] = W[m] * ((a > 0 ? first : R(0)) / (a > tiny ? a : tiny) + 2 * second);
    }
}

template <class R>
STFT_LOOP void
log_factor(const R* q, const R* W, std::size_t count, R first, R second, R* __restrict f)
{
    for (std::size_t m = 0; m < count; ++m)
        f[m] = 2 * W[m] * (first * (natural_log(q[m]) + 1) + second);
}

template <class R>
STFT_LOOP void
magnitude_factor(const R* q, const R* W, std::size_t count, R first, R second, R* __restrict f)
{
    constexpr R tiny = std::numeric_limits<R>::min();
    for (std::size_t m = 0; m < count; ++m) {
        const R a = std::sqrt(q[m]);
        const R slope = first * (R(0.5) * natural_log(q[m]) + 1) + second;
        f[m] = W[m] * (a > 0 ? slope : R(0)) / (a > tiny ? a : tiny);
    }
}

} // namespace

bin_band band_of(std::size_t n, bool one_sided, std::size_t index, std::size_t count)
{
    if (!one_sided && count == 1)
        return { 0, n, 1, 1, 0 };
    // bin m reaches from m - 1/2 to m + 1/2
    const double width = static_cast<double>(n) / (one_sided ? 2 : 1) / static_cast<double>(count);
    const double from = width * static_cast<double>(index),
                 to = width * static_cast<double>(index + 1);
    const double first = std::floor(from + 0.5);
    double last = std::ceil(to - 0.5), last_weight = to - (last - 0.5);
    double bin_0 = 0;
    if (!one_sided && last >= static_cast<double>(n)) {
        bin_0 = last_weight;
        last = static_cast<double>(n - 1);
        last_weight = 1;
    }
    return { static_cast<std::size_t>(first),
             static_cast<std::size_t>(last) + 1,
             first + 0.5 - from,
             last_weight,
             bin_0 };
}

template <class R>
block_criterion<R>::block_criterion(const adaptive_settings& s)
    : d_pooled(is_pooled(s.criterion)),
      d_order(s.criterion == adaptive_criterion::kurtosis ? 2 : s.order)
{
    switch (s.criterion) {
    case adaptive_criterion::l1l2:
    case adaptive_criterion::automatic: // of theta alone
        d_form = form::root;
        break;
    case adaptive_criterion::entropy:
        d_form = form::log;
        break;
    case adaptive_criterion::renyi:
    case adaptive_criterion::kurtosis:
        d_form = form::power;
        break;
    default:
        d_form = form::magnitude;
    }
}

template <class R>
template <class Q>
void block_criterion<R>::sums_of(Q q,
                                 const bin_band* bands,
                                 std::size_t count,
                                 criterion_sums* sums) const
{
    switch (d_form) {
    case form::root:
        return simd::dispatch<in_bands<root_terms<R>, Q>>({}, q, bands, count, sums);
    case form::log:
        return simd::dispatch<in_bands<log_terms<R>, Q>>({}, q, bands, count, sums);
    case form::magnitude:
        return simd::dispatch<in_bands<magnitude_terms<R>, Q>>({}, q, bands, count, sums);
    case form::power:
        break;
    }
    with_power(d_order - 1, [&](auto raised) {
        using terms = power_terms<R, decltype(raised)>;
        simd::dispatch<in_bands<terms, Q>>(terms{ raised }, q, bands, count, sums);
    });
}

template <class R>
void block_criterion<R>::sums(const R* q,
                              const bin_band* bands,
                              std::size_t count,
                              criterion_sums* sums) const
{
    sums_of(given_powers<R>{ q }, bands, count, sums);
}

template <class R>
void block_criterion<R>::sums(const R* power,
                              const R* W,
                              const bin_band* bands,
                              std::size_t count,
                              criterion_sums* sums) const
{
    sums_of(weighted_powers<R>{ power, W }, bands, count, sums);
}

template <class R>
criterion_sums block_criterion<R>::sums(const R* q, const bin_band& band) const
{
    criterion_sums one;
    sums(q, &band, 1, &one);
    return one;
}

template <class R>
bool block_criterion<R>::usable(const criterion_sums& s)
{
    return std::isfinite(s.first) && std::isfinite(s.second) && !silent(s);
}

//! Calls f with the criterion as a function of its sums.
template <class R>
template <class F>
auto block_criterion<R>::with_form(F f) const
{
    switch (d_form) {
    case form::root:
        return f(l1l2_of_sums{});
    case form::power:
        return f(renyi_of_sums{ d_order });
    default:
        return f(entropy_of_sums{});
    }
}

template <class R>
double block_criterion<R>::value(const criterion_sums& s) const
{
    return with_form([&](auto form) {
        return form.value(s.first, s.second, [](double x) { return std::log(x); });
    });
}

template <class R>
double block_criterion<R>::term(double e) const
{
    switch (d_form) {
    case form::root:
        return std::sqrt(e);
    case form::power:
        return std::pow(e, d_order);
    default:
        return e > 0 ? e * std::log(e) : 0;
    }
}

template <class R>
void block_criterion<R>::values(const double* first,
                                const double* second,
                                std::size_t count,
                                double* J) const
{
    with_form([&](auto form) {
        simd::dispatch<values_of<decltype(form)>>(form, first, second, count, J);
    });
}

template <class R>
criterion_sums block_criterion<R>::slope(const criterion_sums& s) const
{
    return with_form([&](auto form) { return form.slope(s); });
}

template <class R>
void block_criterion<R>::factor(const R* q,
                                const R* W,
                                const bin_band& band,
                                const criterion_sums& slope,
                                R* factor) const
{
    const auto count = band.end - band.begin;
    q += band.begin;
    W += band.begin;
    factor += band.begin;
    const auto first = static_cast<R>(slope.first), second = static_cast<R>(slope.second);
    switch (d_form) {
    case form::root:
        simd::dispatch<root_factor<R>>(q, W, count, first, second, factor);
        break;
    case form::log:
        simd::dispatch<log_factor<R>>(q, W, count, first, second, factor);
        break;
    case form::magnitude:
        simd::dispatch<magnitude_factor<R>>(q, W, count, first, second, factor);
        break;
    case form::power:
        with_power(d_order - 1, [&](auto raised) {
            for (std::size_t m = 0; m < count; ++m) {
                const double dq = renyi_of_sums{ d_order }.by_q(q[m], slope, raised);
                factor[m] = bounded<R>(2 * W[m] * dq);
            }
        });
    }
    factor[0] *= static_cast<R>(band.first_weight);
    factor[count - 1] *= static_cast<R>(band.last_weight);
}

template class block_criterion<float>;
template class block_criterion<double>;

} // namespace gr::stft::kernel
