/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* Direct sums over a frame for bins that each have a window length of their own, bins in the lanes of vectors.
 * Included after shapes.h. */
namespace gr::stft::kernel::simd::SIMD_LEVEL {

/*!
 * \brief cos(angle r) and a multiple of sin(angle r) for r = r0, r0 + 1 ..
 *
 * Second differences of a cosine are -kappa times itself: one FMA and one addition a step, and the sum of two
 * first differences is -2 sin(angle) sin(angle r). The difference is started from sines: taken between
 * two rounded cosines it would lose all accuracy for small angles.
 */
template <class R>
struct rotator {
    vector<R> c, d, kappa;

    //! cosine and sine of the angle at the present sample, and of half the step
    SIMD_INLINE void
    start(vector<R> cosine, vector<R> sine, vector<R> cosine_half, vector<R> sine_half)
    {
        c = cosine;
        d = -2 * sine_half * (sine * cosine_half - cosine * sine_half);
    }

    //! Moves one sample on. \return -2 sin(angle) sin(angle r) for the sample left
    SIMD_INLINE vector<R> step()
    {
        const auto next = d - kappa * c;
        const auto sine = d + next;
        c += next;
        d = next;
        return sine;
    }
};

//! g(u), u g'(u) and g'(u) at one sample, up to factors that scale() gives.
template <class R>
struct window_values {
    vector<R> g, ug, slope;
};

//! Any shape, evaluated at each sample.
template <class R, shape What>
struct evaluated_window {
    R rho;
    vector<R> per_theta, half;

    SIMD_INLINE void begin(double rho_, vector<R> theta)
    {
        rho = static_cast<R>(rho_);
        per_theta = 1 / theta;
        half = theta * R(0.5);
    }
    SIMD_INLINE void start(R) {}
    template <bool Masked>
    SIMD_INLINE window_values<R> step(R x)
    {
        const auto u = x * per_theta;
        const auto w = evaluate<R>(What, rho, u);
        if (!Masked)
            return { w.g, u * w.slope, w.slope };
        const auto inside = (x < 0 ? -x : x) < half;
        const auto slope = inside ? w.slope : vector<R>{};
        return { inside ? w.g : vector<R>{}, u * slope, slope };
    }
    SIMD_INLINE vector<R> ug_scale() const { return all<R>(1); }
    SIMD_INLINE vector<R> slope_scale() const { return all<R>(1); }
};

//! Hann's by recurrence; theta >= 8.
template <class R>
struct recurrent_hann {
    rotator<R> phasor;
    vector<R> per_theta, half, sine_half, cosine_half;

    SIMD_INLINE void begin(double, vector<R> theta)
    {
        per_theta = 1 / theta;
        half = theta * R(0.5);
        sine_half = sin_pi(per_theta);
        cosine_half = cos_pi<R>(per_theta);
        phasor.kappa = 4 * sine_half * sine_half;
    }
    SIMD_INLINE void start(R x)
    {
        vector<R> c, s;
        circle_point<R>(x * per_theta, c, s);
        phasor.start(c, s, cosine_half, sine_half);
    }
    template <bool Masked>
    SIMD_INLINE window_values<R> step(R x)
    {
        const auto g = phasor.c * R(0.5) + R(0.5);
        const auto sine = phasor.step();
        if (!Masked)
            return { g, x * sine, sine };
        const auto inside = (x < 0 ? -x : x) < half;
        const auto slope = inside ? sine : vector<R>{};
        return { inside ? g : vector<R>{}, x * slope, slope };
    }
    // g' = -pi sin(2 pi u), and step() gives -2 sin(2 pi / theta) sin(2 pi u)
    SIMD_INLINE vector<R> slope_scale() const
    {
        return R(3.14159265358979323846 / 4) / (sine_half * cosine_half);
    }
    SIMD_INLINE vector<R> ug_scale() const { return per_theta * slope_scale(); }
};

template <class R>
SIMD_INLINE R smallest(vector<R> v)
{
    R least = v[0];
    for (std::size_t l = 1; l < width<R>; ++l)
        least = v[l] < least ? v[l] : least;
    return least;
}

template <class R>
SIMD_INLINE R largest(vector<R> v)
{
    return -smallest<R>(-v);
}

//! Rotators of a vector of bins, and their phases as integers modulo 2 n_fft.
template <class R>
struct bin_rotator : rotator<R> {
    vector<R> sine_half, cosine_half;
    integers<R> phase, stride, cycle;
    R per_cycle;

    SIMD_INLINE void begin(const bin_group<R>& bins, std::size_t at)
    {
        this->kappa = load<R>(bins.kappa + at);
        sine_half = load<R>(bins.sine_half + at);
        cosine_half = load<R>(bins.cosine_half + at);
        stride = load_as<integers<R>>(bins.step + at);
        cycle = bins.cycle - integers<R>{};
        phase = integers<R>{};
        per_cycle = R(1) / static_cast<R>(bins.cycle);
    }

    //! Sets the phasors from the integer phase. To be called at multiples of `restart`, in order.
    SIMD_INLINE void restart_here()
    {
        const auto centred = phase + phase > cycle ? phase - cycle : phase;
        vector<R> c, s;
        circle_point<R>(__builtin_convertvector(centred, vector<R>) * per_cycle, c, s);
        this->start(c, s, cosine_half, sine_half);
        phase += stride;
        phase = phase >= cycle ? phase - cycle : phase;
    }
};

constexpr std::size_t even_below(double x)
{
    return x <= 0 ? 0 : static_cast<std::size_t>(x) / 2 * 2;
}

//! Calls body(from, to) for the samples 0 .. end - 1 in stretches between two restarts of the recurrences.
template <class Body>
SIMD_INLINE void for_stretches(std::size_t end, Body body)
{
    for (std::size_t from = 0; from < end; from += restart)
        body(from, end < from + restart ? end : from + restart);
}

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

//! Calls f with the cheapest window that serves this shape and the bins from `at` on.
template <class R, class F>
SIMD_INLINE void with_window(shape what, const bin_group<R>& bins, std::size_t at, F f)
{
    if (what == shape::hann) {
        R shortest = smallest<R>(load<R>(bins.theta[0] + at));
        if (bins.sets == 2) {
            const R other = smallest<R>(load<R>(bins.theta[1] + at));
            shortest = other < shortest ? other : shortest;
        }
        if (shortest >= 8) // a recurrence of larger steps has no sine left to take differences of
            return f(flag<true>{}, known<shape::hann>{});
    }
    dispatch(
        what, [&](auto which) __attribute__((always_inline)) { f(flag<false>{}, which); });
}

template <class R, bool Recurrent, shape What>
struct window_of {
    using type = evaluated_window<R, What>;
};
template <class R>
struct window_of<R, true, shape::hann> {
    using type = recurrent_hann<R>;
};

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

//! Sums of the columns of scratch, [r][lane], into totals.
template <class R>
void collect(const R* scratch, std::size_t end, double* totals)
{
    for (std::size_t r = 0; r < end; ++r)
        totals[r] += sum<R>(load<R>(scratch + r * width<R>));
}

//! The largest distance under the windows of all bins, rounded up to whole pairs.
template <class R>
SIMD_INLINE std::size_t extent(const folded_frame<R>& frame, const bin_group<R>& bins)
{
    return even_below(bins.reach + frame.fraction + 3);
}

/*!
 * \brief Adds to [r][lane] of two arrays, samples after and before the centre, what value(w, cosine, sine) makes
 * of a window and a phasor for each set of bins.
 */
template <class R, class Window, int Sets, class Value>
SIMD_INLINE void accumulate_lanes(double rho,
                                  const folded_frame<R>& frame,
                                  const bin_group<R>& bins,
                                  std::size_t at,
                                  std::size_t total,
                                  R* after,
                                  R* before,
                                  Value value)
{
    bin_rotator<R> phasor;
    phasor.begin(bins, at);
    Window window[Sets][2];
    R farthest = 0;
#pragma GCC unroll 2
    for (int set = 0; set < Sets; ++set) {
        const auto theta = load<R>(bins.theta[set] + at);
        window[set][0].begin(rho, theta);
        window[set][1].begin(rho, theta);
        farthest = largest<R>(theta) > farthest ? largest<R>(theta) : farthest;
    }
    const auto end = even_below(farthest / 2.0 + frame.fraction + 3);
    const auto sample = [&](std::size_t r, auto odd) __attribute__((always_inline))
    {
        const auto cosine = phasor.c;
        const auto sine = phasor.step();
        auto sum_after = load<R>(after + r * width<R>), sum_before = load<R>(before + r * width<R>);
#pragma GCC unroll 2
        for (int set = 0; set < Sets; ++set) {
            const auto a = window[set][0].template step<true>(frame.x_after[r]).g;
            const auto b = window[set][1].template step<true>(frame.x_before[r]).g;
            value(set, odd, a, b, cosine, sine, sum_after, sum_before);
        }
        store<R>(after + r * width<R>, sum_after);
        store<R>(before + r * width<R>, sum_before);
    };
    for_stretches(
        end < total ? end : total,
        [&](std::size_t from, std::size_t to) __attribute__((always_inline)) {
            phasor.restart_here();
#pragma GCC unroll 2
            for (int set = 0; set < Sets; ++set) {
                window[set][0].start(frame.x_after[from]);
                window[set][1].start(frame.x_before[from]);
            }
            for (auto r = from; r < to; r += 2) {
                sample(r, no);
                sample(r + 1, yes);
            }
        });
}

template <class R>
void spread(shape what,
            double rho,
            const folded_frame<R>& frame,
            const bin_group<R>& bins,
            const R* const re[2],
            const R* const im[2],
            R* scratch,
            double* after,
            double* before)
{
    const auto end = extent(frame, bins);
    R* const columns[2] = { scratch, scratch + end * width<R> };
    std::memset(scratch, 0, 2 * end * width<R> * sizeof(R));
    for (std::size_t at = 0; at < bins.count; at += width<R>) {
        const auto sine_scale = load<R>(bins.sine_scale + at);
        with_window<R>(what, bins, at, [&](auto recurrent, auto which) {
            using window =
                typename window_of<R, decltype(recurrent)::value, decltype(which)::value>::type;
            const auto run = [&](auto paired) {
                constexpr int s = decltype(paired)::value ? 2 : 1;
                vector<R> x[s], y[s];
                for (int set = 0; set < s; ++set) {
                    x[set] = load<R>(re[set] + at);
                    y[set] = load<R>(im[set] + at) * sine_scale;
                }
                accumulate_lanes<R, window, s>(
                    rho,
                    frame,
                    bins,
                    at,
                    end,
                    columns[0],
                    columns[1],
                    [&](int set,
                        auto odd,
                        auto a,
                        auto b,
                        auto cosine,
                        auto sine,
                        auto& sum_after,
                        auto& sum_before) __attribute__((always_inline)) {
                        const auto even_part = x[set] * cosine, odd_part = y[set] * sine;
                        if (set == 0) {
                            sum_after += a * (even_part - odd_part);
                            sum_before += b * (even_part + odd_part);
                        } else if (decltype(odd)::value) {
                            sum_after -= a * (even_part + odd_part);
                            sum_before -= b * (even_part - odd_part);
                        } else {
                            sum_after += a * (even_part + odd_part);
                            sum_before += b * (even_part - odd_part);
                        }
                    });
            };
            bins.sets == 1 ? run(no) : run(yes);
        });
    }
    collect(columns[0], end, after);
    collect(columns[1], end, before);
}

template <class R>
void energy(shape what,
            double rho,
            const folded_frame<R>& frame,
            const bin_group<R>& bins,
            const R* const weight[2],
            R* scratch,
            double* after,
            double* before)
{
    const auto end = extent(frame, bins);
    R* const columns[2] = { scratch, scratch + end * width<R> };
    std::memset(scratch, 0, 2 * end * width<R> * sizeof(R));
    for (std::size_t at = 0; at < bins.count; at += width<R>)
        for (int set = 0; set < bins.sets; ++set) {
            auto one = bins;
            one.sets = 1;
            one.theta[0] = bins.theta[set];
            const auto share = load<R>(weight[set] + at);
            with_window<R>(what, one, at, [&](auto recurrent, auto which) {
                using window =
                    typename window_of<R, decltype(recurrent)::value, decltype(which)::value>::type;
                accumulate_lanes<R, window, 1>(
                    rho,
                    frame,
                    one,
                    at,
                    end,
                    columns[0],
                    columns[1],
                    [&](int, auto, auto a, auto b, auto, auto, auto& sum_after, auto& sum_before)
                        __attribute__((always_inline)) {
                            sum_after += share * a * a;
                            sum_before += share * b * b;
                        });
            });
        }
    collect(columns[0], end, after);
    collect(columns[1], end, before);
}

template <class R>
void window_sums(shape what,
                 double rho,
                 double fraction,
                 const R* theta,
                 std::size_t count,
                 double reach,
                 R* g,
                 R* ug,
                 R* slope)
{
    const auto last = static_cast<std::ptrdiff_t>(reach + fraction + 2);
    dispatch(what, [&](auto which) {
        for (std::size_t at = 0; at < count; at += width<R>) {
            evaluated_window<R, decltype(which)::value> window;
            window.begin(rho, load<R>(theta + at));
            vector<R> sums[3] = {};
            for (std::ptrdiff_t r = -last; r <= last; ++r) {
                const auto w =
                    window.template step<true>(static_cast<R>(static_cast<double>(r) - fraction));
                sums[0] += w.g;
                sums[1] += w.ug;
                sums[2] += w.slope;
            }
            store<R>(g + at, sums[0]);
            store<R>(ug + at, sums[1]);
            store<R>(slope + at, sums[2]);
        }
    });
}

} // namespace gr::stft::kernel::simd::SIMD_LEVEL
