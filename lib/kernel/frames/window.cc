/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "named_windows.h"
#include <gnuradio/stft/kernel/frames/window.h>
#include <gnuradio/fft/window.h>
#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <utility>

namespace gr::stft::kernel {
namespace {

[[noreturn]] void refuse(const std::string& value, const std::string& rule)
{
    throw std::invalid_argument("window: " + value + " " + rule);
}

const named_window& find(const std::string& name, std::size_t n_parameters)
{
    std::string usages;
    for (const auto& family : named_windows()) {
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
        const auto given = d_name + " " + parameter.name + " " + ten_digits(d_parameters[i]);
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
    return shape.cosines ? shape.cosines(d_parameters) : named_window::values{};
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
        list += (list.empty() ? "" : ", ") + ten_digits(parameter);
    return list.empty() ? d_name : d_name + "(" + list + ")";
}

std::string window::canonical(const std::string& name)
{
    for (const auto& family : named_windows())
        if (family.is_called(name))
            return family.name;
    return name;
}

std::vector<std::string> window::names()
{
    std::vector<std::string> names;
    for (const auto& family : named_windows())
        if (names.empty() || names.back() != family.name)
            names.push_back(family.name);
    return names;
}

} // namespace gr::stft::kernel
