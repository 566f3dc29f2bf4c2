/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/speed/ridge_chain.h"
#include "kernel/speed/ridge_output.h"
#include "kernel/speed/row_whitener.h"
#include <gnuradio/stft/kernel/speed/ridge_tracker.h>

namespace gr::stft::kernel {

namespace {

const row_ridge_tracker_settings& checked(const row_ridge_tracker_settings& s)
{
    s.check();
    return s;
}

double bin_width(const row_ridge_tracker_settings& s)
{
    return s.samp_rate / static_cast<double>(s.n_fft);
}

double hop_time(const row_ridge_tracker_settings& s)
{
    return static_cast<double>(s.hop) / s.samp_rate;
}

} // namespace

class row_ridge_tracker::parts
{
public:
    explicit parts(const row_ridge_tracker_settings& s)
        : design(checked(s)), axis{ s.bins(), bin_width(s), s.samp_rate / 2 },
          whitener(s.bins(), s.whiten / bin_width(s)), width(ridge_amplitudes + s.orders.size()),
          row(s.rates.size() * s.bins()), chain(s,
                                                s.rates,
                                                s.duration(),
                                                hop_time(s),
                                                0,
                                                axis,
                                                [this](const ridge_point& point) { take(point); }),
          lag(chain.latency() / s.tracks),
          output(s.tracks, s.orders, lag, hop_time(s), s.duration())
    {}

    void add(const float* given)
    {
        const bool finite =
            std::all_of(given, given + row.size(), [](float v) { return std::isfinite(v); });
        for (std::size_t r = 0; r < design.rates.size(); ++r) {
            const auto from = r * design.bins();
            auto* to = row.data() + from;
            if (!finite)
                std::fill_n(to, design.bins(), 0.0f);
            else if (design.whiten > 0)
                whitener.whiten(given + from, to);
            else
                std::copy_n(given + from, design.bins(), to);
        }
        chain.add(row.data(), !finite);
    }

    //! ln(1 + P / F) back to sqrt(P / F).
    static double ratio(float v) { return std::sqrt(std::max(0.0, std::expm1(double(v)))); }

    void take(const ridge_point& point)
    {
        auto* values = output.place(point.track, point.frame);
        values[ridge_frequency] = point.frequency;
        values[ridge_slope] = point.slope;
        values[ridge_confidence] = static_cast<double>(point.confidence);
        values[ridge_swap_possible] = 0;
        for (std::size_t k = 0; k < design.orders.size(); ++k)
            values[ridge_amplitudes + k] =
                ratio(axis.at(point.row, design.orders[k] * point.frequency));
        output.added(point.track, point.frame);
    }

    row_ridge_tracker_settings design;
    row_axis axis;
    row_whitener<float> whitener;
    std::size_t width;
    std::vector<float> row;
    ridge_chain chain;
    std::size_t lag;
    ridge_output output;
    std::int64_t next = 0;
    bool ended = false;
};

row_ridge_tracker::row_ridge_tracker(const row_ridge_tracker_settings& s)
    : d(std::make_unique<parts>(s))
{}
row_ridge_tracker::~row_ridge_tracker() = default;
row_ridge_tracker::row_ridge_tracker(row_ridge_tracker&&) noexcept = default;
row_ridge_tracker& row_ridge_tracker::operator=(row_ridge_tracker&&) noexcept = default;

void row_ridge_tracker::add(const float* row) { d->add(row); }
void row_ridge_tracker::finish() { d->ended = true; }

const double* row_ridge_tracker::values()
{
    while (true) {
        if (const auto* known = d->output.frame(false))
            return known;
        if (!d->ended)
            return nullptr;
        if (!d->chain.give_one())
            return d->output.frame(true);
    }
}

void row_ridge_tracker::advance()
{
    d->output.advance();
    ++d->next;
}
std::int64_t row_ridge_tracker::frame() const { return d->next; }
std::size_t row_ridge_tracker::width() const { return d->width; }
std::size_t row_ridge_tracker::latency() const { return d->chain.latency() + d->output.latency(); }
std::vector<double> row_ridge_tracker::weights() const
{
    return { d->chain.weights().begin(), d->chain.weights().end() };
}
const row_ridge_tracker_settings& row_ridge_tracker::design() const { return d->design; }

} // namespace gr::stft::kernel
