/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include <gnuradio/stft/kernel/frames/framer.h>
#include <algorithm>
#include <complex>

namespace gr::stft::kernel {

namespace {
constexpr std::size_t chunk =
    16384; // samples taken at once; beyond a few thousand it no longer matters

std::size_t capacity(const framing& frames) { return 2 * frames.win_length() + chunk; }
} // namespace

template <class T>
framer<T>::framer(const framing& frames)
    : d_framing(frames), d_samples(capacity(frames)), d_start(frames.first())
{
    d_samples.append_zeros(static_cast<std::size_t>(-d_start)); // in front of the signal
}

template <class T>
std::size_t framer<T>::push(const T* samples, std::size_t count)
{
    std::size_t skipped = 0;
    const auto skip_to = [&](std::int64_t position) { // samples under no frame
        if (d_received < position) {
            const auto n = std::min<std::uint64_t>(count - skipped, position - d_received);
            skipped += n;
            d_received += n;
        }
    };
    skip_to(d_start);
    if (complete() && d_received <= d_start + std::int64_t(d_framing.hop())) {
        // the frame waits for a sample of its successor; those between the two are not kept
        skip_to(d_start + d_framing.hop());
        d_samples.keep(d_framing.win_length());
        d_left_out = static_cast<std::size_t>(d_received - d_start) - d_framing.win_length();
    }
    const auto kept = std::min(count - skipped, d_samples.room());
    d_samples.append(samples + skipped, kept);
    d_received += kept;
    return skipped + kept;
}

template <class T>
bool framer<T>::whole() const
{
    return complete() && d_framing.continues(d_start, d_received);
}

template <class T>
const T* framer<T>::frame()
{
    const auto length = d_framing.win_length();
    if (d_finished) {
        if (d_done || d_received == 0)
            return nullptr;
        if (d_samples.size() < length)
            d_samples.append_zeros(length - d_samples.size());
    } else if (!whole()) {
        return nullptr;
    }
    return d_samples.data();
}

template <class T>
std::size_t framer<T>::run(std::size_t most) const
{
    if (d_finished || d_left_out > 0)
        return 1;
    const auto hop = d_framing.hop();
    auto count = std::min(most, (d_samples.size() - d_framing.win_length()) / hop + 1);
    while (count > 1 && !d_framing.continues(d_start + std::int64_t((count - 1) * hop), d_received))
        --count;
    return count;
}

template <class T>
void framer<T>::advance(std::size_t frames)
{
    const auto but_one = (frames - 1) * d_framing.hop();
    d_start += std::int64_t(but_one);
    d_samples.drop(but_one);
    d_done = last();
    d_start += d_framing.hop();
    d_samples.drop(std::min(d_framing.hop() - d_left_out, d_samples.size()));
    d_left_out = 0;
}

template <class T>
void framer<T>::reframe(const framing& frames)
{
    d_samples.reserve(capacity(frames));
    d_framing = frames;
}

template <class T>
std::int64_t framer<T>::wanted() const
{
    if (d_finished || whole())
        return 0;
    if (complete())
        return std::max<std::int64_t>(1, d_start + std::int64_t(d_framing.hop()) + 1 - d_received);
    const auto gap = std::max<std::int64_t>(0, d_start - d_received);
    return gap + std::int64_t(d_framing.win_length() - d_samples.size());
}

template class framer<float>;
template class framer<double>;
template class framer<std::complex<float>>;
template class framer<std::complex<double>>;

} // namespace gr::stft::kernel
