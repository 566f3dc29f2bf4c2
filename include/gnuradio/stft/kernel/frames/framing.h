/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FRAMES_FRAMING_H
#define INCLUDED_STFT_KERNEL_FRAMES_FRAMING_H

#include <gnuradio/stft/api.h>
#include <cstddef>
#include <cstdint>
#include <string>

namespace gr::stft::kernel {

constexpr std::size_t longest_window = std::size_t(1) << 28; //!< samples: an FFTW size is an int
//! Samples: leaves 2^23 frames to a 64-bit position.
constexpr std::size_t longest_hop = std::size_t(1) << 40;
//! Samples: greatest distance of a frame's start from sample 0, on either side.
constexpr std::int64_t farthest_start = std::int64_t(1) << 62;

/*!
 * \brief Placement of the frames of a signal of L samples; s_p is the first sample under frame p.
 *
 * - centred: s_0 = -(win_length / 2), so that frame p is centred at sample p hop; 1 + ceil(L / hop) frames.
 * - left: s_0 = 0; whole frames, then zero-padded ones until the last sample is covered.
 * - full: every frame of the centred grid that touches a sample.
 *
 * A signal without samples has no frames.
 */
enum class placement { centred, left, full };

//! \throws std::invalid_argument unless name is "centred" (or "centered"), "left" or "full"
STFT_API placement placement_named(const std::string& name);
//! "centred", "left" or "full"
STFT_API const char* name_of(placement where);

/*!
 * \brief The arithmetic of frames: first sample, count, end, membership. All positions are in samples
 * of the signal, 64-bit, and may be negative.
 */
class STFT_API framing
{
public:
    /*!
     * \param win_length samples under one frame, 1 .. 2^28
     * \param hop samples from one frame's start to the next, 1 .. 2^40; may exceed win_length
     * \param where frames lie in the signal
     * \throws std::invalid_argument outside of these ranges
     */
    framing(std::size_t win_length, std::size_t hop, placement where = placement::centred);

    //! Samples under one frame.
    std::size_t win_length() const { return d_win_length; }
    //! Samples from one frame's start to the next.
    std::size_t hop() const { return d_hop; }
    //! Placement of the frames in the signal.
    placement where() const { return d_where; }

    //! Index of the window's centre in its frame, win_length / 2 rounded down.
    std::size_t centre() const { return d_win_length / 2; }

    //! s_0, the first sample under frame 0.
    std::int64_t first() const;

    //! True if another frame follows the one that starts at start, in a signal of length samples.
    bool continues(std::int64_t start, std::int64_t length) const;

    //! The least length of a signal in which another frame follows the one that starts at start.
    std::int64_t length_to_continue(std::int64_t start) const;

    //! Samples that must follow a frame's centre before framer hands the frame out.
    std::int64_t latency() const;

    //! Number of frames of a signal of length samples, by the rule of the placement.
    std::int64_t frames(std::int64_t length) const { return frames(length, first()); }

    //! Number of frames in a signal of length samples if frames start at first + p hop instead.
    //! \throws std::invalid_argument as check_starts()
    std::int64_t frames(std::int64_t length, std::int64_t first) const;

private:
    std::size_t d_win_length, d_hop;
    placement d_where;
};

//! How many frames an axis of an image has: as many as fit, or enough that the last sample is well inside one.
enum class tail { floor, ceil };

//! \throws std::invalid_argument unless name is "floor" or "ceil"
STFT_API tail tail_named(const std::string& name);
//! "floor" or "ceil"
STFT_API const char* name_of(tail rule);

/*!
 * \brief Placement of the frames on one axis of an image: frame m holds win_length samples from
 * m hop - P on.
 *
 * P = win_length / 2 if centred, else 0, and a length S has
 * - floor: 1 + floor((S + 2P - win_length) / hop) frames, none if that is negative;
 * - ceil: 1 + ceil(S / hop) if centred, else 1 + max(0, ceil((S - win_length) / hop)).
 */
class STFT_API axis_framing
{
public:
    //! \throws std::invalid_argument as framing
    axis_framing(std::size_t win_length, std::size_t hop, bool centred, tail rule);

    //! Samples under one frame.
    std::size_t win_length() const { return d_win_length; }
    //! Samples from one frame's start to the next.
    std::size_t hop() const { return d_hop; }

    //! P, the virtual samples before sample 0.
    std::size_t before() const { return d_before; }

    //! Virtual samples after the last one: P, or as many as the last frame needs.
    std::size_t after(std::int64_t length) const;

    //! First sample under a frame.
    std::int64_t start(std::int64_t frame) const
    {
        return frame * static_cast<std::int64_t>(d_hop) - static_cast<std::int64_t>(d_before);
    }

    //! Number of frames of a length, >= 0.
    std::int64_t frames(std::int64_t length) const;

    //! True if an axis of this length, >= 1, has this frame, >= 0. A longer axis then has it, too.
    bool exists(std::int64_t frame, std::int64_t length) const { return frame < frames(length); }

    //! The least length, >= 1, that has a frame, >= 0.
    std::int64_t shortest(std::int64_t frame) const;

private:
    std::size_t d_win_length, d_hop, d_before;
    tail d_tail;
    bool d_centred;
};

/*!
 * \brief Frames begin in -2^62 .. 2^62, where no sum of positions leaves 64 bits.
 * \throws std::invalid_argument if one of these does not: the first frame's start, or by the number of them the last one's
 */
STFT_API void check_starts(std::int64_t first, std::size_t hop, std::size_t frames);

/*!
 * \brief Position after the last sample under frames of this length, hop and start; 0 for none.
 * \throws std::invalid_argument as check_starts()
 */
STFT_API std::int64_t
covered_end(std::int64_t first, std::size_t hop, std::size_t win_length, std::size_t frames);

//! a modulo n in 0 .. n - 1, also for negative a.
inline std::size_t modulo(std::int64_t a, std::size_t n)
{
    const auto m = static_cast<std::int64_t>(n);
    const auto r = a % m;
    return static_cast<std::size_t>(r < 0 ? r + m : r);
}

} // namespace gr::stft::kernel
#endif
