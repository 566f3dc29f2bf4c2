/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "stream/level_block.h"
#include <gnuradio/stft/level_alarm.h>

namespace gr::stft {

void level_alarm_block_settings::check() const
{
    kernel::level_alarm_settings::check();
    kernel::names_in(names);
    if (!(save_interval > 0 && save_interval * rate <= 1e15))
        kernel::refuse("save_interval", save_interval, "must be positive, at most 1e15 rows");
}

class level_alarm_impl : public level_block<level_alarm, kernel::level_alarm>
{
public:
    explicit level_alarm_impl(const level_alarm_block_settings& s)
        : gr::block("level_alarm",
                    mixed_input_rows(1, { s.levels * sizeof(float), sizeof(float) }),
                    output_rows(s.levels * sizeof(float))),
          level_block(s, "level_alarm"), d_needs_speed(s.needs_speed)
    {
        listen(*this, d_logger, [this](const pmt::pmt_t& message) {
            kernel::change<level_alarm_block_settings> requested;
            bool saves = false;
            auto readers = readers_of(requested, { also::reset });
            readers["save"] = [&](const auto&...) { saves = true; };
            for_items(message, readers);
            request(requested);
            if (saves)
                locked([this] { save(); });
        });
    }

    void reset() override
    {
        kernel::change<level_alarm_block_settings> requested;
        requested.reset = true;
        request(requested);
    }

    std::int64_t zone(std::int64_t level) const override
    {
        return locked([&] { return static_cast<std::int64_t>(held().zone(checked(level))); });
    }

    std::int64_t nearly(std::int64_t level) const override
    {
        return locked([&] { return static_cast<std::int64_t>(held().nearly(checked(level))); });
    }

private:
    std::size_t checked(std::int64_t level) const
    {
        const auto count = static_cast<std::int64_t>(held().design().levels);
        if (level < 0 || level >= count)
            kernel::refuse("level", level, "must be 0 .. " + std::to_string(count - 1));
        return static_cast<std::size_t>(level);
    }

    void add(const row& r) override
    {
        held().add(r.levels, r.speed, d_needs_speed);
        for (std::size_t i = 0; i < held().design().levels; ++i)
            r.out[i] = static_cast<float>(held().zone(i));
    }

    void forget() override { held().reset(); }

    const bool d_needs_speed;
};

level_alarm::sptr level_alarm::make(const level_alarm_block_settings& s)
{
    s.check();
    check_rows(s.levels * sizeof(float));
    return gnuradio::make_block_sptr<level_alarm_impl>(s);
}

} // namespace gr::stft
