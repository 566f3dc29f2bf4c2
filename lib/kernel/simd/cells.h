/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* Direct sums over a frame for bins that each have a window length of their own. Included after cell_windows.h. */
namespace gr::stft::kernel::simd::SIMD_LEVEL {

/*!
 * \brief Sums over a frame for a vector of bins: s[i +- r] times the first Terms of g, u g' and g', and the cosine or
 * sine of angle r, where s[i - r] counts with -sin.
 *
 * g and u g' are even functions of the distance from the centre, g' is odd.
 */
template <class R, int Terms>
struct vector_sums {
    vector<R> cosine[Terms], sine[Terms];

    SIMD_INLINE void clear()
    {
#pragma GCC unroll 3
        for (int k = 0; k < Terms; ++k)
            cosine[k] = sine[k] = vector<R>{};
    }

    //! Adds the samples at distance r, which have windows of their own.
    SIMD_INLINE void add(const folded_frame<R>& frame,
                         std::size_t r,
                         const window_sides<R>& w,
                         vector<R> c,
                         vector<R> sine_of_angle)
    {
        const auto add_both = [&](int k, vector<R> a, vector<R> b, R after, R before)
            __attribute__((always_inline))
        {
            const auto product = rounded(a * after);
            cosine[k] += (product + b * before) * c;
            sine[k] += (product - b * before) * sine_of_angle;
        };
        add_both(0, w.after.g, w.before.g, frame.after[r], frame.before[r]);
        if constexpr (Terms > 1)
            add_both(
                1, w.after.slope, w.before.slope, frame.moment_after[r], frame.moment_before[r]);
        if constexpr (Terms > 2)
            add_both(2, w.after.slope, -w.before.slope, frame.after[r], frame.before[r]);
    }

    //! Adds the samples at distance r, which share a window.
    SIMD_INLINE void add(const folded_frame<R>& frame,
                         std::size_t r,
                         const window_values<R>& w,
                         vector<R> c,
                         vector<R> sine_of_angle)
    {
        const R even = frame.after[r] + frame.before[r], odd = frame.after[r] - frame.before[r];
        const auto even_cosine = even * c, odd_sine = odd * sine_of_angle;
        cosine[0] += w.g * even_cosine;
        sine[0] += w.g * odd_sine;
        if constexpr (Terms > 1) {
            const auto slope = w.slope * frame.x_after[r];
            cosine[1] += slope * even_cosine;
            sine[1] += slope * odd_sine;
        }
        if constexpr (Terms > 2) {
            cosine[2] += w.slope * (odd * c);
            sine[2] += w.slope * (even * sine_of_angle);
        }
    }
};

/*!
 * \brief The direct sums of one frame for Count vectors of bins, a bin to a lane.
 *
 * A step takes the samples at distance r on both sides of the centre, r = 0, 1 .. Each step of a recurrence waits for
 * the one before, so that two vectors take little longer than one.
 *
 * Windows of different lengths end at different r. Up to under_all every lane's window holds the samples, and no mask
 * is needed; from under_any on, none does.
 *
 * \tparam Terms number of window functions summed with: 1: g; 2: and u g'; 3: and g'
 * \tparam Whole the centre is an integer, so that the windows before and after it agree
 */
template <class R, class Window, int Terms, int Count, bool Whole>
struct lane_sums {
    const folded_frame<R>& frame;
    bin_rotator<R> phasor[Count];
    Window window[Count];
    vector_sums<R, Terms> sums[Count][2]; // over even and odd r: none waits for the other
    std::size_t under_all, under_any;     // distances r

    SIMD_INLINE
    lane_sums(double rho, const folded_frame<R>& samples, const bin_group<R>& bins, std::size_t at)
        : frame(samples)
    {
        auto shortest = load<R>(bins.theta[0] + at), longest = shortest;
#pragma GCC unroll 2
        for (int v = 0; v < Count; ++v) {
            const auto from = at + v * width<R>;
            const auto theta = load<R>(bins.theta[0] + from);
            shortest = theta < shortest ? theta : shortest;
            longest = theta > longest ? theta : longest;
            phasor[v].begin(bins, from);
            window[v].begin(rho, theta, frame.fraction);
            sums[v][0].clear();
            sums[v][1].clear();
        }
        under_all = even_below(smallest<R>(shortest) / 2.0 * (1 - 1e-6) - frame.fraction);
        under_any = even_below(largest<R>(longest) / 2.0 + frame.fraction + 3);
    }

    //! Restarts the recurrences at distance r, a multiple of `restart`.
    SIMD_INLINE void restart_at(std::size_t r)
    {
#pragma GCC unroll 2
        for (int v = 0; v < Count; ++v) {
            phasor[v].restart_here();
            window[v].start(r);
        }
    }

    //! Adds the samples at distance r for vector v.
    template <bool Masked>
    SIMD_INLINE void step(std::size_t r, int v, vector_sums<R, Terms>& to)
    {
        const auto cosine = phasor[v].c;
        const auto sine = phasor[v].step();
        if constexpr (Whole)
            to.add(frame, r, window[v].template step<Masked>(frame.x_after[r]), cosine, sine);
        else
            to.add(frame,
                   r,
                   window[v].template step<Masked>(frame.x_after[r], frame.x_before[r]),
                   cosine,
                   sine);
    }

    //! Adds distances r .. to - 1, both even. \return the distance that comes next
    template <bool Masked>
    SIMD_INLINE std::size_t add(std::size_t r, std::size_t to)
    {
        for (; r < to; r += 2)
#pragma GCC unroll 2
            for (std::size_t odd = 0; odd < 2; ++odd)
#pragma GCC unroll 2
                for (int v = 0; v < Count; ++v)
                    step<Masked>(r + odd, v, sums[v][odd]);
        return r;
    }

    //! Adds all samples, without masks as far as all windows reach.
    SIMD_INLINE void add_all()
    {
        for_stretches(
            under_any, [&](std::size_t from, std::size_t to) __attribute__((always_inline)) {
                restart_at(from);
                add<true>(add<false>(from, under_all < to ? under_all : to), to);
            });
    }

    //! Writes the sums, multiplied by the factors that windows and phasors were computed without.
    SIMD_INLINE void store_at(std::size_t at, const bin_group<R>& bins, const group_sums<R>& to)
    {
#pragma GCC unroll 2
        for (int v = 0; v < Count; ++v) {
            const auto place = at + v * width<R>;
            const auto sine_scale = load<R>(bins.sine_scale + place);
            const auto slope = window[v].slope_scale();
            const vector<R> scale[3] = { all<R>(1), window[v].per_theta * slope, slope };
#pragma GCC unroll 3
            for (int k = 0; k < Terms; ++k) {
                store<R>(to.cosine[k] + place,
                         scale[k] * (sums[v][0].cosine[k] + sums[v][1].cosine[k]));
                store<R>(to.sine[k] + place,
                         scale[k] * sine_scale * (sums[v][0].sine[k] + sums[v][1].sine[k]));
            }
        }
    }
};

//! Sums a frame for the Count vectors of bins that begin at bin `at` of the group.
template <class R, class Window, int Terms, int Count, bool Whole>
void analyse_lanes(double rho,
                   const folded_frame<R>& frame,
                   const bin_group<R>& bins,
                   const group_sums<R>& to,
                   std::size_t at)
{
    lane_sums<R, Window, Terms, Count, Whole> lanes(rho, frame, bins, at);
    lanes.add_all();
    lanes.store_at(at, bins, to);
}

template <class R>
void analyse(shape what,
             double rho,
             window_terms terms,
             const folded_frame<R>& frame,
             const bin_group<R>& bins,
             const group_sums<R>& sums)
{
    for (std::size_t at = 0, next = 0; at < bins.count; at = next) {
        next = at + width<R>;
        with_window<R>(what, bins, at, [&](auto recurrent, auto which) {
            constexpr bool by_recurrence = decltype(recurrent)::value;
            using window = typename window_of<R, by_recurrence, decltype(which)::value>::type;
            const auto sums_of = [&](auto how_many, auto whole) {
                constexpr int n = decltype(how_many)::value;
                constexpr bool one_window = decltype(whole)::value;
                constexpr int together = by_recurrence && n < 3 ? 2 : 1; // as many as are quicker
                if (together == 2 && next < bins.count && by_recurrence_from<R>(what, bins, next)) {
                    next += width<R>;
                    analyse_lanes<R, window, n, together, one_window>(rho, frame, bins, sums, at);
                } else {
                    analyse_lanes<R, window, n, 1, one_window>(rho, frame, bins, sums, at);
                }
            };
            const auto run = [&](auto how_many) {
                if constexpr (by_recurrence)
                    if (frame.fraction == 0)
                        return sums_of(how_many, yes);
                sums_of(how_many, no);
            };
            if (terms == window_terms::g)
                run(count<1>{});
            else if (terms == window_terms::g_ug)
                run(count<2>{});
            else
                run(count<3>{});
        });
    }
}

} // namespace gr::stft::kernel::simd::SIMD_LEVEL
