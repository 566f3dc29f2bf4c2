/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_TURNS_H
#define INCLUDED_STFT_LIB_STREAM_TURNS_H

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace gr::stft {

/*!
 * \brief A lock that threads get in the order in which they ask for it.
 *
 * A std::mutex may go to the thread that has just given it back, again and again, while others wait: callers without pause
 * would keep a block's own thread, which hands on messages, from its work.
 */
class turns
{
public:
    void lock()
    {
        std::unique_lock lock(d_mutex);
        const auto mine = d_asked++;
        d_changed.wait(lock, [&] { return mine == d_served; });
    }

    void unlock()
    {
        {
            std::scoped_lock lock(d_mutex);
            ++d_served;
        }
        d_changed.notify_all();
    }

    //! Turns so far, with the present one and those that are waited for.
    std::uint64_t asked() const
    {
        std::scoped_lock lock(d_mutex);
        return d_asked;
    }

private:
    mutable std::mutex d_mutex;
    std::condition_variable d_changed;
    std::uint64_t d_asked = 0, d_served = 0;
};

} // namespace gr::stft
#endif
