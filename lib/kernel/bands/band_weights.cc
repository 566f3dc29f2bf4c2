/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/names.h"
#include "kernel/samp_rate.h"
#include <gnuradio/stft/kernel/bands/band_weights.h>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace gr::stft::kernel {

namespace {

constexpr name_table kinds{
    named_value{ "mel", band_kind::mel },        named_value{ "bark", band_kind::bark },
    named_value{ "erb", band_kind::erb },        named_value{ "octave", band_kind::octave },
    named_value{ "linear", band_kind::linear },  named_value{ "edges", band_kind::edges },
    named_value{ "weights", band_kind::weights }
};
constexpr name_table scales{ named_value{ "slaney", mel_scale::slaney },
                             named_value{ "htk", mel_scale::htk } };
constexpr name_table shapes{ named_value{ "automatic", band_shape::automatic },
                             named_value{ "triangle", band_shape::triangle },
                             named_value{ "rectangle", band_shape::rectangle } };
constexpr name_table norms{ named_value{ "none", band_norm::none },
                            named_value{ "area", band_norm::area },
                            named_value{ "slaney", band_norm::area },
                            named_value{ "sum", band_norm::sum } };

constexpr std::size_t most_bands = 1 << 16, most_per_octave = 1200;
constexpr double octave = 0.3; // decades: ten of them are three decades

//! A scale, and its inverse.
struct scale {
    double (*of)(double);
    double (*back)(double);
};

const double slaney_step = std::log(6.4) / 27;

constexpr scale linear{ [](double f) { return f; }, [](double z) { return z; } };
const scale slaney{
    [](double f) { return f < 1000 ? 3 * f / 200 : 15 + std::log(f / 1000) / slaney_step; },
    [](double z) { return z < 15 ? 200 * z / 3 : 1000 * std::exp(slaney_step * (z - 15)); }
};
constexpr scale htk{ [](double f) { return 2595 * std::log10(1 + f / 700); },
                     [](double z) { return 700 * (std::pow(10, z / 2595) - 1); } };
constexpr scale bark{ [](double f) {
                         const auto b = 26.81 * f / (1960 + f) - 0.53;
                         return b < 2 ? b + 0.15 * (2 - b) : b > 20.1 ? b + 0.22 * (b - 20.1) : b;
                     },
                      [](double z) {
                          const auto b = z < 2      ? (z - 0.3) / 0.85
                                         : z > 20.1 ? (z + 4.422) / 1.22
                                                    : z;
                          return 1960 * (b + 0.53) / (26.28 - b);
                      } };
constexpr double erb_factor = 1000 / (24.7 * 4.37);
constexpr scale erb{ [](double f) { return erb_factor * std::log1p(0.00437 * f); },
                     [](double z) { return std::expm1(z / erb_factor) / 0.00437; } };

const scale& scale_of(const band_weights_settings& s)
{
    switch (s.kind) {
    case band_kind::mel:
        return s.mel_scale == mel_scale::htk ? htk : slaney;
    case band_kind::bark:
        return bark;
    case band_kind::erb:
        return erb;
    default:
        return linear;
    }
}

constexpr double lowest_heard = 20; // Hz

bool is_of_hearing(band_kind kind)
{
    return kind == band_kind::mel || kind == band_kind::bark || kind == band_kind::erb;
}

bool counts_bands(band_kind kind)
{
    return kind != band_kind::octave && kind != band_kind::edges && kind != band_kind::weights;
}

//! How many bands there are on a scale.
std::size_t count_of(const band_weights_settings& s)
{
    if (s.bands > 0 || s.kind == band_kind::linear)
        return s.bands;
    if (s.kind == band_kind::mel)
        return 128;
    const auto& z = scale_of(s);
    return static_cast<std::size_t>(std::max(1.0, std::round(z.of(s.highest()) - z.of(s.f_min))));
}

//! Feet and peaks of triangles, or edges of rectangles, at equal steps of a scale.
std::vector<double> points_on(const scale& z, double from, double to, std::size_t steps)
{
    const auto first = z.of(from), last = z.of(to);
    std::vector<double> points;
    for (std::size_t i = 0; i <= steps; ++i)
        points.push_back(
            z.back(first + (last - first) * static_cast<double>(i) / static_cast<double>(steps)));
    points.front() = from; // without the rounding of there and back
    points.back() = to;
    return points;
}

std::vector<band_edges> bands_between(const std::vector<double>& points, band_shape shape)
{
    std::vector<band_edges> bands;
    if (shape == band_shape::triangle)
        for (std::size_t i = 0; i + 2 < points.size(); ++i)
            bands.push_back({ points[i], points[i + 1], points[i + 2] });
    else
        for (std::size_t i = 0; i + 1 < points.size(); ++i)
            bands.push_back({ points[i], (points[i] + points[i + 1]) / 2, points[i + 1] });
    return bands;
}

//! Fractions of octaves: band x reaches from reference G^(from(x)) to G^(from(x + 1)).
std::vector<band_edges> octaves_of(const band_weights_settings& s)
{
    const auto b = static_cast<double>(s.per_octave);
    const auto centred = s.per_octave % 2; // the reference is a midband, else an edge
    const auto at = [&](double x) { return s.reference * std::pow(10, octave * x / b); };
    const auto edge = [&](double x) { return at(centred ? x - 0.5 : x); };
    const auto holder = [&](double f) {
        const auto x = b * std::log10(f / s.reference) / octave;
        return std::floor(centred ? x + 0.5 : x);
    };
    auto first = s.f_min;
    if (!(first > 0)) {
        const auto bin = s.samp_rate / static_cast<double>(s.n_fft);
        const auto half = std::pow(10, octave / b / 2);
        first = bin / (half - 1 / half); // midband of a band as wide as a bin
    }
    std::vector<band_edges> bands;
    const auto last = holder(s.highest());
    const bool triangles = s.shape_used() == band_shape::triangle;
    auto x = holder(first);
    if (!(s.f_min > 0) && edge(x + 0.5) < first)
        ++x;
    for (; x <= last && bands.size() <= most_bands; ++x) {
        const band_edges band{ triangles ? edge(x - 0.5) : edge(x),
                               edge(x + 0.5),
                               triangles ? edge(x + 1.5) : edge(x + 1) };
        if (band.upper <= s.samp_rate / 2)
            bands.push_back(band);
    }
    return bands;
}

void check_edges(const band_weights_settings& s)
{
    const std::size_t least = s.shape_used() == band_shape::triangle ? 3 : 2;
    if (s.edges.size() < least || s.edges.size() > most_bands)
        refuse("edges",
               std::to_string(s.edges.size()) + " frequencies",
               "must be " + std::to_string(least) + " .. 65536");
    double before = -1;
    for (const auto f : s.edges) {
        if (!(f > before))
            refuse("edges", f, "must rise, from 0 Hz or above");
        if (!(f <= s.samp_rate / 2))
            refuse("edges", f, "must be at most half the sample rate");
        before = f;
    }
}

void check_weights(const double* weights, std::size_t bands, std::size_t bins)
{
    if (bands < 1 || bands > most_bands)
        refuse("weights", std::to_string(bands) + " bands", "must be 1 .. 65536");
    if (bins < 1)
        refuse("weights", "0 bins", "must be 1 or more");
    for (std::size_t i = 0; i < bands * bins; ++i)
        if (!(weights[i] >= 0 && std::isfinite(weights[i])))
            refuse("weights", weights[i], "must be finite, and not negative");
}

double triangle(const band_edges& band, double f)
{
    return std::max(0.0,
                    std::min((f - band.lower) / (band.centre - band.lower),
                             (band.upper - f) / (band.upper - band.centre)));
}

//! The bins under a triangle and their weights.
cells_in_band triangle_of(const band_edges& band, const band_weights_settings& s)
{
    const auto step = s.samp_rate / static_cast<double>(s.n_fft);
    const auto bin = [&](double f) {
        return static_cast<std::size_t>(std::clamp(f, 0.0, static_cast<double>(s.bins())));
    };
    const auto first = bin(std::floor(band.lower / step)),
               end = bin(std::floor(band.upper / step) + 2);
    cells_in_band cells{ first, {} };
    for (auto m = first; m < std::min(end, s.bins()); ++m)
        cells.shares.push_back(
            triangle(band, static_cast<double>(m) * s.samp_rate / static_cast<double>(s.n_fft)));
    return cells;
}

void normalise(cells_in_band& cells, const band_edges& band, const band_weights_settings& s)
{
    double factor = 1;
    if (s.norm == band_norm::area)
        factor = (s.shape_used() == band_shape::triangle ? 2 : 1) / (band.upper - band.lower);
    if (s.norm == band_norm::sum) {
        const auto sum = std::accumulate(cells.shares.begin(), cells.shares.end(), 0.0);
        factor = sum > 0 ? 1 / sum : 1;
    }
    for (auto& share : cells.shares)
        share *= factor;
}

} // namespace

band_kind band_kind_named(const std::string& name) { return kinds.value_of("kind", name); }
mel_scale mel_scale_named(const std::string& name) { return scales.value_of("mel_scale", name); }
band_shape band_shape_named(const std::string& name) { return shapes.value_of("shape", name); }
band_norm band_norm_named(const std::string& name) { return norms.value_of("norm", name); }
const char* name_of(band_kind kind) { return kinds.name_of(kind); }
const char* name_of(mel_scale scale) { return scales.name_of(scale); }
const char* name_of(band_shape shape) { return shapes.name_of(shape); }
const char* name_of(band_norm norm) { return norms.name_of(norm); }

band_shape band_weights_settings::shape_used() const
{
    if (shape != band_shape::automatic)
        return shape;
    return is_of_hearing(kind) ? band_shape::triangle : band_shape::rectangle;
}

std::vector<band_edges> band_weights_settings::bands_of() const
{
    check_samp_rate(samp_rate);
    if (is_of_hearing(kind) && !(samp_rate > 2 * lowest_heard))
        refuse(
            "samp_rate",
            samp_rate,
            "must be above 40 Hz for mel, bark and erb: they are scales of hearing, from 20 Hz on");
    if (!(f_min >= 0 && f_min < samp_rate / 2))
        refuse("f_min", f_min, "must be at least 0 Hz, and below half the sample rate");
    if (!(f_max >= 0 && f_max <= samp_rate / 2))
        refuse("f_max", f_max, "must be at most half the sample rate");
    if (!(f_min < highest()))
        refuse("f_max", f_max, "must be above f_min");
    if (counts_bands(kind) && ((kind == band_kind::linear && bands < 1) || bands > most_bands))
        refuse("bands", bands, "must be 1 .. 65536");
    if (kind == band_kind::weights)
        return {};
    std::vector<band_edges> all;
    if (kind == band_kind::octave) {
        if (per_octave < 1 || per_octave > most_per_octave)
            refuse("per_octave", per_octave, "must be 1 .. 1200");
        if (!(reference >= 1e-30 && reference <= 1e30))
            refuse("reference", reference, "must be 1e-30 .. 1e30 Hz");
        if (n_fft == 0 && !(f_min > 0))
            refuse("f_min", f_min, "must be positive for octaves");
        all = octaves_of(*this);
        if (all.empty() || all.size() > most_bands)
            refuse("f_min",
                   f_min,
                   "leaves " + std::string(all.empty() ? "no" : "too many") + " bands");
    } else if (kind == band_kind::edges) {
        check_edges(*this);
        all = bands_between(edges, shape_used());
    } else {
        const auto steps = count_of(*this) + (shape_used() == band_shape::triangle ? 1 : 0);
        all = bands_between(points_on(scale_of(*this), f_min, highest(), steps), shape_used());
    }
    if (!counts_bands(kind) && bands > 0 && bands != all.size())
        refuse("bands", bands, "must be as many as there are, " + std::to_string(all.size()));
    return all;
}

void band_weights_settings::check() const
{
    if (n_fft < 2 || n_fft > (std::size_t(1) << 28))
        refuse("n_fft", n_fft, "must be 2 .. 2^28");
    bands_of();
    if (kind != band_kind::weights)
        return;
    if (weights.empty() || weights.size() % bins() != 0)
        refuse("weights",
               std::to_string(weights.size()) + " values",
               "must be n_fft / 2 + 1 = " + std::to_string(bins()) + " for each band");
    check_weights(weights.data(), weights.size() / bins(), bins());
    if (bands > 0 && bands != weights.size() / bins())
        refuse("bands",
               bands,
               "must be as many as there are, " + std::to_string(weights.size() / bins()));
}

cells_in_band
cells_between(double lower_edge, double upper_edge, std::size_t n_fft, double samp_rate)
{
    const auto n = static_cast<double>(n_fft), step = samp_rate / n;
    const auto last = static_cast<double>(n_fft / 2);
    // cell m ends at m + 1/2 bins, and a band at lower / step ones
    const auto lower = lower_edge / step, upper = std::min(upper_edge / step, n / 2);
    const auto first = std::min(std::floor(lower + 0.5), last);
    cells_in_band cells{ static_cast<std::size_t>(first), {} };
    for (auto m = first; m <= last; ++m) {
        const auto begin = std::max(m - 0.5, 0.0), end = std::min(m + 0.5, n / 2);
        const auto common = std::min(end, upper) - std::max(begin, lower);
        if (!(common > 0))
            break;
        cells.shares.push_back(common / (end - begin));
    }
    return cells;
}

template <class R>
band_weights<R>::band_weights(const band_weights_settings& s) : d_bins((s.check(), s.bins()))
{
    for (std::size_t b = 0; b * d_bins < s.weights.size() && s.kind == band_kind::weights; ++b)
        add_band(s.weights.data() + b * d_bins, 0, d_bins);
    for (const auto& band : s.bands_of()) {
        auto cells = s.shape_used() == band_shape::triangle
                         ? triangle_of(band, s)
                         : cells_between(band.lower, band.upper, s.n_fft, s.samp_rate);
        normalise(cells, band, s);
        add_band(cells.shares.data(), cells.first, cells.shares.size());
    }
}

template <class R>
band_weights<R>::band_weights(const double* weights, std::size_t bands, std::size_t bins)
    : d_bins((check_weights(weights, bands, bins), bins))
{
    for (std::size_t b = 0; b < bands; ++b)
        add_band(weights + b * bins, 0, bins);
}

//! A band whose weights are 0 but for `count` ones from bin `first` on.
template <class R>
void band_weights<R>::add_band(const double* weights, std::size_t first, std::size_t count)
{
    const auto before = d_runs.size();
    for (std::size_t m = 0; m < count;) {
        const auto begin = m;
        while (m < count && weights[m] != 0)
            d_weights.push_back(weights[m++]);
        if (m > begin)
            d_runs.push_back({ first + begin, m - begin });
        else
            ++m;
    }
    d_empty += d_runs.size() == before;
    d_ends.push_back(d_runs.size());
}

template <class R>
void band_weights<R>::apply(const R* row, R* sums) const
{
    const auto* weights = d_weights.data();
    const auto* next = d_runs.data();
    for (std::size_t b = 0; b < d_ends.size(); ++b) {
        double sum = 0;
        for (const auto* end = d_runs.data() + d_ends[b]; next != end; ++next) {
            const auto* powers = row + next->first;
            for (std::size_t m = 0; m < next->count; ++m)
                sum += weights[m] * static_cast<double>(powers[m]);
            weights += next->count;
        }
        sums[b] = static_cast<R>(sum);
    }
}

template <class R>
void band_weights<R>::write(double* matrix) const
{
    std::fill_n(matrix, bands() * d_bins, 0.0);
    const auto* weights = d_weights.data();
    std::size_t next = 0;
    for (std::size_t b = 0; b < d_ends.size(); ++b)
        for (; next < d_ends[b]; weights += d_runs[next++].count)
            std::copy_n(weights, d_runs[next].count, matrix + b * d_bins + d_runs[next].first);
}

template class band_weights<float>;
template class band_weights<double>;

} // namespace gr::stft::kernel
