/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/speed/band_decimator.h"
#include "kernel/speed/row_whitener.h"
#include "kernel/speed/sample_limiter.h"
#include "kernel/speed/warped_axis.h"
#include "kernel/simd/dispatch.h"
#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <gnuradio/stft/kernel/frames/window.h>
#include <gnuradio/stft/kernel/speed/warped_rows.h>
#include <limits>

namespace gr::stft::kernel {

namespace {

constexpr double whole = 0.2;        // presence of a frame that counts fully
constexpr std::size_t spare = 16384; // values that come at once
constexpr auto oversampling = static_cast<std::int64_t>(band_decimator<float>::oversampling);

const warped_rows_settings& checked(const warped_rows_settings& s)
{
    s.check();
    return s;
}

std::size_t factor_of(const warped_rows_settings& s)
{
    return static_cast<std::size_t>(std::max(1.0, std::floor(s.samp_rate / (2.56 * s.f_top))));
}

std::size_t power_of_two(std::size_t least)
{
    std::size_t n = 1;
    while (n < least)
        n *= 2;
    return n;
}

//! Samples of a frame, at samp_rate / factor_of(s).
std::size_t count_of(const warped_rows_settings& s)
{
    const auto rate = s.samp_rate / static_cast<double>(factor_of(s));
    return std::max<std::size_t>(4,
                                 2 * static_cast<std::size_t>(std::llround(s.duration * rate / 2)));
}

std::size_t n_fft_of(const warped_rows_settings& s) { return power_of_two(2 * count_of(s)); }

template <class R>
std::vector<R> hann(std::size_t count)
{
    std::vector<R> taps;
    for (const auto& tap : window("hann").sample(count))
        taps.push_back(static_cast<R>(tap.real()));
    return taps;
}

//! Content of a frame without its mean under the window.
struct content {
    double largest; //!< magnitude
    double
        presence; //!< power under the window, relative to that of the same samples under a flat one
};

template <class R>
content remove_mean(const R* taps, std::size_t count, R* y)
{
    double sum = 0, weight = 0;
    for (std::size_t i = 0; i < count; ++i) {
        sum += static_cast<double>(taps[i] * y[i]);
        weight += static_cast<double>(taps[i]);
    }
    const auto mean = static_cast<R>(sum / weight);
    double largest = 0, inside = 0, all = 0, square = 0;
    for (std::size_t i = 0; i < count; ++i) {
        y[i] -= mean;
        const double value = y[i], tap = taps[i];
        largest = std::max(largest, std::abs(value));
        all += value * value;
        inside += tap * tap * value * value;
        square += tap * tap;
    }
    if (largest <= 64 * std::numeric_limits<R>::epsilon() * std::abs(static_cast<double>(mean)))
        return { 0, 0 }; // a constant, and what rounding makes of it
    return { largest, all > 0 ? inside / all * static_cast<double>(count) / square : 0 };
}

template <class R>
STFT_LOOP void scale_by(const R* taps, std::size_t count, R scale, R* y)
{
    for (std::size_t i = 0; i < count; ++i)
        y[i] *= taps[i] * scale;
}

template <class R>
STFT_LOOP void powers(const std::complex<R>* X, std::size_t bins, R* power)
{
    for (std::size_t m = 0; m < bins; ++m)
        power[m] = X[m].real() * X[m].real() + X[m].imag() * X[m].imag();
}

} // namespace

template <class R>
class warped_rows<R>::parts
{
public:
    parts(const warped_rows_settings& s, double memory, std::int64_t first)
        : design(checked(s)), factor(factor_of(s)), rate(s.samp_rate / static_cast<double>(factor)),
          count(count_of(s)),
          step(
              std::max<std::int64_t>(1, std::llround((s.hop > 0 ? s.hop : s.duration / 8) * rate))),
          n_fft(n_fft_of(s)), bins(n_fft / 2 + 1), decimator(factor),
          limiter(static_cast<std::size_t>(oversampling) * std::max<std::size_t>(1, count / 2),
                  s.limit),
          dft(n_fft), whitener(bins, s.whiten * static_cast<double>(n_fft) / rate),
          taps(hann<R>(count)), spectrum(bins), power(bins), rows(s.bank().size() * bins)
    {
        for (const auto a : s.bank()) {
            axes.push_back(
                warped_axis<R>(a, count, rate, rate * static_cast<double>(oversampling)));
            before = std::max(before, -axes.back().front().at);
            after = std::max(after, axes.back().back().at + 3);
        }
        memory_size =
            static_cast<std::int64_t>(std::ceil(memory * rate * static_cast<double>(oversampling)));
        block = static_cast<std::size_t>(oversampling) * count;
        values = sliding_buffer<R>(
            2 * static_cast<std::size_t>(before + after + memory_size + oversampling * step) +
            2 * block + spare);
        const auto hop = static_cast<std::int64_t>(factor) * step;
        base = first / hop + (first % hop > 0);
        left_out = base * hop - first;
        start = received = first;
        next = (before + oversampling * step - 1) / (oversampling * step);
        first_frame = base + next;
    }

    std::int64_t centre(std::int64_t frame) const { return frame * oversampling * step; }

    void keep(const R* some, std::size_t number)
    {
        end += static_cast<std::int64_t>(number);
        // a hop that is longer than a frame leaves values out
        const auto needed = centre(next) - before - memory_size;
        const auto begin =
            end - static_cast<std::int64_t>(number) - static_cast<std::int64_t>(values.size());
        if (values.size() == 0 && needed > begin) {
            const auto dropped = std::min(needed - begin, static_cast<std::int64_t>(number));
            some += dropped;
            number -= static_cast<std::size_t>(dropped);
        }
        values.append(some, number);
    }

    auto decided()
    {
        return [this](const R* some, std::size_t number) {
            limiter.push(some, number, [this](const R* x, std::size_t n) { keep(x, n); });
        };
    }

    //! Samples that the buffer has room for.
    std::size_t room() const
    {
        const auto left = values.room() > block + 1024 ? values.room() - block - 1024 : 0;
        return std::max<std::size_t>(left * factor / static_cast<std::size_t>(oversampling),
                                     left ? 1 : 0);
    }

    bool complete() const { return end > centre(next) + after; }

    void drop()
    {
        const auto begin = end - static_cast<std::int64_t>(values.size());
        const auto old = centre(next) - before - memory_size - begin;
        if (old > 0)
            values.drop(
                static_cast<std::size_t>(std::min(old, static_cast<std::int64_t>(values.size()))));
        decimator.forget_damage(first_sample());
    }

    void compute()
    {
        const auto begin = end - static_cast<std::int64_t>(values.size());
        const auto* middle = values.data() + (centre(next) - begin);
        for (std::size_t r = 0; r < axes.size(); ++r) {
            auto* y = dft.buffer();
            for (std::size_t i = 0; i < count; ++i)
                y[i] = axes[r][i].of(middle + axes[r][i].at);
            const auto [largest, presence] = remove_mean(taps.data(), count, y);
            std::fill(y + count, y + n_fft, R(0));
            auto* row = rows.data() + r * bins;
            if (!(largest > 0)) {
                std::fill_n(row, bins, R(0));
                continue;
            }
            // exact, so that a gain of a power of two changes no bit
            const auto scale = static_cast<R>(std::exp2(-std::ilogb(largest)));
            simd::dispatch<scale_by<R>>(taps.data(), count, scale, y);
            dft.transform(spectrum.data());
            simd::dispatch<powers<R>>(spectrum.data(), bins, power.data());
            whitener.whiten(power.data(), row);
            if (presence <
                whole) // the samples are under the window's ends: what they tell is of another time
                for (std::size_t m = 0; m < bins; ++m)
                    row[m] *= static_cast<R>(presence / whole);
        }
        known = true;
    }

    bool damaged() const
    {
        return decimator.damaged(first_sample(),
                                 in_samples(centre(next) + after) +
                                     static_cast<std::int64_t>(decimator.reach()));
    }

    //! The first one that bears on the next frame.
    std::int64_t first_sample() const
    {
        return in_samples(centre(next) - before) - static_cast<std::int64_t>(decimator.reach());
    }

    std::int64_t in_samples(std::int64_t value) const
    {
        return value * static_cast<std::int64_t>(factor) / oversampling;
    }

    warped_rows_settings design;
    std::size_t factor;
    double rate; // Hz after decimation
    std::size_t count;
    std::int64_t step; // decimated samples from frame to frame
    std::size_t n_fft, bins;
    band_decimator<R> decimator;
    sample_limiter<R> limiter;
    frame_analysis<R> dft;
    row_whitener<R> whitener;
    std::vector<R> taps;
    std::vector<std::vector<cubic_point<R>>> axes;
    volk::vector<std::complex<R>> spectrum;
    std::vector<R> power, rows;
    sliding_buffer<R> values;                            // after decimation and clipping
    std::size_t block = 0;                               // values that the limiter may give at once
    std::int64_t before = 0, after = 0, memory_size = 0; // values on either side of a centre
    std::int64_t end = 0;                                // value after the last
    std::int64_t start = 0, received = 0;                // samples
    std::int64_t base = 0, next = 0, first_frame = 0;    // frame of value 0; frames from there on
    std::int64_t left_out = 0;                           // samples before value 0
    bool known = false;
};

template <class R>
warped_rows<R>::warped_rows(const warped_rows_settings& s, double memory, std::int64_t first)
    : d(std::make_unique<parts>(s, memory, first))
{}
template <class R>
std::size_t warped_rows<R>::row_length(const warped_rows_settings& s)
{
    s.check();
    return s.bank().size() * (n_fft_of(s) / 2 + 1);
}
template <class R>
warped_rows<R>::~warped_rows() = default;
template <class R>
warped_rows<R>::warped_rows(warped_rows&&) noexcept = default;
template <class R>
warped_rows<R>& warped_rows<R>::operator=(warped_rows&&) noexcept = default;

template <class R>
std::size_t warped_rows<R>::push(const R* samples, std::size_t count)
{
    const auto left_out =
        static_cast<std::size_t>(std::min(d->left_out, static_cast<std::int64_t>(count)));
    d->left_out -= static_cast<std::int64_t>(left_out);
    const auto taken = std::min(count - left_out, d->room());
    d->decimator.push(samples + left_out, taken, d->decided());
    d->received += static_cast<std::int64_t>(left_out + taken);
    return left_out + taken;
}

template <class R>
std::size_t warped_rows<R>::room() const
{
    return d->room();
}

template <class R>
std::size_t warped_rows<R>::hold(std::size_t count)
{
    const auto left_out =
        static_cast<std::size_t>(std::min(d->left_out, static_cast<std::int64_t>(count)));
    d->left_out -= static_cast<std::int64_t>(left_out);
    const auto taken = std::min(count - left_out, d->room());
    d->decimator.hold(taken, d->decided());
    d->received += static_cast<std::int64_t>(left_out + taken);
    return left_out + taken;
}

template <class R>
void warped_rows<R>::finish()
{
    d->decimator.finish(d->decided());
    d->limiter.finish([this](const R* x, std::size_t n) { d->keep(x, n); });
}

template <class R>
const R* warped_rows<R>::row()
{
    if (!d->known) {
        if (!d->complete())
            return nullptr;
        d->compute();
    }
    return d->rows.data();
}

template <class R>
void warped_rows<R>::advance()
{
    ++d->next;
    d->known = false;
    d->drop();
}

template <class R>
void warped_rows<R>::cut(std::int64_t frame, double rate, std::size_t count, R* y) const
{
    const auto begin = d->end - static_cast<std::int64_t>(d->values.size());
    const auto held = static_cast<std::int64_t>(d->values.size());
    const auto middle = d->centre(frame - d->base) - begin;
    const auto* x = d->values.data();
    for (std::size_t i = 0; i < count; ++i) {
        const auto u = (static_cast<double>(i) - static_cast<double>(count / 2)) / d->rate;
        const cubic_point<R> point(warped_time(u, rate) * d->rate *
                                   static_cast<double>(oversampling));
        const auto at = middle + point.at;
        if (at >= 0 && at + 4 <= held) {
            y[i] = point.of(x + at);
            continue;
        }
        std::array<R, 4> near{};
        for (std::int64_t j = 0; j < 4; ++j)
            if (at + j >= 0 && at + j < held)
                near[static_cast<std::size_t>(j)] = x[at + j];
        y[i] = point.of(near.data());
    }
}

template <class R>
std::int64_t warped_rows<R>::frame() const
{
    return d->base + d->next;
}
template <class R>
bool warped_rows<R>::damaged() const
{
    return d->damaged();
}
template <class R>
std::int64_t warped_rows<R>::received() const
{
    return d->received;
}
template <class R>
std::size_t warped_rows<R>::hop() const
{
    return d->factor * static_cast<std::size_t>(d->step);
}
template <class R>
double warped_rows<R>::hop_time() const
{
    return static_cast<double>(hop()) / d->design.samp_rate;
}
template <class R>
std::size_t warped_rows<R>::decimation() const
{
    return d->factor;
}
template <class R>
std::size_t warped_rows<R>::n_fft() const
{
    return d->n_fft;
}
template <class R>
std::size_t warped_rows<R>::bins() const
{
    return d->bins;
}
template <class R>
double warped_rows<R>::bin_width() const
{
    return d->rate / static_cast<double>(d->n_fft);
}
template <class R>
std::int64_t warped_rows<R>::first() const
{
    return d->first_frame;
}
template <class R>
std::int64_t warped_rows<R>::latency() const
{
    return (d->after * static_cast<std::int64_t>(d->factor) + oversampling - 1) / oversampling +
           static_cast<std::int64_t>(d->decimator.reach());
}
template <class R>
const warped_rows_settings& warped_rows<R>::design() const
{
    return d->design;
}

template class STFT_API warped_rows<float>;
template class STFT_API warped_rows<double>;

} // namespace gr::stft::kernel
