/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_HANDOVER_H
#define INCLUDED_STFT_LIB_STREAM_HANDOVER_H

#include "turns.h"
#include <gnuradio/stft/kernel/fields.h>
#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace gr::stft {

/*!
 * \brief Hands changes over that take effect at once, from the threads that ask for them to the one that works.
 *
 * What a change needs is made by the caller, one at a time in the order of their coming, without the block's lock. The work
 * takes the newest change at the beginning of a call. So it never waits while a caller makes something, and takes one change a
 * call however many are asked for; a change that is followed by another before it is taken is left out, since each has all
 * settings. The thread that works handles messages, too: they ask for a change that nothing is made for, and the work makes
 * what it needs, once for all of them.
 *
 * Made: what the caller makes of the settings, such as a kernel.
 */
template <class Settings, class Made>
class handover
{
public:
    //! All settings, and what is made of them; the work makes it where there is nothing, since the caller left it to the work,
    //! or a change before this one was refused after it was made.
    struct change {
        Settings settings;
        std::optional<Made> made;
    };

    //! \param present the settings before any change
    explicit handover(const Settings& present) : d_wanted(present) {}

    /*!
     * \brief Offers a change.
     * \param make make(settings) returns a Made, or nothing, and the work makes it then; it throws if the settings are refused,
     *        and nothing has changed then
     */
    template <class Make>
    void request(const kernel::change<Settings>& requested, Make make)
    {
        std::scoped_lock turn(d_turns);
        while (true) {
            auto [next, refused] = wanted_and_refused();
            requested.apply_to(next);
            auto offered = std::make_unique<change>(change{ next, {} });
            if constexpr (std::is_void_v<std::invoke_result_t<Make, const Settings&>>)
                make(std::as_const(next));
            else
                offered->made.emplace(make(std::as_const(next)));
            std::scoped_lock lock(
                d_lock);              // given back before the change that was left out is destroyed
            if (refused != d_refused) // a change that is part of this one was refused meanwhile
                continue;
            d_wanted = std::move(next);
            requested.for_each([this](const auto& field, const auto& value) {
                if (value)
                    d_since.wanted(field.member) = value;
            });
            d_offered.swap(offered);
            d_waits = true;
            return;
        }
    }

    //! The newest change since the last call; null if there is none.
    std::unique_ptr<change> take()
    {
        if (!d_waits)
            return nullptr;
        std::scoped_lock lock(d_lock);
        d_waits = false;
        d_since = {};
        return std::move(d_offered);
    }

    /*!
     * \brief Applies the newest change since the last call, if there is one.
     * \param present the settings without it, and then with it; where it is refused they stand, and changes that were asked for
     *        since are changes of them
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
    std::pair<Settings, std::uint64_t> wanted_and_refused() const
    {
        std::scoped_lock lock(d_lock);
        return { d_wanted, d_refused };
    }

    void withdraw(const Settings& present)
    {
        std::optional<Made> made; // destroyed after the lock is given back
        std::scoped_lock lock(d_lock);
        ++d_refused;
        d_wanted = present;
        d_since.apply_to(d_wanted);
        if (d_offered) {
            d_offered->settings = d_wanted;
            d_offered->made.swap(made);
        }
    }

    turns d_turns;
    mutable std::mutex d_lock; // held for as long as it takes to copy settings
    Settings d_wanted;
    kernel::change<Settings> d_since; // what was asked for since the last change was taken
    std::uint64_t d_refused = 0;      // changes that apply_to() was refused
    std::unique_ptr<change> d_offered;
    std::atomic<bool> d_waits = false;
};

} // namespace gr::stft
#endif
