/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/simd/dispatch.h"
#include "run_transform.h"
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t most_runs = 16;

//! The first bin from `at` on whose window length is not `theta`, or count.
STFT_LOOP std::size_t end_of_run(const double* values, std::size_t at, std::size_t count)
{
    constexpr std::size_t step = 32;
    const double theta = values[at];
    while (at + step <= count) {
        std::size_t others = 0;
        for (std::size_t l = 0; l < step; ++l)
            others += values[at + l] != theta;
        if (others > 0)
            break;
        at += step;
    }
    while (at < count && values[at] == theta)
        ++at;
    return at;
}

} // namespace

template <class T>
run_transform<T>::run_transform(std::size_t n_fft, const window_family& window, norm n)
    : d_n_fft(n_fft), d_bins(bins<T>(n_fft)), d_transform(n_fft, window, n, sharing::frame),
      d_weight(d_bins)
{
    d_runs.reserve(most_runs);
}

template <class T>
double run_transform<T>::plan()
{
    // the longest window first: a shorter one leaves most of the zeros around it
    std::sort(d_runs.begin(), d_runs.end(), [](const run& a, const run& b) {
        return a.theta != b.theta ? a.theta > b.theta : a.begin < b.begin;
    });
    d_ffts = 1;
    for (std::size_t i = 1; i < d_runs.size(); ++i)
        d_ffts += d_runs[i].theta != d_runs[i - 1].theta;
    // a pair of bins costs about as much per sample of its window as an FFT per point and halving
    const auto size = static_cast<double>(d_n_fft);
    return static_cast<double>(d_ffts) * 1.5 * size * std::log2(size);
}

template <class T>
bool run_transform<T>::serves_all(const double* theta)
{
    d_runs.clear();
    double direct = 0;
    for (std::size_t begin = 0, end = 0; begin < d_bins; begin = end) {
        if (d_runs.size() == most_runs)
            return false;
        end = simd::dispatch<end_of_run>(theta, begin, d_bins);
        d_runs.push_back({ begin, end, theta[begin] });
        direct += static_cast<double>(end - begin) * theta[begin];
    }
    return direct > plan();
}

template <class T>
std::size_t run_transform<T>::serves_outer(const double* theta, std::size_t granule)
{
    d_runs.clear();
    const auto low = simd::dispatch<end_of_run>(theta, 0, d_bins);
    const double first = theta[0], last = theta[d_bins - 1];
    std::size_t high = 1;
    while (high < d_bins && theta[d_bins - 1 - high] == last)
        ++high;
    const auto count = std::min(low, high) / granule * granule;
    d_runs.push_back({ 0, count, first });
    d_runs.push_back({ d_bins - count, d_bins, last });
    return static_cast<double>(count) * std::max(first, last) > plan() ? count : 0;
}

template <class T>
template <class F>
void run_transform<T>::for_each_theta(F f) const
{
    const auto end = d_runs.data() + d_runs.size();
    for (const run *first = d_runs.data(), *last = first; first != end; first = last) {
        while (last != end && last->theta == first->theta)
            ++last;
        f(first, last);
    }
}

template <class T>
void run_transform<T>::analyse(const excerpt<T>& x,
                               const position& t,
                               complex* spectrum,
                               complex* by_theta,
                               complex* by_t)
{
    for_each_theta([&](const run* first, const run* last) {
        d_transform.analyse_runs(x, t, first, last, spectrum, by_theta, by_t);
    });
}

template <class T>
void run_transform<T>::pull_back(const excerpt<T>& x,
                                 const position& t,
                                 const complex* G,
                                 T* x_gradient)
{
    for_each_theta([&](const run* first, const run* last) {
        auto* own = d_transform.cotangent();
        std::fill_n(own, d_bins, complex(0));
        for (auto one = first; one != last; ++one)
            std::copy(G + one->begin, G + one->end, own + one->begin);
        d_transform.pull_back(x, t, &first->theta, own, nullptr, nullptr, x_gradient);
    });
}

template <class T>
void run_transform<T>::energy(const position& t,
                              const real_t<T>* weight,
                              std::int64_t begin,
                              std::int64_t end,
                              double* sum)
{
    for_each_theta([&](const run* first, const run* last) {
        std::fill(d_weight.begin(), d_weight.end(), real_t<T>(0));
        for (auto one = first; one != last; ++one)
            std::copy(weight + one->begin, weight + one->end, d_weight.data() + one->begin);
        d_transform.energy(t, &first->theta, d_weight.data(), begin, end, sum);
    });
}

template class run_transform<float>;
template class run_transform<double>;
template class run_transform<std::complex<float>>;
template class run_transform<std::complex<double>>;

} // namespace gr::stft::kernel
