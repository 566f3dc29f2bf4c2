/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "kernel/samp_rate.h"
#include "speed_curve.h"
#include "stretched_sinc.h"
#include <gnuradio/stft/kernel/frames/sliding_buffer.h>
#include <gnuradio/stft/kernel/speed/angular_resampler.h>
#include <algorithm>
#include <cmath>
#include <deque>

namespace gr::stft::kernel {

namespace {

constexpr double steps_per_octave = 4; // of the stretch
constexpr double automatic_stretch = 512, greatest_stretch = 8192;

} // namespace

double angular_settings::lowest() const
{
    return f_min != 0 ? f_min
                      : samp_rate / (automatic_stretch * static_cast<double>(samples_per_rev));
}

void angular_settings::check() const
{
    check_samp_rate(samp_rate);
    if (hop < 1 || hop > (std::size_t(1) << 40))
        refuse("hop", hop, "must be 1 .. 2^40 samples");
    if (samples_per_rev < 2 || samples_per_rev > (std::size_t(1) << 20))
        refuse("samples_per_rev", samples_per_rev, "must be 2 .. 2^20");
    const auto least = samp_rate / (greatest_stretch * static_cast<double>(samples_per_rev));
    if (!(f_min == 0 || (f_min >= least && f_min <= samp_rate / 2)))
        refuse("f_min",
               f_min,
               "must be 0 (samp_rate / (512 samples_per_rev)), or samp_rate / (8192 "
               "samples_per_rev) .. samp_rate / 2 Hz");
}

template <class T>
class angular_resampler<T>::parts
{
public:
    parts(const angular_settings& s, std::int64_t first, std::int64_t revolution)
        : design((s.check(), s)), rate(s.samp_rate), curve({ first, 0 }, s.lowest() / s.samp_rate),
          d_first(first), d_begin(first), d_end(first), d_from(first), d_start{ revolution, 0 }
    {
        d_next.revolution = revolution;
        d_next.samples_per_rev = s.samples_per_rev;
        d_lowest = s.lowest() / s.samp_rate;
        d_steps = add_sums(d_lowest, s.samples_per_rev);
        d_samples.reserve(4 * reach + 16384);
        d_samples.append_zeros(reach);
        d_begin -= static_cast<std::int64_t>(reach);
    }

    void add(const T* samples, std::size_t count)
    {
        if (finished)
            return;
        make_room(count);
        d_samples.append(samples, count);
        d_end += static_cast<std::int64_t>(count);
    }

    void finish()
    {
        if (finished)
            return;
        finished = true;
        make_room(reach);
        d_samples.append_zeros(reach);
    }

    std::size_t read(T* out, angle_position* where, std::size_t room)
    {
        lacks_samples = lacks_speeds = false;
        std::size_t count = 0;
        for (; count < room && find_next(); ++count) {
            const auto& sum = *d_sums[d_step];
            const auto* sample = d_samples.data() + (d_next.at.sample - d_begin);
            out[count] = sum.at(sample, d_next.at.fraction);
            if (where)
                where[count] = d_next;
            go_on();
        }
        return count;
    }

    //! True if neither a sample nor a speed has come.
    bool is_new() const { return d_end == d_first && curve.is_new() && !finished; }

    void change(const angular_settings& s)
    {
        s.check();
        design.samples_per_rev = s.samples_per_rev;
        design.f_min = s.f_min;
        const auto lowest = s.lowest() / s.samp_rate;
        const auto from = std::max(d_end, curve.is_new() ? d_end : curve.known().sample + 1);
        curve.set_lowest(from, lowest);
        const auto steps = add_sums(lowest, s.samples_per_rev);
        // sums from there on take no sample that is gone
        const auto applied = from + static_cast<std::int64_t>(reach);
        d_changes.push_back({ from, applied, lowest, s.samples_per_rev, steps });
        if (d_found && d_next.cell == 0 && d_next.at.sample >= applied)
            d_found = false; // a revolution of the last speed, which was looked for too early
    }

    //! Another one, whose first sample and revolution are the same.
    std::unique_ptr<parts> renewed(const angular_settings& s) const
    {
        return std::make_unique<parts>(s, d_first, d_next.revolution);
    }

    std::size_t held() const { return d_samples.size(); }

    angular_settings design;
    double rate;
    speed_curve curve;
    std::size_t reach = 0;
    bool finished = false, lacks_samples = false, lacks_speeds = false;

private:
    //! Other settings, the sample at which they were asked for, and the one from which on revolutions that begin have them.
    struct changed {
        std::int64_t requested, from;
        double lowest;
        std::size_t samples_per_rev, steps;
    };

    revolutions angle() const
    {
        return { d_next.revolution,
                 static_cast<double>(d_next.cell) / static_cast<double>(d_next.samples_per_rev) };
    }

    //! Adds the sums that a lowest speed needs. \return their number
    std::size_t add_sums(double lowest, std::size_t samples_per_rev)
    {
        const auto greatest = 1 / (lowest * static_cast<double>(samples_per_rev));
        std::size_t steps = 0;
        for (double stretch = 0; steps == 0 || stretch < greatest; ++steps) {
            stretch = std::exp2(static_cast<double>(steps) / steps_per_octave);
            if (steps == d_sums.size())
                d_sums.push_back(&stretched_sinc<T>::of(stretch));
        }
        reach = d_sums.back()->reach();
        return steps;
    }

    //! Obeys the changes of revolutions that begin at this sample or later.
    void obey_changes(std::int64_t sample)
    {
        while (!d_changes.empty() && d_changes.front().from <= sample)
            obey_next();
    }

    changed obey_next()
    {
        const auto change = d_changes.front();
        d_changes.pop_front();
        d_lowest = change.lowest;
        d_steps = change.steps;
        d_next.samples_per_rev = change.samples_per_rev;
        return change;
    }

    //! Obeys the changes up to the one that lets a piece without an end turn, and begins the first revolution after it. False if none does.
    bool turns_later(const speed_piece& piece)
    {
        while (piece.is_last() && !d_changes.empty()) {
            const auto change = obey_next();
            const bool seen = change.requested <= piece.from().sample; // when the piece was made
            if (piece.last_speed() < d_lowest || (piece.is_gap() && seen))
                continue;
            begin_revolution(piece.last_speed() *
                             sample_instant{ change.from, 0 }.after(piece.from()));
            curve.let_last_turn();
            return true;
        }
        return false;
    }

    bool is_closed(const speed_piece& piece) const { return piece.slowest() < d_lowest; }

    void go_on()
    {
        d_found = false;
        d_next.after_gap = false;
        if (++d_next.cell == d_next.samples_per_rev) {
            d_next.cell = 0;
            ++d_next.revolution;
        }
    }

    //! Finds where the next output sample lies; false if it is not known yet, lacks samples, or there is none.
    bool find_next()
    {
        while (!d_found && !over()) {
            if (curve.empty()) {
                lacks_speeds = !curve.finished();
                return false;
            }
            const auto& piece = curve.front();
            if (!d_has_start) {
                d_start.add(-curve.before_first());
                d_has_start = true;
            }
            d_from = piece.from().sample;
            if (is_closed(piece)) {
                obey_changes(d_from);
                d_in_gap = d_in_gap || d_next.cell > 0; // the revolution is left as it is
            }
            if (is_closed(piece))
                d_in_gap = !turns_later(piece);
            else if (std::exchange(d_in_gap, false))
                begin_revolution(0);
            if (!d_in_gap) {
                const auto more = angle().after(d_start);
                if (more < piece.total()) {
                    find(piece, std::max(0.0, more));
                    continue;
                }
            }
            if (piece.is_last())
                return wait_for_the_end();
            d_start.add(piece.total());
            d_from = piece.from().sample + static_cast<std::int64_t>(piece.length());
            curve.pop();
        }
        if (!d_found || over())
            return false;
        const auto last = d_next.at.sample + static_cast<std::int64_t>(d_sums[d_step]->reach());
        const auto known = d_end + static_cast<std::int64_t>(finished ? reach : 0);
        lacks_samples = last >= known;
        return !lacks_samples;
    }

    bool wait_for_the_end()
    {
        d_from = d_end;
        lacks_samples = !finished;
        return false;
    }

    //! True if the next output sample lies after the last sample of the signal.
    bool over() const
    {
        return finished &&
               (d_found ? d_next.at.sample + (d_next.at.fraction > 0) : d_from) >= d_end;
    }

    //! The first sample of a revolution that begins some revolutions after the front piece, or later.
    void begin_revolution(double more)
    {
        auto from = d_start;
        from.add(more);
        d_next.revolution = from.number + (from.fraction > 0);
        d_next.cell = 0;
        d_next.after_gap = true;
    }

    void find(const speed_piece& piece, double more)
    {
        d_next.at = piece.find(more, d_next.speed);
        if (d_next.at.sample < d_first) // by rounding
            d_next.at = { d_first, 0 };
        d_from = d_next.at.sample;
        if (d_next.cell == 0)
            obey_changes(d_from);
        d_found = !is_closed(piece);
        const auto stretch = 1 / (d_next.speed * static_cast<double>(d_next.samples_per_rev));
        while (d_step + 1 < d_steps && d_sums[d_step]->stretch() < stretch)
            ++d_step;
        while (d_step > 0 && (d_step >= d_steps || d_sums[d_step - 1]->stretch() >= stretch))
            --d_step;
    }

    //! Drops samples that no sum takes any more, and makes room for others.
    void make_room(std::size_t count)
    {
        const auto keep = d_from + 1 - static_cast<std::int64_t>(reach);
        if (keep > d_begin) {
            const auto old =
                std::min<std::int64_t>(keep - d_begin, static_cast<std::int64_t>(d_samples.size()));
            d_samples.drop(static_cast<std::size_t>(old));
            d_begin += old;
        }
        if (d_samples.room() < count)
            d_samples.reserve(2 * (d_samples.size() + count));
    }

    std::vector<const stretched_sinc<T>*> d_sums; // past settings have theirs, too
    std::deque<changed> d_changes;
    double d_lowest = 0;     // revolutions per sample, of the present settings
    std::size_t d_steps = 0; // sums that they use
    sliding_buffer<T> d_samples;
    std::int64_t d_first;        // number of the first sample
    std::int64_t d_begin, d_end; // numbers of the first sample held, and of the one after the last
    std::int64_t d_from;         // no later output lies before this sample
    revolutions d_start;         // at the beginning of the front piece
    bool d_has_start = false, d_in_gap = false, d_found = false;
    angle_position d_next; // the next output sample; its instant is known if it is found
    std::size_t d_step = 0;
};

template <class T>
angular_resampler<T>::angular_resampler(const angular_settings& s,
                                        std::int64_t first,
                                        std::int64_t revolution)
    : d(std::make_unique<parts>(s, first, revolution))
{}

template <class T>
angular_resampler<T>::~angular_resampler() = default;
template <class T>
angular_resampler<T>::angular_resampler(angular_resampler&&) noexcept = default;
template <class T>
angular_resampler<T>& angular_resampler<T>::operator=(angular_resampler&&) noexcept = default;

template <class T>
void angular_resampler<T>::add(const T* samples, std::size_t count)
{
    d->add(samples, count);
}

template <class T>
bool angular_resampler<T>::add_speed(const sample_instant& at, double speed)
{
    return d->curve.add(at, speed / d->rate);
}

template <class T>
void angular_resampler<T>::set_rate(double samp_rate)
{
    check_samp_rate(samp_rate);
    d->rate = samp_rate;
}

template <class T>
void angular_resampler<T>::change(const angular_settings& s)
{
    if (d->is_new())
        d = d->renewed(s);
    else
        d->change(s);
}

template <class T>
void angular_resampler<T>::finish_samples()
{
    d->finish();
}

template <class T>
void angular_resampler<T>::finish_speeds()
{
    d->curve.finish();
}

template <class T>
std::size_t angular_resampler<T>::read(T* out, angle_position* where, std::size_t room)
{
    return d->read(out, where, room);
}

template <class T>
bool angular_resampler<T>::lacks_samples() const
{
    return d->lacks_samples;
}

template <class T>
bool angular_resampler<T>::lacks_speeds() const
{
    return d->lacks_speeds;
}

template <class T>
std::size_t angular_resampler<T>::held() const
{
    return d->held();
}

template <class T>
std::size_t angular_resampler<T>::reach() const
{
    return d->reach;
}

template <class T>
const angular_settings& angular_resampler<T>::design() const
{
    return d->design;
}

template class angular_resampler<float>;
template class angular_resampler<double>;
template class angular_resampler<std::complex<float>>;

} // namespace gr::stft::kernel
