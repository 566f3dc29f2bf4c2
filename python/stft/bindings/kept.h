/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_BINDINGS_KEPT_H
#define INCLUDED_STFT_BINDINGS_KEPT_H

#include <cstddef>
#include <limits>
#include <list>
#include <memory>
#include <mutex>
#include <new>

//! The size of an object that is not to be kept, since its results depend on its past.
constexpr std::size_t with_a_past = std::numeric_limits<std::size_t>::max();

/*!
 * \brief Objects of the last calls, by what they were made from, since to make one may take longer than to use it.
 *
 * An object has scratch memory, so a call takes it out, is its only user, and puts it back: threads that ask for the same
 * one at once get one each. Those unused for longest go when there are too many, or when their sizes add up to too much.
 */
template <class Key, class Object>
class kept
{
public:
    //! An object with this key, taken out, or else what make() returns.
    template <class Make>
    std::unique_ptr<Object> take(const Key& key, Make make)
    {
        {
            std::scoped_lock lock(d_mutex);
            for (auto one = d_entries.begin(); one != d_entries.end(); ++one)
                if (one->key == key) {
                    auto object = std::move(one->object);
                    d_total -= one->size;
                    d_entries.erase(one);
                    return object;
                }
        }
        return make();
    }

    //! Keeps the object for the next call, unless it is large. size: about how many values it holds.
    void put(Key key, std::unique_ptr<Object> object, std::size_t size)
    {
        if (size > most_values)
            return;
        std::list<entry> gone; // destroyed after the lock
        std::scoped_lock lock(d_mutex);
        d_entries.push_front({ std::move(key), std::move(object), size });
        d_total += size;
        while (d_entries.size() > most_objects || d_total > most_values) {
            d_total -= d_entries.back().size;
            gone.splice(gone.begin(), d_entries, std::prev(d_entries.end()));
        }
    }

private:
    static constexpr std::size_t most_objects = 16, most_values = std::size_t(1) << 20;
    struct entry {
        Key key;
        std::unique_ptr<Object> object;
        std::size_t size;
    };
    std::mutex d_mutex;
    std::list<entry> d_entries; // the one used last is in front
    std::size_t d_total = 0;
};

//! An object of a kept<Key, Object> for as long as this lives.
template <class Key, class Object>
class lease
{
public:
    template <class Make>
    lease(kept<Key, Object>& from, const Key& key, std::size_t size, Make make)
        : d_from(from), d_key(key), d_size(size), d_object(from.take(key, make))
    {}
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    ~lease()
    {
        try {
            d_from.put(std::move(d_key), std::move(d_object), d_size);
        } catch (const std::bad_alloc&) { // then it is not kept
        }
    }

    Object& operator*() { return *d_object; }
    Object* operator->() { return d_object.get(); }
    const Object* operator->() const { return d_object.get(); }

private:
    kept<Key, Object>& d_from;
    Key d_key;
    std::size_t d_size;
    std::unique_ptr<Object> d_object;
};

#endif
