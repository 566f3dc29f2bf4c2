/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "kernel/samp_rate.h"
#include "stream/receiver_tags.h"
#include "stream/stream_block.h"
#include "stream/stream_buffers.h"
#include <gnuradio/stft/frame_file_sink.h>
#include <sys/stat.h>
#include <chrono>

namespace gr::stft {

namespace {

using steady_clock = std::chrono::steady_clock;
constexpr auto between_flushes = std::chrono::seconds(2);
constexpr std::chrono::seconds first_pause(1);
constexpr std::chrono::seconds longest_pause(60);

kernel::utc_time now_in_utc()
{
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
    return { seconds.count(), std::chrono::duration<double>(since - seconds).count() };
}

} // namespace

void frame_file_sink_settings::check() const
{
    kernel::frame_files_settings::check();
    if (hop < 1 || hop > std::size_t(1) << 40)
        kernel::refuse("hop", hop, "must be 1 .. 2^40 samples");
    kernel::check_samp_rate(samp_rate);
    struct stat status;
    if (::stat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
        kernel::refuse("directory", directory, "must be a folder that is there");
}

class frame_file_sink_impl : public stream_block<frame_file_sink>
{
public:
    explicit frame_file_sink_impl(const frame_file_sink_settings& s)
        : gr::block("frame_file_sink",
                    input_rows(s.vlen * sizeof(float)),
                    gr::io_signature::make(0, 0, 0)),
          d_settings(s), d_files(s)
    {
        restarted();
    }

    void forecast(int, gr_vector_int& required) override { required[0] = 1; }

    int general_work(int,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star&) override
    {
        gr::thread::scoped_lock lock(d_setlock);
        const auto rows = static_cast<const float*>(input_items[0]);
        const auto count = ninput_items[0];
        if (!d_context.time)
            d_context.set_time(d_sample, now_in_utc());
        // A call writes one file to its end at most: the scheduler then sees that the block goes on, and can stop it.
        const auto files = d_files.files();
        int used = 0;
        for_runs_between_tags(count, [&](int, int to, const std::vector<gr::tag_t>& tags) {
            if (d_files.files() != files)
                return;
            if (!tags.empty())
                obey(tags);
            do {
                write(rows + static_cast<std::size_t>(used) * d_settings.vlen);
                d_sample += static_cast<std::int64_t>(d_context.hop);
            } while (++used < to && d_files.files() == files);
        });
        consume_each(used);
        if (steady_clock::now() > d_next_attempt)
            bring_to_disk();
        return 0;
    }

    bool stop() override
    {
        {
            gr::thread::scoped_lock lock(d_setlock);
            attempt([this] { d_files.end("stop"); });
        }
        return stream_block<frame_file_sink>::stop();
    }

    std::uint64_t files() const override
    {
        return locked([this] { return d_files.files(); });
    }
    std::uint64_t lost() const override
    {
        return locked([this] { return d_files.lost(); });
    }
    std::string last_path() const override
    {
        return locked([this] { return d_files.last_path(); });
    }

protected:
    void restarted() override
    {
        d_files = kernel::frame_files(d_settings);
        d_context = {};
        d_context.samp_rate = d_settings.samp_rate;
        d_context.hop = d_settings.hop;
        d_knows_rate = d_settings.samp_rate != 1;
        d_sample = 0;
        d_failed = false;
        d_pause = first_pause;
        d_next_attempt = steady_clock::now() + between_flushes;
    }

private:
    void obey(const std::vector<gr::tag_t>& tags)
    {
        receiver_tags receiver;
        std::optional<double> row_rate;
        stream_description told;
        for (const auto& tag : tags)
            if (receiver_tags::takes(tag.key))
                receiver.read(tag, d_logger);
            else if (pmt::eq(tag.key, rx_rate_key))
                row_rate = rate_in(tag);
            else
                this->read_tag(told, tag);

        if (const auto loss =
                lost_before(receiver, d_sample, d_context, d_context.hop, d_knows_rate)) {
            end("gap");
            d_sample += loss->rows * static_cast<std::int64_t>(d_context.hop);
        }
        follow_rate(row_rate, told.frames.wanted(&kernel::parameters::hop).value_or(d_context.hop));
        if (receiver.freq && receiver.freq != d_context.freq_center) {
            end("retune");
            d_context.freq_center = receiver.freq;
        }
        if (receiver.time && d_knows_rate)
            d_context.set_time(d_sample, *receiver.time);
    }

    void follow_rate(const std::optional<double>& row_rate, std::size_t hop)
    {
        auto samp_rate = d_context.samp_rate;
        if (row_rate)
            samp_rate = std::clamp(*row_rate * static_cast<double>(hop), 1e-30, 1e30);
        d_knows_rate = d_knows_rate || row_rate;
        if (samp_rate == d_context.samp_rate && hop == d_context.hop)
            return;
        end("rate");
        d_context.change_rate(d_sample, samp_rate);
        d_context.hop = hop;
    }

    void write(const float* row)
    {
        attempt([&] { d_files.add(row, d_sample, d_context); });
    }

    void end(const char* reason)
    {
        attempt([&] { d_files.end(reason); });
    }

    //! Writes what waits, and after a failure tells that it is written.
    void bring_to_disk()
    {
        d_next_attempt = steady_clock::now() + between_flushes;
        if (attempt([this] { d_files.flush(); }) && std::exchange(d_failed, false)) {
            d_logger->info("rows are written again; {} were left out", d_files.lost());
            d_pause = first_pause;
        }
    }

    //! Does something with the files. What goes wrong is logged, but not for each row, and the next attempt comes later.
    template <class F>
    bool attempt(F f)
    {
        try {
            f();
            return true;
        } catch (const std::exception& e) {
            if (!d_failed || steady_clock::now() + between_flushes > d_next_attempt) {
                d_logger->warn("{}", e.what());
                d_next_attempt = steady_clock::now() + d_pause;
                d_pause = std::min(2 * d_pause, longest_pause);
            }
            d_failed = true;
            return false;
        }
    }

    frame_file_sink_settings d_settings;
    kernel::frame_files d_files;
    kernel::event_context d_context;
    std::int64_t d_sample = 0; // at which the next row starts, with those that were lost
    bool d_knows_rate = false, d_failed = false;
    std::chrono::seconds d_pause = first_pause;
    steady_clock::time_point d_next_attempt; // of writing
};

frame_file_sink::sptr frame_file_sink::make(const frame_file_sink_settings& s)
{
    s.check();
    check_rows(s.vlen * sizeof(float));
    return gnuradio::make_block_sptr<frame_file_sink_impl>(s);
}

} // namespace gr::stft
