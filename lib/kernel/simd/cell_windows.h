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

//! g and g' at one sample, g' up to the factor slope_scale().
template <class R>
struct window_values {
    vector<R> g, slope;
};

//! The window at the distances x_after and x_before from its centre, after it and before it: -g'(u) before.
template <class R>
struct window_sides {
    window_values<R> after, before;
};

//! Values where the distance is below half a window, 0 beyond.
template <class R>
SIMD_INLINE window_values<R> masked(R distance, vector<R> half, const window_values<R>& w)
{
    const auto inside = (distance < 0 ? -distance : distance) < half;
    return { inside ? w.g : vector<R>{}, inside ? w.slope : vector<R>{} };
}

//! Any shape, evaluated at each sample.
template <class R, shape What>
struct evaluated_window {
    R rho;
    vector<R> per_theta, half;

    SIMD_INLINE void begin(double rho_, vector<R> theta, double)
    {
        rho = static_cast<R>(rho_);
        per_theta = 1 / theta;
        half = theta * R(0.5);
    }
    SIMD_INLINE void start(std::size_t) {}
    template <bool Masked>
    SIMD_INLINE window_values<R> at(R x) const
    {
        const auto w = evaluate<R>(What, rho, x * per_theta);
        return Masked ? masked<R>(x, half, { w.g, w.slope }) : window_values<R>{ w.g, w.slope };
    }
    template <bool Masked>
    SIMD_INLINE window_sides<R> step(R x_after, R x_before)
    {
        return { at<Masked>(x_after), at<Masked>(x_before) };
    }
    SIMD_INLINE vector<R> slope_scale() const { return all<R>(1); }
};

/*!
 * \brief Hann's by recurrence; theta >= 8.
 *
 * Distances are r - f and r + f, with the whole r that the recurrence counts: of cos(2 pi (r -+ f) / theta) =
 * cos(phi) cos(2 pi r / theta) +- sin(phi) sin(2 pi r / theta), phi = 2 pi f / theta, one rotator has both products.
 */
template <class R>
struct recurrent_hann {
    rotator<R> phasor; // cos(phi) cos(2 pi r / theta) / 2
    vector<R> per_theta, half, sine_half, cosine_half, half_cosine;
    // factors of the rotator's sine and of its cosine that make the products with sin(phi)
    vector<R> to_odd, to_slope;

    SIMD_INLINE void begin(double, vector<R> theta, double fraction)
    {
        per_theta = 1 / theta;
        half = theta * R(0.5);
        sine_half = sin_pi(per_theta);
        cosine_half = cos_pi<R>(per_theta);
        phasor.kappa = 4 * sine_half * sine_half;
        vector<R> c, s;
        circle_point<R>(static_cast<R>(fraction) * per_theta, c, s);
        half_cosine = R(0.5) * c;
        const auto tangent = s / c, step_sine = 2 * sine_half * cosine_half; // of 2 pi / theta
        to_odd = R(-0.5) * tangent / step_sine;
        to_slope = 2 * tangent * step_sine;
    }
    SIMD_INLINE void start(std::size_t r)
    {
        vector<R> c, s;
        circle_point<R>(static_cast<R>(static_cast<double>(r)) * per_theta, c, s);
        phasor.start(half_cosine * c, half_cosine * s, cosine_half, sine_half);
    }
    template <bool Masked>
    SIMD_INLINE window_sides<R> step(R x_after, R x_before)
    {
        const auto cosine = phasor.c;
        const auto sine = phasor.step();
        const auto even = cosine + R(0.5), odd = rounded(sine * to_odd);
        const auto turned = rounded(cosine * to_slope);
        const window_values<R> after{ even + odd, sine + turned },
            before{ even - odd, sine - turned };
        if (!Masked)
            return { after, before };
        return { masked<R>(x_after, half, after), masked<R>(x_before, half, before) };
    }
    //! Returns the values at the distance x = r on either side of a centre that is an integer.
    template <bool Masked>
    SIMD_INLINE window_values<R> step(R x)
    {
        const auto g = phasor.c + R(0.5);
        const window_values<R> w{ g, phasor.step() };
        return Masked ? masked<R>(x, half, w) : w;
    }
    // g' = -pi sin(2 pi u), and step() gives -sin(2 pi / theta) sin(2 pi u)
    SIMD_INLINE vector<R> slope_scale() const
    {
        return R(3.14159265358979323846 / 2) / (sine_half * cosine_half);
    }
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

//! True if Hann's recurrence serves the vector of bins from `at` on.
template <class R>
SIMD_INLINE bool by_recurrence_from(shape what, const bin_group<R>& bins, std::size_t at)
{
    constexpr R least = 8; // a recurrence of larger steps has no sine left to take differences of
    return what == shape::hann && smallest<R>(load<R>(bins.theta[0] + at)) >= least &&
           (bins.sets == 1 || smallest<R>(load<R>(bins.theta[1] + at)) >= least);
}

//! Calls f with the cheapest window that serves this shape and the bins from `at` on.
template <class R, class F>
SIMD_INLINE void with_window(shape what, const bin_group<R>& bins, std::size_t at, F f)
{
    if (by_recurrence_from<R>(what, bins, at))
        return f(flag<true>{}, known<shape::hann>{});
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
