/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_BENCH_NAIVE_H
#define INCLUDED_STFT_LIB_BENCH_NAIVE_H

#include <volk/volk_alloc.hh>
#include <complex>
#include <cstddef>
#include <string>
#include <vector>

/* What a competent program does without this project: VOLK, an FFTW plan that was measured, aligned buffers, one copy
 * of a row. The yardstick of every ratio; it stays as it is. T: float or std::complex<float>. */
namespace gr::stft::bench {

//! The FFTW that plans come from.
std::string fftw_version();

//! A plan with buffers of its own.
template <class T>
class plan
{
public:
    enum class direction { forward, backward };

    plan(direction which, std::size_t n_fft);
    ~plan();
    plan(const plan&) = delete;
    plan& operator=(const plan&) = delete;

    void execute();
    //! Writes the bins to a row instead of spectrum(), which is aligned like it. Complex samples only.
    void execute_to(std::complex<float>* row);
    //! Reads the bins from a row instead of spectrum(), which is aligned like it. Complex samples only.
    void execute_from(const std::complex<float>* row);
    T* samples() { return d_samples.data(); }
    std::complex<float>* spectrum() { return d_spectrum.data(); }

private:
    volk::vector<T> d_samples;
    volk::vector<std::complex<float>> d_spectrum;
    void* d_plan;
};

template <class T>
class naive_stft
{
public:
    naive_stft(std::size_t n_fft, std::size_t hop, const std::vector<float>& window);

    //! Frames p = 0 .. frames - 1 from x[p hop] on -> rows [frame][bin]
    void run(const T* x, std::size_t frames, std::complex<float>* rows);

    //! Computes them without the copies, by products and FFTs that write to the rows. Complex samples only, n_fft a multiple of 8.
    void run_without_copies(const T* x, std::size_t frames, std::complex<float>* rows);

    //! The FFTs alone.
    void transform_only(std::size_t frames);

private:
    std::size_t d_hop, d_bins;
    volk::vector<float> d_window;
    plan<T> d_plan;
};

template <class T>
class naive_istft
{
public:
    //! \param dual the synthesis window, which includes 1 / n_fft
    naive_istft(std::size_t n_fft, std::size_t hop, const std::vector<float>& dual);

    //! Rows [frame][bin] -> x of (frames - 1) hop + n_fft samples
    void run(const std::complex<float>* rows, std::size_t frames, T* x);

    //! Computes them without the copies, by FFTs that read the rows, products and sums, and fills nothing with zeros that is
    //! written at once. Complex samples only, n_fft a multiple of 8.
    void run_without_copies(const std::complex<float>* rows, std::size_t frames, T* x);

    void transform_only(std::size_t frames);

private:
    std::size_t d_hop, d_bins;
    volk::vector<float> d_window;
    volk::vector<T> d_product;
    plan<T> d_plan;
};

} // namespace gr::stft::bench
#endif
