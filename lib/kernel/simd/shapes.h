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
 * \brief g(u) and g'(u) for |u| <= 1/2, given c = cos(pi u) and s = sin(pi u); values beyond are meaningless, the
 * caller masks them.
 *
 * Sums of cosines are polynomials in q = cos^2(pi u), without a constant term if g(1/2) = 0, so that they vanish
 * at the edge without cancellation.
 */
template <class R>
SIMD_INLINE shape_values<R> evaluate(shape what, R rho, vector<R> u, vector<R> c, vector<R> s)
{
    constexpr R pi = R(3.14159265358979323846);
    using v = vector<R>;
    switch (what) {
    case shape::hann:
        return { c * c, -2 * pi * (s * c) };
    case shape::sine:
        return { c, -pi * s };
    case shape::blackman: { // 0.42 + 0.5 cos 2 pi u + 0.08 cos 4 pi u
        const v q = cos_squared<R>(c, s);
        return { (R(0.64) * q + R(0.36)) * q, (R(1.28) * q + R(0.36)) * (-2 * pi * (s * c)) };
    }
    case shape::
        nuttall: { // 0.355768 + 0.487396 cos 2 pi u + 0.144232 cos 4 pi u + 0.012604 cos 6 pi u
        constexpr R q1 = R(2 * 0.487396 - 8 * 0.144232 + 18 * 0.012604),
                    q2 = R(8 * 0.144232 - 48 * 0.012604), q3 = R(32 * 0.012604);
        const v q = cos_squared<R>(c, s);
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
        const v y = 1 - 2 * magnitude<R>(u);
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

template <class R>
SIMD_INLINE shape_values<R> evaluate(shape what, R rho, vector<R> u)
{
    return evaluate<R>(what, rho, u, cos_pi<R>(u), sin_pi(u));
}

/*!
 * \brief u, cos(pi u) and sin(pi u), u = (x0 + j) / theta, for vector after vector of a window: the angle at a vector's
 * first sample, and what each lane adds to it.
 */
template <class R>
class angles
{
public:
    static constexpr std::size_t vectors = 64, run = vectors * width<R>;

    SIMD_INLINE explicit angles(double theta)
        : d_scale(static_cast<R>(1 / theta)), d_lanes(iota<R>() * d_scale)
    {
        circle_point<R>(d_lanes * R(0.5), d_lane_cosine, d_lane_sine);
    }

    //! Starts at the sample at x, for at most `run` samples.
    SIMD_INLINE void start(double x, std::size_t samples)
    {
        const auto away = iota<R>() * static_cast<R>(width<R>);
        for (std::size_t k = 0; k * width<R> < samples; k += width<R>) {
            const auto u = (static_cast<R>(x + static_cast<double>(k * width<R>)) + away) * d_scale;
            store<R>(d_u + k, u);
            store<R>(d_cosine + k, cos_pi<R>(u));
            store<R>(d_sine + k, sin_pi(u));
        }
    }

    SIMD_INLINE vector<R> u(std::size_t k) const { return d_u[k] + d_lanes; }
    SIMD_INLINE vector<R> cosine(std::size_t k) const
    {
        return d_cosine[k] * d_lane_cosine - rounded(d_sine[k] * d_lane_sine);
    }
    SIMD_INLINE vector<R> sine(std::size_t k) const
    {
        return d_sine[k] * d_lane_cosine + rounded(d_cosine[k] * d_lane_sine);
    }

private:
    R d_scale;
    vector<R> d_lanes, d_lane_cosine, d_lane_sine;
    R d_u[vectors], d_cosine[vectors], d_sine[vectors];
};

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
    angles<R> at(theta);
    const auto fill = [&](auto which, auto derived) __attribute__((always_inline))
    {
        for (std::size_t begin = 0; begin < count; begin += at.run) {
            const auto n = count - begin < at.run ? count - begin : at.run;
            at.start(x0 + static_cast<double>(begin), n);
            for (std::size_t k = 0; k * width<R> < n; ++k) {
                const auto j = begin + k * width<R>;
                const auto u = at.u(k);
                const auto w = evaluate<R>(
                    decltype(which)::value, static_cast<R>(rho), u, at.cosine(k), at.sine(k));
                if (value)
                    store<R>(value + j, a * w.g);
                if (decltype(derived)::value && by_length)
                    store<R>(by_length + j, b * (p * w.g + u * w.slope));
                if (decltype(derived)::value && by_position)
                    store<R>(by_position + j, b * w.slope);
            }
        }
    };
    dispatch(
        what, [&](auto which) __attribute__((always_inline)) {
            if (by_length || by_position)
                fill(which, yes);
            else
                fill(which, no); // slopes cost as much as values
        });
}

//! c[j] d[j] for vector after vector, d a circular buffer, or c[j] alone; see project() in
//! routines.h
template <class R, bool Paired>
struct products {
    const R *c, *d;
    std::size_t wrap, period;

    SIMD_INLINE const R* around(std::size_t j) const { return d + j - (j < wrap ? 0 : period); }
    SIMD_INLINE vector<R> whole(std::size_t j) const
    {
        const auto v = load<R>(c + j);
        return Paired ? v * load<R>(around(j)) : v;
    }
    SIMD_INLINE vector<R> some(std::size_t j, std::size_t n) const
    {
        const auto v = load_some<R>(c + j, n);
        return Paired ? v * load_some<R>(around(j), n) : v;
    }
};

/*!
 * \brief project() for Hann's window: with A the angle 2 pi u of a vector's first sample and B what a lane adds to
 * it, cos(A + B) = cos A cos B - sin A sin B, and B waits until the vectors are summed.
 */
template <class R, class Weights>
SIMD_INLINE void
project_hann(double x0, double theta, std::size_t count, const Weights& weights, double* sums)
{
    using v = vector<R>;
    constexpr std::size_t vectors = 64, run = vectors * width<R>; // short, since sums are in R
    constexpr R pi = R(3.14159265358979323846);
    const R scale = static_cast<R>(1 / theta);
    const v lane = iota<R>() * scale, away = iota<R>() * static_cast<R>(width<R>);
    v lane_cosine, lane_sine;
    circle_point<R>(lane > R(0.5) ? lane - 1 : lane, lane_cosine, lane_sine);
    R cosine[vectors], sine[vectors], u_cosine[vectors], u_sine[vectors];

    for (std::size_t begin = 0; begin < count; begin += run) {
        const auto n = count - begin < run ? count - begin : run;
        for (std::size_t k = 0; k * width<R> < n; k += width<R>) {
            const auto x = x0 + static_cast<double>(begin + k * width<R>);
            const v u = (static_cast<R>(x) + away) * scale;
            v of_cosine, of_sine;
            circle_point<R>(u, of_cosine, of_sine);
            store<R>(cosine + k, of_cosine);
            store<R>(sine + k, of_sine);
            store<R>(u_cosine + k, u * of_cosine);
            store<R>(u_sine + k, u * of_sine);
        }
        v plain{}, by_cosine{}, by_sine{}, by_u_cosine{}, by_u_sine{};
        const auto add = [&](std::size_t k, v y) __attribute__((always_inline))
        {
            plain += y;
            by_cosine += y * cosine[k];
            by_sine += y * sine[k];
            by_u_cosine += y * u_cosine[k];
            by_u_sine += y * u_sine[k];
        };
        std::size_t k = 0;
        for (; (k + 1) * width<R> <= n; ++k)
            add(k, weights.whole(begin + k * width<R>));
        if (const auto rest = n - k * width<R>)
            add(k, weights.some(begin + k * width<R>, rest));

        const v swing = by_cosine * lane_cosine - by_sine * lane_sine;
        const v slope = by_sine * lane_cosine + by_cosine * lane_sine;
        const v length = by_u_sine * lane_cosine + by_u_cosine * lane_sine + lane * slope;
        sums[0] += sum<R>(plain + swing) / 2;
        sums[1] -= pi * sum<R>(length);
        sums[2] -= pi * sum<R>(slope);
    }
}

template <class R, class Weights>
SIMD_INLINE void project_any(shape what,
                             double rho,
                             double x0,
                             double theta,
                             std::size_t count,
                             const Weights& weights,
                             double* sums)
{
    angles<R> at(theta);
    dispatch(
        what, [&](auto which) __attribute__((always_inline)) {
            for (std::size_t begin = 0; begin < count; begin += at.run) {
                const auto n = count - begin < at.run ? count - begin : at.run;
                at.start(x0 + static_cast<double>(begin), n);
                vector<R> value{}, length{}, slope{}; // short sums, since they are in R
                for (std::size_t k = 0; k * width<R> < n; ++k) {
                    const auto j = begin + k * width<R>, some = count - j;
                    const auto y = some < width<R> ? weights.some(j, some) : weights.whole(j);
                    const auto u = at.u(k);
                    auto w = evaluate<R>(
                        decltype(which)::value, static_cast<R>(rho), u, at.cosine(k), at.sine(k));
                    if (some < width<R>) {
                        const auto inside = iota<R>() < static_cast<R>(some);
                        w = { inside ? w.g : vector<R>{}, inside ? w.slope : vector<R>{} };
                    }
                    value += y * w.g;
                    length += u * (y * w.slope);
                    slope += y * w.slope;
                }
                sums[0] += sum<R>(value);
                sums[1] += sum<R>(length);
                sums[2] += sum<R>(slope);
            }
        });
}

template <class R>
void project(shape what,
             double rho,
             double x0,
             double theta,
             std::size_t count,
             const R* c,
             const R* d,
             std::size_t wrap,
             std::size_t period,
             double* sums)
{
    sums[0] = sums[1] = sums[2] = 0;
    const auto add = [&](const auto& weights) __attribute__((always_inline))
    {
        if (what == shape::hann)
            project_hann<R>(x0, theta, count, weights, sums);
        else
            project_any<R>(what, rho, x0, theta, count, weights, sums);
    };
    if (d)
        add(products<R, true>{ c, d, wrap, period });
    else
        add(products<R, false>{ c, d, wrap, period });
}

} // namespace gr::stft::kernel::simd::SIMD_LEVEL
