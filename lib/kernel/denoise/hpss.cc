/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/denoise/column_medians.h"
#include "kernel/running_median.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/denoise/hpss.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t widest_time = 4095, widest_frequency = 65535;

//! The magnitude; 0 of what is not finite.
template <class T>
real_t<T> magnitude(const T& value)
{
    using R = real_t<T>;
    constexpr auto most = std::numeric_limits<R>::max();
    R size;
    if constexpr (is_real_v<T>)
        size = std::abs(value);
    else if constexpr (std::is_same_v<R, float>) {
        const double re = value.real(), im = value.imag(); // neither overflows nor vanishes
        size = static_cast<R>(std::sqrt(re * re + im * im));
    } else
        size = std::hypot(value.real(), value.imag());
    if (size <= most)
        return size;
    if constexpr (is_real_v<T>)
        return 0;
    else
        return std::isfinite(value.real()) && std::isfinite(value.imag()) ? most : R(0);
}

//! Source of index i of a row of `count`, mirrored at both ends as often as needed.
std::size_t mirrored(std::int64_t i, std::size_t count)
{
    const auto n = static_cast<std::int64_t>(count), period = 2 * n;
    const auto at = (i % period + period) % period;
    return static_cast<std::size_t>(at < n ? at : period - 1 - at);
}

//! Index i modulo the count of a row.
std::size_t wrapped(std::int64_t i, std::size_t count)
{
    const auto n = static_cast<std::int64_t>(count);
    return static_cast<std::size_t>((i % n + n) % n);
}

//! The mask of a value over another one, powers of both being raised by f.
template <class R, class F>
R soft(R value, R other, bool shares, F f)
{
    const R larger = std::max(value, other);
    if (larger < std::numeric_limits<R>::min())
        return shares ? R(0.5) : R(0);
    const R a = f(value / larger), b = f(other / larger);
    return a / (a + b);
}

void check_kernel(const char* name, std::size_t size, std::size_t most)
{
    if (size < 1 || size > most || size % 2 == 0)
        refuse(name, size, "must be odd, 1 .. " + std::to_string(most));
}

} // namespace

void hpss_settings::check() const
{
    checked_n_fft(static_cast<std::int64_t>(n_fft));
    check_kernel("time_kernel", time_kernel, widest_time);
    check_kernel("frequency_kernel", frequency_kernel, widest_frequency);
    if (time_kernel * bins() > (std::size_t(1) << 28))
        refuse("time_kernel", time_kernel, "must be at most 2^28 / bins");
    if (!(power > 0))
        refuse("power", power, "must be positive");
    if (!(margin_harmonic >= 1 && margin_harmonic <= 1e6))
        refuse("margin_harmonic", margin_harmonic, "must be 1 .. 1e6");
    if (!(margin_percussive >= 1 && margin_percussive <= 1e6))
        refuse("margin_percussive", margin_percussive, "must be 1 .. 1e6");
    if (hop > (std::size_t(1) << 40))
        refuse("hop", hop, "must be at most 2^40");
}

//! Spectra that wait for their result, and magnitudes under the median over time, in circular buffers of rows.
template <class T>
class hpss<T>::parts
{
public:
    using real = real_t<T>;

    explicit parts(const hpss_settings& s)
        : settings(s), bins(s.bins()), half(s.delay()), d_spectra((half + 1) * bins),
          d_magnitudes((s.time_kernel + 1) * bins), d_columns(bins, s.time_kernel),
          d_row(bins + s.frequency_kernel - 1), d_percussive(bins)
    {
        const auto reach = static_cast<std::int64_t>(s.frequency_kernel / 2);
        for (std::size_t i = 0; i < d_row.size(); ++i) {
            const auto bin = static_cast<std::int64_t>(i) - reach;
            d_sources.push_back(s.sides == sides::onesided ? mirrored(bin, bins)
                                                           : wrapped(bin, bins));
        }
    }

    void take(const T* spectrum)
    {
        std::copy_n(spectrum, bins, spectrum_at(taken));
        std::transform(spectrum, spectrum + bins, magnitudes_at(taken), magnitude<T>);
        ++taken;
    }

    //! Moves the median on to the next result, which no spectrum after those taken changes, and writes it.
    void write(T* harmonic, T* percussive)
    {
        const auto reach = static_cast<std::int64_t>(half), p = static_cast<std::int64_t>(given);
        if (given == 0) {
            d_columns.clear();
            for (auto i = -reach; i <= reach; ++i)
                d_columns.replace(nullptr, frame(i));
        } else {
            d_columns.replace(frame(p - 1 - reach), frame(p + reach));
        }
        const auto* own = magnitudes_at(given);
        for (std::size_t i = 0; i < d_row.size(); ++i)
            d_row[i] = own[d_sources[i]];
        d_across.run(d_row, settings.frequency_kernel, d_percussive);
        separate(harmonic, percussive);
        ++given;
    }

    hpss_settings settings;
    std::size_t bins, half;
    std::uint64_t taken = 0, given = 0;

private:
    T* spectrum_at(std::uint64_t n) { return d_spectra.data() + n % (half + 1) * bins; }
    real* magnitudes_at(std::uint64_t n)
    {
        return d_magnitudes.data() + n % (settings.time_kernel + 1) * bins;
    }

    //! Magnitudes of frame i, or of that in whose mirror image it lies.
    const real* frame(std::int64_t i)
    {
        const auto count = static_cast<std::int64_t>(taken);
        return magnitudes_at(i >= 0 && i < count ? static_cast<std::uint64_t>(i)
                                                 : mirrored(i, taken));
    }

    void separate(T* harmonic, T* percussive)
    {
        const auto exponent = static_cast<real>(settings.power);
        if (std::isinf(settings.power))
            separate(harmonic, percussive, [](real a, real b, bool) { return real(a > b); });
        else if (settings.power == 1)
            separate(harmonic, percussive, [](real a, real b, bool shares) {
                return soft(a, b, shares, [](real x) { return x; });
            });
        else if (settings.power == 2)
            separate(harmonic, percussive, [](real a, real b, bool shares) {
                return soft(a, b, shares, [](real x) { return x * x; });
            });
        else
            separate(harmonic, percussive, [exponent](real a, real b, bool shares) {
                return soft(a, b, shares, [exponent](real x) { return std::pow(x, exponent); });
            });
    }

    template <class Mask>
    void separate(T* harmonic, T* percussive, Mask mask)
    {
        constexpr auto most = std::numeric_limits<real>::max();
        const auto above = static_cast<real>(settings.margin_harmonic),
                   beyond = static_cast<real>(settings.margin_percussive);
        const bool shares = above == 1 && beyond == 1;
        const auto* spectrum = spectrum_at(given);
        const auto *lasting = d_columns.medians(), *spread = d_percussive.data();
        for (std::size_t k = 0; k < bins; ++k) {
            const auto h = mask(lasting[k], std::min(spread[k] * above, most), shares);
            const auto p = mask(spread[k], std::min(lasting[k] * beyond, most), shares);
            harmonic[k] = settings.mask ? T(h) : spectrum[k] * h;
            percussive[k] = settings.mask ? T(p) : spectrum[k] * p;
        }
    }

    std::vector<T> d_spectra;       // of the frames given .. taken - 1
    std::vector<real> d_magnitudes; // of the last frames
    column_medians<real> d_columns;
    running_median_of<real> d_across;
    std::vector<std::size_t> d_sources; // bins of d_row
    std::vector<real> d_row, d_percussive;
};

template <class T>
hpss<T>::hpss(const hpss_settings& s) : d(std::make_unique<parts>((s.check(), s)))
{}

template <class T>
hpss<T>::~hpss() = default;
template <class T>
hpss<T>::hpss(hpss&&) noexcept = default;
template <class T>
hpss<T>& hpss<T>::operator=(hpss&&) noexcept = default;

template <class T>
bool hpss<T>::add(const T* spectrum, T* harmonic, T* percussive)
{
    d->take(spectrum);
    if (pending() <= d->half)
        return false;
    d->write(harmonic, percussive);
    return true;
}

template <class T>
bool hpss<T>::flush(T* harmonic, T* percussive)
{
    if (pending() == 0)
        return false;
    d->write(harmonic, percussive);
    return true;
}

template <class T>
void hpss<T>::reset()
{
    d->taken = d->given = 0;
}

template <class T>
void hpss<T>::change(const hpss_settings& s)
{
    s.check();
    auto same = s;
    same.power = d->settings.power;
    same.margin_harmonic = d->settings.margin_harmonic;
    same.margin_percussive = d->settings.margin_percussive;
    const auto& old = d->settings;
    if (same.n_fft != old.n_fft || same.sides != old.sides || same.mask != old.mask)
        refuse("n_fft", s.n_fft, "must stay " + std::to_string(old.n_fft) + ", as sides and mask");
    if (same.time_kernel != old.time_kernel)
        refuse("time_kernel", s.time_kernel, "must stay " + std::to_string(old.time_kernel));
    if (same.frequency_kernel != old.frequency_kernel)
        refuse("frequency_kernel",
               s.frequency_kernel,
               "must stay " + std::to_string(old.frequency_kernel));
    d->settings = s;
}

template <class T>
std::size_t hpss<T>::bins() const
{
    return d->bins;
}

template <class T>
std::uint64_t hpss<T>::pending() const
{
    return d->taken - d->given;
}

template <class T>
const hpss_settings& hpss<T>::design() const
{
    return d->settings;
}

template class hpss<float>;
template class hpss<double>;
template class hpss<std::complex<float>>;
template class hpss<std::complex<double>>;

} // namespace gr::stft::kernel
