/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "naive.h"
#include <gnuradio/fft/fft.h>
#include <fftw3.h>
#include <volk/volk.h>
#include <algorithm>
#include <cstring>
#include <mutex>
#include <type_traits>

namespace gr::stft::bench {

namespace {

template <class T>
constexpr bool is_real = std::is_same_v<T, float>;

template <class T>
std::size_t bins(std::size_t n_fft)
{
    return is_real<T> ? n_fft / 2 + 1 : n_fft;
}

void multiply(const float* x, const float* w, float* out, std::size_t n)
{
    volk_32f_x2_multiply_32f(out, x, w, static_cast<unsigned>(n));
}

void multiply(const std::complex<float>* x, const float* w, std::complex<float>* out, std::size_t n)
{
    volk_32fc_32f_multiply_32fc(out, x, w, static_cast<unsigned>(n));
}

template <class T>
void add(const T* a, T* sum, std::size_t n)
{
    const auto reals = static_cast<unsigned>(n * sizeof(T) / sizeof(float));
    auto* out = reinterpret_cast<float*>(sum);
    volk_32f_x2_add_32f(out, out, reinterpret_cast<const float*>(a), reals);
}

} // namespace

std::string fftw_version() { return fftwf_version; }

template <class T>
plan<T>::plan(direction which, std::size_t n_fft) : d_samples(n_fft), d_spectrum(bins<T>(n_fft))
{
    std::scoped_lock lock(gr::fft::planner::mutex());
    auto* bins_of = reinterpret_cast<fftwf_complex*>(d_spectrum.data());
    const bool forward = which == direction::forward;
    const int n = static_cast<int>(n_fft);
    if constexpr (is_real<T>) {
        d_plan = forward ? fftwf_plan_dft_r2c_1d(n, d_samples.data(), bins_of, FFTW_MEASURE)
                         : fftwf_plan_dft_c2r_1d(n, bins_of, d_samples.data(), FFTW_MEASURE);
    } else {
        auto* samples_of = reinterpret_cast<fftwf_complex*>(d_samples.data());
        d_plan = forward ? fftwf_plan_dft_1d(n, samples_of, bins_of, FFTW_FORWARD, FFTW_MEASURE)
                         : fftwf_plan_dft_1d(n, bins_of, samples_of, FFTW_BACKWARD, FFTW_MEASURE);
    }
    std::fill(d_samples.begin(), d_samples.end(), T(0));
    std::fill(d_spectrum.begin(), d_spectrum.end(), std::complex<float>(0));
}

template <class T>
plan<T>::~plan()
{
    std::scoped_lock lock(gr::fft::planner::mutex());
    fftwf_destroy_plan(static_cast<fftwf_plan>(d_plan));
}

template <class T>
void plan<T>::execute()
{
    fftwf_execute(static_cast<fftwf_plan>(d_plan));
}

template <class T>
void plan<T>::execute_to(std::complex<float>* row)
{
    if constexpr (!is_real<T>)
        fftwf_execute_dft(static_cast<fftwf_plan>(d_plan),
                          reinterpret_cast<fftwf_complex*>(d_samples.data()),
                          reinterpret_cast<fftwf_complex*>(row));
}

template <class T>
void plan<T>::execute_from(const std::complex<float>* row)
{
    if constexpr (!is_real<T>) { // FFTW keeps what it reads
        auto* bins_of = reinterpret_cast<fftwf_complex*>(const_cast<std::complex<float>*>(row));
        fftwf_execute_dft(static_cast<fftwf_plan>(d_plan),
                          bins_of,
                          reinterpret_cast<fftwf_complex*>(d_samples.data()));
    }
}

template <class T>
naive_stft<T>::naive_stft(std::size_t n_fft, std::size_t hop, const std::vector<float>& window)
    : d_hop(hop), d_bins(bins<T>(n_fft)), d_window(window.begin(), window.end()),
      d_plan(plan<T>::direction::forward, n_fft)
{}

template <class T>
void naive_stft<T>::run(const T* x, std::size_t frames, std::complex<float>* rows)
{
    for (std::size_t p = 0; p < frames; ++p) {
        multiply(x + p * d_hop, d_window.data(), d_plan.samples(), d_window.size());
        d_plan.execute();
        std::memcpy(rows + p * d_bins, d_plan.spectrum(), d_bins * sizeof *rows);
    }
}

template <class T>
void naive_stft<T>::run_without_copies(const T* x, std::size_t frames, std::complex<float>* rows)
{
    for (std::size_t p = 0; p < frames; ++p) {
        multiply(x + p * d_hop, d_window.data(), d_plan.samples(), d_window.size());
        d_plan.execute_to(rows + p * d_bins);
    }
}

template <class T>
void naive_stft<T>::transform_only(std::size_t frames)
{
    for (std::size_t p = 0; p < frames; ++p)
        d_plan.execute();
}

template <class T>
naive_istft<T>::naive_istft(std::size_t n_fft, std::size_t hop, const std::vector<float>& dual)
    : d_hop(hop), d_bins(bins<T>(n_fft)), d_window(dual.begin(), dual.end()), d_product(n_fft),
      d_plan(plan<T>::direction::backward, n_fft)
{}

template <class T>
void naive_istft<T>::run(const std::complex<float>* rows, std::size_t frames, T* x)
{
    const auto n = d_window.size();
    std::fill_n(x, n - d_hop, T(0));
    for (std::size_t p = 0; p < frames; ++p) {
        std::memcpy(d_plan.spectrum(), rows + p * d_bins, d_bins * sizeof *rows);
        d_plan.execute();
        multiply(d_plan.samples(), d_window.data(), d_product.data(), n);
        std::fill_n(x + p * d_hop + n - d_hop, d_hop, T(0));
        add(d_product.data(), x + p * d_hop, n);
    }
}

template <class T>
void naive_istft<T>::run_without_copies(const std::complex<float>* rows, std::size_t frames, T* x)
{
    const auto n = d_window.size(), overlap = n - d_hop;
    std::fill_n(x, overlap, T(0));
    for (std::size_t p = 0; p < frames; ++p, x += d_hop) {
        d_plan.execute_from(rows + p * d_bins);
        const T* samples = d_plan.samples();
        multiply(samples, d_window.data(), d_product.data(), overlap);
        add(d_product.data(), x, overlap);
        multiply(samples + overlap, d_window.data() + overlap, x + overlap, d_hop);
    }
}

template <class T>
void naive_istft<T>::transform_only(std::size_t frames)
{
    for (std::size_t p = 0; p < frames; ++p)
        d_plan.execute();
}

template class plan<float>;
template class plan<std::complex<float>>;
template class naive_stft<float>;
template class naive_stft<std::complex<float>>;
template class naive_istft<float>;
template class naive_istft<std::complex<float>>;

} // namespace gr::stft::bench
