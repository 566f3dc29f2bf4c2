/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/names.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <algorithm>

namespace gr::stft::kernel {

namespace {
constexpr std::int64_t largest_n_fft = std::int64_t(1) << 28; // FFTW's sizes are ints
constexpr std::size_t longest_folded = std::size_t(1)
                                       << 24; // samples under a window longer than n_fft

constexpr name_table names_of_sides{ named_value{ "onesided", sides::onesided },
                                     named_value{ "twosided", sides::twosided },
                                     named_value{ "centered", sides::centered },
                                     named_value{ "centred", sides::centered } };
} // namespace

sides sides_named(const std::string& name) { return names_of_sides.value_of("sides", name); }

const char* name_of(sides which) { return names_of_sides.name_of(which); }

std::size_t checked_n_fft(std::int64_t n_fft)
{
    if (n_fft < 1 || n_fft > largest_n_fft)
        refuse("n_fft", n_fft, "must be 1 .. 2^28");
    return static_cast<std::size_t>(n_fft);
}

std::size_t parameters::window_length() const
{
    checked_n_fft(static_cast<std::int64_t>(n_fft));
    const auto length = win_length ? win_length : window.length() ? window.length() : n_fft;
    if (length > std::max(n_fft, longest_folded))
        refuse("win_length",
               static_cast<std::int64_t>(length),
               "must be 1 .. 2^24, or n_fft if that is more");
    return length;
}

bool parameters::operator==(const parameters& other) const
{
    return hop == other.hop && samp_rate == other.samp_rate && where == other.where &&
           same_spectra(other);
}

bool parameters::same_spectra(const parameters& other) const
{
    return n_fft == other.n_fft && window_length() == other.window_length() &&
           scale == other.scale && sides == other.sides && phase == other.phase &&
           (scale != scaling::psd || samp_rate == other.samp_rate) && window == other.window;
}

std::vector<std::complex<double>> parameters::taps() const
{
    const auto length = window_length();
    if (window.length() && length != window.length())
        refuse(
            "win_length", length, "must be the number of taps, " + std::to_string(window.length()));
    return window.sample(length);
}

template <class T>
std::vector<std::complex<double>> parameters::checked_taps() const
{
    frames();
    if (is_real_v<T> && !window.is_real())
        refuse("window", "complex taps", "need complex samples, whose spectrum is two-sided");
    if (sides && is_real_v<T> != (*sides == kernel::sides::onesided))
        refuse("sides",
               name_of(*sides),
               is_real_v<T> ? "must be onesided, since samples are real"
                            : "must be twosided or centered, since samples are complex");
    auto values = taps();
    gain(scale, values, n_fft, samp_rate);
    return values;
}

template <class T>
void parameters::check() const
{
    checked_taps<T>();
}

template <class T>
std::vector<std::complex<double>> parameters::analysis_taps() const
{
    auto values = checked_taps<T>();
    const double g = gain(scale, values, n_fft, samp_rate);
    for (auto& w : values)
        w = g * std::conj(w);
    return values;
}

template std::vector<std::complex<double>> parameters::analysis_taps<float>() const;
template std::vector<std::complex<double>> parameters::analysis_taps<double>() const;
template std::vector<std::complex<double>> parameters::analysis_taps<std::complex<float>>() const;
template std::vector<std::complex<double>> parameters::analysis_taps<std::complex<double>>() const;
template std::vector<std::complex<double>> parameters::checked_taps<float>() const;
template std::vector<std::complex<double>> parameters::checked_taps<double>() const;
template std::vector<std::complex<double>> parameters::checked_taps<std::complex<float>>() const;
template std::vector<std::complex<double>> parameters::checked_taps<std::complex<double>>() const;
template void parameters::check<float>() const;
template void parameters::check<double>() const;
template void parameters::check<std::complex<float>>() const;
template void parameters::check<std::complex<double>>() const;

} // namespace gr::stft::kernel
