/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include <gnuradio/stft/kernel/dstft/dstft_framer.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {
constexpr std::size_t chunk = 32768; // samples that may wait for the window length of their frame
}

template <class T>
dstft_framer<T>::dstft_framer(std::size_t n_fft)
    : d_reach(static_cast<std::int64_t>(n_fft / 2 + 2)), d_samples(2 * n_fft + 16 + chunk),
      d_pace(1, 0, sharing::constant)
{}

template <class T>
void dstft_framer<T>::set(double theta, const pacing& pace)
{
    d_theta = theta;
    d_pace = pace;
    d_exact_next = d_exact;
    d_next = d_exact_next.move(pace.step(theta)).rounded();
    d_set = true;
}

template <class T>
std::int64_t dstft_framer<T>::end() const
{
    return d_centre.sample + static_cast<std::int64_t>(std::ceil(d_centre.fraction + d_theta / 2));
}

template <class T>
void dstft_framer<T>::drop(std::size_t count)
{
    d_samples.drop(count);
    d_first += static_cast<std::int64_t>(count);
}

template <class T>
std::size_t dstft_framer<T>::push(const T* samples, std::size_t count)
{
    std::size_t taken = 0;
    const auto skip_to = [&](std::int64_t sample) {
        const auto n = std::clamp<std::int64_t>(
            sample - d_received, 0, static_cast<std::int64_t>(count - taken));
        taken += static_cast<std::size_t>(n);
        d_received += n;
        return n;
    };
    const auto keep_to = [&](std::int64_t sample) {
        auto n = static_cast<std::size_t>(std::clamp<std::int64_t>(
            sample - d_received, 0, static_cast<std::int64_t>(count - taken)));
        n = std::min(n, d_samples.room());
        d_samples.append(samples + taken, n);
        taken += n;
        d_received += static_cast<std::int64_t>(n);
    };
    if (d_samples.size() == 0) {
        skip_to(before(d_centre));
        d_first = d_received;
    }
    if (d_set && before(d_next) > after(d_centre)) {
        keep_to(after(d_centre));
        if (d_received >= after(d_centre)) {
            if (d_left_out == 0)
                d_cut = d_received;
            d_left_out += skip_to(before(d_next));
        }
        if (d_received < before(d_next))
            return taken;
    }
    keep_to(INT64_MAX);
    return taken;
}

template <class T>
bool dstft_framer<T>::ready() const
{
    if (!d_set || d_received == 0)
        return false;
    return d_finished || (complete() && d_received >= d_pace.certain_at(d_next));
}

template <class T>
excerpt<T> dstft_framer<T>::samples() const
{
    const auto end = d_left_out ? d_cut : d_received;
    return { d_samples.data(), d_first, end };
}

template <class T>
void dstft_framer<T>::advance()
{
    d_exact = d_exact_next;
    d_centre = d_next;
    d_set = false;
    if (d_left_out) {
        drop(static_cast<std::size_t>(d_cut - d_first));
        d_first += d_left_out;
        d_left_out = 0;
    }
    drop(static_cast<std::size_t>(std::clamp<std::int64_t>(
        before(d_centre) - d_first, 0, static_cast<std::int64_t>(d_samples.size()))));
}

template <class T>
std::int64_t dstft_framer<T>::wanted() const
{
    if (d_finished || ready())
        return 0;
    if (!d_set)
        return d_samples.room() > 0 ? 1 : 0;
    return std::max(end(), d_pace.certain_at(d_next)) - d_received;
}

template class dstft_framer<float>;
template class dstft_framer<double>;
template class dstft_framer<std::complex<float>>;
template class dstft_framer<std::complex<double>>;

} // namespace gr::stft::kernel
