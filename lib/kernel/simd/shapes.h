/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* The shapes of windows and their slopes. Included after lanes.h. */
namespace gr::stft::kernel::simd::SIMD_LEVEL {

template <class R>
struct shape_values {
    vector<R> g, slope;
};

//! cos^2(pi u) from cosine and sine, each where it is the smaller one: an error of the larger would be doubled, which
//! is too much for polynomials of it.
template <class R>
SIMD_INLINE vector<R> cos_squared(vector<R> c, vector<R> s)
{
    const auto c2 = c * c, s2 = s * s;
    return c2 < s2 ? c2 : 1 - s2;
}

/*!
 * \brief g(u) and g'(u) for |u| <= 1/2; values beyond are meaningless, the caller masks them.
 *
 * Sums of cosines are polynomials in q = cos^2(pi u), without a constant term if g(1/2) = 0, so that they vanish
 * at the edge without cancellation.
 */
template <class R>
SIMD_INLINE shape_values<R> evaluate(shape what, R rho, vector<R> u)
{
    constexpr R pi = R(3.14159265358979323846);
    using v = vector<R>;
    switch (what) {
    case shape::hann: {
        const v c = cos_pi<R>(u), s = sin_pi(u);
        return { c * c, -2 * pi * (s * c) };
    }
    case shape::sine: {
        return { cos_pi<R>(u), -pi * sin_pi(u) };
    }
    case shape::blackman: { // 0.42 + 0.5 cos 2 pi u + 0.08 cos 4 pi u
        const v c = cos_pi<R>(u), s = sin_pi(u), q = cos_squared<R>(c, s);
        return { (R(0.64) * q + R(0.36)) * q, (R(1.28) * q + R(0.36)) * (-2 * pi * (s * c)) };
    }
    case shape::
        nuttall: { // 0.355768 + 0.487396 cos 2 pi u + 0.144232 cos 4 pi u + 0.012604 cos 6 pi u
        constexpr R q1 = R(2 * 0.487396 - 8 * 0.144232 + 18 * 0.012604),
                    q2 = R(8 * 0.144232 - 48 * 0.012604), q3 = R(32 * 0.012604);
        const v c = cos_pi<R>(u), s = sin_pi(u), q = cos_squared<R>(c, s);
        return { ((q3 * q + q2) * q + q1) * q,
                 ((3 * q3 * q + 2 * q2) * q + q1) * (-2 * pi * (s * c)) };
    }
    case shape::bartlett: {
        const v away = u == 0 ? v{} : with_sign<R>(all<R>(1), u);
        return { 1 - 2 * magnitude<R>(u), -2 * away };
    }
    case shape::parzen: {
        const v x = 2 * magnitude<R>(u), y = 1 - x;
        const v away = with_sign<R>(all<R>(1), u);
        const auto inner = x < R(0.5);
        return { inner ? 1 - 6 * x * x * y : 2 * y * y * y,
                 away * (inner ? x * (36 * x - 24) : -12 * y * y) };
    }
    case shape::bohman: {
        const v c = cos_pi<R>(u), s = sin_pi(u), y = 1 - 2 * magnitude<R>(u);
        const v sine = 2 * (s * c); // of 2 pi u
        return { y * (2 * cos_squared<R>(c, s) - 1) + magnitude<R>(sine) * (1 / pi),
                 -2 * pi * y * sine };
    }
    case shape::gaussian: {
        const R a = 1 / (rho * rho);
        const v g = exp_negative<R>(R(-0.5) * a * (u * u));
        return { g, -a * u * g };
    }
    }
    __builtin_unreachable();
}

template <shape What>
struct known {
    static constexpr shape value = What;
};

//! Calls f with the shape as a constant.
template <class F>
SIMD_INLINE void dispatch(shape what, F f)
{
    switch (what) {
    case shape::hann:
        return f(known<shape::hann>{});
    case shape::sine:
        return f(known<shape::sine>{});
    case shape::blackman:
        return f(known<shape::blackman>{});
    case shape::nuttall:
        return f(known<shape::nuttall>{});
    case shape::bartlett:
        return f(known<shape::bartlett>{});
    case shape::parzen:
        return f(known<shape::parzen>{});
    case shape::bohman:
        return f(known<shape::bohman>{});
    case shape::gaussian:
        return f(known<shape::gaussian>{});
    }
}

template <class R>
void taper(shape what,
           double rho,
           double x0,
           double theta,
           std::size_t count,
           R a,
           R b,
           R p,
           R* value,
           R* by_length,
           R* by_position)
{
    const R scale = static_cast<R>(1 / theta);
    const auto from_start = iota<R>();
    const auto run = [&](auto which, auto derived) __attribute__((always_inline))
    {
        for (std::size_t j = 0; j < count; j += width<R>) {
            const auto x = static_cast<R>(x0 + static_cast<double>(j)) + from_start;
            const auto u = x * scale;
            const auto w = evaluate<R>(decltype(which)::value, static_cast<R>(rho), u);
            if (value)
                store<R>(value + j, a * w.g);
            if (decltype(derived)::value && by_length)
                store<R>(by_length + j, b * (p * w.g + u * w.slope));
            if (decltype(derived)::value && by_position)
                store<R>(by_position + j, b * w.slope);
        }
    };
    dispatch(
        what, [&](auto which) __attribute__((always_inline)) {
            if (by_length || by_position)
                run(which, yes);
            else
                run(which, no); // slopes cost as much as values
        });
}

template <class R>
void project(shape what,
             double rho,
             double x0,
             double theta,
             std::size_t count,
             const R* c,
             double* sums)
{
    constexpr std::size_t run = 256 * width<R>; // short, since sums are in R
    const R scale = static_cast<R>(1 / theta);
    const auto from_start = iota<R>();
    sums[0] = sums[1] = sums[2] = 0;
    dispatch(
        what, [&](auto which) __attribute__((always_inline)) {
            for (std::size_t begin = 0; begin < count; begin += run) {
                const auto end = begin + run < count ? begin + run : count;
                vector<R> value{}, length{}, slope{};
                const auto add = [&](std::size_t j, auto under) __attribute__((always_inline))
                {
                    const auto x = static_cast<R>(x0 + static_cast<double>(j)) + from_start;
                    const auto u = x * scale, weight = load<R>(c + j);
                    const auto w = evaluate<R>(decltype(which)::value, static_cast<R>(rho), u);
                    const auto by_slope = under(weight * w.slope);
                    value += under(weight * w.g);
                    length += u * by_slope;
                    slope += by_slope;
                };
                std::size_t j = begin;
                for (; j + width<R> <= end; j += width<R>)
                    add(
                        j, [](auto v) __attribute__((always_inline)) { return v; });
                if (j < end) {
                    const auto inside = from_start < static_cast<R>(end - j);
                    add(
                        j, [&](auto v) __attribute__((always_inline)) {
                            return inside ? v : vector<R>{};
                        });
                }
                sums[0] += sum<R>(value);
                sums[1] += sum<R>(length);
                sums[2] += sum<R>(slope);
            }
        });
}

} // namespace gr::stft::kernel::simd::SIMD_LEVEL
