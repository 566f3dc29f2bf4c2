/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/retune.h"
#include "stream/settings_queue.h"
#include "stream/stream_end.h"
#include "stream/tagged_block.h"
#include <gnuradio/io_signature.h>
#include <gnuradio/stft/angular_resampler.h>

namespace gr::stft {

namespace {

const pmt::pmt_t turn_key = pmt::mp("angle_turn"), time_key = pmt::mp("angle_time"),
                 gap_key = pmt::mp("angle_gap"), count_key = pmt::mp("angle_samples_per_rev");

constexpr int samples_at_once = 8192;                   // between outputs
constexpr int outputs_at_once = 4096;                   // between inputs
constexpr std::size_t most_held = std::size_t(1) << 28; // bytes of samples that wait for a speed

//! The samples at which the sample rate changes, and the time of all samples.
class rate_history
{
public:
    explicit rate_history(double rate) : d_changes{ { 0, 0, rate } } {}

    void change(std::int64_t sample, double rate)
    {
        d_changes.push_back({ sample, time_of({ sample, 0 }), rate });
    }
    //! The rate at a sample, which is not before the one asked for last.
    double rate_at(std::int64_t sample) const { return before(sample).rate; }
    double last() const { return d_changes.back().rate; }
    //! Seconds after sample 0.
    double time_of(const kernel::sample_instant& at) const
    {
        const auto& from = before(at.sample);
        return from.time + at.after({ from.sample, 0 }) / from.rate;
    }
    //! Forgets what is needed for samples before this one only.
    void forget(std::int64_t sample)
    {
        while (d_changes.size() > 1 && d_changes[1].sample <= sample)
            d_changes.pop_front();
    }

private:
    struct entry {
        std::int64_t sample;
        double time, rate;
    };
    const entry& before(std::int64_t sample) const
    {
        auto found = d_changes.rbegin();
        while (found->sample > sample && std::next(found) != d_changes.rend())
            ++found;
        return *found;
    }
    std::deque<entry> d_changes;
};

} // namespace

template <class T>
class angular_resampler_impl : public tagged_block<angular_resampler<T>>
{
    using base = tagged_block<angular_resampler<T>>;

public:
    explicit angular_resampler_impl(const kernel::angular_settings& s)
        : gr::block("angular_resampler",
                    gr::io_signature::make2(2, 2, sizeof(T), sizeof(float)),
                    gr::io_signature::make(1, 1, sizeof(T))),
          d_settings(s), d_kernel(s), d_rates(s.samp_rate), d_where(outputs_at_once),
          d_last_count(s.samples_per_rev)
    {
        this->set_tag_propagation_policy(gr::block::TPP_CUSTOM);
        listen(*this, this->d_logger, [this](const pmt::pmt_t& message) {
            request(change_from<kernel::angular_settings>(message, { also::at }));
        });
    }

    void request(const kernel::change<kernel::angular_settings>& requested) override
    {
        gr::thread::scoped_lock lock(this->d_setlock);
        auto next = d_pending.wanted(d_settings);
        requested.apply_to(next);
        next.check();
        next.samp_rate = d_rates.last();
        next.check();
        d_pending.request(requested, d_settings);
    }

    kernel::angular_settings wanted() const override
    {
        auto last = this->locked([this] { return d_pending.wanted(d_settings); });
        last.f_min = last.lowest();
        return last;
    }

    void forecast(int, gr_vector_int& required) override
    {
        std::fill(required.begin(), required.end(), 0);
        if (!d_kernel.lacks_samples() && !d_kernel.lacks_speeds())
            return;
        const auto samples = state_of(0), speeds = state_of(1);
        const bool usable = speeds.available && knows_rate();
        if (samples.available || usable || (samples.ended && !d_samples_ended) ||
            (speeds.ended && !d_speeds_ended))
            return;
        required[samples.ended ? 1 : 0] = 1;
    }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(this->d_setlock);
        const auto samples = static_cast<const T*>(input_items[0]);
        const auto speeds = static_cast<const float*>(input_items[1]);
        const auto out = static_cast<T*>(output_items[0]);
        d_used[0] = d_used[1] = 0;
        int produced = 0;
        bool done = false;
        for (;;) {
            const auto room = std::min(outputs_at_once, noutput_items - produced);
            const auto n = static_cast<int>(
                d_kernel.read(out + produced, d_where.data(), static_cast<std::size_t>(room)));
            put_tags(n, this->nitems_written(0) + static_cast<std::uint64_t>(produced));
            produced += n;
            if (produced == noutput_items)
                break;
            if (n == room)
                continue;
            if (!d_kernel.lacks_samples() && !d_kernel.lacks_speeds()) {
                done = true; // all samples have come
                break;
            }
            if (take_speeds(speeds, ninput_items[1]) || take_samples(samples, ninput_items[0]) ||
                see_ends())
                continue;
            break;
        }
        if (d_kernel.held() * sizeof(T) > most_held) {
            this->d_logger->error("the speed is more than {} samples late: the stream ends",
                                  most_held / sizeof(T));
            done = true;
        }
        this->consume(0, d_used[0]);
        this->consume(1, d_used[1]);
        if (done) {
            this->produce(0, produced);
            return gr::block::WORK_DONE;
        }
        return produced;
    }

    std::int64_t reach() const override
    {
        return this->locked([this] { return static_cast<std::int64_t>(d_kernel.reach()); });
    }

protected:
    void restarted() override
    {
        d_kernel = kernel::angular_resampler<T>(d_settings);
        d_rates = rate_history(d_settings.samp_rate);
        d_rate.reset();
        this->d_tags.clear();
        d_received = d_next_speed = 0;
        d_grid_read = 0;
        d_hop = static_cast<std::int64_t>(d_settings.hop);
        d_samples_ended = d_speeds_ended = false;
        d_last = { 0, 0 };
        d_last_count = d_settings.samples_per_rev;
        d_warned = false;
    }

private:
    struct input_state {
        bool available, ended; // items; no more of them
    };
    input_state state_of(unsigned port) const
    {
        const auto reader = this->detail()->input(port);
        gr::thread::scoped_lock lock(*reader->mutex());
        const bool available = reader->items_available() > 0;
        return { available, reader->done() && !available };
    }

    //! Takes samples up to the next rx_rate; false if there are none.
    bool take_samples(const T* samples, int count)
    {
        while (const auto* due = d_pending.due(d_received))
            apply(*due);
        int n = std::min(samples_at_once, count - d_used[0]);
        if (n <= 0)
            return false;
        n = static_cast<int>(std::min<std::int64_t>(n, d_pending.next() - d_received));
        const auto waiting = this->d_tags.size();
        this->take_tags(d_used[0], d_used[0] + n);
        for (auto tag = this->d_tags.begin() + static_cast<std::ptrdiff_t>(waiting);
             tag != this->d_tags.end();
             ++tag)
            if (pmt::eq(tag->key, rx_rate_key))
                set_rate(*tag);
        d_kernel.add(samples + d_used[0], static_cast<std::size_t>(n));
        d_used[0] += n;
        d_received += n;
        return true;
    }

    void apply(const settings_queue<kernel::angular_settings>::entry& due)
    {
        d_settings = due.state.settings;
        d_pending.pop();
        auto present = d_settings;
        present.samp_rate = d_rates.last();
        try {
            d_kernel.change(present);
        } catch (const std::exception& e) {
            this->d_logger->warn("settings ignored: {}", e.what());
        }
        if (d_received == 0)
            d_last_count = d_kernel.design().samples_per_rev;
    }

    void set_rate(const gr::tag_t& tag)
    {
        const auto rate = this->rate_in(tag);
        if (!rate)
            return;
        d_rate = rate;
        if (*rate == d_rates.last())
            return;
        if (tag.offset > 0) {
            d_rates.change(static_cast<std::int64_t>(tag.offset), *rate);
            return;
        }
        auto wanted = d_settings;
        wanted.samp_rate = *rate;
        try { // nothing has been added yet
            d_kernel = kernel::angular_resampler<T>(wanted);
            d_rates = rate_history(*rate);
        } catch (const std::exception& e) {
            this->d_logger->warn("rx_rate {} ignored: {}", *rate, e.what());
        }
    }

    //! True if all tags of rates up to the sample of the next speed have come.
    bool knows_rate() const
    {
        return d_samples_ended || (d_received > 0 && d_next_speed < d_received);
    }

    //! Takes the speeds of samples that have come; false if there are none.
    bool take_speeds(const float* speeds, int count)
    {
        const int before = d_used[1];
        while (d_used[1] < count) {
            read_grid();
            if (!knows_rate())
                break;
            d_kernel.set_rate(d_rates.rate_at(d_next_speed));
            const double speed = speeds[d_used[1]];
            if (!d_kernel.add_speed({ d_next_speed, 0 }, speed) && !std::exchange(d_warned, true))
                this->d_logger->warn(
                    "speeds ignored: item {} is of sample {}, which is not after the one before",
                    this->nitems_read(1) + static_cast<std::uint64_t>(d_used[1]),
                    d_next_speed);
            d_next_speed += d_hop;
            ++d_used[1];
        }
        return d_used[1] > before;
    }

    //! Reads the tags of the next speed, which tell its sample.
    void read_grid()
    {
        const auto item = this->nitems_read(1) + static_cast<std::uint64_t>(d_used[1]);
        if (item < d_grid_read)
            return;
        d_grid_read = item + 1;
        this->get_tags_in_range(d_found, 1, item, item + 1);
        if (d_found.empty())
            return;
        stream_description description;
        for (const auto& tag : d_found)
            this->read_tag(description, tag);
        if (const auto& hop = description.frames.wanted(&kernel::parameters::hop))
            d_hop = static_cast<std::int64_t>(*hop);
        const auto& length = description.frames.wanted(&kernel::parameters::win_length);
        if (description.first)
            d_next_speed = *description.first + static_cast<std::int64_t>(length.value_or(0) / 2);
    }

    //! True if an input has ended since it was looked at last.
    bool see_ends()
    {
        const bool samples = !d_samples_ended && input_ends(this->detail(), d_used[0], 0);
        if (samples) {
            d_samples_ended = true;
            d_kernel.finish_samples();
        }
        const bool speeds = !d_speeds_ended && input_ends(this->detail(), d_used[1], 1);
        if (speeds) {
            d_speeds_ended = true;
            d_kernel.finish_speeds();
        }
        return samples || speeds;
    }

    //! Writes the tags of the outputs read last.
    void put_tags(int count, std::uint64_t item)
    {
        auto& tags = this->d_tags;
        for (int i = 0; i < count; ++i, ++item) {
            const auto& p = d_where[static_cast<std::size_t>(i)];
            if (p.cell == 0) {
                const auto time = d_rates.time_of(p.at);
                put(item, turn_key, pmt::from_long(p.revolution));
                put(item, time_key, pmt::from_double(time));
                if (p.after_gap)
                    put(item, gap_key, pmt::from_double(time - d_rates.time_of(d_last)));
                if (std::exchange(d_last_count, p.samples_per_rev) != p.samples_per_rev)
                    put(item, count_key, pmt::from_long(static_cast<long>(p.samples_per_rev)));
            }
            for (; !tags.empty() && static_cast<std::int64_t>(tags.front().offset) <= p.at.sample;
                 tags.pop_front())
                move(tags.front(), item, p.at);
            d_last = p.at;
        }
        if (count)
            d_rates.forget(d_last.sample);
    }

    void put(std::uint64_t item, const pmt::pmt_t& key, const pmt::pmt_t& value)
    {
        this->add_item_tag(0, item, key, value, this->alias_pmt());
    }

    void move(gr::tag_t tag, std::uint64_t item, const kernel::sample_instant& to)
    {
        if (ends_here(tag.key) || pmt::eq(tag.key, rx_rate_key))
            return;
        if (pmt::eq(tag.key, rx_time_key)) {
            const auto known =
                d_rate || d_settings.samp_rate == 1 ? d_rate : std::optional(d_settings.samp_rate);
            const auto from = static_cast<std::int64_t>(tag.offset);
            tag.value = this->later(tag.value, to.after({ from, 0 }), known);
        }
        tag.offset = item;
        this->add_item_tag(0, tag);
    }

    kernel::angular_settings d_settings; // after the changes that were applied
    kernel::angular_resampler<T> d_kernel;
    rate_history d_rates;
    std::optional<double> d_rate; // Hz, of the last tag
    std::vector<kernel::angle_position> d_where;
    std::vector<gr::tag_t> d_found;
    std::int64_t d_received = 0; // samples
    std::int64_t d_next_speed = 0,
                 d_hop = 1;        // sample of the next speed, and from it to the one after it
    std::uint64_t d_grid_read = 0; // one past the speed whose tags were read last
    int d_used[2] = {};            // items, in this call
    bool d_samples_ended = false, d_speeds_ended = false, d_warned = false;
    kernel::sample_instant d_last; // instant of the last output
    std::size_t d_last_count;      // samples of the last revolution
    settings_queue<kernel::angular_settings> d_pending;
};

template <class T>
typename angular_resampler<T>::sptr angular_resampler<T>::make(const kernel::angular_settings& s)
{
    s.check();
    return gnuradio::make_block_sptr<angular_resampler_impl<T>>(s);
}

template class angular_resampler<float>;
template class angular_resampler<gr_complex>;

} // namespace gr::stft
