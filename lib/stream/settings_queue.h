/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_SETTINGS_QUEUE_H
#define INCLUDED_STFT_LIB_STREAM_SETTINGS_QUEUE_H

#include "change_queue.h"
#include <gnuradio/stft/kernel/fields.h>

namespace gr::stft {

//! State of a block that holds nothing but settings. Settings are not compared.
template <class Settings>
struct settings_state {
    Settings settings;
    bool operator==(const settings_state&) const { return false; }
};

//! Pending changes of a block whose state is its settings.
template <class Settings>
class settings_queue : public change_queue<kernel::change<Settings>, settings_state<Settings>>
{
    using state = settings_state<Settings>;

public:
    /*!
     * \brief Inserts a change.
     * \param requested the change
     * \param present the settings that the first change starts from
     * \throws std::invalid_argument as check() of the settings after this change and each later one
     */
    void request(const kernel::change<Settings>& requested, const Settings& present)
    {
        this->insert(requested, { present }, [](const state& before, const auto& next) {
            auto after = before;
            next.apply_to(after.settings);
            after.settings.check();
            return std::optional<state>(after);
        });
    }

    //! Settings after all pending changes; the present ones if there are none.
    Settings wanted(const Settings& present) const { return this->last({ present }).settings; }
};

} // namespace gr::stft
#endif
