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
 * \brief Pending changes of a running block, each with the sample at which it is due and the state
 * after it.
 *
 * Change has `at`, the sample that it waits for. State can be compared. The block's lock guards the queue.
 */
template <class Change, class State>
class change_queue
{
public:
    //! A change, and the state after it.
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

    //! State after all pending changes; the present one if there are none.
    const State& last(const State& present) const
    {
        return empty() ? present : std::prev(d_entries.end())->second.state;
    }

    /*!
     * \brief Inserts a change after those due at the same sample or earlier, and recomputes the
     * states after it.
     *
     * It stops at the first state that comes out unchanged, so that insertion into a long queue
     * takes no longer.
     *
     * \param present the state that the first change starts from
     * \param after after(state, change) is the state that a change leads to, or nothing if that needs something first; it may
     *        throw
     * \return true if the change was inserted; false if after() returned nothing
     */
    template <class After>
    bool insert(const Change& change, const State& present, After after)
    {
        const auto behind = d_entries.upper_bound(change.at);
        std::vector<State> states; // after this change and each later one
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
