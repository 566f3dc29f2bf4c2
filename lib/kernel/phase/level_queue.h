/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_PHASE_LEVEL_QUEUE_H
#define INCLUDED_STFT_LIB_KERNEL_PHASE_LEVEL_QUEUE_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Cells in the order of their levels, the highest first, each of which is pushed once.
 *
 * Levels are rounded to one of 2^16 between two limits; of equal ones the last pushed comes first. Either call takes the same time, however
 * many cells there are: three words of bits tell the highest level that has cells.
 */
class level_queue
{
public:
    //! \param cells that there are \param least,most limits of their levels
    level_queue(std::size_t cells, double least, double most)
        : d_least(least), d_scale(most > least ? (levels - 1) / (most - least) : 0),
          d_first(levels, none), d_next(cells), d_bits(levels / 64), d_words(levels / 64 / 64)
    {}

    bool empty() const { return d_top == 0; }

    void push(std::size_t cell, double level)
    {
        const double at = (level - d_least) * d_scale;
        const auto i = at > 0 ? static_cast<std::size_t>(at < levels - 1 ? at : levels - 1) : 0;
        d_next[cell] = d_first[i];
        d_first[i] = cell;
        d_bits[i / 64] |= bit(i);
        d_words[i / 64 / 64] |= bit(i / 64);
        d_top |= bit(i / 64 / 64);
    }

    //! The highest cell, which is taken out. For a queue that is not empty.
    std::size_t pop()
    {
        const auto group = highest(d_top);
        const auto word = group * 64 + highest(d_words[group]);
        const auto i = word * 64 + highest(d_bits[word]);
        const auto cell = d_first[i];
        d_first[i] = d_next[cell];
        if (d_first[i] != none)
            return cell;
        d_bits[word] &= ~bit(i);
        if (d_bits[word])
            return cell;
        d_words[group] &= ~bit(word);
        if (!d_words[group])
            d_top &= ~bit(group);
        return cell;
    }

private:
    static constexpr std::size_t levels = 1 << 16;
    static constexpr auto none = static_cast<std::size_t>(-1);

    static std::uint64_t bit(std::size_t i) { return std::uint64_t(1) << (i % 64); }
    static std::size_t highest(std::uint64_t bits)
    {
        return 63 - static_cast<std::size_t>(__builtin_clzll(bits));
    }

    double d_least, d_scale;
    std::vector<std::size_t> d_first, d_next; // a level's first cell; the cell after one
    std::vector<std::uint64_t> d_bits;        // levels that have cells
    std::vector<std::uint64_t> d_words;       // words of d_bits that are not 0
    std::uint64_t d_top = 0;                  // words of d_words that are not 0
};

} // namespace gr::stft::kernel
#endif
