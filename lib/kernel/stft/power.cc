/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/names.h"
#include "kernel/refuse.h"
#include "kernel/simd/dispatch.h"
#include "kernel/simd/logarithm.h"
#include <gnuradio/stft/kernel/stft/power.h>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace gr::stft::kernel {

namespace {

constexpr double floor_decibel = -200;
constexpr double per_neper = 4.34294481903251828; // decibels: 10 / ln 10

/* Squares between these bounds, and what a factor that is itself between its bounds makes of them, are far from both ends
 * of their type's range. Rows of nothing else stay in that type; a row with any other square, 0 among them, is computed
 * in double precision. */
template <class R>
constexpr R greatest_square = 0x1p100F;
template <>
constexpr double greatest_square<double> = 0x1p900;
template <class R>
constexpr R least_square = 1 / greatest_square<R>;
constexpr double least_factor = 0x1p-20, greatest_factor = 0x1p20;

/* Squares of floats fit into a double. Those of doubles do between these bounds, with room for sums of them; rows
 * beyond are first divided by 2^exponent. */
constexpr double greatest_plain = 0x1p480, least_plain = 0x1p-480;
constexpr int far_exponent = 600;

//! The greatest finite part of n complex values.
STFT_LOOP double greatest(const double* parts, std::size_t n)
{
    constexpr std::int64_t infinity = 0x7ff0000000000000;
    std::int64_t most = 0; // the order of positive numbers is that of their bits
    for (std::size_t i = 0; i < 2 * n; ++i) {
        std::int64_t bits;
        std::memcpy(&bits, parts + i, sizeof bits);
        bits &= std::numeric_limits<std::int64_t>::max();
        bits = bits < infinity ? bits : 0;
        most = bits > most ? bits : most;
    }
    double part;
    std::memcpy(&part, &most, sizeof part);
    return part;
}

//! Exponent of the power of 2 that a row is divided by before it is squared; nullopt for a row of
//! zeros.
std::optional<int> exponent_of(const std::complex<double>* z, std::size_t n)
{
    const double most = simd::dispatch<greatest>(reinterpret_cast<const double*>(z), n);
    if (most == 0)
        return std::nullopt;
    return most > greatest_plain ? far_exponent : most < least_plain ? -far_exponent : 0;
}

std::optional<int> exponent_of(const std::complex<float>*, std::size_t) { return 0; }

//! Squares in their own type; false unless all of them are between the bounds.
template <class R>
STFT_LOOP bool square(const R* parts, std::size_t n, R* out)
{
    constexpr R least = least_square<R>, most = greatest_square<R>;
    int beyond = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const R re = parts[2 * i], im = parts[2 * i + 1];
        const R p = re * re + im * im;
        beyond |= !(p >= least) | !(p <= most);
        out[i] = p;
    }
    return !beyond;
}

//! Powers in the type of the row; false unless all of them are between the bounds.
template <class R>
STFT_LOOP bool narrow(const double* powers, std::size_t n, R* out)
{
    constexpr double least = least_square<R>, most = greatest_square<R>;
    int beyond = 0;
    for (std::size_t i = 0; i < n; ++i) {
        beyond |= !(powers[i] >= least) | !(powers[i] <= most);
        out[i] = static_cast<R>(powers[i]);
    }
    return !beyond;
}

template <class R>
STFT_LOOP void scaled_square(const R* parts, double factor, std::size_t n, double* out)
{
    for (std::size_t i = 0; i < n; ++i) {
        const double re = factor * static_cast<double>(parts[2 * i]),
                     im = factor * static_cast<double>(parts[2 * i + 1]);
        out[i] = re * re + im * im;
    }
}

template <class R>
STFT_LOOP void multiply(R factor, std::size_t n, R* values)
{
    for (std::size_t i = 0; i < n; ++i)
        values[i] *= factor;
}

template <class R>
STFT_LOOP void add_to(const R* values, std::size_t n, double* sums)
{
    for (std::size_t i = 0; i < n; ++i)
        sums[i] += static_cast<double>(values[i]);
}

//! The greater of both becomes both; NaN is not held.
STFT_LOOP void hold(std::size_t n, double* held, double* values)
{
    for (std::size_t i = 0; i < n; ++i)
        held[i] = values[i] > held[i] ? values[i] : held[i];
    for (std::size_t i = 0; i < n; ++i)
        values[i] = held[i];
}

template <class R>
STFT_LOOP void write(const double* powers, double factor, std::size_t n, R* out)
{
    for (std::size_t i = 0; i < n; ++i)
        out[i] = static_cast<R>(factor * powers[i]);
}

//! Decibels of positive finite powers.
template <class R>
STFT_LOOP void write_decibels(const R* powers, std::size_t n, R* out)
{
    constexpr auto scale = static_cast<R>(per_neper), least = static_cast<R>(floor_decibel);
    for (std::size_t i = 0; i < n; ++i) {
        const R decibel = scale * natural_log(powers[i]);
        out[i] = decibel < least ? least : decibel;
    }
}

template <class R>
STFT_LOOP void write_roots(const R* powers, std::size_t n, R* out)
{
    for (std::size_t i = 0; i < n; ++i)
        out[i] = std::sqrt(powers[i]);
}

template <class R>
STFT_LOOP void write_scaled_roots(const double* powers, double factor, std::size_t n, R* out)
{
    for (std::size_t i = 0; i < n; ++i)
        out[i] = static_cast<R>(factor * std::sqrt(powers[i]));
}

//! Decibels of powers in a unit that is itself `unit` dB; NaN and infinity stay unchanged.
template <class R>
STFT_LOOP void write_scaled_decibels(const double* powers, double unit, std::size_t n, R* out)
{
    constexpr double least = std::numeric_limits<double>::min(); // the logarithm's least
    for (std::size_t i = 0; i < n; ++i) {
        const double p = powers[i];
        const double decibel = per_neper * natural_log(p < least ? least : p) + unit;
        double raised = decibel < floor_decibel ? floor_decibel : decibel;
        raised = p == 0 ? floor_decibel : raised;
        out[i] = static_cast<R>(p <= std::numeric_limits<double>::max() ? raised : p);
    }
}

constexpr name_table names_of_power_kind{ named_value{ "psd", power_kind::psd },
                                          named_value{ "power", power_kind::power },
                                          named_value{ "magnitude", power_kind::magnitude } };
} // namespace

power_kind power_kind_named(const std::string& name)
{
    return names_of_power_kind.value_of("kind", name);
}

const char* name_of(power_kind kind) { return names_of_power_kind.name_of(kind); }

scaling spectrum_scaling(power_kind kind)
{
    return kind == power_kind::psd ? scaling::psd : scaling::magnitude;
}

void power_parameters::check() const
{
    if (average < 1 || average > std::uint64_t(1) << 62)
        refuse("average", static_cast<std::int64_t>(average), "must be 1 or more spectra");
    if (!(factor > 0) || !std::isfinite(factor))
        refuse("factor", factor, "must be positive and finite");
}

bool power_parameters::operator==(const power_parameters& other) const
{
    return kind == other.kind && average == other.average && max_hold == other.max_hold &&
           db == other.db && doubled == other.doubled && factor == other.factor;
}

template <class R>
power<R>::power(std::size_t n_fft, std::size_t bins, const power_parameters& p)
    : d_n_fft(n_fft), d_bins(bins), d_parameters(p), d_plain(bins), d_row(bins), d_sum(bins)
{
    p.check();
    if (bins != n_fft && bins != n_fft / 2 + 1)
        refuse("bins", bins, "must be n_fft or n_fft / 2 + 1 for n_fft = " + std::to_string(n_fft));
}

template <class R>
void power<R>::set_average(std::uint64_t average)
{
    auto changed = d_parameters;
    changed.average = average;
    changed.check();
    d_parameters = changed;
}

template <class R>
void power<R>::set_factor(double factor)
{
    auto changed = d_parameters;
    changed.factor = factor;
    changed.check();
    d_parameters = changed;
}

//! Sets the exponent that a spectrum of this exponent is squared with: that of what is already summed or held if that is greater.
template <class R>
void power<R>::choose_exponent(std::optional<int> own)
{
    if (d_count == 0 && d_held.empty())
        d_exponent = own;
    if (!own || (d_exponent && *own <= *d_exponent))
        return;
    if (d_exponent) {
        const double down = std::ldexp(1.0, *d_exponent - *own);
        for (int twice = 0; twice < 2; ++twice) { // powers, and so the square of it
            simd::dispatch<multiply<double>>(down, d_bins, d_sum.data());
            simd::dispatch<multiply<double>>(down, d_held.size(), d_held.data());
        }
    }
    d_exponent = own;
}

//! Multiplies a row of squares by what stands before them.
template <class R>
template <class S>
void power<R>::weight(S* row) const
{
    if (d_parameters.factor != 1)
        simd::dispatch<multiply<S>>(static_cast<S>(d_parameters.factor), d_bins, row);
    if (d_parameters.doubled) {
        const S twice = d_parameters.kind == power_kind::magnitude ? 4 : 2;
        const auto inner_end = d_n_fft % 2 ? d_bins : d_bins - 1;
        if (inner_end > 1)
            simd::dispatch<multiply<S>>(twice, inner_end - 1, row + 1);
    }
}

//! Buffer for powers in the row's own type: the row itself if it holds nothing but powers.
template <class R>
R* power<R>::plain_powers(R* row)
{
    return d_parameters.db || d_parameters.kind == power_kind::magnitude ? d_plain.data() : row;
}

//! The row from plain_powers().
template <class R>
void power<R>::finish_plain(R* row)
{
    if (d_parameters.db)
        simd::dispatch<write_decibels<R>>(d_plain.data(), d_bins, row);
    else if (d_parameters.kind == power_kind::magnitude)
        simd::dispatch<write_roots<R>>(d_plain.data(), d_bins, row);
}

template <class R>
bool power<R>::add(const std::complex<R>* spectrum, R* row)
{
    const auto* parts = reinterpret_cast<const R*>(spectrum);
    const bool alone = d_parameters.average == 1 && d_count == 0 && !d_parameters.max_hold;
    R* const squares = alone ? plain_powers(row) : d_plain.data();
    const bool plain = d_parameters.factor >= least_factor &&
                       d_parameters.factor <= greatest_factor &&
                       simd::dispatch<square<R>>(parts, d_bins, squares);
    if (plain)
        weight(squares);
    if (plain && alone) {
        finish_plain(row);
        return true;
    }
    choose_exponent(plain ? 0 : exponent_of(spectrum, d_bins));
    const bool averages = d_parameters.average > 1 || d_count > 0;
    if (plain && d_exponent == 0) {
        if (averages)
            simd::dispatch<add_to<R>>(squares, d_bins, d_sum.data());
        else
            std::copy(squares, squares + d_bins, d_row.begin());
    } else {
        simd::dispatch<scaled_square<R>>(
            parts, std::ldexp(1.0, -d_exponent.value_or(0)), d_bins, d_row.data());
        weight(d_row.data());
        if (averages)
            simd::dispatch<add_to<double>>(d_row.data(), d_bins, d_sum.data());
    }
    ++d_count;
    if (averages) {
        if (d_count < d_parameters.average)
            return false;
        take_mean();
    }
    finish(row);
    return true;
}

template <class R>
bool power<R>::flush(R* row)
{
    if (d_count == 0)
        return false;
    take_mean();
    finish(row);
    return true;
}

template <class R>
void power<R>::take_mean()
{
    for (std::size_t k = 0; k < d_bins; ++k) {
        d_row[k] = d_sum[k] / static_cast<double>(d_count);
        d_sum[k] = 0;
    }
}

template <class R>
void power<R>::finish(R* row)
{
    d_count = 0;
    if (d_parameters.max_hold) {
        if (d_held.empty())
            d_held.assign(d_bins, 0);
        simd::dispatch<hold>(d_bins, d_held.data(), d_row.data());
    }
    const int exponent = d_exponent.value_or(0);
    if (exponent == 0 && simd::dispatch<narrow<R>>(d_row.data(), d_bins, plain_powers(row)))
        finish_plain(row);
    else if (d_parameters.db)
        simd::dispatch<write_scaled_decibels<R>>(
            d_row.data(), 2 * exponent * per_neper * M_LN2, d_bins, row);
    else if (d_parameters.kind == power_kind::magnitude)
        simd::dispatch<write_scaled_roots<R>>(d_row.data(), std::ldexp(1.0, exponent), d_bins, row);
    else if (exponent == 0)
        simd::dispatch<write<R>>(d_row.data(), 1.0, d_bins, row);
    else
        std::transform(d_row.begin(), d_row.end(), row, [exponent](double p) {
            return static_cast<R>(std::ldexp(p, 2 * exponent));
        });
}

template class power<float>;
template class power<double>;

} // namespace gr::stft::kernel
