/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "bessel.h"
#include "named_windows.h"
#include <boost/math/constants/constants.hpp>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>

namespace gr::stft::kernel {
namespace {

using values = named_window::values;
using rule = named_window::rule;

constexpr double pi = boost::math::double_constants::pi;
constexpr double epsilon = std::numeric_limits<double>::epsilon();

/*** Shapes: the symmetric window of n >= 2 values, from legal parameters p ***/

//! f(x) with x = |distance from the centre| = 0 or 1/2 .. (n - 1) / 2.
template <class F>
values even(std::size_t n, F f)
{
    values w(n);
    for (std::size_t i = 0; i <= (n - 1) / 2; ++i)
        w[i] = w[n - 1 - i] = f((n - 1) / 2.0 - i);
    return w;
}

//! Zero for what only rounding keeps from being zero, as at the edges of a Blackman window.
double snap(double value, double scale = 1)
{
    return std::abs(value) < 4 * epsilon * scale ? 0 : value;
}

double sinc(double x) { return x == 0 ? 1 : std::sin(pi * x) / (pi * x); }

values cosine_sum(std::size_t n, const values& a)
{
    double scale = 0;
    for (auto coefficient : a)
        scale += std::abs(coefficient);
    return even(n, [&](double x) {
        double sum = 0;
        for (std::size_t k = 0; k < a.size(); ++k)
            sum += a[k] * std::cos(k * (2 * pi * x / (n - 1.0)));
        return snap(sum, scale);
    });
}

values triang(std::size_t n, const values&)
{
    return even(n, [base = n + n % 2](double x) { return 1 - 2 * x / base; });
}

values bartlett(std::size_t n, const values&)
{
    return even(n, [n](double x) { return 1 - 2 * x / (n - 1.0); });
}

values welch(std::size_t n, const values&)
{
    return even(n, [n](double x) { return 1 - std::pow(2 * x / (n + 1.0), 2); });
}

values parzen(std::size_t n, const values&)
{
    return even(n, [n](double x) {
        const double u = 2 * x / n;
        return x <= (n - 1) / 4.0 ? 1 - 6 * u * u * (1 - u) : 2 * std::pow(1 - u, 3);
    });
}

values bohman(std::size_t n, const values&)
{
    return even(n, [n](double x) {
        const double u = 2 * x / (n - 1.0);
        return snap((1 - u) * std::cos(pi * u) + std::sin(pi * u) / pi);
    });
}

values barthann(std::size_t n, const values&)
{
    return even(n, [n](double x) {
        const double u = x / (n - 1.0);
        return snap(0.62 - 0.48 * u + 0.38 * std::cos(2 * pi * u));
    });
}

values cosine(std::size_t n, const values&)
{
    return even(n, [n](double x) { return std::cos(pi * x / n); });
}

values lanczos(std::size_t n, const values&)
{
    return even(n, [n](double x) { return snap(sinc(2 * x / (n - 1.0))); });
}

values tukey(std::size_t n, const values& p)
{
    const double alpha = std::min(p[0], 1.0);
    return even(n, [n, alpha](double x) {
        const double from_edge = (n - 1) / 2.0 - x, taper = alpha * (n - 1) / 2.0;
        return from_edge < taper ? std::pow(std::sin(pi / 2 * from_edge / taper), 2) : 1;
    });
}

values exponential(std::size_t n, const values& p)
{
    return even(n, [tau = p[0]](double x) { return std::exp(-x / tau); });
}

values off_centre_exponential(std::size_t n, const values& p)
{
    values w(n);
    for (std::size_t i = 0; i < n; ++i)
        w[i] = std::exp(-std::abs(i - p[0]) / p[1]);
    return w;
}

values gaussian(std::size_t n, const values& p)
{
    // in SciPy's order of operations
    return even(n, [std = p[0]](double x) { return std::exp(-(x * x) / (2 * std * std)); });
}

values general_gaussian(std::size_t n, const values& p)
{
    return even(n, [&p](double x) { return std::exp(-0.5 * std::pow(x / p[1], 2 * p[0])); });
}

values kaiser(std::size_t n, const values& p)
{
    const double beta = p[0];
    if (beta < 700) { // in SciPy's order of operations
        const double at_centre = bessel_i0(beta), half = (n - 1) / 2.0;
        return even(n, [=](double x) {
            const double u = x / half;
            return bessel_i0(beta * std::sqrt(1 - u * u)) / at_centre;
        });
    }
    const double at_centre = scaled_bessel(beta);
    return even(n, [=](double x) {
        const double u = 2 * x / (n - 1.0), root = std::sqrt((1 - u) * (1 + u));
        return scaled_bessel(beta * root) / at_centre * std::exp(-beta * u * u / (1 + root));
    });
}

values kaiser_bessel_derived(std::size_t n, const values& p)
{
    auto sums = kaiser(n / 2 + 1, p);
    std::partial_sum(sums.begin(), sums.end(), sums.begin());
    return even(n, [&](double x) {
        return std::sqrt(sums[static_cast<std::size_t>((n - 1) / 2.0 - x)] / sums.back());
    });
}

values taylor(std::size_t n, const values& p)
{
    const auto nbar = static_cast<std::size_t>(p[0]);
    const double a = std::acosh(std::pow(10, p[1] / 20)) / pi;
    const double stretch = nbar * nbar / (a * a + (nbar - 0.5) * (nbar - 0.5));
    values f(nbar, 1.0); // f[0] for the constant, twice the others for the cosines
    for (std::size_t m = 1; m < nbar; ++m) {
        f[m] = m % 2 ? 1 : -1;
        for (std::size_t i = 1; i < nbar; ++i) {
            f[m] *= 1 - m * m / stretch / (a * a + (i - 0.5) * (i - 0.5));
            if (i != m)
                f[m] /= 1 - static_cast<double>(m * m) / (i * i);
        }
    }
    const double scale = p[2] ? std::accumulate(f.begin(), f.end(), 0.0) : 1;
    return even(n, [&](double x) {
        double sum = f[0];
        for (std::size_t m = 1; m < nbar; ++m)
            sum += f[m] * std::cos(2 * pi * m * x / n);
        return sum / scale;
    });
}

/*
 * The window's spectrum is T_N(b cos t), N = n - 1, so its values are that polynomial's Fourier
 * coefficients: 1 at the edge and N a y_k after k steps, with a = 1 - 1/b^2 and the hypergeometric
 * polynomial y_k = 2F1(1 - k, 1 - N + k; 2; a). The contiguous relations of 2F1 give y in O(n),
 * written as differences y_{k+1} - y_k so that all terms are positive and nothing cancels. No DFT,
 * which would bury values below 1e-16 of the largest.
 */
values chebwin(std::size_t n, const values& p)
{
    const double N = n - 1.0;
    const double a = std::pow(std::tanh(std::acosh(std::pow(10, p[0] / 20)) / N), 2);
    values half((n + 1) / 2, 1.0);
    double y = 1, slope = 0;
    for (std::size_t k = 1; k < half.size(); ++k) {
        half[k] = N * a * y;
        if (k + 1 == half.size())
            break;
        slope = slope * (k - 1.0) * (N + 1 - k) / (k * (N - k)) + (N - 2.0 * k) * a * y;
        y += slope * (N - 2.0 * k - 1) / ((N - k - 1) * (k + 1));
    }
    const double largest = *std::max_element(half.begin(), half.end());
    return even(
        n, [&](double x) { return half[static_cast<std::size_t>((n - 1) / 2.0 - x)] / largest; });
}

/*
 * The Slepian sequence v satisfies a tridiagonal eigen-equation (Slepian 1978). With x the distance
 * from the centre it reads
 *     sum over both neighbours of e (v - v') + s x^2 v = lambda v,   s = 2 sin^2(pi NW / n)
 * where e = ((n/2)^2 - (x + 1/2)^2) / 2 belongs to the edge from x to x + 1, and lambda is the least.
 * In this form elimination from the outside to the centre adds positive numbers only: every value
 * comes out accurate, where the usual diagonal, near n^2 / 4, drowns lambda for large n. v is even,
 * so half of it will do; for odd n the centre counts half.
 */
values dpss(std::size_t n, const values& p)
{
    const std::size_t half = (n + 1) / 2;
    const double s = 2 * std::pow(std::sin(pi * p[0] / n), 2);
    values gain(half), pass(half); // of value j, and from value j to value j - 1 and back
    double outside = 0;
    for (std::size_t j = half; j-- > 0;) {
        const double x = j + (n % 2 ? 0 : 0.5);
        const double e = j ? (n / 2.0 - x + 0.5) * (n / 2.0 + x - 0.5) / 2 : 0;
        const double pivot = s * x * x + outside;
        gain[j] = 1 / (pivot + e);
        pass[j] = e * gain[j];
        outside = pass[j] * pivot;
    }
    // Inverse iteration: the next even eigenvalue is at least four times lambda, 4^-30 < 1e-18
    values v(half, 1.0);
    for (int iteration = 0; iteration < 30; ++iteration) {
        if (n % 2)
            v[0] /= 2;
        for (std::size_t j = half - 1; j > 0; --j)
            v[j - 1] += pass[j] * v[j];
        v[0] *= gain[0];
        for (std::size_t j = 1; j < half; ++j)
            v[j] = gain[j] * v[j] + pass[j] * v[j - 1];
        for (std::size_t j = half; j-- > 0;)
            v[j] /= v[0];
    }
    // For even n the maximum lies between two samples; SciPy's approximation of it
    const double peak = n % 2 ? 1 : 1 + p[0] / (static_cast<double>(n) * n);
    return even(n, [&](double x) { return v[static_cast<std::size_t>(x)] / peak; });
}

/*** Rules of their parameters ***/

constexpr rule any{ [](double) { return true; }, "" };
constexpr rule positive{ [](double v) { return v > 0; }, "is not > 0" };
constexpr rule not_negative{ [](double v) { return v >= 0; }, "is not >= 0" };
constexpr rule attenuation{ [](double v) { return v > 0 && v <= 6000; }, "is not in (0, 6000]" };
constexpr rule level{ [](double v) { return v >= 0 && v <= 6000; }, "is not in [0, 6000]" };
constexpr rule count{ [](double v) { return v >= 1 && v <= 1000 && v == std::floor(v); },
                      "is not a whole number in [1, 1000]" };
constexpr rule flag{ [](double v) { return v == 0 || v == 1; }, "is not 0 or 1" };

} // namespace

std::string ten_digits(double value)
{
    std::ostringstream stream;
    stream.precision(10);
    stream << value;
    return stream.str();
}

named_window::values named_window::shape_of::operator()(std::size_t n, const values& p) const
{
    return sampled ? sampled(n, p) : cosine_sum(n, cosines(p));
}

bool named_window::is_called(const std::string& called) const
{
    return called == name || std::find(aliases.begin(), aliases.end(), called) != aliases.end();
}

std::size_t named_window::least() const
{
    return std::count_if(parameters.begin(), parameters.end(), [](const parameter& p) {
        return std::isnan(p.otherwise);
    });
}

bool named_window::takes(std::size_t n) const
{
    return n >= least() && (open_ended || n <= parameters.size());
}

std::string named_window::usage() const
{
    const auto from = least(), to = parameters.size();
    std::string usage = std::to_string(from);
    if (open_ended)
        usage += " or more";
    else if (from < to)
        usage += " to " + std::to_string(to);
    usage += to == 1 && !open_ended ? " parameter" : " parameters";
    for (std::size_t i = 0; i < to; ++i) {
        usage += std::string(i ? ", " : " (") + parameters[i].name;
        if (i >= from)
            usage += " = " + ten_digits(parameters[i].otherwise);
    }
    return usage + (open_ended ? ", ...)" : to ? ")" : "");
}

const std::vector<named_window>& named_windows()
{
    using P = const values&;
    using N = std::size_t;
    // clang-format off
    static const std::vector<named_window> table{
        { "barthann", { "brthan", "bth" }, {}, barthann },
        { "bartlett", { "bart", "brt" }, {}, bartlett },
        { "blackman", { "black", "blk" }, {},
          [](P) { return values{ 0.42, 0.5, 0.08 }; } },
        { "blackmanharris", { "blackharr", "bkh", "blackman_harris" }, {},
          [](P) { return values{ 0.35875, 0.48829, 0.14128, 0.01168 }; } },
        { "bohman", { "bman", "bmn" }, {}, bohman },
        { "boxcar", { "box", "ones", "rect", "rectangular" }, {}, [](P) { return values{ 1 }; } },
        { "chebwin", { "cheb" }, { { "at", attenuation } }, chebwin },
        { "cosine", { "halfcosine", "sine" }, {}, cosine },
        { "dpss", {}, { { "NW", positive } }, dpss,
          [](N length, bool, P p) { return 2 * p[0] < length ? nullptr : "needs a length above 2 NW"; } },
        { "exponential", { "poisson" }, { { "tau", positive, 1 } }, exponential },
        { "exponential", { "poisson" }, { { "center", any }, { "tau", positive } }, off_centre_exponential,
          [](N, bool symmetric, P) { return symmetric ? "must be periodic, its center is given" : nullptr; } },
        { "flattop", { "flat", "flt" }, {},
          [](P) { return values{ 0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368 }; } },
        { "gaussian", { "gauss", "gss" }, { { "std", positive } }, gaussian },
        { "general_cosine", { "general cosine" }, { { "a0", any } }, [](P p) { return p; }, nullptr, true },
        { "general_gaussian", { "general gaussian", "general gauss", "general_gauss", "ggs" },
          { { "p", positive }, { "sig", positive } }, general_gaussian },
        { "general_hamming", { "general hamming" }, { { "alpha", any } },
          [](P p) { return values{ p[0], 1 - p[0] }; } },
        { "hamming", { "hamm", "ham" }, {}, [](P) { return values{ 0.54, 0.46 }; } },
        { "hann", { "han", "hanning" }, {}, [](P) { return values{ 0.5, 0.5 }; } },
        { "kaiser", { "ksr" }, { { "beta", not_negative } }, kaiser },
        { "kaiser_bessel_derived", { "kaiser bessel derived", "kbd" }, { { "beta", not_negative } },
          kaiser_bessel_derived,
          [](N length, bool symmetric, P) {
              return symmetric && length % 2 == 0 ? nullptr : "must be symmetric and of even length";
          } },
        { "lanczos", { "sinc", "riemann" }, {}, lanczos },
        { "nuttall", { "nutl", "nut", "blackman_nuttall" }, {},
          [](P) { return values{ 0.3635819, 0.4891775, 0.1365995, 0.0106411 }; } },
        { "nuttall_cfd", {}, {},
          [](P) { return values{ 0.355768, 0.487396, 0.144232, 0.012604 }; } },
        { "parzen", { "parz", "par" }, {}, parzen },
        { "taylor", { "taylorwin" },
          { { "nbar", count, 4 }, { "sll", level, 30 }, { "norm", flag, 1 } }, taylor },
        { "triang", { "triangle", "tri" }, {}, triang },
        { "tukey", { "tuk" }, { { "alpha", any, 0.5 } }, tukey },
        { "welch", {}, {}, welch },
    };
    // clang-format on
    return table;
}

} // namespace gr::stft::kernel
