/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "complex_dft.h"
#include "kernel/simd/dispatch.h"
#include "passing_frames.h"
#include "quickest.h"
#include <map>
#include <mutex>

namespace gr::stft::kernel {

namespace {

// bytes of n complex numbers
constexpr std::size_t near_cache = 64 * 1024; // from there on no plan of all numbers
constexpr std::size_t far_cache = 256 * 1024; // beyond it no eighths, which would leave the cache

constexpr std::size_t least_in_lines = 128; // points, as are the others
constexpr std::size_t least_in_parts = 512;
constexpr std::size_t least_by_chirp = 17;
constexpr std::size_t smooth = 13;          // primes up to here have fast code, in FFTW as well
constexpr std::size_t rather_by_chirp = 29; // primes from there on, if nothing is measured

std::size_t largest_prime_factor(std::size_t n)
{
    std::size_t largest = 1;
    for (std::size_t p = 2; p * p <= n; ++p)
        for (; n % p == 0; n /= p)
            largest = p;
    return n > 1 ? n : largest;
}

} // namespace

template <class R>
std::vector<dft_method> complex_dft<R>::methods(std::size_t n)
{
    const auto bytes = n * sizeof(complex);
    const auto prime = largest_prime_factor(n);
    if (prime > smooth && n >= least_by_chirp) {
        if (prime >= rather_by_chirp && bytes >= far_cache)
            return { dft_method::chirp };
        if (prime >= rather_by_chirp)
            return { dft_method::chirp, dft_method::plan };
        return { dft_method::plan, dft_method::chirp };
    }
    const auto level = simd::chosen_level();
    const bool in_lines =
        level != simd::level::generic && n >= least_in_lines && dft_in_lines<R>::takes(n);
    const bool in_parts = n >= least_in_parts && dft_in_parts<R>::takes(n);
    const bool in_eighths = 2 * bytes >= near_cache && dft_in_eighths<R>::takes(n);
    if (bytes < near_cache || !in_parts) {
        std::vector<dft_method> choices{ dft_method::plan };
        // 16 lines at a time, for which AVX-512 has the registers, make them quicker than FFTW's plans
        if (bytes < near_cache && in_lines)
            choices.insert(level == simd::level::avx512 ? choices.begin() : choices.end(),
                           dft_method::lines);
        else if (in_parts)
            choices.push_back(dft_method::parts);
        if (in_parts && in_eighths)
            choices.push_back(dft_method::eighths);
        return choices;
    }
    // the shorter the vectors, the dearer are parts, compared with FFTW's plans of an eighth
    if (level == simd::level::generic && bytes <= 2 * far_cache)
        return { in_eighths ? dft_method::eighths : dft_method::parts, dft_method::plan };
    if (level == simd::level::avx2 && bytes <= far_cache && in_eighths)
        return { dft_method::eighths, dft_method::parts };
    if (bytes <= far_cache && in_eighths)
        return { dft_method::parts, dft_method::eighths };
    return { dft_method::parts };
}

template <class R>
complex_dft<R>::complex_dft(dft_kind which, std::size_t n, dft_method method)
{
    const bool forward = which == dft_kind::forward;
    if (method == dft_method::lines)
        d_lines = std::make_unique<const dft_in_lines<R>>(forward, n);
    else if (method == dft_method::parts)
        d_parts = std::make_unique<const dft_in_parts<R>>(forward, n);
    else if (method == dft_method::eighths)
        d_eighths = std::make_unique<const dft_in_eighths<R>>(forward, n);
    else if (method == dft_method::chirp)
        d_chirp = std::make_unique<const chirp_dft<R>>(forward, n);
    else
        d_plan = dft_plan<R>::get(which, n);
}

template <class R>
std::shared_ptr<const complex_dft<R>> complex_dft<R>::get(dft_kind which, std::size_t n)
{
    struct known {
        dft_method method;
        std::weak_ptr<const complex_dft> in_use;
    };
    static std::recursive_mutex mutex; // one DFT may need another
    static auto& table = *new std::map<std::pair<dft_kind, std::size_t>, known>; // as dft_plan's
    std::scoped_lock lock(mutex);
    const auto found = table.find({ which, n });
    if (found != table.end()) {
        auto dft = found->second.in_use.lock();
        if (!dft) {
            dft = std::make_shared<const complex_dft>(which, n, found->second.method);
            found->second.in_use = dft;
        }
        return dft;
    }
    const auto dft = quickest_of(which, n, [=](const complex_dft& one) {
        passing_frames<R> frames(which == dft_kind::forward, n);
        volk::vector<complex> scratch(one.scratch_size());
        return seconds_of([&] {
            frames.pass(
                [&](const complex* in, complex* out) { one.execute(in, out, scratch.data()); });
        });
    });
    table[{ which, n }] = { dft->method(), dft };
    return dft;
}

template <class R>
std::shared_ptr<const complex_dft<R>>
complex_dft<R>::quickest_of(dft_kind which,
                            std::size_t n,
                            const std::function<double(const complex_dft&)>& seconds)
{
    return quickest<const complex_dft>(
        methods(n),
        [=](dft_method method) { return std::make_shared<const complex_dft>(which, n, method); },
        seconds);
}

template <class R>
dft_method complex_dft<R>::method() const
{
    return d_plan      ? dft_method::plan
           : d_lines   ? dft_method::lines
           : d_eighths ? dft_method::eighths
           : d_parts   ? dft_method::parts
                       : dft_method::chirp;
}

template <class R>
std::size_t complex_dft<R>::scratch_size() const
{
    return d_lines     ? d_lines->scratch_size()
           : d_eighths ? d_eighths->scratch_size()
           : d_parts   ? d_parts->scratch_size()
           : d_chirp   ? d_chirp->scratch_size()
                       : 0;
}

template <class R>
void complex_dft<R>::execute(const complex* in, complex* out, complex* scratch) const
{
    if (d_plan)
        d_plan->execute(in, out);
    else if (d_lines)
        d_lines->execute(in, out, scratch);
    else if (d_eighths)
        d_eighths->execute(in, out, scratch);
    else if (d_parts)
        d_parts->execute(in, out, scratch);
    else
        d_chirp->execute(in, out, scratch);
}

template class complex_dft<float>;
template class complex_dft<double>;

} // namespace gr::stft::kernel
