/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_LEVEL_BLOCK_H
#define INCLUDED_STFT_LIB_STREAM_LEVEL_BLOCK_H

#include "at_once.h"
#include "level_messages.h"
#include "receiver_tags.h"
#include "retune.h"
#include "stream_block.h"
#include "stream_buffers.h"
#include <gnuradio/stft/kernel/machine/level_alarm.h>

namespace gr::stft {

/*!
 * \brief Common part of blocks whose kernel takes levels, row by row, and has events and a state.
 *
 * Interface is the public block, Kernel the kernel, whose settings are a base of the block's.
 */
template <class Interface, class Kernel>
class level_block : public stream_block<Interface>
{
public:
    using settings = typename Interface::settings;
    using kernel_settings = std::decay_t<decltype(std::declval<Kernel>().design())>;

    //! Derived blocks, which initialise gr::block, pass on the settings and the name of their section of a file.
    level_block(const settings& s, const std::string& kind)
        : d_made(s), d_settings(s), d_kernel(s),
          d_file(s.state, s.source.empty() ? kind : kind + " " + s.source)
    {
        this->message_port_register_out(events_port);
        this->set_items_per_call(least_rows_per_call(s.levels * sizeof(float)));
        d_context.names = kernel::names_in(s.names);
        d_context.source = s.source;
        go_on();
    }

    void forecast(int noutput_items, gr_vector_int& required) override
    {
        std::fill(required.begin(), required.end(), noutput_items);
    }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override
    {
        gr::thread::scoped_lock lock(this->d_setlock);
        const auto levels = static_cast<const float*>(input_items[0]);
        const auto input = [&](std::size_t port) {
            return input_items.size() > port ? static_cast<const float*>(input_items[port])
                                             : nullptr;
        };
        const auto speed = input(1), zones = input(2);
        const auto out = static_cast<float*>(output_items[0]);
        const auto count =
            std::min(noutput_items, *std::min_element(ninput_items.begin(), ninput_items.end()));
        this->get_tags_in_range(d_found, 0, this->nitems_read(0), this->nitems_read(0) + count);
        sort_by_sample(d_found);
        auto tag = d_found.begin();
        for (int i = 0; i < count; ++i) {
            const auto first = tag;
            while (tag != d_found.end() && tag->offset == this->nitems_read(0) + i)
                ++tag;
            if (first != tag)
                obey(first, tag);
            const auto at = i * d_settings.levels;
            add({ levels + at,
                  speed ? std::optional<double>(speed[i]) : std::nullopt,
                  zones ? zones + at : nullptr,
                  out + at });
            if (d_kernel.waiting())
                publish();
            if (++d_unsaved >= d_rows_to_save && d_file)
                save();
        }
        this->consume_each(count);
        return count;
    }

    //! Changes at once: levels have no sample that a change could wait for.
    void request(const kernel::change<settings>& requested) override
    {
        check_at_once(requested);
        gr::thread::scoped_lock lock(this->d_setlock);
        auto next = d_settings;
        requested.apply_to(next);
        next.check();
        apply(next);
        if (requested.reset)
            forget();
    }

    settings wanted() const override
    {
        return this->locked([this] { return d_settings; });
    }

    bool stop() override
    {
        gr::thread::scoped_lock lock(this->d_setlock);
        save();
        return Interface::stop();
    }

protected:
    //! One item of each port.
    struct row {
        const float* levels;
        std::optional<double> speed; // none: there is no such port
        const float* zones;          // null: there is no such port
        float* out;
    };
    //! Gives the kernel a row.
    virtual void add(const row& r) = 0;
    //! Does what `reset` of a request asks for.
    virtual void forget() = 0;

    void restarted() override
    {
        d_kernel = Kernel(kernel_settings(d_settings));
        d_rate.reset();
        d_context.time.reset();
        d_unsaved = 0;
        try {
            go_on();
        } catch (const std::exception& e) { // the file was right when the block was made
            this->d_logger->warn("state is left out: {}", e.what());
            apply(d_settings);
        }
    }

    //! Sends the events of the kernel.
    void publish()
    {
        for (const auto& e : d_kernel.take())
            this->message_port_pub(events_port, level_message(e, d_context));
    }

    //! Writes the file, if there is one.
    void save()
    {
        d_unsaved = 0;
        if (!d_file)
            return;
        try {
            auto section = d_kernel.state();
            section.parameters = kernel::text_of_parameters(kernel_settings(d_made));
            d_file.write(section);
        } catch (const std::exception& e) {
            this->d_logger->warn("state is not saved: {}", e.what());
        }
    }

    Kernel& held() { return d_kernel; }
    const Kernel& held() const { return d_kernel; }

private:
    //! Goes on from the file, if there is one. \throws std::exception if it does not fit
    void go_on()
    {
        if (const auto section = d_file.read()) {
            Kernel fresh{ kernel_settings(d_made) };
            fresh.restore(*section);
            d_kernel = std::move(fresh);
        }
        apply(d_settings);
    }

    //! Settings, with the rate that tags gave.
    void apply(const settings& s)
    {
        auto next = kernel_settings(s);
        next.rate = d_rate.value_or(s.rate);
        d_kernel.change(next);
        d_settings = s;
        d_context.rate = next.rate;
        d_rows_to_save = kernel::rows_of(s.save_interval, next.rate);
    }

    using tags = std::vector<gr::tag_t>::const_iterator;

    //! Obeys the tags of one row: rows that were lost follow from its time, by the rate until now.
    void obey(tags first, tags last)
    {
        std::optional<kernel::utc_time> time;
        for (auto tag = first; tag != last; ++tag)
            if (pmt::eq(tag->key, rx_time_key))
                time = time_in(tag->value);
        if (time)
            lose_before(*time);
        for (auto tag = first; tag != last; ++tag)
            if (pmt::eq(tag->key, rx_rate_key))
                take_rate(*tag);
        if (time) {
            d_context.time = time;
            d_context.time_row = static_cast<std::int64_t>(d_kernel.rows());
        }
    }

    //! Time of the next row, if that of an earlier one is known.
    std::optional<kernel::utc_time> time_of_next_row() const
    {
        kernel::event_context rows;
        rows.samp_rate = d_context.rate;
        rows.time = d_context.time;
        rows.time_sample = d_context.time_row;
        return kernel::time_of(static_cast<std::int64_t>(d_kernel.rows()), rows);
    }

    void take_rate(const gr::tag_t& tag)
    {
        const auto rate = this->rate_in(tag);
        const auto before = d_rate;
        d_rate = rate ? rate : before;
        d_context.time = time_of_next_row(); // by the rate until now
        d_context.time_row = static_cast<std::int64_t>(d_kernel.rows());
        try {
            apply(d_settings);
        } catch (const std::exception& e) {
            d_rate = before;
            this->d_logger->warn("rx_rate ignored: {}", e.what());
        }
    }

    //! Rows that did not come before the one at this time are rows without data.
    void lose_before(const kernel::utc_time& time)
    {
        const auto expected = time_of_next_row();
        if (!expected || !(d_rate || d_settings.rate != 1)) // 1: nobody has said another one
            return;
        const auto lost = seconds_between(*expected, time) * d_context.rate;
        if (lost > 0.5 && lost <= most_lost) {
            d_kernel.skip(static_cast<std::uint64_t>(std::llround(lost)));
            publish();
        }
    }

    const settings d_made;
    settings d_settings; // d_made after changes
    Kernel d_kernel;
    state_file d_file;
    kernel::level_context d_context;
    std::optional<double> d_rate; // rows per second, as a tag gave it
    std::uint64_t d_unsaved = 0, d_rows_to_save = 1;
    std::vector<gr::tag_t> d_found;
};

} // namespace gr::stft
#endif
