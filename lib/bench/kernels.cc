/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"
#include "kernels.h"
#include "naive.h"
#include <gnuradio/stft/kernel/frames/dual.h>
#include <gnuradio/stft/kernel/stft/istft.h>
#include <gnuradio/stft/kernel/stft/stft.h>
#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>
#include <string>

namespace gr::stft::bench {

namespace {

constexpr double ring = 512 * 1024; // bytes: spectra that stay in a core's cache

//! Data for both implementations, and the calls to be timed.
template <class T>
class subject
{
public:
    using complex = std::complex<float>;

    subject(std::size_t n_fft, std::size_t hop, std::size_t frames)
        : d_design(design(n_fft, hop)), d_bins(kernel::bins<T>(n_fft)), d_frames(frames),
          d_x((frames - 1) * hop + n_fft), d_y(d_x.size()), d_z(d_x.size() + hop),
          d_rows(frames * d_bins), d_our_rows(frames * d_bins), d_stft(d_design), d_istft(d_design)
    {
        std::mt19937 generator(1);
        std::normal_distribution<float> normal;
        auto* numbers = reinterpret_cast<float*>(d_x.data());
        std::generate_n(
            numbers, d_x.size() * sizeof(T) / sizeof(float), [&] { return normal(generator); });
    }

    const kernel::parameters& design() const { return d_design; }
    std::size_t frames() const { return d_frames; }
    double ring_bytes() const { return static_cast<double>(d_rows.size() * sizeof(complex)); }

    void our_stft()
    {
        d_stft.analyse(
            d_x.data(), static_cast<std::int64_t>(d_x.size()), 0, d_frames, d_our_rows.data());
    }
    void naive_stft(bench::naive_stft<T>& naive) { naive.run(d_x.data(), d_frames, d_rows.data()); }
    void without_copies(bench::naive_stft<T>& naive)
    {
        naive.run_without_copies(d_x.data(), d_frames, d_rows.data());
    }

    //! Inverts an endless stream.
    void our_istft()
    {
        T* samples = d_z.data();
        for (std::size_t p = 0; p < d_frames;) {
            const auto* rows = d_our_rows.data() + p * d_bins;
            const auto taken = d_istft.add_run(rows, d_frames - p, samples);
            samples += taken * d_design.hop;
            p += taken;
            if (taken > 0)
                continue;
            d_istft.add(rows);
            samples +=
                d_istft.read(samples, static_cast<std::size_t>(d_z.data() + d_z.size() - samples));
            ++p;
        }
    }
    void naive_istft(bench::naive_istft<T>& naive)
    {
        naive.run(d_our_rows.data(), d_frames, d_y.data());
    }

    void without_copies(bench::naive_istft<T>& naive)
    {
        naive.run_without_copies(d_our_rows.data(), d_frames, d_y.data());
    }

    std::complex<float>* naive_rows() { return d_rows.data(); }
    volk::vector<T>& naive_samples() { return d_y; }
    double spectra_differ() const
    {
        return difference(d_rows.data(), d_our_rows.data(), d_rows.size());
    }
    //! Largest difference where frames overlap as in a long signal. Restarts the inverse.
    double signals_differ()
    {
        d_istft = kernel::istft<T>(d_design);
        d_istft.invert(
            d_our_rows.data(), d_frames, d_z.data(), static_cast<std::int64_t>(d_x.size()));
        d_istft = kernel::istft<T>(d_design);
        const auto edge = d_design.n_fft;
        return difference(d_y.data() + edge, d_z.data() + edge, d_x.size() - 2 * edge);
    }
    float anything() const { return std::abs(d_our_rows.front()) + std::abs(d_z.front()); }

private:
    static kernel::parameters design(std::size_t n_fft, std::size_t hop)
    {
        kernel::parameters p{ n_fft, hop };
        p.where = kernel::placement::left;
        p.phase = kernel::phase_reference("start");
        return p;
    }

    kernel::parameters d_design;
    std::size_t d_bins, d_frames;
    volk::vector<T> d_x, d_y, d_z;
    volk::vector<complex> d_rows, d_our_rows;
    kernel::stft<T> d_stft;
    kernel::istft<T> d_istft;
};

std::vector<float> single_precision(const std::vector<std::complex<double>>& taps, double factor)
{
    std::vector<float> values;
    for (const auto& w : taps)
        values.push_back(static_cast<float>(factor * w.real()));
    return values;
}

template <class T>
comparison
compare(std::size_t n_fft, std::size_t hop, bool inverse, std::size_t rounds, double seconds)
{
    const double row = static_cast<double>(kernel::bins<T>(n_fft) * sizeof(std::complex<float>));
    const auto least = 2 * n_fft / hop + 16.0; // so that the inverse has an inside
    subject<T> data(n_fft, hop, static_cast<std::size_t>(std::max(ring / row, least)));
    const auto taps = data.design().taps();
    const auto dual = kernel::dual_window(taps, hop);
    naive_stft<T> forward(n_fft, hop, single_precision(taps, 1));
    naive_istft<T> backward(n_fft, hop, single_precision(dual, 1 / static_cast<double>(n_fft)));

    data.our_stft();
    data.naive_stft(forward);
    data.naive_istft(backward);
    comparison result{ data.frames(),
                       data.ring_bytes(),
                       inverse ? data.signals_differ() : data.spectra_differ(),
                       {},
                       {},
                       {},
                       {} };
    require_agreement(result.error);
    using call = std::function<void()>;
    std::vector<call> cases =
        inverse ? std::vector<call>{ [&] { data.our_istft(); },
                                     [&] { data.naive_istft(backward); },
                                     [&] { backward.transform_only(data.frames()); } }
                : std::vector<call>{ [&] { data.our_stft(); },
                                     [&] { data.naive_stft(forward); },
                                     [&] { forward.transform_only(data.frames()); } };
    if (!kernel::is_real_v<T> && n_fft % 8 == 0) {
        if (inverse) {
            cases.push_back([&] { data.without_copies(backward); });
            std::fill(data.naive_samples().begin(), data.naive_samples().end(), T(0));
        } else {
            cases.push_back([&] { data.without_copies(forward); });
            std::fill_n(data.naive_rows(), data.frames() * n_fft, std::complex<float>(0));
        }
        cases.back()();
        require_agreement(inverse ? data.signals_differ() : data.spectra_differ());
    }
    const auto times = interleaved(cases, rounds, seconds);
    std::vector<double>* const lists[] = {
        &result.ours, &result.naive, &result.ffts, &result.without_copies
    };
    for (std::size_t c = 0; c < times.size(); ++c)
        for (double time : times[c])
            lists[c]->push_back(time / static_cast<double>(data.frames()));
    return result;
}

template <class T>
float exercise(std::size_t n_fft, std::size_t hop, bool inverse, std::size_t times)
{
    subject<T> data(n_fft, hop, exercise_frames);
    for (std::size_t i = 0; i < times; ++i)
        if (inverse)
            data.our_istft();
        else
            data.our_stft();
    return data.anything();
}

void check(std::size_t n_fft, std::size_t hop)
{
    if (n_fft < 8)
        throw std::invalid_argument("n_fft: " + std::to_string(n_fft) + ": must be 8 or more");
    if (hop < 1 || hop > n_fft / 2)
        throw std::invalid_argument("hop: " + std::to_string(hop) + ": must be 1 .. n_fft / 2");
}

} // namespace

comparison compare(std::size_t n_fft,
                   std::size_t hop,
                   bool complex_samples,
                   bool inverse,
                   std::size_t rounds,
                   double seconds)
{
    check(n_fft, hop);
    return complex_samples ? compare<std::complex<float>>(n_fft, hop, inverse, rounds, seconds)
                           : compare<float>(n_fft, hop, inverse, rounds, seconds);
}

float exercise(std::size_t n_fft,
               std::size_t hop,
               bool complex_samples,
               bool inverse,
               std::size_t times)
{
    check(n_fft, hop);
    return complex_samples ? exercise<std::complex<float>>(n_fft, hop, inverse, times)
                           : exercise<float>(n_fft, hop, inverse, times);
}

} // namespace gr::stft::bench
