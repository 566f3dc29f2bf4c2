/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "bessel.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/frames/window.h>
#include <boost/math/constants/constants.hpp>
#include <gnuradio/fft/window.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace gr::stft::kernel {
namespace {

using values = std::vector<double>;

constexpr double pi = boost::math::double_constants::pi;
constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double required = std::numeric_limits<double>::quiet_NaN();

std::string text(double value)
{
    std::ostringstream stream;
    stream.precision(10);
    stream << value;
    return stream.str();
}

[[noreturn]] void refuse(const std::string& value, const std::string& rule)
{
    throw std::invalid_argument("window: " + value + " " + rule);
}

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

/*** The families: names, parameters, rules ***/

struct rule {
    bool (*holds)(double);
    const char* text;
};
constexpr rule any{ [](double) { return true; }, "" };
constexpr rule positive{ [](double v) { return v > 0; }, "is not > 0" };
constexpr rule not_negative{ [](double v) { return v >= 0; }, "is not >= 0" };
constexpr rule attenuation{ [](double v) { return v > 0 && v <= 6000; }, "is not in (0, 6000]" };
constexpr rule level{ [](double v) { return v >= 0 && v <= 6000; }, "is not in [0, 6000]" };
constexpr rule count{ [](double v) { return v >= 1 && v <= 1000 && v == std::floor(v); },
                      "is not a whole number in [1, 1000]" };
constexpr rule flag{ [](double v) { return v == 0 || v == 1; }, "is not 0 or 1" };

struct parameter {
    const char* name;
    const rule& legal;
    double otherwise = required;
};

//! The values themselves, or the amplitudes of the cosines that they are a sum of.
struct shape_of {
    values (*sampled)(std::size_t n, const values& p) = nullptr;
    values (*cosines)(const values& p) = nullptr;

    template <class F>
    shape_of(F f)
    {
        if constexpr (std::is_invocable_v<F, std::size_t, const values&>)
            sampled = f;
        else
            cosines = f;
    }

    values operator()(std::size_t n, const values& p) const
    {
        return sampled ? sampled(n, p) : cosine_sum(n, cosines(p));
    }
};

struct family {
    const char* name;
    std::vector<const char*> aliases;
    std::vector<parameter> parameters; // parameters with defaults come last
    shape_of shape;
    //! Rule that forbids this length (of the periodic window, one less than n), or nullptr.
    const char* (*obstacle)(std::size_t length, bool symmetric, const values& p) = nullptr;
    bool open_ended = false; // the last parameter may be repeated

    bool is_called(const std::string& called) const
    {
        return called == name || std::find(aliases.begin(), aliases.end(), called) != aliases.end();
    }

    std::size_t least() const
    {
        return std::count_if(parameters.begin(), parameters.end(), [](const parameter& p) {
            return std::isnan(p.otherwise);
        });
    }

    bool takes(std::size_t n) const
    {
        return n >= least() && (open_ended || n <= parameters.size());
    }

    //! `1 parameter (beta)`
    std::string usage() const
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
                usage += " = " + text(parameters[i].otherwise);
        }
        return usage + (open_ended ? ", ...)" : to ? ")" : "");
    }
};

const std::vector<family>& families()
{
    using P = const values&;
    using N = std::size_t;
    // clang-format off
    static const std::vector<family> table{
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

const family& find(const std::string& name, std::size_t n_parameters)
{
    std::string usages;
    for (const auto& family : families()) {
        if (!family.is_called(name))
            continue;
        if (family.takes(n_parameters))
            return family;
        usages += (usages.empty() ? "" : ", or ") + family.usage();
    }
    if (!usages.empty())
        refuse(name, "needs " + usages + ", got " + std::to_string(n_parameters));
    std::string known;
    for (const auto& other : window::names())
        known += (known.empty() ? "" : ", ") + other;
    refuse("name '" + name + "'", "is none of " + known);
}

void check(const std::vector<std::complex<double>>& taps, const std::string& what)
{
    for (std::size_t i = 0; i < taps.size(); ++i)
        if (!std::isfinite(taps[i].real()) || !std::isfinite(taps[i].imag()))
            refuse(what, "is not finite at index " + std::to_string(i));
    if (std::all_of(taps.begin(), taps.end(), [](auto tap) { return tap == 0.0; }))
        refuse(what, "is zero everywhere");
}

} // namespace

window::window(const std::string& name, std::vector<double> parameters)
    : d_parameters(std::move(parameters))
{
    const auto& family = find(name, d_parameters.size());
    d_name = family.name;
    for (std::size_t i = d_parameters.size(); i < family.parameters.size(); ++i)
        d_parameters.push_back(family.parameters[i].otherwise);
    for (std::size_t i = 0; i < d_parameters.size(); ++i) {
        const auto& parameter = family.parameters[std::min(i, family.parameters.size() - 1)];
        const auto given = d_name + " " + parameter.name + " " + text(d_parameters[i]);
        if (!std::isfinite(d_parameters[i]))
            refuse(given, "is not finite");
        if (!parameter.legal.holds(d_parameters[i]))
            refuse(given, parameter.legal.text);
    }
}

window window::of_type(std::int64_t type, std::vector<double> parameters)
{
    using gr::fft::window;
    static const std::map<std::int64_t, const char*> names{
        { window::WIN_HAMMING, "hamming" },   { window::WIN_HANN, "hann" },
        { window::WIN_BLACKMAN, "blackman" }, { window::WIN_RECTANGULAR, "boxcar" },
        { window::WIN_KAISER, "kaiser" },     { window::WIN_BLACKMAN_hARRIS, "blackmanharris" },
        { window::WIN_BARTLETT, "bartlett" }, { window::WIN_FLATTOP, "flattop" },
        { window::WIN_NUTTALL, "nuttall" },   { window::WIN_NUTTALL_CFD, "nuttall_cfd" },
        { window::WIN_WELCH, "welch" },       { window::WIN_PARZEN, "parzen" },
        { window::WIN_RIEMANN, "lanczos" },   { window::WIN_GAUSSIAN, "gaussian" },
        { window::WIN_TUKEY, "tukey" },
    };
    if (type == window::WIN_EXPONENTIAL)
        refuse("WIN_EXPONENTIAL",
               "has a decay in dB over its length: give \"exponential\" and tau");
    const auto found = names.find(type);
    if (found == names.end())
        refuse(std::to_string(type), "is no window of gr::fft::window");
    return { found->second, std::move(parameters) };
}

window::window(std::vector<std::complex<double>> taps) : d_taps(std::move(taps))
{
    if (d_taps.empty())
        refuse("0 taps", "are too few, at least 1 is needed");
    check(d_taps, description());
}

window::window(const std::vector<double>& taps)
    : window(std::vector<std::complex<double>>(taps.begin(), taps.end()))
{}

bool window::is_real() const
{
    return std::all_of(d_taps.begin(), d_taps.end(), [](auto tap) { return tap.imag() == 0; });
}

std::vector<std::complex<double>> window::sample(std::size_t length, bool symmetric) const
{
    if (!d_taps.empty()) {
        if (length != d_taps.size())
            kernel::refuse(
                "length", length, "must be the number of taps, " + std::to_string(d_taps.size()));
        return d_taps;
    }
    if (length == 0)
        kernel::refuse("length", length, "must be 1 or more");
    if (length == 1)
        return { 1.0 };
    const auto& family = find(d_name, d_parameters.size());
    const auto what = (symmetric ? "symmetric " : "periodic ") + description() + " of length " +
                      std::to_string(length);
    const char* obstacle =
        family.obstacle ? family.obstacle(length, symmetric, d_parameters) : nullptr;
    if (obstacle)
        refuse(what, obstacle);
    const auto shape = family.shape(symmetric ? length : length + 1, d_parameters);
    std::vector<std::complex<double>> taps(shape.begin(), shape.begin() + length);
    check(taps, what);
    return taps;
}

std::vector<double> window::cosines() const
{
    if (!d_taps.empty())
        return {};
    const auto& shape = find(d_name, d_parameters.size()).shape;
    return shape.cosines ? shape.cosines(d_parameters) : values{};
}

bool window::operator==(const window& other) const
{
    return d_name == other.d_name && d_parameters == other.d_parameters && d_taps == other.d_taps;
}

std::string window::description() const
{
    if (!d_taps.empty())
        return std::to_string(d_taps.size()) + (d_taps.size() == 1 ? " tap" : " taps");
    std::string list;
    for (auto parameter : d_parameters)
        list += (list.empty() ? "" : ", ") + text(parameter);
    return list.empty() ? d_name : d_name + "(" + list + ")";
}

std::string window::canonical(const std::string& name)
{
    for (const auto& family : families())
        if (family.is_called(name))
            return family.name;
    return name;
}

std::vector<std::string> window::names()
{
    std::vector<std::string> names;
    for (const auto& family : families())
        if (names.empty() || names.back() != family.name) // exponential stands there twice
            names.push_back(family.name);
    return names;
}

} // namespace gr::stft::kernel
