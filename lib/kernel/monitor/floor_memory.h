/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_FLOOR_MEMORY_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_FLOOR_MEMORY_H

#include <gnuradio/stft/kernel/monitor/noise_floor.h>
#include <algorithm>
#include <list>
#include <utility>

namespace gr::stft::kernel {

//! Noise floors by centre frequency; when there are too many, the one that was not used for longest goes.
class floor_memory
{
public:
    static constexpr std::size_t most = 64; //!< floors

    //! Keeps a floor.
    void keep(double freq_center, noise_floor floor)
    {
        d_floors.emplace_front(freq_center, std::move(floor));
        if (d_floors.size() > most)
            d_floors.pop_back();
    }

    //! The floor of a frequency, which is no longer kept here; none if there is none.
    std::optional<noise_floor> take(double freq_center)
    {
        const auto found = std::find_if(d_floors.begin(), d_floors.end(), [&](const auto& each) {
            return each.first == freq_center;
        });
        if (found == d_floors.end())
            return std::nullopt;
        std::optional<noise_floor> floor = std::move(found->second);
        d_floors.erase(found);
        return floor;
    }

private:
    std::list<std::pair<double, noise_floor>> d_floors; // last used first
};

} // namespace gr::stft::kernel
#endif
