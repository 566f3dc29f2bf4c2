/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/dstft/idstft.h>
#include <gnuradio/stft/kernel/frames/threshold.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

template <class T>
double inner_product(const T* a, const T* b, std::size_t count)
{
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i)
        if constexpr (is_real_v<T>)
            sum += static_cast<double>(a[i]) * b[i];
        else
            sum += static_cast<double>(a[i].real()) * b[i].real() +
                   static_cast<double>(a[i].imag()) * b[i].imag();
    return sum;
}

} // namespace

template <class T>
idstft<T>::idstft(std::size_t n_fft, const window_family& window, norm n, double threshold)
    : d_transform([&] {
          if constexpr (is_real_v<T>)
              return dstft<T>(n_fft, window, n, sharing::frame);
          else
              return chirp_dstft<T>(n_fft, window, n);
      }()),
      d_threshold(threshold < 0 ? coverage_threshold<real> : threshold)
{}

template <class T>
void idstft<T>::add(const complex* spectrum, const position& t, double theta, double c)
{
    if (t < d_last)
        refuse("t", t.value(), "must not be before that of the last frame");
    if (is_real_v<T> && c != 0)
        refuse("c",
               c,
               "must be 0 for one-sided spectra, which do not hold all of a signal under a chirp");
    d_last = t;
    expect(t);
    const auto half = static_cast<std::int64_t>(n_fft() / 2);
    const auto end = std::max(d_begin, t.sample + half + 2);
    const auto size = static_cast<std::size_t>(end - d_begin);
    for_sums([size](auto& sums) {
        if (size > sums.capacity())
            sums.reserve(2 * size);
        if (size > sums.size())
            sums.append_zeros(size - sums.size());
    });
    const auto add_to_sums = [&](auto... rates) {
        d_transform.overlap_add(spectrum,
                                t,
                                theta,
                                rates...,
                                d_begin,
                                end,
                                d_numerator.data(),
                                d_denominator.data(),
                                d_peak.data());
    };
    if constexpr (is_real_v<T>)
        add_to_sums();
    else
        add_to_sums(c);
    const auto reach = static_cast<std::int64_t>(std::ceil(t.fraction + theta / 2));
    d_covered = std::max(d_covered, t.sample + reach);
}

template <class T>
void idstft<T>::expect(const position& t)
{
    // a window reaches to its centre -+ n_fft / 2
    d_final = std::max(d_final, t.sample - static_cast<std::int64_t>(n_fft() / 2));
}

template <class T>
void idstft<T>::finish(std::int64_t length)
{
    d_final = std::max(d_begin, length < 0 ? d_covered : length);
}

template <class T>
void idstft<T>::read(T* samples, std::size_t count)
{
    const auto held = d_numerator.size();
    const auto* numerator = d_numerator.data();
    const auto *denominator = d_denominator.data(), *peak = d_peak.data();
    for (std::size_t i = 0; i < count; ++i) {
        const bool covered = i < held && denominator[i] > d_threshold * peak[i];
        samples[i] = covered ? numerator[i] / denominator[i] : T(0);
        d_uncovered += !covered;
    }
    for_sums([count, held](auto& sums) { sums.drop(std::min(count, held)); });
    d_begin += static_cast<std::int64_t>(count);
}

namespace {

//! Power of two by which these values are multiplied before squares of their sums are taken, which else overflow, or are 0; 1 for most.
template <class V>
real_t<V> factor_into_range(const V* values, std::size_t count)
{
    using real = real_t<V>;
    real largest = 0;
    for (std::size_t i = 0; i < count; ++i)
        if constexpr (is_real_v<V>)
            largest = std::max(largest, std::abs(values[i]));
        else
            largest = std::max({ largest, std::abs(values[i].real()), std::abs(values[i].imag()) });
    if (!(largest > 0) || std::isinf(largest))
        return 1;
    constexpr int most = std::numeric_limits<real>::max_exponent * 7 / 16;
    const int exponent = std::ilogb(largest);
    return std::ldexp(real(1), std::clamp(exponent, -most, most) - exponent);
}

//! x = x / factor, which is a power of two
template <class T>
void undo(real_t<T> factor, T* x, std::size_t count)
{
    if (factor != 1)
        std::for_each(x, x + count, [factor](T& v) { v /= factor; });
}

//! A* C A x = right side, for A the transform and C the weights of the bins.
template <class T>
class normal_equations
{
public:
    using real = real_t<T>;
    using complex = std::complex<real>;

    normal_equations(dstft<T>& transform,
                     const std::vector<position>& t,
                     const theta_field& theta,
                     bool twosided,
                     std::size_t length,
                     const wanted_part* part = nullptr)
        : d_transform(transform), d_t(t), d_theta(theta), d_length(length),
          d_begin(part ? part->begin : 0), d_end(part ? part->end : length),
          d_weight(transform.bins(), 1), d_spectrum(transform.bins()), d_diagonal(length, 0.0)
    {
        if (twosided && is_real_v<T>)
            for (std::size_t m = 1; m < (transform.n_fft() + 1) / 2; ++m)
                d_weight[m] = 2;
        for (std::size_t n = 0; n < t.size(); ++n)
            transform.energy(t[n], theta.frame(n), d_weight.data(), 0, end(), d_diagonal.data());
        const double largest = length ? *std::max_element(d_diagonal.begin(), d_diagonal.end()) : 0;
        for (std::size_t k = 0; k < length; ++k) {
            const bool found = d_diagonal[k] > coverage_threshold<real> * largest;
            if (part)
                part->covered[k] = found;
            else if (!found)
                refuse(
                    "t", "sample " + std::to_string(k), "is under no window, so it has no inverse");
            if (!found)
                d_diagonal[k] = std::numeric_limits<double>::infinity(); // x stays 0 there
        }
    }

    //! sum = A* C of the spectra that write(n, spectrum) writes
    template <class Write>
    void adjoint(Write write, std::vector<T>& sum)
    {
        std::fill(sum.begin(), sum.end(), T(0));
        for (std::size_t n = 0; n < d_t.size(); ++n) {
            write(n, d_spectrum.data());
            for (std::size_t m = 0; m < d_spectrum.size(); ++m)
                d_spectrum[m] *= d_weight[m];
            d_transform.pull_back({ nullptr, 0, end() },
                                  d_t[n],
                                  d_theta.frame(n),
                                  d_spectrum.data(),
                                  nullptr,
                                  nullptr,
                                  sum.data());
        }
    }

    //! \param name what the right side was made from, for the message if it is not finite
    convergence solve(const char* name,
                      std::vector<T> right_side,
                      double tolerance,
                      std::size_t max_iterations,
                      T* x)
    {
        std::vector<T> solution(d_length, T(0)), residual(std::move(right_side)),
            preconditioned(d_length), direction(d_length), image(d_length);
        for (std::size_t k = 0; k < d_length; ++k)
            if (std::isinf(d_diagonal[k]))
                residual[k] = 0;
        const double size = extent(residual);
        if (!std::isfinite(size))
            refuse(name, size, "must have finite energy");
        convergence report{ 0, 0 };
        const auto precondition = [&] {
            for (std::size_t k = 0; k < d_length; ++k)
                preconditioned[k] = residual[k] / static_cast<real>(d_diagonal[k]);
            return inner_product(residual.data(), preconditioned.data(), d_length);
        };
        double energy = precondition();
        direction = preconditioned;
        for (report.residual = size > 0 ? 1 : 0;
             report.residual > tolerance && report.iterations < max_iterations;
             ++report.iterations) {
            adjoint(
                [&](std::size_t n, complex* spectrum) {
                    d_transform.analyse(
                        { direction.data(), 0, end() }, d_t[n], d_theta.frame(n), spectrum);
                },
                image);
            const double curvature = inner_product(direction.data(), image.data(), d_length);
            if (!(curvature > 0))
                break; // nothing left but rounding
            const auto step = static_cast<real>(energy / curvature);
            for (std::size_t k = 0; k < d_length; ++k) {
                solution[k] += step * direction[k];
                residual[k] -= std::isinf(d_diagonal[k]) ? T(0) : step * image[k];
            }
            report.residual = extent(residual) / size;
            const double before = energy;
            energy = precondition();
            const auto beta = static_cast<real>(energy / before);
            for (std::size_t k = 0; k < d_length; ++k)
                direction[k] = preconditioned[k] + beta * direction[k];
        }
        std::copy(solution.begin(), solution.end(), x);
        return report;
    }

private:
    std::int64_t end() const { return static_cast<std::int64_t>(d_length); }

    //! Norm of the part that counts.
    double extent(const std::vector<T>& v) const
    {
        return std::sqrt(inner_product(v.data() + d_begin, v.data() + d_begin, d_end - d_begin));
    }

    dstft<T>& d_transform;
    const std::vector<position>& d_t;
    theta_field d_theta;
    std::size_t d_length, d_begin, d_end; // of the signal, of the part of it that counts
    std::vector<real> d_weight;
    std::vector<complex> d_spectrum;
    std::vector<double> d_diagonal;
};

} // namespace

template <class T>
convergence least_squares_inverse(dstft<T>& transform,
                                  const std::complex<real_t<T>>* S,
                                  const std::vector<position>& t,
                                  const theta_field& theta,
                                  bool twosided,
                                  double tolerance,
                                  std::size_t max_iterations,
                                  std::size_t length,
                                  T* x,
                                  const wanted_part* part)
{
    const auto bins = transform.bins();
    normal_equations<T> equations(transform, t, theta, twosided, length, part);
    const auto factor = factor_into_range(S, t.size() * bins);
    std::vector<T> right_side(length);
    equations.adjoint(
        [&](std::size_t n, auto* spectrum) {
            for (std::size_t m = 0; m < bins; ++m)
                spectrum[m] = S[n * bins + m] * factor;
        },
        right_side);
    const auto report = equations.solve("S", std::move(right_side), tolerance, max_iterations, x);
    undo(factor, x, length);
    return report;
}

template <class T>
convergence solve_normal_equations(dstft<T>& transform,
                                   const T* right_side,
                                   const std::vector<position>& t,
                                   const theta_field& theta,
                                   bool twosided,
                                   double tolerance,
                                   std::size_t max_iterations,
                                   std::size_t length,
                                   T* x)
{
    const auto factor = factor_into_range(right_side, length);
    std::vector<T> scaled(right_side, right_side + length);
    for (auto& v : scaled)
        v *= factor;
    const auto report = normal_equations<T>(transform, t, theta, twosided, length)
                            .solve("right_side", std::move(scaled), tolerance, max_iterations, x);
    undo(factor, x, length);
    return report;
}

#define INSTANTIATE(T)                                                                             \
    template class idstft<T>;                                                                      \
    template STFT_API convergence least_squares_inverse(dstft<T>&,                                 \
                                                        const std::complex<real_t<T>>*,            \
                                                        const std::vector<position>&,              \
                                                        const theta_field&,                        \
                                                        bool,                                      \
                                                        double,                                    \
                                                        std::size_t,                               \
                                                        std::size_t,                               \
                                                        T*,                                        \
                                                        const wanted_part*);                       \
    template STFT_API convergence solve_normal_equations(dstft<T>&,                                \
                                                         const T*,                                 \
                                                         const std::vector<position>&,             \
                                                         const theta_field&,                       \
                                                         bool,                                     \
                                                         double,                                   \
                                                         std::size_t,                              \
                                                         std::size_t,                              \
                                                         T*);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(std::complex<float>)
INSTANTIATE(std::complex<double>)

} // namespace gr::stft::kernel
