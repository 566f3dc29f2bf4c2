/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* Direct sums over a frame for bins that each have a window length of their own. Included after cell_windows.h. */
namespace gr::stft::kernel::simd::SIMD_LEVEL {

//! sum += a b, or sum -= a b.
template <bool Negative, class R>
SIMD_INLINE void add_product(vector<R>& sum, vector<R> a, vector<R> b)
{
    if (Negative)
        sum -= a * b;
    else
        sum += a * b;
}

//! Samples s[i + r] and s[i - r] times cos(angle r) and sin(angle r) of each lane.
template <class R, bool Whole>
struct sample_products;

//! Both samples have the same window: their sum and difference are multiplied by it.
template <class R>
struct sample_products<R, true> {
    vector<R> even_cosine, odd_sine, odd_cosine, even_sine;

    SIMD_INLINE sample_products(R after, R before, vector<R> cosine, vector<R> sine)
    {
        const R even = after + before, odd = after - before;
        even_cosine = even * cosine;
        odd_sine = odd * sine;
        odd_cosine = odd * cosine;
        even_sine = even * sine;
    }
};

//! Each sample has a window of its own.
template <class R>
struct sample_products<R, false> {
    vector<R> after_cosine, after_sine, before_cosine, before_sine;

    SIMD_INLINE sample_products(R after, R before, vector<R> cosine, vector<R> sine)
    {
        after_cosine = after * cosine;
        after_sine = after * sine;
        before_cosine = before * cosine;
        before_sine = before * sine;
    }
};

/*!
 * \brief Sums over a frame for one set of bins: s[i +- r] times the first Terms of g, u g' and g', and the cosine or
 * sine of angle r, where s[i - r] counts with -sin.
 *
 * g and u g' are even functions of the distance from the centre, g' is odd.
 */
template <class R, int Terms>
struct set_sums {
    vector<R> cosine[Terms], sine[Terms];

    SIMD_INLINE void clear()
    {
#pragma GCC unroll 3
        for (int k = 0; k < Terms; ++k)
            cosine[k] = sine[k] = vector<R>{};
    }

    //! Adds (or subtracts) a pair of samples at the same distance from the centre.
    template <bool Negative>
    SIMD_INLINE void add(const window_values<R>& w, const sample_products<R, true>& s)
    {
        add_product<Negative, R>(cosine[0], w.g, s.even_cosine);
        add_product<Negative, R>(sine[0], w.g, s.odd_sine);
        if constexpr (Terms > 1) {
            add_product<Negative, R>(cosine[1], w.ug, s.even_cosine);
            add_product<Negative, R>(sine[1], w.ug, s.odd_sine);
        }
        if constexpr (Terms > 2) {
            add_product<Negative, R>(cosine[2], w.slope, s.odd_cosine);
            add_product<Negative, R>(sine[2], w.slope, s.even_sine);
        }
    }

    //! Adds (or subtracts) a sample after the centre with window a, and one before it with window b.
    template <bool Negative>
    SIMD_INLINE void
    add(const window_values<R>& a, const window_values<R>& b, const sample_products<R, false>& s)
    {
        const vector<R> values_after[3] = { a.g, a.ug, a.slope };
        const vector<R> values_before[3] = { b.g, b.ug, -b.slope };
#pragma GCC unroll 3
        for (int k = 0; k < Terms; ++k) {
            add_product<Negative, R>(cosine[k], values_after[k], s.after_cosine);
            add_product<Negative, R>(cosine[k], values_before[k], s.before_cosine);
            add_product<Negative, R>(sine[k], values_after[k], s.after_sine);
            add_product<!Negative, R>(sine[k], values_before[k], s.before_sine);
        }
    }
};

/*!
 * \brief The direct sums of one frame for one vector of bins, a bin to a lane, in one set of bins or two.
 *
 * A step takes the samples at distance r on both sides of the centre, r = 0, 1 .. The second set has the angles
 * pi - angle, whose phasors are those of the first set up to signs: cos((pi - angle) r) = (-1)^r cos(angle r) and
 * sin((pi - angle) r) = -(-1)^r sin(angle r). So both sets share the products of samples and phasors; the second one
 * subtracts them where r is odd, and the caller negates its sums of sines. Steps come in pairs, of an even and an odd r.
 *
 * Windows of different lengths end at different r. Up to under_all[set] every lane's window holds the samples, and
 * no mask is needed; from under_any[set] on, none does.
 *
 * \tparam Terms number of window functions summed with: 1: g; 2: and u g'; 3: and g'
 * \tparam Whole the centre is an integer, so that the windows before and after it agree
 */
template <class R, class Window, int Terms, int Sets, bool Whole>
struct lane_sums {
    static constexpr int sides = Whole ? 1 : 2;

    const folded_frame<R>& frame;
    bin_rotator<R> phasor;
    Window window[Sets][sides]; // after the centre, and before it
    set_sums<R, Terms> sums[Sets];
    std::size_t under_all[Sets], under_any[Sets]; // distances r, even

    SIMD_INLINE
    lane_sums(double rho, const folded_frame<R>& samples, const bin_group<R>& bins, std::size_t at)
        : frame(samples)
    {
        phasor.begin(bins, at);
#pragma GCC unroll 2
        for (int set = 0; set < Sets; ++set) {
            const auto theta = load<R>(bins.theta[set] + at);
#pragma GCC unroll 2
            for (int side = 0; side < sides; ++side)
                window[set][side].begin(rho, theta);
            under_all[set] = even_below(smallest<R>(theta) / 2.0 * (1 - 1e-6) - frame.fraction);
            under_any[set] = even_below(largest<R>(theta) / 2.0 + frame.fraction + 3);
            sums[set].clear();
        }
    }

    //! Restarts the recurrences at distance r, a multiple of `restart`.
    SIMD_INLINE void restart_at(std::size_t r)
    {
        phasor.restart_here();
#pragma GCC unroll 2
        for (int set = 0; set < Sets; ++set) {
            window[set][0].start(frame.x_after[r]);
            if (!Whole)
                window[set][sides - 1].start(frame.x_before[r]);
        }
    }

    //! Adds the samples at distance r to the sets First .. End - 1.
    template <bool Masked, bool Odd, int First, int End>
    SIMD_INLINE void step(std::size_t r)
    {
        const auto cosine = phasor.c;
        const auto sine = phasor.step();
        const sample_products<R, Whole> samples(frame.after[r], frame.before[r], cosine, sine);
#pragma GCC unroll 2
        for (int set = First; set < End; ++set) {
            const auto add = [&](const auto&... windows) __attribute__((always_inline))
            {
                if (Odd && set == 1)
                    sums[set].template add<true>(windows..., samples);
                else
                    sums[set].template add<false>(windows..., samples);
            };
            const auto after = window[set][0].template step<Masked>(frame.x_after[r]);
            if constexpr (Whole)
                add(after);
            else
                add(after, window[set][sides - 1].template step<Masked>(frame.x_before[r]));
        }
    }

    //! Adds distances r .. to - 1, both even. \return the distance that comes next
    template <bool Masked, int First, int End>
    SIMD_INLINE std::size_t add_pairs(std::size_t r, std::size_t to)
    {
        for (; r < to; r += 2) {
            step<Masked, false, First, End>(r);
            step<Masked, true, First, End>(r + 1);
        }
        return r;
    }

    //! Adds distances r .. to - 1 to some of the sets, without masks as far as `unmasked`.
    template <int First, int End>
    SIMD_INLINE std::size_t add(std::size_t r, std::size_t unmasked, std::size_t to)
    {
        r = add_pairs<false, First, End>(r, unmasked < to ? unmasked : to);
        return add_pairs<true, First, End>(r, to);
    }

    //! Adds all samples: to both sets as far as both have windows, then to the set with the longer ones.
    SIMD_INLINE void add_all()
    {
        constexpr int last = Sets - 1;
        const auto lesser = [](std::size_t a, std::size_t b) { return a < b ? a : b; };
        const auto both = lesser(under_any[0], under_any[last]);
        const auto both_unmasked = lesser(under_all[0], under_all[last]);
        const auto either = under_any[0] > both ? under_any[0] : under_any[last];
        for_stretches(
            either, [&](std::size_t from, std::size_t to) __attribute__((always_inline)) {
                restart_at(from);
                const auto r = add<0, Sets>(from, both_unmasked, lesser(to, both));
                if constexpr (Sets == 2) {
                    if (under_any[0] > both)
                        add<0, 1>(r, under_all[0], to);
                    else
                        add<1, 2>(r, under_all[1], to);
                }
            });
    }

    //! Writes the sums, multiplied by the factors that windows and phasors were computed without.
    SIMD_INLINE void store_at(std::size_t at, const bin_group<R>& bins, const group_sums<R>& to)
    {
        const auto sine_scale = load<R>(bins.sine_scale + at);
#pragma GCC unroll 2
        for (int set = 0; set < Sets; ++set) {
            const vector<R> scale[3] = { all<R>(1),
                                         window[set][0].ug_scale(),
                                         window[set][0].slope_scale() };
#pragma GCC unroll 3
            for (int k = 0; k < Terms; ++k) {
                store<R>(to.cosine[set][k] + at, scale[k] * sums[set].cosine[k]);
                store<R>(to.sine[set][k] + at, scale[k] * sine_scale * sums[set].sine[k]);
            }
        }
    }
};

//! Sums a frame for the vector of bins that begins at bin `at` of the group.
template <class R, class Window, int Terms, int Sets, bool Whole>
void analyse_lanes(double rho,
                   const folded_frame<R>& frame,
                   const bin_group<R>& bins,
                   const group_sums<R>& to,
                   std::size_t at)
{
    lane_sums<R, Window, Terms, Sets, Whole> lanes(rho, frame, bins, at);
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
    for (std::size_t at = 0; at < bins.count; at += width<R>)
        with_window<R>(what, bins, at, [&](auto recurrent, auto which) {
            using window =
                typename window_of<R, decltype(recurrent)::value, decltype(which)::value>::type;
            const auto run = [&](auto how_many, auto paired) {
                constexpr int n = decltype(how_many)::value;
                constexpr int s = decltype(paired)::value ? 2 : 1;
                if (decltype(recurrent)::value && frame.fraction == 0)
                    analyse_lanes<R, window, n, s, decltype(recurrent)::value>(
                        rho, frame, bins, sums, at);
                else
                    analyse_lanes<R, window, n, s, false>(rho, frame, bins, sums, at);
            };
            const auto choose = [&](auto paired) {
                if (terms == window_terms::g)
                    run(count<1>{}, paired);
                else if (terms == window_terms::g_ug)
                    run(count<2>{}, paired);
                else
                    run(count<3>{}, paired);
            };
            bins.sets == 1 ? choose(no) : choose(yes);
        });
}

} // namespace gr::stft::kernel::simd::SIMD_LEVEL
