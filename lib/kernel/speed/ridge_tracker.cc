/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/speed/ridge_output.h"
#include "kernel/speed/ridge_refiner.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/speed/ridge_tracker.h>
#include <type_traits>

namespace gr::stft::kernel {

namespace {

const ridge_tracker_settings& checked(const ridge_tracker_settings& s)
{
    s.check();
    return s;
}

//! s of samples that the last track still needs when the newest row is known.
double memory(const ridge_tracker_settings& s)
{
    const auto hop = s.hop > 0 ? s.hop : s.duration / 8; // rounding moves it by a half at most
    return static_cast<double>(s.tracks) * (s.lag + hop) * 1.5 + refinement(s, hop).reach() * 1.5;
}

row_axis axis_of(const ridge_tracker_settings& s, std::size_t bins, double bin_width)
{
    return { bins, bin_width, s.samp_rate / 2 };
}

} // namespace

template <class R>
class ridge_tracker<R>::parts
{
public:
    parts(const ridge_tracker_settings& s, std::int64_t first)
        : design(checked(s)), rows(s.rows(), memory(s), first), refiner(s, rows),
          width(ridge_amplitudes + s.orders.size()), first_frame(rows.first()), next(rows.first()),
          row(s.rows().bank().size() * rows.bins()),
          chain(s,
                s.rows().bank(),
                s.duration,
                rows.hop_time(),
                static_cast<double>(rows.first() * static_cast<std::int64_t>(rows.hop()) - first) /
                    s.samp_rate,
                axis_of(s, rows.bins(), rows.bin_width()),
                [this](const ridge_point& point) { take(point); }),
          output(s.tracks, s.orders, chain.latency() / s.tracks, rows.hop_time(), s.duration)
    {}

    void take(const ridge_point& point)
    {
        auto* values = output.place(point.track, point.frame);
        values[ridge_frequency] =
            refiner.refine(rows,
                           first_frame + static_cast<std::int64_t>(point.frame),
                           point,
                           chain.weights(),
                           values + ridge_amplitudes);
        values[ridge_slope] = point.slope;
        values[ridge_confidence] = static_cast<double>(point.confidence);
        values[ridge_swap_possible] = 0;
        output.added(point.track, point.frame);
    }

    void require_open() const
    {
        if (ended)
            refuse("samples", "after finish()", "must come before; begin with another tracker");
    }

    const double* values()
    {
        while (true) {
            if (const auto* known = output.frame(false))
                return known;
            if (const auto* each = rows.row()) {
                const float* given = nullptr;
                if constexpr (std::is_same_v<R, float>)
                    given = each;
                else {
                    std::transform(each, each + row.size(), row.begin(), [](R v) {
                        return static_cast<float>(v);
                    });
                    given = row.data();
                }
                chain.add(given, rows.damaged());
                rows.advance();
            } else if (!ended) {
                return nullptr;
            } else if (!chain.give_one()) {
                return output.frame(true);
            }
        }
    }

    ridge_tracker_settings design;
    warped_rows<R> rows;
    ridge_refiner<R> refiner;
    std::size_t width;
    std::int64_t first_frame, next;
    std::vector<float> row;
    ridge_chain chain;
    ridge_output output;
    bool ended = false;
};

template <class R>
ridge_tracker<R>::ridge_tracker(const ridge_tracker_settings& s, std::int64_t first)
    : d(std::make_unique<parts>(s, first))
{}
template <class R>
ridge_tracker<R>::~ridge_tracker() = default;
template <class R>
ridge_tracker<R>::ridge_tracker(ridge_tracker&&) noexcept = default;
template <class R>
ridge_tracker<R>& ridge_tracker<R>::operator=(ridge_tracker&&) noexcept = default;

template <class R>
std::size_t ridge_tracker<R>::push(const R* samples, std::size_t count)
{
    d->require_open();
    return d->rows.push(samples, count);
}
template <class R>
std::size_t ridge_tracker<R>::hold(std::size_t count)
{
    d->require_open();
    return d->rows.hold(count);
}
template <class R>
void ridge_tracker<R>::finish()
{
    if (!std::exchange(d->ended, true))
        d->rows.finish();
}
template <class R>
const double* ridge_tracker<R>::values()
{
    return d->values();
}
template <class R>
void ridge_tracker<R>::advance()
{
    d->output.advance();
    ++d->next;
}
template <class R>
std::int64_t ridge_tracker<R>::frame() const
{
    return d->next;
}
template <class R>
std::size_t ridge_tracker<R>::width() const
{
    return d->width;
}
template <class R>
std::size_t ridge_tracker<R>::hop() const
{
    return d->rows.hop();
}
template <class R>
std::int64_t ridge_tracker<R>::latency() const
{
    return d->rows.latency() +
           static_cast<std::int64_t>((d->chain.latency() + d->output.latency()) * d->rows.hop());
}
template <class R>
std::int64_t ridge_tracker<R>::received() const
{
    return d->rows.received();
}
template <class R>
std::vector<double> ridge_tracker<R>::weights() const
{
    return { d->chain.weights().begin(), d->chain.weights().end() };
}
template <class R>
const ridge_tracker_settings& ridge_tracker<R>::design() const
{
    return d->design;
}

template class STFT_API ridge_tracker<float>;
template class STFT_API ridge_tracker<double>;

} // namespace gr::stft::kernel
