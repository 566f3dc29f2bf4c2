/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "kernel/simd/logarithm.h"
#include "kernel/simd/run_sums.h"
#include <gnuradio/stft/kernel/dstft/concentration.h>
#include <vector>

namespace gr::stft::kernel {

namespace {

void check_sizes(std::size_t frames, std::size_t bins)
{
    if (bins < 1)
        refuse("bins", bins, "must be 1 or more");
    if (frames < 1)
        refuse("frames", frames, "must be 1 or more");
}

void check_count(std::size_t count)
{
    if (count < 1)
        refuse("a", "no values", "must have one or more");
}

void check_exponent(const char* name, double value)
{
    if (!(value > 0) || !std::isfinite(value))
        refuse(name, value, "must be positive and finite");
}

template <class R>
STFT_LOOP void modulus_of(const R* __restrict parts, std::size_t count, R* __restrict a)
{
    for (std::size_t i = 0; i < count; ++i)
        a[i] = std::sqrt(parts[2 * i] * parts[2 * i] + parts[2 * i + 1] * parts[2 * i + 1]);
}

template <class R>
STFT_LOOP void cotangent_of(const R* __restrict parts,
                            const R* __restrict a,
                            const R* __restrict gradient,
                            std::size_t count,
                            R* __restrict G)
{
    for (std::size_t i = 0; i < count; ++i) {
        const R per_a =
            1 / (a[i] > 0 ? a[i] : R(1)); // finite: an a > 0 is the root of a number > 0
        G[2 * i] = gradient[i] * (parts[2 * i] * per_a);
        G[2 * i + 1] = gradient[i] * (parts[2 * i + 1] * per_a);
    }
}

struct entropy_sums {
    double a, a_log_a;
};

//! The sums, and ln a where logs is not null.
template <class R>
STFT_LOOP entropy_sums take_logs(const R* __restrict a, std::size_t count, R* __restrict logs)
{
    R scratch[short_run];
    entropy_sums total{ 0, 0 };
    for (std::size_t begin = 0; begin < count; begin += short_run) {
        const auto n = std::min(short_run, count - begin);
        const R* in = a + begin;
        R* out = logs ? logs + begin : scratch;
        R sum = 0, weighted = 0;
#pragma omp simd reduction(+ : sum, weighted)
        for (std::size_t i = 0; i < n; ++i) {
            out[i] = natural_log(in[i]);
            sum += in[i];
            weighted += in[i] * out[i];
        }
        total.a += sum;
        total.a_log_a += weighted;
    }
    return total;
}

//! G = (centre - ln a) scale S / a, 0 where a is
template <class R>
STFT_LOOP void entropy_cotangent(const R* __restrict parts,
                                 const R* __restrict a,
                                 const R* __restrict logs,
                                 std::size_t count,
                                 R centre,
                                 R scale,
                                 R* __restrict G)
{
    for (std::size_t i = 0; i < count; ++i) {
        const R factor = (centre - logs[i]) * scale / (a[i] > 0 ? a[i] : R(1));
        G[2 * i] = factor * parts[2 * i];
        G[2 * i + 1] = factor * parts[2 * i + 1];
    }
}

//! logs becomes (centre - ln a) scale, 0 where a is.
template <class R>
STFT_LOOP void
entropy_slope(const R* __restrict a, std::size_t count, R centre, R scale, R* __restrict logs)
{
    for (std::size_t i = 0; i < count; ++i)
        logs[i] = (centre - logs[i]) * (a[i] > 0 ? scale : R(0));
}

//! factor dq/dr (q^(order - 1) per_high - per_plain), r = a unit and q = r or r^2; where it is infinite, 0.
template <class R, bool linear, class Raised>
STFT_LOOP void renyi_slope(Raised raised,
                           const R* __restrict a,
                           std::size_t count,
                           double unit,
                           bool infinite_at_0,
                           double factor,
                           double per_high,
                           double per_plain,
                           R* __restrict slope)
{
    for (std::size_t i = 0; i < count; ++i) {
        const double r = a[i] * unit, q = linear ? r : r * r;
        const double inner = linear ? 1 : 2 * r;
        const R value = bounded<R>(factor * inner * (raised(q) * per_high - per_plain));
        slope[i] = infinite_at_0 && q == 0 ? R(0) : value;
    }
}

//! Adds scale r^(p - 1), r = a unit; where that is infinite, the slope is 0.
template <class R, class Raised>
STFT_LOOP void power_slope(Raised raised,
                           const R* __restrict a,
                           std::size_t count,
                           double unit,
                           double scale,
                           bool infinite_at_0,
                           R* __restrict slope)
{
    for (std::size_t i = 0; i < count; ++i) {
        const R value = bounded<R>(slope[i] + scale * raised(a[i] * unit));
        slope[i] = infinite_at_0 && a[i] == 0 ? R(0) : value;
    }
}

//! The entropy of count values; its gradient times weight.
template <class R>
double weighted_entropy(const R* a, std::size_t count, double weight, R* gradient)
{
    const auto sums = simd::dispatch<take_logs<R>>(a, count, gradient);
    if (sums.a < quiet<R>) {
        if (gradient)
            std::fill_n(gradient, count, R(0));
        return 0;
    }
    const double mean_log = sums.a_log_a / sums.a; // = ln sum a - H
    if (gradient)
        simd::dispatch<entropy_slope<R>>(
            a, count, static_cast<R>(mean_log), static_cast<R>(weight / sums.a), gradient);
    return std::log(sums.a) - mean_log;
}

//! lambda_n, whose sum is positive.
std::vector<double> frame_weights(const double* t, std::size_t frames)
{
    std::vector<double> lambda(frames, 1);
    double sum = 0;
    for (std::size_t n = 0; n < frames; ++n) {
        if (!std::isfinite(t[n]))
            refuse("t", t[n], "must be finite");
        if (frames > 1) {
            const auto before = n == 0 ? 0 : n - 1, after = std::min(n + 1, frames - 1);
            lambda[n] = (t[after] - t[before]) / (after - before == 2 ? 2 : 1);
        }
        sum += lambda[n];
    }
    if (!(sum > 0))
        refuse("t", sum, "the weights made of it must have a positive sum: give ascending centres");
    return lambda;
}

//! kappa of one frame; weight dkappa/da where gradient is not null.
template <class R>
double frame_kurtosis(const R* a, std::size_t bins, double weight, R* gradient)
{
    const auto size = simd::dispatch<extent_of<R>>(a, bins);
    if (size.sum < quiet<R>) {
        if (gradient)
            std::fill_n(gradient, bins, R(0));
        return 0;
    }
    const double unit = 1 / size.top;
    double squares = 0, fourths = 0;
#pragma omp simd reduction(+ : squares, fourths)
    for (std::size_t m = 0; m < bins; ++m) {
        const double r = a[m] * unit, power = r * r;
        squares += power;
        fourths += power * power;
    }
    const auto count = static_cast<double>(bins);
    const double mean = squares / count;
    const double kappa = fourths / count / (mean * mean);
    if (gradient) {
        const double scale = weight * 4 / (count * mean * mean) * unit;
        for (std::size_t m = 0; m < bins; ++m) {
            const double r = a[m] * unit;
            gradient[m] = bounded<R>(scale * r * (r * r - kappa * mean));
        }
    }
    return kappa;
}

} // namespace

template <class R>
void modulus(const std::complex<R>* spectra, std::size_t count, R* a)
{
    simd::dispatch<modulus_of<R>>(reinterpret_cast<const R*>(spectra), count, a);
}

template <class R>
void cotangent(const std::complex<R>* spectra,
               const R* a,
               const R* gradient,
               std::size_t count,
               std::complex<R>* G)
{
    simd::dispatch<cotangent_of<R>>(
        reinterpret_cast<const R*>(spectra), a, gradient, count, reinterpret_cast<R*>(G));
}

template <class R>
void plane_entropy<R>::add(const std::complex<R>* spectrum, std::size_t bins, R* a, R* logs)
{
    modulus(spectrum, bins, a);
    const auto row = simd::dispatch<take_logs<R>>(a, bins, logs);
    d_a += row.a;
    d_a_log_a += row.a_log_a;
}

template <class R>
double plane_entropy<R>::value() const
{
    return d_a < quiet<R> ? 0 : std::log(d_a) - d_a_log_a / d_a;
}

template <class R>
void plane_entropy<R>::cotangent(const std::complex<R>* spectrum,
                                 std::size_t bins,
                                 const R* a,
                                 const R* logs,
                                 std::complex<R>* G) const
{
    if (d_a < quiet<R>) {
        std::fill_n(G, bins, std::complex<R>(0));
        return;
    }
    simd::dispatch<entropy_cotangent<R>>(reinterpret_cast<const R*>(spectrum),
                                         a,
                                         logs,
                                         bins,
                                         static_cast<R>(d_a_log_a / d_a),
                                         static_cast<R>(1 / d_a),
                                         reinterpret_cast<R*>(G));
}

template class plane_entropy<float>;
template class plane_entropy<double>;

template <class R>
double entropy(const R* a, std::size_t count, R* gradient)
{
    check_count(count);
    return weighted_entropy(a, count, 1, gradient);
}

template <class R>
double frame_entropy(const R* a, std::size_t frames, std::size_t bins, R* gradient)
{
    check_sizes(frames, bins);
    const double weight = 1 / static_cast<double>(frames);
    double sum = 0;
    for (std::size_t n = 0; n < frames; ++n)
        sum +=
            weighted_entropy(a + n * bins, bins, weight, gradient ? gradient + n * bins : nullptr);
    return weight * sum;
}

template <class R>
double renyi(const R* a, std::size_t count, double order, int power, R* gradient)
{
    check_count(count);
    check_exponent("order", order);
    if (order == 1)
        refuse("order", order, "must not be 1, which is Shannon's entropy");
    if (power != 1 && power != 2)
        refuse("power", power, "must be 1 or 2");

    const auto size = simd::dispatch<extent_of<R>>(a, count);
    if (size.sum < quiet<R>) {
        if (gradient)
            std::fill_n(gradient, count, R(0));
        return 0;
    }
    const double unit = 1 / size.top;
    double value = 0;
    with_power(order - 1, [&](auto raised) {
        double plain = 0, high = 0;
#pragma omp simd reduction(+ : plain, high)
        for (std::size_t i = 0; i < count; ++i) {
            const double r = a[i] * unit, q = power == 1 ? r : r * r;
            plain += q;
            high += q * raised(q);
        }
        value = (std::log(high) - order * std::log(plain)) / (1 - order);
        if (!gradient)
            return;
        const double factor = order / (1 - order) * unit;
        const auto slope = [&](auto loop) {
            loop(raised, a, count, unit, order < 1, factor, 1 / high, 1 / plain, gradient);
        };
        if (power == 1)
            slope(simd::dispatch<renyi_slope<R, true, decltype(raised)>>);
        else
            slope(simd::dispatch<renyi_slope<R, false, decltype(raised)>>);
    });
    return value;
}

template <class R>
double lp_lq(const R* a, std::size_t count, double p, double q, R* gradient)
{
    check_count(count);
    check_exponent("p", p);
    check_exponent("q", q);
    if (p == q)
        refuse("q", q, "must differ from p");

    const auto size = simd::dispatch<extent_of<R>>(a, count);
    if (size.sum < quiet<R>) {
        if (gradient)
            std::fill_n(gradient, count, R(0));
        return 0;
    }
    const double unit = 1 / size.top;
    const auto power_sum = [&](double exponent) {
        double sum = 0;
        with_power(exponent - 1, [&](auto raised) {
#pragma omp simd reduction(+ : sum)
            for (std::size_t i = 0; i < count; ++i) {
                const double r = a[i] * unit;
                sum += r * raised(r);
            }
        });
        return sum;
    };
    const double p_sum = power_sum(p), q_sum = power_sum(q);
    const double ratio = std::pow(p_sum, 1 / p) / std::pow(q_sum, 1 / q);
    if (!gradient)
        return ratio;
    // both powers at once would compile every pair of forms
    const double p_scale = ratio / p_sum * unit, q_scale = ratio / q_sum * unit;
    const bool infinite_at_0 = std::min(p, q) < 1;
    std::fill_n(gradient, count, R(0));
    const auto add_slope = [&](double exponent, double scale) {
        with_power(exponent - 1, [&](auto raised) {
            simd::dispatch<power_slope<R, decltype(raised)>>(
                raised, a, count, unit, scale, infinite_at_0, gradient);
        });
    };
    add_slope(p, p_scale);
    add_slope(q, -q_scale);
    return ratio;
}

template <class R>
double kurtosis(const R* a,
                std::size_t frames,
                std::size_t bins,
                const double* t,
                R* gradient,
                double* gradient_t,
                double* per_frame)
{
    check_sizes(frames, bins);
    const auto lambda = frame_weights(t, frames);
    double total = 0, sum = 0;
    for (auto weight : lambda)
        total += weight;
    std::vector<double> kappa(frames);
    for (std::size_t n = 0; n < frames; ++n) {
        kappa[n] = frame_kurtosis(
            a + n * bins, bins, lambda[n] / total, gradient ? gradient + n * bins : nullptr);
        sum += lambda[n] * kappa[n];
    }
    const double value = sum / total;
    if (per_frame)
        std::copy(kappa.begin(), kappa.end(), per_frame);
    if (gradient_t) {
        std::fill_n(gradient_t, frames, 0.0);
        for (std::size_t n = 0; frames > 1 && n < frames; ++n) {
            const auto before = n == 0 ? 0 : n - 1, after = std::min(n + 1, frames - 1);
            const double share = (kappa[n] - value) / total / (after - before == 2 ? 2 : 1);
            gradient_t[after] += share;
            gradient_t[before] -= share;
        }
    }
    return value;
}

template <class R>
double tracking_mse(const R* a,
                    std::size_t frames,
                    std::size_t bins,
                    const double* f_true,
                    std::size_t n_fft,
                    double samp_rate,
                    R* gradient,
                    double* f_hat)
{
    check_sizes(frames, bins);
    if (n_fft < 1 || (bins != n_fft && bins != n_fft / 2 + 1))
        refuse("n_fft", n_fft, "must suit the number of bins, " + std::to_string(bins));
    if (!(samp_rate > 0) || !std::isfinite(samp_rate))
        refuse("samp_rate", samp_rate, "must be positive and finite");
    for (std::size_t n = 0; n < frames; ++n)
        if (!std::isfinite(f_true[n]))
            refuse("f_true", f_true[n], "must be finite");

    const double spacing = samp_rate / static_cast<double>(n_fft);
    const auto count = static_cast<double>(frames);
    double errors = 0;
    for (std::size_t n = 0; n < frames; ++n, a += bins) {
        double sum = 0, moment = 0;
#pragma omp simd reduction(+ : sum, moment)
        for (std::size_t m = 0; m < bins; ++m) {
            sum += a[m];
            moment += static_cast<double>(m) * a[m];
        }
        const bool silent = sum < quiet<R>;
        const double centroid = silent ? 0 : spacing * (moment / sum);
        const double error = silent ? 0 : centroid - f_true[n];
        errors += error * error;
        if (f_hat)
            f_hat[n] = centroid;
        if (gradient) {
            const double scale = silent ? 0 : 2 * error / (sum * count);
            for (std::size_t m = 0; m < bins; ++m)
                *gradient++ = bounded<R>(scale * (static_cast<double>(m) * spacing - centroid));
        }
    }
    return errors / count;
}

#define INSTANTIATE(R)                                                                             \
    template void modulus(const std::complex<R>*, std::size_t, R*);                                \
    template void cotangent(                                                                       \
        const std::complex<R>*, const R*, const R*, std::size_t, std::complex<R>*);                \
    template double entropy(const R*, std::size_t, R*);                                            \
    template double frame_entropy(const R*, std::size_t, std::size_t, R*);                         \
    template double renyi(const R*, std::size_t, double, int, R*);                                 \
    template double lp_lq(const R*, std::size_t, double, double, R*);                              \
    template double kurtosis(                                                                      \
        const R*, std::size_t, std::size_t, const double*, R*, double*, double*);                  \
    template double tracking_mse(                                                                  \
        const R*, std::size_t, std::size_t, const double*, std::size_t, double, R*, double*);

INSTANTIATE(float)
INSTANTIATE(double)

} // namespace gr::stft::kernel
