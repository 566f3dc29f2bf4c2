/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/frames/unfolded.h"
#include "kernel/names.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/frames/dual.h>
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <gnuradio/stft/kernel/image/parameters2d.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

std::size_t window_length(const axis_parameters& p)
{
    return p.win_length ? p.win_length : p.window.length() ? p.window.length() : p.n_fft;
}

std::size_t fft_length(const axis_parameters& p, std::size_t win_length)
{
    const auto n = checked_n_fft(static_cast<std::int64_t>(p.n_fft ? p.n_fft : win_length));
    check_unfolded(win_length, n);
    return n;
}

std::vector<double> real_taps(const axis_parameters& p, std::size_t win_length, bool win_sqrt)
{
    if (!p.window.is_real())
        refuse("window", "complex taps", "must be real for images");
    if (p.window.length() && win_length != p.window.length())
        refuse("win_length",
               win_length,
               "must be the number of taps, " + std::to_string(p.window.length()));
    std::vector<double> taps;
    for (const auto& w : p.window.sample(win_length)) {
        if (win_sqrt && w.real() < 0)
            refuse("window", w.real(), "must not be negative under win_sqrt");
        taps.push_back(win_sqrt ? std::sqrt(w.real()) : w.real());
    }
    return taps;
}

std::size_t not_negative(const char* name, std::int64_t value)
{
    if (value < 0)
        refuse(name, value, "must not be negative");
    return static_cast<std::size_t>(value);
}

constexpr name_table names_of_pad{ named_value{ "constant", pad::constant },
                                   named_value{ "reflect", pad::reflect },
                                   named_value{ "edge", pad::edge } };
} // namespace

pad pad_named(const std::string& name) { return names_of_pad.value_of("pad", name); }

const char* name_of(pad outside) { return names_of_pad.name_of(outside); }

namespace {
constexpr name_table names_of_fill{ named_value{ "trailing", fill::trailing },
                                    named_value{ "centred", fill::centred },
                                    named_value{ "centered", fill::centred } };
}

fill fill_named(const std::string& name) { return names_of_fill.value_of("offset", name); }

const char* name_of(fill where) { return names_of_fill.name_of(where); }

image_axis::image_axis(const axis_parameters& p,
                       bool win_sqrt,
                       bool centred,
                       kernel::pad outside,
                       tail rule,
                       fill where)
    : axis_framing(window_length(p), p.hop, centred, rule), d_n_fft(fft_length(p, win_length())),
      d_offset(where == fill::centred ? (d_n_fft - win_length()) / 2 : 0),
      d_taps(real_taps(p, win_length(), win_sqrt)), d_pad(outside)
{
    const auto steady = steady_coverage(
        { d_taps.begin(), d_taps.end() }, std::min<std::size_t>(hop(), win_length()), hop());
    d_most = *std::max_element(steady.begin(), steady.end());
}

void image_axis::check(std::int64_t length, const char* name) const
{
    if (length < 1)
        refuse(name, length, "must be 1 or more");
    const auto needed = static_cast<std::int64_t>(std::max(before(), after(length)));
    if (d_pad == pad::reflect && needed >= length)
        refuse("pad",
               "reflect",
               std::string("needs ") + name + " > " + std::to_string(needed) +
                   " samples of padding, not " + std::to_string(length));
}

double image_axis::coverage(std::int64_t position, std::int64_t frames) const
{
    const auto m = static_cast<std::int64_t>(win_length()), h = static_cast<std::int64_t>(hop());
    const auto from_first = position - start(0);
    const auto first = from_first < m ? 0 : (from_first - m) / h + 1;
    double sum = 0;
    for (auto frame = first; frame < frames && start(frame) <= position; ++frame) {
        const auto w = d_taps[static_cast<std::size_t>(position - start(frame))];
        sum += w * w;
    }
    return sum;
}

double image_axis::weight(std::int64_t position, std::int64_t frames, double threshold) const
{
    const double covered = coverage(position, frames);
    return covered > threshold * d_most ? 1 / covered : 0;
}

bool image_axis::invertible(double threshold) const
{
    return check_nola({ d_taps.begin(), d_taps.end() }, hop(), threshold);
}

std::int64_t image_axis::lost(std::int64_t length, double threshold) const
{
    const auto n = frames(length);
    std::int64_t count = 0;
    for (std::int64_t position = 0; position < length; ++position)
        count += weight(position, n, threshold) == 0;
    return count;
}

parameters2d image_settings::parameters() const
{
    const auto axis = [&](std::int64_t axis_sizes::*size, kernel::window axis_windows::*of_axis) {
        return axis_parameters{ not_negative("win_length", win_length.*size),
                                not_negative("hop", hop.*size),
                                not_negative("n_fft", n_fft.*size),
                                window.*of_axis };
    };
    return { axis(&axis_sizes::height, &axis_windows::height),
             axis(&axis_sizes::width, &axis_windows::width),
             win_sqrt,
             centre,
             pad,
             tail,
             offset };
}

image_axis parameters2d::rows() const { return { height, win_sqrt, centred, pad, tail, offset }; }

image_axis parameters2d::columns() const { return { width, win_sqrt, centred, pad, tail, offset }; }

void parameters2d::check() const
{
    rows();
    columns();
}

} // namespace gr::stft::kernel
