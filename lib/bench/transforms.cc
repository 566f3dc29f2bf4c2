/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "transforms.h"
#include "harness.h"
#include "naive.h"
#include <gnuradio/fft/fft.h>
#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <fftw3.h>
#include <algorithm>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>

namespace gr::stft::bench {

namespace {

constexpr double seconds_to_plan = 10; // after that FFTW takes the best plan it has seen

//! Limits the time of all plans that FFTW makes, or lifts the limit.
void limit_planning(double seconds)
{
    std::scoped_lock lock(gr::fft::planner::mutex());
    fftwf_set_timelimit(seconds);
}

//! Root of the mean square of a - exact over that of exact.
double relative_error(const std::complex<float>* a, const volk::vector<std::complex<double>>& exact)
{
    double wrong = 0, all = 0;
    for (std::size_t k = 0; k < exact.size(); ++k) {
        wrong += std::norm(std::complex<double>(a[k]) - exact[k]);
        all += std::norm(exact[k]);
    }
    return std::sqrt(wrong / all);
}

//! T: float or std::complex<float>; D: the same in double precision
template <class T, class D>
transforms compare(std::size_t n, std::size_t rounds, double seconds)
{
    const auto bins = kernel::bins<T>(n);
    kernel::frame_analysis<T> ours(n);
    volk::vector<std::complex<float>> spectrum(bins);
    limit_planning(seconds_to_plan);
    plan<T> fftw(plan<T>::direction::forward, n);
    limit_planning(FFTW_NO_TIMELIMIT);

    std::mt19937 generator(1);
    std::normal_distribution<float> normal;
    auto* const numbers = reinterpret_cast<float*>(fftw.samples());
    std::generate_n(numbers, n * sizeof(T) / sizeof(float), [&] { return normal(generator); });
    std::copy_n(fftw.samples(), n, ours.buffer());

    volk::vector<std::complex<double>> exact(bins);
    {
        kernel::frame_analysis<D> twice(n);
        std::copy_n(fftw.samples(), n, twice.buffer());
        twice.transform(exact.data());
    }
    ours.transform(spectrum.data());
    fftw.execute();
    require_agreement(difference(fftw.spectrum(), spectrum.data(), bins));
    transforms result{
        relative_error(spectrum.data(), exact), relative_error(fftw.spectrum(), exact), {}, {}
    };
    const auto times = interleaved(
        { [&] { ours.transform(spectrum.data()); }, [&] { fftw.execute(); } }, rounds, seconds);
    result.ours = times[0];
    result.fftw = times[1];
    return result;
}

} // namespace

transforms
compare_transforms(std::size_t n, bool complex_samples, std::size_t rounds, double seconds)
{
    if (n < 2 || n > std::size_t(1) << 24)
        throw std::invalid_argument("n: " + std::to_string(n) + ": must be 2 .. 2^24");
    return complex_samples ? compare<std::complex<float>, std::complex<double>>(n, rounds, seconds)
                           : compare<float, double>(n, rounds, seconds);
}

} // namespace gr::stft::bench
