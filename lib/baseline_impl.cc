/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "stream/level_block.h"
#include <gnuradio/stft/baseline.h>
#include <algorithm>
#include <cmath>

namespace gr::stft {

void baseline_block_settings::check() const
{
    kernel::baseline_settings::check();
    kernel::names_in(names);
    if (!(save_interval > 0 && save_interval * rate <= 1e15))
        kernel::refuse("save_interval", save_interval, "must be positive, at most 1e15 rows");
}

class baseline_impl : public level_block<baseline, kernel::baseline>
{
public:
    explicit baseline_impl(const baseline_block_settings& s)
        : gr::block("baseline",
                    mixed_input_rows(
                        s.f_max > 0 ? 2 : 1,
                        { s.levels * sizeof(float), sizeof(float), s.levels * sizeof(float) }),
                    output_rows(s.levels * sizeof(float))),
          level_block(s, "baseline")
    {
        listen(*this, d_logger, [this](const pmt::pmt_t& message) { obey_command(message); });
    }

    void freeze() override
    {
        gr::thread::scoped_lock lock(d_setlock);
        held().freeze();
        publish();
    }

    void relearn() override
    {
        gr::thread::scoped_lock lock(d_setlock);
        held().relearn();
        publish();
    }

    bool frozen() const override
    {
        return locked([this] { return held().frozen(); });
    }

    std::int64_t learned() const override
    {
        return locked([this] { return static_cast<std::int64_t>(held().learned()); });
    }

private:
    void obey_command(const pmt::pmt_t& message)
    {
        kernel::change<baseline_block_settings> requested;
        bool saves = false, freezes = false, relearns = false;
        std::optional<bool> holds;
        auto readers = readers_of(requested);
        readers["hold"] = [&](const std::string& key, const pmt::pmt_t& value) {
            holds = boolean_in(key, value);
        };
        readers["save"] = [&](const auto&...) { saves = true; };
        readers["freeze"] = [&](const auto&...) { freezes = true; };
        readers["relearn"] = [&](const auto&...) { relearns = true; };
        for_items(message, readers);
        request(requested);
        if (relearns)
            relearn();
        if (freezes)
            freeze();
        gr::thread::scoped_lock lock(d_setlock);
        d_held = holds.value_or(d_held);
        if (saves)
            save();
    }

    void add(const row& r) override
    {
        const auto any = [&r](std::size_t count) {
            return r.zones &&
                   !std::all_of(r.zones, r.zones + count, [](float z) { return z == 0; });
        };
        held().hold(d_held || any(held().design().levels));
        held().add(r.levels, r.speed.value_or(NAN), r.out);
    }

    void forget() override {}

    bool d_held = false;
};

baseline::sptr baseline::make(const baseline_block_settings& s)
{
    s.check();
    check_rows(s.levels * sizeof(float));
    return gnuradio::make_block_sptr<baseline_impl>(s);
}

} // namespace gr::stft
