/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "fft.h"
#include "kernel/refuse.h"
#include <gnuradio/fft/fft.h>
#include <fftw3.h>
#include <volk/volk_alloc.hh>
#include <cstdlib>
#include <map>
#include <mutex>
#include <tuple>

namespace gr::stft::kernel {

namespace {

constexpr double seconds_to_plan = 2.0; // after that FFTW takes the best plan it has seen

unsigned planner_effort()
{
    const char* name = std::getenv("GR_STFT_PLANNER");
    const std::string effort = name ? name : "measure";
    if (effort == "estimate")
        return FFTW_ESTIMATE;
    if (effort == "measure")
        return FFTW_MEASURE;
    if (effort == "patient")
        return FFTW_PATIENT;
    refuse("GR_STFT_PLANNER", effort, "must be estimate, measure or patient");
}

//! FFTW's names for a precision.
template <class R>
struct fftw;

template <>
struct fftw<float> {
    using plan = fftwf_plan;
    using complex = fftwf_complex;
    static constexpr auto c2c = fftwf_plan_many_dft;
    static constexpr auto r2c = fftwf_plan_many_dft_r2c;
    static constexpr auto c2r = fftwf_plan_many_dft_c2r;
    static constexpr auto execute_c2c = fftwf_execute_dft;
    static constexpr auto execute_r2c = fftwf_execute_dft_r2c;
    static constexpr auto execute_c2r = fftwf_execute_dft_c2r;
    static constexpr auto destroy = fftwf_destroy_plan;
    static constexpr auto alignment_of = fftwf_alignment_of;
    static constexpr auto set_timelimit = fftwf_set_timelimit;

    // gr::fft plans single precision with threads initialised; without them our wisdom would be of another
    // kind, and its wisdom file would turn invalid for every GNU Radio program
    static void prepare()
    {
        static const int initialised = fftwf_init_threads();
        (void)initialised;
        fftwf_plan_with_nthreads(1);
    }
};

template <>
struct fftw<double> {
    using plan = fftw_plan;
    using complex = fftw_complex;
    static constexpr auto c2c = fftw_plan_many_dft;
    static constexpr auto r2c = fftw_plan_many_dft_r2c;
    static constexpr auto c2r = fftw_plan_many_dft_c2r;
    static constexpr auto execute_c2c = fftw_execute_dft;
    static constexpr auto execute_r2c = fftw_execute_dft_r2c;
    static constexpr auto execute_c2r = fftw_execute_dft_c2r;
    static constexpr auto destroy = fftw_destroy_plan;
    static constexpr auto alignment_of = fftw_alignment_of;
    static constexpr auto set_timelimit = fftw_set_timelimit;
    static void prepare() {}
};

template <class R>
typename fftw<R>::complex* cast(const std::complex<R>* z)
{
    return reinterpret_cast<typename fftw<R>::complex*>(const_cast<std::complex<R>*>(z));
}

template <class R>
using plan_table =
    std::map<std::tuple<dft_kind, std::size_t, dft_batch>, std::shared_ptr<const dft_plan<R>>>;

} // namespace

template <class R>
struct dft_plan<R>::handle {
    typename fftw<R>::plan plan;
};

bool dft_batch::operator<(const dft_batch& other) const
{
    const auto all = [](const dft_batch& b) {
        return std::tie(b.count, b.in_stride, b.in_distance, b.out_stride, b.out_distance);
    };
    return all(*this) < all(other);
}

bool dft_planner_measures() { return planner_effort() != FFTW_ESTIMATE; }

std::vector<std::complex<double>> dft_once(const std::vector<std::complex<double>>& x)
{
    std::vector<std::complex<double>> spectrum(x.size());
    const int size = static_cast<int>(x.size());
    std::scoped_lock lock(gr::fft::planner::mutex());
    auto* plan = fftw<double>::c2c(1,
                                   &size,
                                   1,
                                   cast(x.data()),
                                   nullptr,
                                   1,
                                   0,
                                   cast(spectrum.data()),
                                   nullptr,
                                   1,
                                   0,
                                   FFTW_FORWARD,
                                   FFTW_ESTIMATE);
    if (!plan)
        throw std::runtime_error("fft: FFTW has no plan for size " + std::to_string(size));
    fftw_execute(plan);
    fftw<double>::destroy(plan);
    return spectrum;
}

template <class R>
dft_plan<R>::dft_plan(dft_kind kind, std::size_t n, const dft_batch& batch)
    : d_plan(std::make_unique<handle>())
{
    const auto effort = planner_effort();
    const auto extent = [&](std::size_t stride, std::size_t distance) {
        return (n - 1) * stride + (batch.count - 1) * distance + 1;
    };
    // measuring overwrites them
    volk::vector<complex> a(extent(batch.in_stride, batch.in_distance));
    volk::vector<complex> b(extent(batch.out_stride, batch.out_distance));
    const int size = static_cast<int>(n), count = static_cast<int>(batch.count);
    const int is = static_cast<int>(batch.in_stride), id = static_cast<int>(batch.in_distance);
    const int os = static_cast<int>(batch.out_stride), od = static_cast<int>(batch.out_distance);
    auto real = [](auto& v) { return reinterpret_cast<R*>(v.data()); };
    const auto complex_plan = [&](int sign) {
        auto *in = cast(a.data()), *out = cast(b.data());
        return fftw<R>::c2c(
            1, &size, count, in, nullptr, is, id, out, nullptr, os, od, sign, effort);
    };

    fftw<R>::prepare();
    fftw<R>::set_timelimit(seconds_to_plan);
    switch (kind) {
    case dft_kind::forward:
        d_plan->plan = complex_plan(FFTW_FORWARD);
        break;
    case dft_kind::backward:
        d_plan->plan = complex_plan(FFTW_BACKWARD);
        break;
    case dft_kind::forward_real:
        d_plan->plan = fftw<R>::r2c(
            1, &size, count, real(a), nullptr, is, id, cast(b.data()), nullptr, os, od, effort);
        break;
    case dft_kind::backward_real:
        d_plan->plan = fftw<R>::c2r(
            1, &size, count, cast(a.data()), nullptr, is, id, real(b), nullptr, os, od, effort);
        break;
    }
    fftw<R>::set_timelimit(FFTW_NO_TIMELIMIT); // the limit is global, and gr::fft has none
    if (!d_plan->plan)
        throw std::runtime_error("fft: FFTW has no plan for size " + std::to_string(n));
}

template <class R>
dft_plan<R>::~dft_plan()
{
    fftw<R>::destroy(d_plan->plan);
}

template <class R>
std::shared_ptr<const dft_plan<R>>
dft_plan<R>::get(dft_kind kind, std::size_t n, const dft_batch& batch)
{
    // never destroyed: the order of destruction against FFTW's own state is not ours to choose
    static auto& plans = *new plan_table<R>;
    std::scoped_lock lock(gr::fft::planner::mutex());
    auto& plan = plans[{ kind, n, batch }];
    if (!plan)
        plan = std::make_shared<const dft_plan>(kind, n, batch);
    return plan;
}

template <class R>
bool dft_plan<R>::aligned(const void* address)
{
    return fftw<R>::alignment_of(static_cast<R*>(const_cast<void*>(address))) == 0;
}

template <class R>
void dft_plan<R>::execute(const complex* in, complex* out) const
{
    fftw<R>::execute_c2c(d_plan->plan, cast(in), cast(out));
}

template <class R>
void dft_plan<R>::execute(const R* in, complex* out) const
{
    fftw<R>::execute_r2c(d_plan->plan, const_cast<R*>(in), cast(out));
}

template <class R>
void dft_plan<R>::execute(complex* in, R* out) const
{
    fftw<R>::execute_c2r(d_plan->plan, cast(in), out);
}

template class dft_plan<float>;
template class dft_plan<double>;

} // namespace gr::stft::kernel
