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

/*!
 * \brief Runs body(r) over a frame: restart(r0) at each multiple of `restart`, core(r) for pairs of samples under
 * every window, edge(r) for pairs that some windows do not hold.
 */
template <class Restart, class Core, class Edge>
SIMD_INLINE void
walk(std::size_t core_end, std::size_t end, Restart restart_at, Core core, Edge edge)
{
    for (std::size_t r0 = 0; r0 < end; r0 += restart) {
        restart_at(r0);
        const auto stop = end < r0 + restart ? end : r0 + restart;
        auto r = r0;
        for (; r < stop && r < core_end; r += 2)
            core(r);
        for (; r < stop; r += 2)
            edge(r);
    }
}

//! Sums for one set of windows over one rotator.
template <class R, int Order>
struct accumulators {
    vector<R> cosine[Order], sine[Order];
};

//! One vector of bins. Whole: the centre is an integer, so windows before and after it agree.
template <class R, class Window, int Order, int Sets, bool Whole>
void analyse_lanes(double rho,
                   const folded_frame<R>& frame,
                   const bin_group<R>& bins,
                   const group_sums<R>& sums,
                   std::size_t at)
{
    constexpr int sides = Whole ? 1 : 2;
    bin_rotator<R> phasor;
    phasor.begin(bins, at);
    Window window[Sets][sides];
    accumulators<R, Order> acc[Sets];
    std::size_t core[Sets], end[Sets]; // under every window of the set, under any
#pragma GCC unroll 2
    for (int set = 0; set < Sets; ++set) {
        const auto theta = load<R>(bins.theta[set] + at);
#pragma GCC unroll 2
        for (int side = 0; side < sides; ++side)
            window[set][side].begin(rho, theta);
        core[set] = even_below(smallest<R>(theta) / 2.0 * (1 - 1e-6) - frame.fraction);
        end[set] = even_below(largest<R>(theta) / 2.0 + frame.fraction + 3);
#pragma GCC unroll 3
        for (int k = 0; k < Order; ++k)
            acc[set].cosine[k] = acc[set].sine[k] = vector<R>{};
    }

    const auto restart_at = [&](std::size_t r0) __attribute__((always_inline))
    {
        phasor.restart_here();
#pragma GCC unroll 2
        for (int set = 0; set < Sets; ++set) {
            window[set][0].start(frame.x_after[r0]);
            if (!Whole)
                window[set][sides - 1].start(frame.x_before[r0]);
        }
    };
    const auto sample = [&](std::size_t r, auto masked, auto odd, auto first, auto last)
        __attribute__((always_inline))
    {
        constexpr bool m = decltype(masked)::value;
        constexpr bool alternate = decltype(odd)::value;
        constexpr int from = decltype(first)::value, to = decltype(last)::value;
        const auto cosine = phasor.c;
        const auto sine = phasor.step();
        const R after = frame.after[r], before = frame.before[r];
        if constexpr (Whole) {
            const R even = after + before, difference = after - before;
            const auto even_cosine = even * cosine, odd_sine = difference * sine;
            const auto odd_cosine = difference * cosine, even_sine = even * sine;
#pragma GCC unroll 2
            for (int set = from; set < to; ++set) {
                const auto w = window[set][0].template step<m>(frame.x_after[r]);
                if (alternate && set == 1) {
                    acc[set].cosine[0] -= w.g * even_cosine;
                    acc[set].sine[0] -= w.g * odd_sine;
                    if constexpr (Order > 1) {
                        acc[set].cosine[1] -= w.ug * even_cosine;
                        acc[set].sine[1] -= w.ug * odd_sine;
                    }
                    if constexpr (Order > 2) {
                        acc[set].cosine[2] -= w.slope * odd_cosine;
                        acc[set].sine[2] -= w.slope * even_sine;
                    }
                } else {
                    acc[set].cosine[0] += w.g * even_cosine;
                    acc[set].sine[0] += w.g * odd_sine;
                    if constexpr (Order > 1) {
                        acc[set].cosine[1] += w.ug * even_cosine;
                        acc[set].sine[1] += w.ug * odd_sine;
                    }
                    if constexpr (Order > 2) {
                        acc[set].cosine[2] += w.slope * odd_cosine;
                        acc[set].sine[2] += w.slope * even_sine;
                    }
                }
            }
        } else {
            const auto after_cosine = after * cosine, after_sine = after * sine;
            const auto before_cosine = before * cosine, before_sine = before * sine;
#pragma GCC unroll 2
            for (int set = from; set < to; ++set) {
                const auto a = window[set][0].template step<m>(frame.x_after[r]);
                const auto b = window[set][sides - 1].template step<m>(frame.x_before[r]);
                const vector<R> values[3][2] = { { a.g, b.g },
                                                 { a.ug, b.ug },
                                                 { a.slope, -b.slope } };
#pragma GCC unroll 3
                for (int k = 0; k < Order; ++k) {
                    const auto wa = values[k][0], wb = values[k][1];
                    if (alternate && set == 1) {
                        acc[set].cosine[k] -= wa * after_cosine;
                        acc[set].cosine[k] -= wb * before_cosine;
                        acc[set].sine[k] -= wa * after_sine;
                        acc[set].sine[k] += wb * before_sine;
                    } else {
                        acc[set].cosine[k] += wa * after_cosine;
                        acc[set].cosine[k] += wb * before_cosine;
                        acc[set].sine[k] += wa * after_sine;
                        acc[set].sine[k] -= wb * before_sine;
                    }
                }
            }
        }
    };
    const auto pairs = [&](std::size_t r, std::size_t stop, auto masked, auto first, auto last)
        __attribute__((always_inline))
    {
        for (; r < stop; r += 2) {
            sample(r, masked, no, first, last);
            sample(r + 1, masked, yes, first, last);
        }
        return r;
    };
    //! Some sets alone: pairs under every window, then those that some windows do not hold
    const auto run = [&](std::size_t r, std::size_t full, std::size_t stop, auto first, auto last)
        __attribute__((always_inline))
    {
        r = pairs(r, full < stop ? full : stop, no, first, last);
        return pairs(r, stop, yes, first, last);
    };
    const auto lesser = [](std::size_t a, std::size_t b) { return a < b ? a : b; };
    constexpr count<0> first{};
    constexpr count<1> second{};
    constexpr count<Sets> all_sets{};
    const auto longest = Sets == 2 && end[Sets - 1] > end[0] ? end[Sets - 1] : end[0];
    const auto both = lesser(end[0], end[Sets - 1]), both_core = lesser(core[0], core[Sets - 1]);
    for (std::size_t r0 = 0; r0 < longest; r0 += restart) {
        restart_at(r0);
        const auto stop = lesser(longest, r0 + restart);
        auto r = run(r0, both_core, lesser(stop, both), first, all_sets);
        if constexpr (Sets == 2) {
            if (end[0] > both)
                run(r, core[0], stop, first, second);
            else
                run(r, core[1], stop, second, all_sets);
        }
    }

    const auto sine_scale = load<R>(bins.sine_scale + at);
#pragma GCC unroll 2
    for (int set = 0; set < Sets; ++set) {
        const vector<R> scale[3] = { all<R>(1),
                                     window[set][0].ug_scale(),
                                     window[set][0].slope_scale() };
#pragma GCC unroll 3
        for (int k = 0; k < Order; ++k) {
            store<R>(sums.cosine[set][k] + at, scale[k] * acc[set].cosine[k]);
            store<R>(sums.sine[set][k] + at, scale[k] * sine_scale * acc[set].sine[k]);
        }
    }
}

//! Calls f with the cheapest window that serves this shape and the bins from `at` on.
template <class R, class F>
SIMD_INLINE void with_window(shape what, const bin_group<R>& bins, int sets, std::size_t at, F f)
{
    if (what == shape::hann) {
        R shortest = smallest<R>(load<R>(bins.theta[0] + at));
        if (sets > 1) {
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
             int order,
             int sets,
             const folded_frame<R>& frame,
             const bin_group<R>& bins,
             const group_sums<R>& sums)
{
    for (std::size_t at = 0; at < bins.count; at += width<R>)
        with_window<R>(what, bins, sets, at, [&](auto recurrent, auto which) {
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
                if (order == 1)
                    run(count<1>{}, paired);
                else if (order == 2)
                    run(count<2>{}, paired);
                else
                    run(count<3>{}, paired);
            };
            sets == 1 ? choose(no) : choose(yes);
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
    const auto restart_at = [&](std::size_t r0) __attribute__((always_inline))
    {
        phasor.restart_here();
#pragma GCC unroll 2
        for (int set = 0; set < Sets; ++set) {
            window[set][0].start(frame.x_after[r0]);
            window[set][1].start(frame.x_before[r0]);
        }
    };
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
    const auto pair = [&](std::size_t r) __attribute__((always_inline))
    {
        sample(r, no);
        sample(r + 1, yes);
    };
    walk(0, end < total ? end : total, restart_at, pair, pair);
}

template <class R>
void spread(shape what,
            double rho,
            int sets,
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
        with_window<R>(what, bins, sets, at, [&](auto recurrent, auto which) {
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
            sets == 1 ? run(no) : run(yes);
        });
    }
    collect(columns[0], end, after);
    collect(columns[1], end, before);
}

template <class R>
void energy(shape what,
            double rho,
            int sets,
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
        for (int set = 0; set < sets; ++set) {
            auto one = bins;
            one.theta[0] = bins.theta[set];
            const auto share = load<R>(weight[set] + at);
            with_window<R>(what, one, 1, at, [&](auto recurrent, auto which) {
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
