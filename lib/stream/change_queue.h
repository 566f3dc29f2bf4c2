/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_CHANGE_QUEUE_H
#define INCLUDED_STFT_LIB_STREAM_CHANGE_QUEUE_H

#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <vector>

namespace gr::stft {

/*!
 * \brief Changes of a running block that wait for their sample, each with the state that it and those before it lead to.
 *
 * Change has `at`, the sample that it waits for. State can be compared. The block's lock guards the queue.
 */
template <class Change, class State>
class change_queue
{
public:
    //! A change, and what it leads to.
    struct entry {
        Change change;
        State state;
    };

    bool empty() const { return d_entries.empty(); }

    //! The first change, if it is due at a sample; else null.
    const entry* due(std::int64_t sample) const
    {
        const bool is_due = !empty() && d_entries.begin()->first <= sample;
        return is_due ? &d_entries.begin()->second : nullptr;
    }

    //! The sample that the first change waits for; INT64_MAX if there is none.
    std::int64_t next() const { return empty() ? INT64_MAX : d_entries.begin()->first; }

    //! Takes the first change out.
    void pop() { d_entries.erase(d_entries.begin()); }

    //! What all changes together lead to, from the present state.
    const State& last(const State& present) const
    {
        return empty() ? present : std::prev(d_entries.end())->second.state;
    }

    /*!
     * \brief Puts a change behind those for the same sample or an earlier one, and lets later ones start from it.
     *
     * Later ones are looked at only as far as it makes a difference to them, so that a queue of any length takes the
     * next change in at once.
     *
     * \param present the state that the first change starts from
     * \param after after(state, change) is the state that a change leads to, or nothing if that needs something first; it may
     *        throw
     * \return whether the change was put in: not if after() returned nothing, or threw
     */
    template <class After>
    bool insert(const Change& change, const State& present, After after)
    {
        const auto behind = d_entries.upper_bound(change.at);
        std::vector<State> states; // after the change, and after those behind it
        auto state =
            after(behind == d_entries.begin() ? present : std::prev(behind)->second.state, change);
        auto end = behind;
        for (; state && end != d_entries.end(); ++end) {
            states.push_back(*state);
            state = after(states.back(), end->second.change);
            if (state && *state == end->second.state)
                break;
        }
        if (!state)
            return false;
        if (end == d_entries.end())
            states.push_back(*state);
        auto next = behind;
        for (std::size_t i = 1; i < states.size(); ++i)
            (next++)->second.state = states[i];
        d_entries.emplace_hint(behind, change.at, entry{ change, states[0] });
        return true;
    }

private:
    std::multimap<std::int64_t, entry> d_entries;
};

} // namespace gr::stft
#endif
