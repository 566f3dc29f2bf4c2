/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_FUZZ_BYTES_H
#define INCLUDED_STFT_FUZZ_BYTES_H

#include <gnuradio/tags.h>
#include <pmt/pmt.h>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace gr::stft::fuzz {

//! Values taken from the input of a fuzzer one after another; zeros once it has ended.
class bytes
{
public:
    bytes(const std::uint8_t* data, std::size_t size) : d_data(data), d_left(size) {}

    bool ended() const { return d_left == 0; }

    template <class Value>
    Value take()
    {
        Value value{};
        const auto count = std::min(sizeof(Value), d_left);
        std::memcpy(&value, d_data, count);
        skip(count);
        return value;
    }

    //! A string of at most 255 bytes.
    std::string text()
    {
        const auto count = std::min<std::size_t>(take<std::uint8_t>(), d_left);
        const std::string taken(reinterpret_cast<const char*>(d_data), count);
        skip(count);
        return taken;
    }

    //! A message, at most `depth` levels deep.
    pmt::pmt_t message(int depth = 4)
    {
        const auto count = [this] { return std::size_t(take<std::uint8_t>() % 8); };
        const auto inner = [this, depth] { return depth > 0 ? message(depth - 1) : pmt::PMT_NIL; };
        switch (take<std::uint8_t>() % 17) {
        case 0:
            return pmt::PMT_T;
        case 1:
            return pmt::PMT_F;
        case 2:
            return pmt::PMT_EOF;
        case 3:
            return pmt::intern(text());
        case 4:
            return pmt::from_long(take<long>());
        case 5:
            return pmt::from_uint64(take<std::uint64_t>());
        case 6:
            return pmt::from_double(take<double>());
        case 7: {
            const auto real = take<double>();
            return pmt::from_complex(real, take<double>());
        }
        case 8: {
            const auto first = inner();
            return pmt::cons(first, inner());
        }
        case 9: {
            const auto first = inner();
            return pmt::make_tuple(first, inner());
        }
        case 10: {
            auto dict = pmt::make_dict();
            for (auto left = count(); left > 0; --left) {
                const auto key = inner();
                dict = pmt::dict_add(dict, key, inner());
            }
            return dict;
        }
        case 11:
            return pmt::init_f64vector(0, values<double>(0)) /* of no numbers */;
        case 12: {
            const auto numbers = values<double>(count());
            return pmt::init_f64vector(numbers.size(), numbers);
        }
        case 13: {
            const auto numbers = values<float>(count());
            return pmt::init_f32vector(numbers.size(), numbers);
        }
        case 14: {
            const auto numbers = values<std::int32_t>(count());
            return pmt::init_s32vector(numbers.size(), numbers);
        }
        case 15: {
            const auto numbers = values<std::complex<double>>(count());
            return pmt::init_c64vector(numbers.size(), numbers);
        }
        default:
            return pmt::PMT_NIL;
        }
    }

    //! One of some names by its index, or, beyond them, any other.
    std::string name(const std::vector<std::string>& known)
    {
        const auto which = take<std::uint8_t>();
        return which < known.size() ? known[which] : text();
    }

    //! A dict of at most 31 values, whose keys are among some names, mostly.
    pmt::pmt_t dict(const std::vector<std::string>& known)
    {
        auto dict = pmt::make_dict();
        for (auto left = take<std::uint8_t>() % 32; left > 0; --left) {
            const auto key = pmt::intern(name(known));
            dict = pmt::dict_add(dict, key, message(3));
        }
        return dict;
    }

private:
    template <class Value>
    std::vector<Value> values(std::size_t count)
    {
        std::vector<Value> taken(count);
        for (auto& value : taken)
            value = take<Value>();
        return taken;
    }

    void skip(std::size_t count)
    {
        d_data += count;
        d_left -= count;
    }

    const std::uint8_t* d_data;
    std::size_t d_left;
};

/*!
 * \brief Calls read(), which may refuse its input in the words of this project and in no others.
 *
 * Any other exception ends the process, and so is found.
 */
template <class Read>
void refused_or_taken(Read read)
{
    try {
        read();
    } catch (const std::invalid_argument&) {
    } catch (const pmt::exception&) { // a type that a PMT does not have, which callers catch
    }
}

} // namespace gr::stft::fuzz

#endif
