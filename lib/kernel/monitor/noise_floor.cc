/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/column_quantiles.h"
#include "kernel/running_median.h"
#include "kernel/refuse.h"
#include "kernel/simd/dispatch.h"
#include <gnuradio/stft/kernel/monitor/noise_floor.h>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace gr::stft::kernel {

namespace {

// in which a quantile falls by a quarter at most, unless adaptation is larger
constexpr std::size_t rows_between_shapes = 32;
constexpr std::ptrdiff_t near_dc = 4;   // bins on either side
constexpr std::ptrdiff_t smoothing = 4; // bins on either side
constexpr std::size_t smoothed_bins = 2 * smoothing + 1;
constexpr std::size_t most_in_a_median = 129; // bins of a neighbourhood that are looked at
constexpr std::size_t cells_of_a_level = 512, fewest_rows_of_a_level = 2; // that agree on it
constexpr double truncation = 3; // of the mean: exp(-3), 5 %, of noise is above
// of the gain's fixed point; more would take a burst as wide as the band for a gain
constexpr int passes = 3;
constexpr float rounding = 1e-13f; // of single precision, in power, below the strongest line
constexpr float smallest = 1e-37f; // power that has an inverse in single precision

//! Mean of an exponential variable of mean 1, given that it is below the truncation.
double truncated_expectation()
{
    const auto e = std::exp(-truncation);
    return 1 - truncation * e / (1 - e);
}

//! Quantile of the power of noise of mean 1, which is exponential.
double unit_quantile(double share) { return -std::log1p(-share); }

struct below_limit {
    float sum;
    float count;
};

STFT_LOOP below_limit sum_below(const float* z, std::size_t n, float limit)
{
    float sum = 0;
    int count = 0; // an integer: with two sums of floats GCC 12 does not use vectors
#pragma omp simd reduction(+ : sum, count)
    for (std::size_t i = 0; i < n; ++i) {
        sum += z[i] < limit ? z[i] : 0;
        count += z[i] < limit;
    }
    return { sum, static_cast<float>(count) };
}

STFT_LOOP void scaled(const float* a, const float* b, std::size_t n, float* product)
{
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i)
        product[i] = a[i] * b[i];
}

STFT_LOOP void
move_quantiles(const float* row, float inverse_gain, std::size_t n, float up, float down, float* q)
{
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i)
        q[i] *= row[i] * inverse_gain > q[i] ? up : down;
}

//! The value below which a share of the values lies; reorders them.
float quantile_of(std::vector<float>& values, double share)
{
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(
                                         share * static_cast<double>(values.size() - 1) + 0.5);
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

//! Six standard deviations of the logarithm of a row's gain.
double deviation_of_row(std::size_t bins) { return 6 * 1.2 / std::sqrt(static_cast<double>(bins)); }

} // namespace

void noise_floor_settings::check() const
{
    if (!(quantile > 0 && quantile < 1))
        refuse("quantile", quantile, "must be between 0 and 1");
    if (!(adaptation > 0 && adaptation < 1))
        refuse("adaptation", adaptation, "must be between 0 and 1");
    if (!(cap > 1 && cap <= 1e6))
        refuse("cap", cap, "must be a factor above 1, at most 1e6");
    if (warm_up < 16 || warm_up > 1000000)
        refuse("warm_up", warm_up, "must be 16 .. 1000000 rows");
    if (steady < 16 || steady > 1000000000)
        refuse("steady", steady, "must be 16 .. 1e9 rows");
    if (!(least >= 0 && least <= 1e30))
        refuse("least", least, "must be 0 or a power, at most 1e30");
}

noise_floor::noise_floor(std::size_t bins,
                         bool circular,
                         std::optional<std::size_t> dc,
                         const noise_floor_settings& s)
    : d_bins(bins),
      d_width(s.neighbourhood ? s.neighbourhood
                              : std::min(std::max<std::size_t>(bins / 8, 16), bins / 2)),
      d_rows_to_accept(
          std::max(fewest_rows_of_a_level, cells_of_a_level / std::max<std::size_t>(bins, 1))),
      d_circular(circular), d_dc(dc), d_settings((s.check(), s)), d_lines(bins)
{
    if (bins < 8)
        refuse("bins", bins, "a noise floor needs 8 at least");
    if (d_width < 4 || d_width > bins / 2)
        refuse("neighbourhood", d_width, "must be 4 bins .. half of the bins");
    for (auto* each : { &d_quantile, &d_level, &d_shape, &d_inverse, &d_burst_floor, &d_median })
        each->assign(bins, 0);
    d_relative.assign(bins, 0);
    d_candidate.assign(bins, 0);
    d_steady.assign(bins, 0);
}

//! The bin that stands for one beyond the ends: the row goes on with its other end, or mirrored.
std::size_t noise_floor::neighbour(std::ptrdiff_t bin) const
{
    const auto n = static_cast<std::ptrdiff_t>(d_bins);
    const auto period = d_circular ? n : 2 * (n - 1);
    while (bin < 0)
        bin += period;
    while (bin >= period)
        bin -= period;
    return static_cast<std::size_t>(bin < n ? bin : period - bin);
}

//! Mean of the values near a bin.
float noise_floor::mean_about(const std::vector<float>& values, std::size_t bin) const
{
    float sum = 0;
    for (auto j = -smoothing; j <= smoothing; ++j)
        sum += values[neighbour(static_cast<std::ptrdiff_t>(bin) + j)];
    return sum / static_cast<float>(smoothed_bins);
}

//! Gain of a row relative to the shape: the fixed point of a truncated mean, iterated from the gain `from`.
float noise_floor::truncated_mean(const float* row, float from)
{
    static const auto expectation = static_cast<float>(truncated_expectation());
    simd::dispatch<scaled>(row, d_inverse.data(), d_bins, d_relative.data());
    auto gain = from;
    for (int pass = 0; pass < passes; ++pass) {
        auto below = simd::dispatch<sum_below>(
            d_relative.data(), d_bins, static_cast<float>(truncation) * gain);
        if (pass == 0 && below.count < static_cast<float>(d_bins) / 2) {
            d_scratch.assign(d_relative.begin(), d_relative.end());
            gain = quantile_of(d_scratch, 0.35) / 0.431f; // -ln(1 - 0.35)
            below = simd::dispatch<sum_below>(
                d_relative.data(), d_bins, static_cast<float>(truncation) * gain);
        }
        if (!(below.sum > 0))
            break;
        gain = below.sum / below.count / expectation;
    }
    return std::max(gain, d_silent ? 1.0f : 1e-30f);
}

void noise_floor::begin(const float* rows, std::size_t count)
{
    std::vector<const float*> first;
    for (std::size_t p = 0; p < count; ++p)
        first.push_back(rows + p * d_bins);
    begin(first);
}

void noise_floor::begin(const std::vector<const float*>& rows)
{
    // gains over a first shape, each bin's median; then quantiles of the rows without their gains, twice
    std::vector<float> gains(rows.size(), 1);
    column_quantiles columns;
    for (int pass = 0; pass < 3; ++pass) {
        const auto share = pass ? d_settings.quantile : 0.5;
        columns.find(rows.data(), gains.data(), rows.size(), d_bins, share, d_quantile.data());
        for (std::size_t k = 0; k < d_bins; ++k)
            d_level[k] = d_quantile[k] / static_cast<float>(unit_quantile(share));
        if (pass == 2)
            leave_out_bursts(rows, gains);
        reshape();
        if (pass < 2)
            for (std::size_t p = 0; p < rows.size(); ++p)
                gains[p] = truncated_mean(rows[p], pass ? gains[p] : 1);
    }
    const auto agreeing =
        d_rows_to_accept > fewest_rows_of_a_level ? std::min(d_rows_to_accept, gains.size()) : 1;
    d_scratch.assign(gains.begin(), gains.begin() + static_cast<std::ptrdiff_t>(agreeing));
    d_smooth = quantile_of(d_scratch, 0.5);
    d_deviating.reset();
    d_begun = true;
    find_first_lines(rows, gains);
}

//! A line that was there in all of the first rows is steady from the start.
void noise_floor::find_first_lines(const std::vector<const float*>& rows,
                                   const std::vector<float>& gains)
{
    const auto count = rows.size();
    constexpr std::size_t fewest_groups = 8, group = line_presence::rows_of_group;
    if (count < fewest_groups * group)
        return;
    const auto whole = count / group * group;
    for (std::size_t p = 0; p < whole; ++p) {
        d_lines.add(rows[p], gains[p]);
        if ((p + 1) % group == 0)
            d_lines.end_group(d_candidate, d_shape);
    }
    d_lines.lengthen(whole, std::max(whole, d_settings.steady));
    reshape();
}

/*!
 * A bin that a burst has filled for half of the first rows has a level 4 dB too high. The least of the levels of the
 * quarters of these rows, smoothed over 9 bins, replaces one that it undercuts clearly: in noise it is 0.9 of the level,
 * with a deviation of 0.06.
 */
void noise_floor::leave_out_bursts(const std::vector<const float*>& rows,
                                   const std::vector<float>& gains)
{
    constexpr std::size_t parts = 4, least_rows = 32;
    constexpr float expected = 0.9f, clearly = 0.75f;
    const auto length = rows.size() / parts;
    if (length < least_rows)
        return;
    column_quantiles columns;
    std::vector<float> part(d_bins), smooth(d_bins), least(d_bins, 1e38f);
    const auto to_level = static_cast<float>(1 / unit_quantile(d_settings.quantile));
    for (std::size_t j = 0; j < parts; ++j) {
        columns.find(rows.data() + j * length,
                     gains.data() + j * length,
                     length,
                     d_bins,
                     d_settings.quantile,
                     part.data());
        for (auto& each : part)
            each *= to_level;
        for (std::size_t k = 0; k < d_bins; ++k)
            least[k] = std::min(least[k], mean_about(part, k));
    }
    for (std::size_t k = 0; k < d_bins; ++k)
        smooth[k] = mean_about(d_level, k);
    for (std::size_t k = 0; k < d_bins; ++k)
        if (least[k] < clearly * smooth[k]) {
            d_level[k] = std::min(d_level[k], least[k] / expected);
            d_quantile[k] = d_level[k] / to_level;
        }
}

//! Medians of the level over a neighbourhood about each bin; where it holds more than 129 bins, only every `stride`th counts.
void noise_floor::running_medians()
{
    const auto stride =
        std::max<std::size_t>(1, (d_width + most_in_a_median - 1) / most_in_a_median);
    const auto half = static_cast<std::ptrdiff_t>(d_width / 2 / stride);
    const auto count = static_cast<std::ptrdiff_t>((d_bins - 1) / stride + 1);
    auto& values = d_scratch; // one for a stride, with the neighbours of both ends
    values.clear();
    for (auto j = -half; j < count + half; ++j)
        values.push_back(d_level[neighbour(j * static_cast<std::ptrdiff_t>(stride))]);
    running_median().run(values, static_cast<std::size_t>(2 * half + 1), d_median);
    if (stride == 1)
        return;
    // between the bins that have a median it is interpolated, after the last one it stays
    const auto last = (static_cast<std::size_t>(count) - 1) * stride;
    d_median.resize(d_bins);
    for (auto i = static_cast<std::size_t>(count); i-- > 1;)
        d_median[i * stride] = d_median[i];
    for (std::size_t a = 0; a < last; a += stride)
        for (std::size_t i = 1; i < stride; ++i)
            d_median[a + i] = d_median[a] + (d_median[a + stride] - d_median[a]) *
                                                static_cast<float>(i) / static_cast<float>(stride);
    std::fill(d_median.begin() + static_cast<std::ptrdiff_t>(last), d_median.end(), d_median[last]);
}

//! The medians of the neighbourhoods before and after a bin.
inline std::pair<float, float> noise_floor::medians_beside(std::size_t bin) const
{
    const auto at = static_cast<std::ptrdiff_t>(bin);
    const auto side = static_cast<std::ptrdiff_t>(d_width / 2 + 4);
    return { d_median[neighbour(at - side)], d_median[neighbour(at + side)] };
}

void noise_floor::find_candidates()
{
    const auto cap = static_cast<float>(d_settings.cap);
    std::fill(d_candidate.begin(), d_candidate.end(), std::uint8_t(0));
    for (std::size_t k = 0; k < d_bins; ++k) {
        const auto [before, after] = medians_beside(k);
        if (d_level[k] > cap * std::max(before, after))
            for (std::ptrdiff_t j = -1; j <= 1; ++j)
                d_candidate[neighbour(static_cast<std::ptrdiff_t>(k) + j)] = 1;
    }
}

//! The shape is the level, without lines, smoothed over the bins; `least` at least.
void noise_floor::smooth_shape(float least)
{
    auto& plain = d_scratch;
    plain.resize(d_bins);
    for (std::size_t k = 0; k < d_bins; ++k) {
        plain[k] = d_level[k];
        if (!d_candidate[k])
            continue;
        const auto [before, after] = medians_beside(k);
        const auto mean = std::sqrt(static_cast<double>(before) * after); // a float may not hold it
        plain[k] = std::min(plain[k], static_cast<float>(mean));
    }
    double sum = 0;
    for (auto j = -smoothing; j <= smoothing; ++j)
        sum += plain[neighbour(j)];
    std::size_t silent = 0;
    for (std::size_t k = 0; k < d_bins; ++k) {
        silent += !(sum > smoothed_bins * static_cast<double>(least));
        d_shape[k] = std::max(static_cast<float>(sum / smoothed_bins), least);
        d_inverse[k] = 1 / d_shape[k];
        const auto at = static_cast<std::ptrdiff_t>(k);
        sum += plain[neighbour(at + 1 + smoothing)];
        sum -= plain[neighbour(at - smoothing)];
    }
    d_silent = 2 * silent > d_bins;
}

//! Steady lines, and what lies near DC, belong to the floor that bursts are compared with.
void noise_floor::find_steady(float least)
{
    for (std::size_t k = 0; k < d_bins; ++k) {
        const auto steady = d_candidate[k] && d_lines.lasts(k, d_settings.steady);
        if (steady && !d_steady[k] &&
            d_lines.last_mean(k) > d_level[k]) { // a quantile would take long to rise so far
            d_level[k] = d_lines.last_mean(k);
            d_quantile[k] = d_level[k] * static_cast<float>(unit_quantile(d_settings.quantile));
        }
        d_steady[k] = steady;
        d_burst_floor[k] = d_steady[k] ? std::max(d_level[k], least) : d_shape[k];
    }
    if (!d_dc)
        return;
    for (auto j = -near_dc; j <= near_dc; ++j) {
        const auto k = neighbour(static_cast<std::ptrdiff_t>(*d_dc) + j);
        d_burst_floor[k] = std::max(d_shape[k], d_level[k]);
        d_steady[k] = 0;
    }
}

//! Makes the shape and the steady bins of a level that has changed.
void noise_floor::reshape()
{
    running_medians();
    find_candidates();
    const auto strongest = *std::max_element(d_level.begin(), d_level.end());
    const auto least =
        std::max({ static_cast<float>(d_settings.least), rounding * strongest, smallest });
    smooth_shape(least);
    find_steady(least);
    ++d_version;
}

/*!
 * A gain near the smoothed one moves it. One that differs is a step once as many rows agree on it: by six deviations of a
 * row's gain, or, where more than two rows must agree, by twice as many of their mean, which is less, since it shows in all of
 * them. Pulses of several rows, which are no level, differ by less.
 */
noise_floor::row_gain noise_floor::accept(double gain)
{
    const auto of_row = deviation_of_row(d_bins);
    const bool of_many = d_rows_to_accept > fewest_rows_of_a_level;
    const auto tolerance =
        of_many ? 2 * of_row / std::sqrt(static_cast<double>(d_rows_to_accept)) : of_row;
    const auto deviation = std::log(gain / d_smooth);
    row_gain result{ static_cast<float>(gain), 1 };
    // a row of a step that is not much above the tolerance may lie below it: it neither agrees nor divides those that do
    const bool of_step = of_many && d_deviating && (*d_deviating > d_smooth) == (deviation > 0) &&
                         std::abs(std::log(gain / *d_deviating)) < std::abs(deviation);
    if (std::abs(deviation) <= tolerance && !of_step) {
        d_smooth += 0.1 * (gain - d_smooth);
        result.gain = static_cast<float>(d_smooth);
        d_deviating.reset();
        return result;
    }
    const auto agrees = [&](double other) {
        return std::abs(std::log(gain / other)) <= of_row && (other > d_smooth) == (deviation > 0);
    };
    if (!d_deviating || !agrees(*d_deviating)) {
        d_deviating = gain;
        d_agreeing = 0;
        d_doubtful = 0;
    }
    ++(of_step && std::abs(deviation) <= tolerance ? d_doubtful : d_agreeing);
    const auto others = static_cast<double>(d_agreeing + d_doubtful - 1);
    if (of_many && others > 0) // the mean without the first row, in which the step may lie
        *d_deviating += (gain - *d_deviating) / others;
    const auto level = of_many ? *d_deviating : gain;
    if (d_agreeing >= d_rows_to_accept &&
        (!of_many || std::abs(std::log(level / d_smooth)) > of_row / std::sqrt(others))) {
        result = { static_cast<float>(level), static_cast<float>(level / d_smooth) };
        d_smooth = level;
        d_deviating.reset();
    } else if (of_many && deviation > -2 * of_row) {
        result.gain = static_cast<float>(d_smooth);
    }
    return result;
}

noise_floor::row_gain noise_floor::follow(const float* row)
{
    auto gain = truncated_mean(row, static_cast<float>(d_smooth));
    // the fixed point of a level far from the former one needs more passes
    if (d_rows_to_accept > fewest_rows_of_a_level &&
        std::abs(std::log(static_cast<double>(gain) / d_smooth)) > deviation_of_row(d_bins) / 2)
        gain = truncated_mean(row, gain);
    const auto result = accept(static_cast<double>(gain));
    const auto q = d_settings.quantile, eta = d_settings.adaptation;
    simd::dispatch<move_quantiles>(row,
                                   1 / result.gain,
                                   d_bins,
                                   static_cast<float>(1 + eta * q),
                                   static_cast<float>(1 - eta * (1 - q)),
                                   d_quantile.data());
    d_lines.add(row, result.gain);
    ++d_rows;
    if (d_rows % line_presence::rows_of_group == 0)
        d_lines.end_group(d_candidate, d_shape);
    if (d_rows % rows_between_shapes == 0) {
        const auto to_level = static_cast<float>(1 / unit_quantile(q));
        for (std::size_t k = 0; k < d_bins; ++k) {
            d_quantile[k] = std::max(d_quantile[k], smallest); // an exact zero would stay one
            d_level[k] = d_quantile[k] * to_level;
        }
        reshape();
    }
    return result;
}

double noise_floor::median() const
{
    auto shape = d_shape;
    const auto middle = shape.begin() + static_cast<std::ptrdiff_t>(shape.size() / 2);
    std::nth_element(shape.begin(), middle, shape.end());
    return static_cast<double>(*middle) * d_smooth;
}

} // namespace gr::stft::kernel
