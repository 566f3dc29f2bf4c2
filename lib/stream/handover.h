/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_HANDOVER_H
#define INCLUDED_STFT_LIB_STREAM_HANDOVER_H

#include "turns.h"
#include <gnuradio/stft/kernel/fields.h>
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace gr::stft {

/*!
 * \brief Hands changes over that take effect at once, from the threads that ask for them to the one that works.
 *
 * What a change needs is made by the caller, one at a time in the order of their coming, without the block's lock. The work
 * takes the newest change at the beginning of a call. So it never waits while something is made, and takes one change a call
 * however many are asked for; a change that is followed by another before it is taken is left out, since each has all settings.
 *
 * Made: what the caller makes of the settings, such as a kernel.
 */
template <class Settings, class Made>
class handover
{
public:
    //! All settings, and what is made of them.
    struct change {
        Settings settings;
        Made made;
    };

    //! \param present the settings before any change
    explicit handover(const Settings& present) : d_wanted(present) {}

    /*!
     * \brief Offers a change.
     * \param make make(settings) returns a Made; it throws if the settings are refused, and nothing has changed then
     */
    template <class Make>
    void request(const kernel::change<Settings>& requested, Make make)
    {
        std::scoped_lock turn(d_turns);
        auto next = wanted();
        requested.apply_to(next);
        auto offered = std::make_unique<change>(change{ next, make(std::as_const(next)) });
        std::scoped_lock lock(
            d_lock); // given back before the change that was left out is destroyed
        d_wanted = std::move(next);
        d_offered.swap(offered);
        d_waits = true;
    }

    //! The newest change since the last call; null if there is none.
    std::unique_ptr<change> take()
    {
        if (!d_waits)
            return nullptr;
        std::scoped_lock lock(d_lock);
        d_waits = false;
        return std::move(d_offered);
    }

    /*!
     * \brief Applies the newest change since the last call, if there is one.
     * \param present the settings without it, and then with it; where it is refused they stand, unless there is a newer change
     * \param apply apply(change&) throws to refuse the change, and has changed nothing then
     * \return why the change is refused, if it is
     */
    template <class Apply>
    std::optional<std::string> apply_to(Settings& present, Apply apply)
    {
        const auto newest = take();
        if (!newest)
            return {};
        try {
            apply(*newest);
            present = newest->settings;
            return {};
        } catch (const std::exception& e) {
            withdraw(present);
            return e.what();
        }
    }

    //! Settings after the newest change.
    Settings wanted() const
    {
        std::scoped_lock lock(d_lock);
        return d_wanted;
    }

private:
    void withdraw(const Settings& present)
    {
        std::scoped_lock lock(d_lock);
        if (!d_waits)
            d_wanted = present;
    }

    turns d_turns;
    mutable std::mutex d_lock; // held for as long as it takes to copy settings
    Settings d_wanted;
    std::unique_ptr<change> d_offered;
    std::atomic<bool> d_waits = false;
};

} // namespace gr::stft
#endif
