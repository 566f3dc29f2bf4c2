/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/running_median.h"
#include "kernel/refuse.h"
#include "kernel/samp_rate.h"
#include <gnuradio/stft/kernel/machine/fault_lines.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

// Numbers of fault_lines's formulas. None of them is derived; what they give on simulated machines is in docs/machines.md.
// of s: a fifth of a bin for a line of order 4 under 100 turns
constexpr double stretch_step = 0.0005;
constexpr std::size_t compared_at_first = 160; // frequencies between the lines
constexpr std::size_t least_compared = 30;     // of them, whose median and deviation mean something
constexpr double most_bins_in_median = 1 << 24;
constexpr int greatest_ratio = 4; // of the integers a : b
constexpr int harmonics_with_sides = 3, sides_of_harmonic = 2;
constexpr double weight_of_side = 0.25;
// Factor of a median distance. The limit of z belongs to it: with deviation_per_median_distance, which has a digit more, z of a
// fault that is just named falls below 4.
constexpr double deviation_of_scores = 1.48;
constexpr double least_deviation = 0.3; // of scores, so that a flat row makes no small one large
constexpr std::size_t orders_of_shaft = 6, highest_order_of_shaft = 10;
constexpr double shaft_stands_out = 2; // z
constexpr double least_turns = 20;     // under the window, for lines of neighbouring faults to part
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

constexpr std::array<bearing_fault, bearing_faults> all_faults{ bearing_fault::ftf,
                                                                bearing_fault::bpfo,
                                                                bearing_fault::bpfi,
                                                                bearing_fault::bsf };

struct line_keys {
    const char *z, *frequency, *stretch;
};

//! Keys of the values of each fault's line, by bearing_fault.
constexpr std::array<line_keys, bearing_faults> keys_of_faults{
    { { "z_ftf", "frequency_ftf", "stretch_ftf" },
      { "z_bpfo", "frequency_bpfo", "stretch_bpfo" },
      { "z_bpfi", "frequency_bpfi", "stretch_bpfi" },
      { "z_bsf", "frequency_bsf", "stretch_bsf" } }
};

//! True if a and b differ by less than this fraction.
bool near(double a, double b, double fraction) { return std::abs(a / b - 1) < fraction; }

//! True if an order is a ratio of small integers to one of the bearing's lines, or an integer.
bool has_meaning(double order, const std::vector<double>& lines, double fraction)
{
    for (const auto line : lines)
        for (int a = 1; a <= greatest_ratio; ++a)
            for (int b = 1; b <= greatest_ratio; ++b)
                if (near(order, line * a / b, fraction))
                    return true;
    const auto whole = std::round(order);
    return whole >= 1 && near(order, whole, fraction);
}

double median_of(std::vector<double>& values)
{
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

std::vector<double> lines_of(const bearing_geometry& g)
{
    std::vector<double> lines;
    for (const auto fault : all_faults)
        lines.push_back(g.knocks(fault));
    return lines;
}

std::vector<double> orders_without_meaning(const fault_lines_settings& s)
{
    const auto lines = lines_of(s);
    const auto lowest = 0.88 * *std::min_element(lines.begin(), lines.end());
    const auto highest = 1.31 * *std::max_element(lines.begin(), lines.end());
    std::vector<double> orders;
    for (std::size_t i = 0; i < compared_at_first; ++i) {
        const auto part = static_cast<double>(i) / (compared_at_first - 1);
        const auto order = lowest * std::pow(highest / lowest, part);
        if (!has_meaning(order, lines, 2 * s.tolerance))
            orders.push_back(order);
    }
    return orders;
}

//! Orders of the shaft that no harmonic of a line comes near.
std::vector<double> orders_of_the_shaft(const fault_lines_settings& s)
{
    const auto lines = lines_of(s);
    std::vector<double> orders;
    for (std::size_t k = 1; k <= highest_order_of_shaft && orders.size() < orders_of_shaft; ++k) {
        const auto order = static_cast<double>(k);
        const bool alone = std::none_of(lines.begin(), lines.end(), [&](double line) {
            for (std::size_t h = 1; h <= s.harmonics; ++h)
                if (near(static_cast<double>(h) * line, order, 2 * s.tolerance))
                    return true;
            return false;
        });
        if (alone)
            orders.push_back(order);
    }
    return orders;
}

} // namespace

void fault_lines_settings::check() const
{
    if (n_fft < 16 || n_fft > (std::size_t(1) << 24))
        refuse("n_fft", static_cast<std::int64_t>(n_fft), "must be 16 .. 2^24");
    if (win_length > n_fft)
        refuse("win_length", static_cast<std::int64_t>(win_length), "must be at most n_fft");
    check_samp_rate(samp_rate);
    bearing_geometry::check();
    if (!(tolerance >= 0.001 && tolerance <= 0.05))
        refuse("tolerance", tolerance, "must be a fraction, 0.001 .. 0.05");
    if (harmonics < 1 || harmonics > 16)
        refuse("harmonics", static_cast<std::int64_t>(harmonics), "must be 1 .. 16");
    if (!(threshold > 0 && threshold <= 1e6))
        refuse("threshold", threshold, "must be positive, at most 1e6");
    if (!(whiten >= 0.5 && whiten <= 100))
        refuse("whiten", whiten, "must be 0.5 .. 100 orders");
    if (orders_without_meaning(*this).size() < least_compared)
        refuse("tolerance",
               tolerance,
               "must be smaller: it leaves too few frequencies to compare the lines with");
}

std::vector<std::pair<const char*, event_value>> values_of(const fault_report& report)
{
    const auto real = [](double value) {
        return std::isfinite(value) ? event_value(value) : event_value();
    };
    const fault_line* greatest = nullptr;
    for (const auto& line : report.lines)
        if (std::isfinite(line.z) && !(greatest && greatest->z >= line.z))
            greatest = &line;
    const auto of_greatest = [&](double fault_line::*member) {
        return greatest ? real(greatest->*member) : event_value();
    };
    std::vector<std::pair<const char*, event_value>> values{
        { "speed", real(report.speed) },
        { "fault",
          report.fault ? event_value(std::string(name_of(*report.fault))) : event_value() },
        { "z", of_greatest(&fault_line::z) },
        { "frequency", of_greatest(&fault_line::frequency) },
        { "stretch", of_greatest(&fault_line::stretch) },
        { "missing", report.missing ? event_value(std::string(report.missing)) : event_value() },
    };
    const auto add = [&](const line_keys& keys, const fault_line& line) {
        values.emplace_back(keys.z, real(line.z));
        values.emplace_back(keys.frequency, real(line.frequency));
        values.emplace_back(keys.stretch, real(line.stretch));
    };
    for (std::size_t i = 0; i < bearing_faults; ++i)
        add(keys_of_faults[i], report.lines[i]);
    add({ "z_shaft", "frequency_shaft", "stretch_shaft" }, report.shaft);
    return values;
}

class fault_lines::parts
{
public:
    explicit parts(const fault_lines_settings& s)
        : d_settings(s), d_compared((s.check(), orders_without_meaning(s))),
          d_shaft_orders(orders_of_the_shaft(s)), d_relative(s.bins()), d_whitened(s.bins()),
          d_logs(s.bins()), d_scores(d_compared.size())
    {
        const auto steps = std::lround(s.tolerance / stretch_step);
        for (auto i = -steps; i <= steps; ++i)
            d_stretches.push_back(1 + s.tolerance * static_cast<double>(i) /
                                          static_cast<double>(std::max(1L, steps)));
        for (std::size_t h = 1; h <= s.harmonics; ++h)
            d_weights.push_back(1 / std::sqrt(static_cast<double>(h)));
    }

    template <class R>
    const fault_report& examine(const R* row, double speed)
    {
        d_report = {};
        d_report.speed = speed;
        std::fill(d_whitened.begin(), d_whitened.end(), 0.0f);
        for (const auto fault : all_faults)
            line(fault) = { d_settings.order(fault), nan, nan, nan };
        d_report.shaft = { 1, nan, nan, nan };
        const auto turns = speed * window_length() / d_settings.samp_rate;
        if (!(speed > 0 && std::isfinite(speed)))
            d_report.missing = "no speed";
        else if (!(turns >= least_turns))
            d_report.missing = "too few turns";
        else if (!take(row))
            d_report.missing = "no signal";
        else
            judge();
        return d_report;
    }

    const std::vector<float>& whitened() const { return d_whitened; }
    const std::vector<double>& compared() const { return d_compared; }
    const fault_lines_settings& settings() const { return d_settings; }

private:
    struct found {
        double score, stretch;
    };

    fault_line& line(bearing_fault fault)
    {
        return d_report.lines[static_cast<std::size_t>(fault)];
    }

    double window_length() const
    {
        return static_cast<double>(d_settings.win_length ? d_settings.win_length
                                                         : d_settings.n_fft);
    }

    //! The row over a power of two, in single precision; false if it holds nothing.
    template <class R>
    bool take(const R* row)
    {
        R most = 0;
        for (std::size_t k = 0; k < d_relative.size(); ++k) {
            if (!(row[k] >= 0 && row[k] <= std::numeric_limits<R>::max()))
                return false;
            most = std::max(most, row[k]);
        }
        if (!(most > 0))
            return false;
        int exponent = 0;
        std::frexp(most, &exponent);
        for (std::size_t k = 0; k < d_relative.size(); ++k)
            d_relative[k] = static_cast<float>(std::ldexp(row[k], -exponent));
        return true;
    }

    void judge()
    {
        whiten();
        leave_out_the_shaft();
        auto greatest = d_settings.threshold;
        for (const auto fault : all_faults) {
            auto& each = line(fault);
            const auto order = d_settings.knocks(fault);
            if (order * d_report.speed * (1 + d_settings.tolerance) >= d_settings.samp_rate / 2)
                continue;
            const auto side = fault == bearing_fault::bpfi  ? 1
                              : fault == bearing_fault::bsf ? d_settings.order(bearing_fault::ftf)
                                                            : 0;
            const auto best = best_of(order, side);
            each.z =
                compared_with([&](double other) { return best_of(other, side).score; }, best.score);
            each.stretch = best.stretch;
            each.frequency = each.order * d_report.speed * best.stretch;
            if (each.z >= greatest) {
                greatest = each.z;
                d_report.fault = fault;
            }
        }
    }

    //! Divides the row by its median over some bins; beyond its ends it is mirrored.
    void whiten()
    {
        const auto bins = d_relative.size();
        const auto width = d_settings.whiten * d_report.speed / d_settings.spacing();
        const auto half = std::clamp<std::size_t>(
            static_cast<std::size_t>(std::lround(std::min(width / 2, most_bins_in_median))),
            4,
            (bins - 1) / 2);
        d_padded.clear();
        for (auto k = half; k > 0; --k)
            d_padded.push_back(d_relative[k]);
        d_padded.insert(d_padded.end(), d_relative.begin(), d_relative.end());
        for (std::size_t k = 1; k <= half; ++k)
            d_padded.push_back(d_relative[bins - 1 - k]);
        d_median.run(d_padded, 2 * half + 1, d_medians);
        for (std::size_t k = 0; k < bins; ++k) {
            d_whitened[k] = d_medians[k] > 0 ? d_relative[k] / d_medians[k] : 0;
            d_logs[k] = std::log1p(d_whitened[k]);
        }
    }

    //! ln(1 + E) at a frequency in Hz, linear between bins; 0 from half of the sample rate on.
    double log_at(double frequency) const
    {
        const auto at = std::abs(frequency) / d_settings.spacing();
        const auto bin = static_cast<std::size_t>(at);
        if (!(bin + 1 < d_logs.size()))
            return 0;
        const auto below = static_cast<double>(d_logs[bin]),
                   above = static_cast<double>(d_logs[bin + 1]);
        return below + (at - static_cast<double>(bin)) * (above - below);
    }

    //! The greatest score of a line of this order. side: order of its side bands, 0 without them
    found best_of(double order, double side) const
    {
        found best{ -1, 1 };
        for (const auto stretch : d_stretches) {
            const auto base = order * d_report.speed * stretch;
            double score = 0;
            for (std::size_t h = 0; h < d_weights.size(); ++h)
                score += d_weights[h] * log_at(static_cast<double>(h + 1) * base);
            if (side > 0)
                for (int h = 1; h <= harmonics_with_sides; ++h)
                    for (int j = 1; j <= sides_of_harmonic; ++j)
                        score += weight_of_side * (log_at(h * base + j * side * d_report.speed) +
                                                   log_at(h * base - j * side * d_report.speed));
            if (score > best.score)
                best = { score, stretch };
        }
        return best;
    }

    //! The greatest score of the shaft's orders, if it turned `factor` times as fast.
    found shaft_at(double factor) const
    {
        found best{ -1, 1 };
        for (const auto stretch : d_stretches) {
            double score = 0;
            for (const auto k : d_shaft_orders)
                score += log_at(k * factor * stretch * d_report.speed) / std::sqrt(k);
            if (score > best.score)
                best = { score, stretch };
        }
        return best;
    }

    template <class Score>
    double compared_with(Score score_of, double score)
    {
        std::transform(d_compared.begin(), d_compared.end(), d_scores.begin(), score_of);
        const auto median = median_of(d_scores);
        for (auto& each : d_scores)
            each = std::abs(each - median);
        return (score - median) / (deviation_of_scores * median_of(d_scores) + least_deviation);
    }

    void leave_out_the_shaft()
    {
        const auto best = shaft_at(1);
        d_report.shaft.z =
            compared_with([&](double other) { return shaft_at(other).score; }, best.score);
        d_report.shaft.stretch = best.stretch;
        d_report.shaft.frequency = d_report.speed * best.stretch;
        if (d_report.shaft.z < shaft_stands_out)
            return;
        const auto half_lobe = 2 * d_settings.samp_rate / window_length() / d_settings.spacing();
        const auto spacing = d_report.shaft.frequency / d_settings.spacing();
        const auto last = static_cast<double>(d_logs.size() - 1);
        for (double centre = spacing; centre - half_lobe <= last; centre += spacing) {
            const auto begin =
                static_cast<std::size_t>(std::ceil(std::max(0.0, centre - half_lobe)));
            const auto end = static_cast<std::size_t>(std::min(last, centre + half_lobe));
            for (auto k = begin; k <= end; ++k)
                d_logs[k] = std::min(d_logs[k], static_cast<float>(M_LN2)); // as where E is 1
        }
    }

    fault_lines_settings d_settings;
    std::vector<double> d_compared, d_shaft_orders, d_stretches, d_weights;
    std::vector<float> d_relative, d_whitened, d_logs, d_padded, d_medians;
    std::vector<double> d_scores;
    running_median d_median;
    fault_report d_report;
};

fault_lines::fault_lines(const fault_lines_settings& s) : d(std::make_unique<parts>(s)) {}
fault_lines::~fault_lines() = default;
fault_lines::fault_lines(fault_lines&&) noexcept = default;
fault_lines& fault_lines::operator=(fault_lines&&) noexcept = default;

template <class R>
const fault_report& fault_lines::examine(const R* row, double speed)
{
    return d->examine(row, speed);
}
template STFT_API const fault_report& fault_lines::examine(const float* row, double speed);
template STFT_API const fault_report& fault_lines::examine(const double* row, double speed);

const std::vector<float>& fault_lines::whitened() const { return d->whitened(); }
const std::vector<double>& fault_lines::compared() const { return d->compared(); }
const fault_lines_settings& fault_lines::design() const { return d->settings(); }

} // namespace gr::stft::kernel
