/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "criteria.h"
#include "kernel/refuse.h"
#include "kernel/simd/logarithm.h"
#include "kernel/simd/run_sums.h"
#include <gnuradio/stft/kernel/dstft/pooled.h>
#include <vector>

namespace gr::stft::kernel {

namespace {

constexpr double silent_power = 1e-30; // relative to the power of the strongest value

template <class R>
const R* parts(const std::complex<R>* values)
{
    return reinterpret_cast<const R*>(values);
}

/*!
 * \brief Sums over the values n - h .. n + h, truncated at the ends, for each n.
 *
 * Each sum is the tail of one stretch of 2h + 1 values plus the head of the next. Differences of
 * cumulative sums would leave the rounding errors of loud frames in quiet ones.
 */
std::vector<double> boxed(const std::vector<double>& values, std::size_t h)
{
    const auto count = values.size(), width = 2 * h + 1;
    std::vector<double> heads(count + 2 * h), sums(count);
    const auto value = [&](std::size_t i) { return i < h || i >= count + h ? 0 : values[i - h]; };
    double head = 0;
    for (std::size_t i = 0; i < heads.size(); ++i)
        heads[i] = head = (i % width ? head : 0) + value(i);
    double tail = 0;
    for (auto n = (count - 1) / width * width + width; n-- > 0;) {
        tail = ((n + 1) % width ? tail : 0) + value(n);
        if (n < count)
            sums[n] = tail + (n % width ? heads[n + 2 * h] : 0);
    }
    return sums;
}

//! Computes power = |scale z|^2.
template <class R>
STFT_LOOP void scaled_power(const R* __restrict z, std::size_t count, R scale, R* __restrict power)
{
    for (std::size_t i = 0; i < count; ++i) {
        const R re = scale * z[2 * i], im = scale * z[2 * i + 1];
        power[i] = re * re + im * im;
    }
}

//! Computes G = scale factor (scale z), in an order in which only the last product may leave the
//! range of R.
template <class R>
STFT_LOOP void apply(const R* __restrict factor,
                     const R* __restrict z,
                     std::size_t count,
                     R scale,
                     R* __restrict G)
{
    for (std::size_t i = 0; i < count; ++i) {
        G[2 * i] = scale * (factor[i] * (scale * z[2 * i]));
        G[2 * i + 1] = scale * (factor[i] * (scale * z[2 * i + 1]));
    }
}

/* Each criterion adds to its value() and slope() as functions of pooled sums: sums() of one frame,
 * from its power p = |S|^2, each bin counting c times; and factor(), computed from the pooled
 * slopes, such that factor S is the cotangent of S. */

template <class R>
struct l1l2 : l1l2_of_sums {
    std::vector<R> root_weight, weight; //!< c sqrt(W), c W

    l1l2(const std::vector<R>& c, const std::vector<R>& W, double) : root_weight(c), weight(c)
    {
        for (std::size_t m = 0; m < c.size(); ++m) {
            root_weight[m] *= std::sqrt(W[m]);
            weight[m] *= W[m];
        }
    }

    criterion_sums sums(const R* p) const
    {
        return simd::dispatch<loop_sums>(root_weight.data(), weight.data(), p, weight.size());
    }

    STFT_LOOP static criterion_sums loop_sums(const R* r, const R* w, const R* p, std::size_t bins)
    {
        criterion_sums total;
        for (std::size_t begin = 0; begin < bins; begin += short_run) {
            const auto end = std::min(begin + short_run, bins);
            R first = 0, power = 0;
#pragma omp simd reduction(+ : first, power)
            for (std::size_t m = begin; m < end; ++m) {
                first += r[m] * std::sqrt(p[m]);
                power += w[m] * p[m];
            }
            total.first += first;
            total.second += power;
        }
        return total;
    }

    void factor(const R* p, const criterion_sums& slope, R* f) const
    {
        simd::dispatch<loop_factor>(root_weight.data(),
                                    weight.data(),
                                    p,
                                    weight.size(),
                                    static_cast<R>(slope.first),
                                    static_cast<R>(2 * slope.second),
                                    f);
    }

    STFT_LOOP static void loop_factor(const R* r,
                                      const R* w,
                                      const R* p,
                                      std::size_t bins,
                                      R first,
                                      R power,
                                      R* __restrict f)
    {
        constexpr R tiny = std::numeric_limits<R>::min();
        for (std::size_t m = 0; m < bins; ++m) {
            const R a = std::sqrt(p[m]);
            f[m] = r[m] * (a > 0 ? first : R(0)) / (a > tiny ? a : tiny) + w[m] * power;
        }
    }
};

template <class R>
struct power_entropy : entropy_of_sums {
    std::vector<R> c, W;

    power_entropy(const std::vector<R>& c, const std::vector<R>& W, double) : c(c), W(W) {}

    criterion_sums sums(const R* p) const
    {
        return simd::dispatch<loop_sums>(c.data(), W.data(), p, W.size());
    }

    STFT_LOOP static criterion_sums loop_sums(const R* c, const R* W, const R* p, std::size_t bins)
    {
        criterion_sums total;
        for (std::size_t begin = 0; begin < bins; begin += short_run) {
            const auto end = std::min(begin + short_run, bins);
            R first = 0, power = 0;
#pragma omp simd reduction(+ : first, power)
            for (std::size_t m = begin; m < end; ++m) {
                const R q = W[m] * p[m];
                first += c[m] * q * natural_log(q);
                power += c[m] * q;
            }
            total.first += first;
            total.second += power;
        }
        return total;
    }

    //! Derivatives of J as dJ/dq = first ln q + second.
    criterion_sums slope(const criterion_sums& s) const { return slope_by_log(s); }

    void factor(const R* p, const criterion_sums& slope, R* f) const
    {
        simd::dispatch<loop_factor>(c.data(),
                                    W.data(),
                                    p,
                                    W.size(),
                                    static_cast<R>(2 * slope.first),
                                    static_cast<R>(2 * slope.second),
                                    f);
    }

    STFT_LOOP static void loop_factor(const R* c,
                                      const R* W,
                                      const R* p,
                                      std::size_t bins,
                                      R first,
                                      R power,
                                      R* __restrict f)
    {
        for (std::size_t m = 0; m < bins; ++m)
            f[m] = c[m] * W[m] * (first * natural_log(W[m] * p[m]) + power);
    }
};

template <class R>
struct power_renyi : renyi_of_sums {
    std::vector<R> c, W;

    power_renyi(const std::vector<R>& c, const std::vector<R>& W, double order)
        : renyi_of_sums{ order }, c(c), W(W)
    {}

    criterion_sums sums(const R* p) const
    {
        criterion_sums total;
        with_power(order - 1, [&](auto raised) {
            double first = 0, power = 0;
#pragma omp simd reduction(+ : first, power)
            for (std::size_t m = 0; m < W.size(); ++m) {
                const double q = static_cast<double>(W[m]) * p[m];
                first += c[m] * (q * raised(q));
                power += c[m] * q;
            }
            total = { first, power };
        });
        return total;
    }

    void factor(const R* p, const criterion_sums& slope, R* f) const
    {
        with_power(order - 1, [&](auto raised) {
            for (std::size_t m = 0; m < W.size(); ++m) {
                const double q = static_cast<double>(W[m]) * p[m];
                f[m] = bounded<R>(2 * c[m] * W[m] * by_q(q, slope, raised));
            }
        });
    }
};

template <class Criterion, class R>
double evaluate(const std::complex<R>* spectra,
                std::size_t frames,
                const pooled_parameters& p,
                const std::vector<R>& c,
                const std::vector<R>& W,
                std::complex<R>* G)
{
    const auto bins = p.bins();
    const auto size = simd::dispatch<extent_of<R>>(parts(spectra), 2 * frames * bins);
    if (size.sum < quiet<R>) {
        if (G)
            std::fill_n(G, frames * bins, std::complex<R>());
        return 0;
    }
    // spectra are scaled so that their largest part is in 1 .. 2 and no power leaves the range of R
    const double scale =
        size.top > 0 && std::isfinite(size.top) ? std::ldexp(1, -std::ilogb(size.top)) : 1;
    const double root_limit = quiet<R> * scale;
    const double limit = std::max(silent_power, root_limit * root_limit);

    const Criterion criterion(c, W, p.order);
    std::vector<R> power(frames * bins);
    simd::dispatch<scaled_power<R>>(
        parts(spectra), power.size(), static_cast<R>(scale), power.data());
    std::vector<double> first(frames), total(frames);
    for (std::size_t n = 0; n < frames; ++n) {
        const auto sums = criterion.sums(power.data() + n * bins);
        first[n] = sums.first;
        total[n] = sums.second;
    }
    const auto h = std::min(p.half_block, frames - 1);
    first = boxed(first, h);
    total = boxed(total, h);

    const auto count = static_cast<double>(frames);
    const auto log = [](double x) { return std::log(x); };
    double loss = 0;
    for (std::size_t n = 0; n < frames; ++n) {
        const criterion_sums block{ first[n], total[n] };
        const bool silent = block.second < limit;
        loss += silent ? 0 : criterion.value(block.first, block.second, log);
        const auto slope = silent ? criterion_sums{} : criterion.slope(block);
        first[n] = slope.first / count;
        total[n] = slope.second / count;
    }
    if (G) {
        // frame n belongs to the blocks n - h .. n + h
        first = boxed(first, h);
        total = boxed(total, h);
        std::vector<R> factor(bins);
        for (std::size_t n = 0; n < frames; ++n) {
            const auto begin = n * bins;
            criterion.factor(power.data() + begin, { first[n], total[n] }, factor.data());
            simd::dispatch<apply<R>>(factor.data(),
                                     parts(spectra + begin),
                                     bins,
                                     static_cast<R>(scale),
                                     reinterpret_cast<R*>(G + begin));
        }
    }
    return loss / count;
}

} // namespace

void pooled_parameters::check() const
{
    if (n_fft < 1)
        refuse("n_fft", n_fft, "must be 1 or more");
    if (criterion == pooled_criterion::renyi && (!(order > 0 && order <= 8) || order == 1))
        refuse("order", order, "must be positive, at most 8, and not 1");
}

template <class R>
double pooled(const std::complex<R>* spectra,
              std::size_t frames,
              const pooled_parameters& p,
              const R* whitening,
              std::complex<R>* G)
{
    p.check();
    if (frames < 1)
        refuse("frames", frames, "must be 1 or more");
    const auto bins = p.bins();
    std::vector<R> c(bins, 1), W(bins, 1);
    if (p.one_sided) {
        c[0] = R(0.5);
        if (p.n_fft % 2 == 0)
            c[bins - 1] = R(0.5);
    }
    if (whitening) {
        R top = 0;
        for (std::size_t m = 0; m < bins; ++m) {
            if (!(whitening[m] >= 0) || !std::isfinite(whitening[m]))
                refuse("whitening", whitening[m], "must not be negative, and finite");
            top = std::max(top, whitening[m]);
        }
        for (std::size_t m = 0; top > 0 && m < bins; ++m) // the scale of the weights cancels
            W[m] = whitening[m] / top;
        if (top == 0)
            W.assign(bins, 0);
    }
    switch (p.criterion) {
    case pooled_criterion::l1l2:
        return evaluate<l1l2<R>>(spectra, frames, p, c, W, G);
    case pooled_criterion::entropy:
        return evaluate<power_entropy<R>>(spectra, frames, p, c, W, G);
    default:
        return evaluate<power_renyi<R>>(spectra, frames, p, c, W, G);
    }
}

template <class R>
void whitener(const std::complex<R>* spectra,
              std::size_t frames,
              std::size_t bins,
              std::size_t width,
              double floor,
              R* W)
{
    if (bins < 1)
        refuse("bins", bins, "must be 1 or more");
    if (frames < 1)
        refuse("frames", frames, "must be 1 or more");
    if (!(floor > 0) || !std::isfinite(floor))
        refuse("floor", floor, "must be positive and finite");

    std::vector<double> power(bins);
    for (std::size_t i = 0; i < frames; ++i)
        for (std::size_t m = 0; m < bins; ++m) {
            const auto z = spectra[i * bins + m];
            const double re = z.real(), im = z.imag();
            power[m] += re * re + im * im;
        }
    width = std::min(width, bins - 1);
    auto envelope = boxed(power, width);
    const auto present = boxed(std::vector<double>(bins, 1), width);
    double mean = 0;
    for (std::size_t m = 0; m < bins; ++m) {
        envelope[m] /= present[m];
        mean += envelope[m] / static_cast<double>(bins);
    }
    for (std::size_t m = 0; m < bins; ++m)
        W[m] = static_cast<R>(mean == 0 ? 1 : mean / (envelope[m] + floor * mean));
}

template double pooled(const std::complex<float>*,
                       std::size_t,
                       const pooled_parameters&,
                       const float*,
                       std::complex<float>*);
template double pooled(const std::complex<double>*,
                       std::size_t,
                       const pooled_parameters&,
                       const double*,
                       std::complex<double>*);
template void
whitener(const std::complex<float>*, std::size_t, std::size_t, std::size_t, double, float*);
template void
whitener(const std::complex<double>*, std::size_t, std::size_t, std::size_t, double, double*);

} // namespace gr::stft::kernel
