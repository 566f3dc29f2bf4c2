/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* The windows and phasors of bins that each have a window length of their own, bins in the lanes of vectors.
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

} // namespace gr::stft::kernel::simd::SIMD_LEVEL
