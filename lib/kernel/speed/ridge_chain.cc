/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/constants.h"
#include "kernel/speed/ridge_chain.h"

namespace gr::stft::kernel {

namespace {

constexpr double slope_time = 0.5;  // s of path that give its slope
constexpr double other_reach = 1.5; // on either side of an order of another shaft
// of the rows there, a little more than the mean of noise, since paths through noise find more than that
constexpr float other_value = 0.75f;
constexpr double same_reach = 1.5; // 1 / duration about a track in which a path is the same shaft
constexpr float other_cost = 0.5f; // a frame and order, of a path that leaves its shaft for another
constexpr double slow = 60, fast = 2; // s, constants of the weights' means
// of orders that are no integers, before they are learned: they are weaker as a rule, and 4/3 f has lines of f among them
constexpr float fraction_weight = 0.5f;
constexpr double spread_of_trust = 5; // spreads above the median that make a confidence of 1
// of ln(1 + P / median P), P of noise: mean less median, and standard deviation, in spreads of centre_and_spread()
constexpr float mean_above_median = 0.1169f, deviation_of_noise = 0.9102f;

ridge_grid grid_of(const ridge_settings& s, double duration, double nyquist)
{
    const auto highest = std::max(1.0, *std::max_element(s.orders.begin(), s.orders.end()));
    const auto step = 1 / (2 * duration * highest);
    return { s.f_min,
             step,
             static_cast<std::size_t>(std::floor((s.fastest(nyquist) - s.f_min) / step)) + 1 };
}

//! The middle one of them, the upper of two.
float middle(std::vector<float>& values)
{
    const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), half, values.end());
    return *half;
}

std::size_t frames_in(double time, double hop_time)
{
    return static_cast<std::size_t>(std::llround(time / hop_time));
}

} // namespace

ridge_chain::track::track(const ridge_chain& chain, double hop_time, double max_slew)
    : path(chain.d_grid, chain.d_rates, hop_time, max_slew, chain.d_depth - 1),
      rows(chain.d_depth * chain.d_rates.size() * chain.d_axis.bins),
      scores(chain.d_depth * chain.d_rates.size() * chain.d_grid.count), damaged(chain.d_depth)
{}

ridge_chain::ridge_chain(const ridge_settings& s,
                         const std::vector<double>& rates,
                         double duration,
                         double hop_time,
                         double start,
                         const row_axis& axis,
                         sink found)
    : d_settings(s), d_rates(rates), d_duration(duration), d_hop_time(hop_time), d_start(start),
      d_axis(axis), d_grid(grid_of(s, duration, axis.nyquist)), d_score(d_grid, s.orders, axis),
      d_lag(frames_in(s.lag, hop_time)),
      d_wing(std::max<std::size_t>(1, frames_in(slope_time / 2, hop_time))),
      d_depth(d_lag + 2 * d_wing + 1), d_weights(s.weights.begin(), s.weights.end()),
      d_trace(d_depth), d_sorted(std::max(d_grid.count, axis.bins)),
      d_row(rates.size() * axis.bins), d_found(std::move(found))
{
    if (d_weights.empty())
        for (const auto k : s.orders)
            d_weights.push_back(s.learns() && k != std::floor(k) ? fraction_weight : 1.0f);
    d_means = d_weights;
    for (std::size_t i = 0; i < s.tracks; ++i)
        d_tracks.emplace_back(*this, hop_time, s.max_slew);
}

void ridge_chain::add(const float* rows, bool damaged)
{
    if (d_settings.reject.empty()) {
        add(0, rows, damaged);
        return;
    }
    std::copy_n(rows, d_row.size(), d_row.begin());
    for (std::size_t r = 0; r < d_rates.size(); ++r)
        d_axis.clear_multiples(
            d_row.data() + r * d_axis.bins, d_settings.reject, reject_reach / d_duration);
    add(0, d_row.data(), damaged);
}

void ridge_chain::add(std::size_t number, const float* rows, bool damaged)
{
    auto& t = d_tracks[number];
    const auto slot = t.path.frames() % d_depth;
    auto* own = t.rows.data() + slot * d_row.size();
    std::copy_n(rows, d_row.size(), own);
    t.damaged[slot] = damaged;
    auto* scores = t.scores.data() + slot * d_rates.size() * d_grid.count;
    for (std::size_t r = 0; r < d_rates.size(); ++r)
        d_score.sum(own + r * d_axis.bins, d_weights, scores + r * d_grid.count);
    std::size_t low = 0, high = d_grid.count - 1;
    const auto time = d_start + static_cast<double>(t.path.frames()) * d_hop_time;
    const bool held = d_settings.learns() && time < d_settings.learn_time;
    if (held) {
        const auto cell = [this](double f) { return (f - d_grid.first) / d_grid.step; };
        low = static_cast<std::size_t>(std::max(0.0, std::ceil(cell(d_settings.learn_min) - 1e-9)));
        high = std::min(high, static_cast<std::size_t>(cell(d_settings.learn_max) + 1e-9));
        low = std::min(low, high);
    }
    t.path.add(scores, low, high);
    if (t.path.frames() <= d_lag)
        return;
    give(number);
    if (d_tracks.size() > 1)
        t.path.favour(d_lag,
                      static_cast<std::size_t>(std::lround((t.last - d_grid.first) / d_grid.step)),
                      static_cast<std::size_t>(same_reach / d_duration / d_grid.step),
                      other_cost * static_cast<float>(d_weights.size()));
}

bool ridge_chain::give_one()
{
    for (std::size_t i = 0; i < d_tracks.size(); ++i)
        if (d_tracks[i].given < d_tracks[i].path.frames()) {
            give(i);
            return true;
        }
    return false;
}

double ridge_chain::frequency(const track& t, std::uint64_t frame, ridge_path::state at) const
{
    const auto* scores =
        t.scores.data() + (frame % d_depth * d_rates.size() + at.rate) * d_grid.count;
    if (at.cell == 0 || at.cell + 1 == d_grid.count)
        return d_grid.at(at.cell);
    return d_grid.at(at.cell + vertex(scores[at.cell - 1], scores[at.cell], scores[at.cell + 1]));
}

//! Slope and bend at a frame of the parabola through the path about it, least squares. back: frames from the newest one
void ridge_chain::shape(const track& t,
                        std::size_t back,
                        std::size_t traced,
                        ridge_point& point) const
{
    const auto later = std::min(back, d_wing);
    const auto earlier = std::min(traced - 1 - back, 2 * d_wing - later);
    double n = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, y0 = 0, y1 = 0, y2 = 0;
    for (auto i = back - later; i <= back + earlier; ++i) {
        const auto x = static_cast<double>(back) - static_cast<double>(i);
        const auto y = frequency(t, t.path.frames() - 1 - i, d_trace[i]) - point.frequency;
        n += 1, s1 += x, s2 += x * x, s3 += x * x * x, s4 += x * x * x * x;
        y0 += y, y1 += x * y, y2 += x * x * y;
    }
    point.bend = 0;
    if (n < 2) {
        point.slope = d_rates[d_trace[back].rate] * point.frequency;
    } else if (n < 4) {
        point.slope = (n * y1 - s1 * y0) / (n * s2 - s1 * s1) / d_hop_time;
    } else { // normal equations of c0 + c1 x + c2 x^2
        const auto a = s2 * s4 - s3 * s3, b = s1 * s4 - s2 * s3, c = s1 * s3 - s2 * s2;
        const auto determinant = n * a - s1 * b + s2 * c;
        point.slope =
            (y1 * (n * s4 - s2 * s2) - y0 * b - y2 * (n * s3 - s1 * s2)) / determinant / d_hop_time;
        point.bend = 2 * (y0 * c - y1 * (n * s3 - s1 * s2) + y2 * (n * s2 - s1 * s1)) /
                     determinant / (d_hop_time * d_hop_time);
    }
}

//! Median and 1.4826 times the median distance from it, of values that are put in another order.
std::pair<float, float> ridge_chain::centre_and_spread()
{
    const auto median = middle(d_sorted);
    for (auto& value : d_sorted)
        value = std::abs(value - median);
    return { median, static_cast<float>(deviation_per_median_distance) * middle(d_sorted) };
}

/*!
 * Distance of a score from those without a machine, in spreads. These are the scores of the other frequencies, or, where the
 * lines themselves fill the range that is searched, sums of as many values of the row's noise: the smaller of both.
 */
float ridge_chain::confidence(const float* scores, float at, const float* row)
{
    d_sorted.assign(scores, scores + d_grid.count);
    const auto [median, spread] = centre_and_spread();
    d_sorted.assign(row + std::min<std::size_t>(2, d_axis.bins - 1), row + d_axis.bins);
    const auto [value, width] = centre_and_spread();
    float sum = 0, squares = 0;
    for (const auto w : d_weights)
        sum += w, squares += w * w;
    const auto centre = std::min(median, sum * (value + mean_above_median * width));
    const auto scale = std::min(spread, std::sqrt(squares) * deviation_of_noise * width);
    return scale > 0 ? std::max(0.0f, (at - centre) / scale / static_cast<float>(spread_of_trust))
                     : 0.0f;
}

void ridge_chain::learn(const float* row, double f, double constant)
{
    const auto share = static_cast<float>(1 - std::exp(-d_hop_time / constant));
    float largest = 0;
    for (std::size_t k = 0; k < d_means.size(); ++k) {
        d_means[k] += share * (d_axis.at(row, d_settings.orders[k] * f) - d_means[k]);
        largest = std::max(largest, d_means[k]);
    }
    if (largest > 0)
        for (std::size_t k = 0; k < d_means.size(); ++k)
            d_weights[k] = d_means[k] / largest;
}

//! The next frame of a track.
void ridge_chain::give(std::size_t number)
{
    auto& t = d_tracks[number];
    const auto frame = t.given++;
    const auto back = static_cast<std::size_t>(t.path.frames() - 1 - frame);
    const auto traced = t.path.trace(std::min(d_depth, back + 2 * d_wing + 1), d_trace.data());
    const auto at = d_trace[back];
    t.last = d_grid.at(at.cell);
    const auto slot = frame % d_depth;
    const auto* scores = t.scores.data() + (slot * d_rates.size() + at.rate) * d_grid.count;
    auto* rows = t.rows.data() + slot * d_row.size();
    ridge_point point;
    point.track = number;
    point.frame = frame;
    point.frequency = frequency(t, frame, at);
    shape(t, back, traced, point);
    point.row = rows + at.rate * d_axis.bins;
    point.confidence = t.damaged[slot] ? 0.0f : confidence(scores, scores[at.cell], point.row);
    const auto time = d_start + static_cast<double>(frame) * d_hop_time;
    const bool held = d_settings.learns() && time < d_settings.learn_time;
    if (d_settings.learns() && !t.damaged[slot] && (held || point.confidence >= 1))
        learn(point.row, point.frequency, held ? fast : slow);
    d_found(point);
    if (number + 1 == d_tracks.size())
        return;
    for (std::size_t r = 0; r < d_rates.size(); ++r)
        for (const auto k : d_settings.orders)
            d_axis.set(
                rows + r * d_axis.bins, k * point.frequency, other_reach / d_duration, other_value);
    add(number + 1, rows, t.damaged[slot]);
}

} // namespace gr::stft::kernel
