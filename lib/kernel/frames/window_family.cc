/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/names.h"
#include "kernel/refuse.h"
#include "kernel/simd/routines.h"
#include <gnuradio/stft/kernel/frames/window.h>
#include <gnuradio/stft/kernel/frames/window_family.h>
#include <boost/math/constants/constants.hpp>
#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

struct member {
    const char* name;
    simd::shape shape;
};

constexpr member members[] = {
    { "bartlett", simd::shape::bartlett }, { "blackman", simd::shape::blackman },
    { "bohman", simd::shape::bohman },     { "gaussian", simd::shape::gaussian },
    { "hann", simd::shape::hann },         { "nuttall_cfd", simd::shape::nuttall },
    { "parzen", simd::shape::parzen },     { "sine", simd::shape::sine },
};

std::string listed()
{
    std::string list;
    for (const auto& one : members)
        list += (list.empty() ? "" : ", ") + std::string(one.name);
    return list;
}

//! First value of the window, relative to its largest.
double jump_of(const window& w)
{
    const auto taps = w.sample(4096, true);
    double largest = 0;
    for (const auto& tap : taps)
        largest = std::max(largest, std::abs(tap));
    return std::abs(taps.front()) / largest;
}

double integral_of(const window_family& family, int power)
{
    const auto g = [&](double u) { return std::pow(family.evaluate(u, 1), power); };
    using rule = boost::math::quadrature::gauss_kronrod<double, 31>;
    // Parzen's pieces meet at 1/4
    return 2 * (rule::integrate(g, 0, 0.25, 5, 1e-14) + rule::integrate(g, 0.25, 0.5, 5, 1e-14));
}

constexpr name_table names_of_norm{ named_value{ "peak", norm::peak },
                                    named_value{ "l1", norm::l1 },
                                    named_value{ "l2", norm::l2 },
                                    named_value{ "dcunit", norm::dcunit },
                                    named_value{ "contract", norm::contract } };
} // namespace

norm norm_named(const std::string& name) { return names_of_norm.value_of("norm", name); }

const char* name_of(norm n) { return names_of_norm.name_of(n); }

window_family::window_family(const std::string& name, std::vector<double> parameters)
{
    // the Gaussian's parameter is a ratio here, not a number of samples
    const bool gaussian = kernel::window::canonical(name) == "gaussian";
    if (gaussian && parameters.empty())
        parameters.push_back(d_rho);
    const kernel::window plain(name, parameters);
    const auto canonical =
        kernel::window::canonical(name) == "cosine" ? "sine" : kernel::window::canonical(name);
    const auto* found = std::find_if(std::begin(members), std::end(members), [&](const member& m) {
        return canonical == m.name;
    });
    if (gaussian) {
        d_rho = parameters[0];
        if (d_rho > (1 + 1e-9) / 6)
            refuse("window",
                   "gaussian(" + number_text(d_rho) + ")",
                   "jumps by " + std::to_string(std::exp(-1 / (8 * d_rho * d_rho))) +
                       " at its edge, so it has no derivative: rho must be at most 1/6");
        if (d_rho < 1e-3)
            refuse("window", "gaussian(" + number_text(d_rho) + ")", "rho must be at least 0.001");
    } else if (found == std::end(members)) {
        const auto jump = jump_of(plain);
        std::ostringstream rule;
        if (jump > 1e-12)
            rule << "jumps by " << jump << " at its edge, so it has no derivative: ";
        else
            rule << "is no family with a real length: ";
        rule << "must be one of " << listed();
        refuse("window", plain.description(), rule.str());
    }
    d_shape = found->shape;
    if (gaussian) {
        const double whole_line = std::sqrt(2 * boost::math::double_constants::pi) * d_rho;
        d_integral = whole_line;
        d_energy = whole_line / std::sqrt(2.0);
    } else {
        d_integral = integral_of(*this, 1);
        d_energy = integral_of(*this, 2);
    }
}

double window_family::evaluate(double x, double theta, wrt variable) const
{
    if (!(std::abs(x) < theta / 2))
        return 0;
    double value[simd::padding];
    const bool nothing = variable == wrt::nothing, length = variable == wrt::length;
    simd::chosen<double>().taper(d_shape,
                                 d_rho,
                                 x,
                                 theta,
                                 1,
                                 1,
                                 -1 / theta,
                                 0,
                                 nothing ? value : nullptr,
                                 length ? value : nullptr,
                                 nothing || length ? nullptr : value);
    return value[0];
}

std::string window_family::name() const
{
    for (const auto& one : members)
        if (one.shape == d_shape)
            return one.name;
    return "";
}

std::string window_family::description() const
{
    return d_shape == simd::shape::gaussian ? name() + "(" + number_text(d_rho) + ")" : name();
}

std::vector<std::string> window_family::names()
{
    std::vector<std::string> names;
    for (const auto& one : members)
        names.emplace_back(one.name);
    return names;
}

} // namespace gr::stft::kernel
