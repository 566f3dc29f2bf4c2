/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/simd/routines.h"
#include "quickest.h"
#include "real_dft.h"
#include "reals.h"
#include <gnuradio/stft/kernel/frames/phase.h>
#include <algorithm>
#include <map>
#include <mutex>

namespace gr::stft::kernel {

template <class R>
real_dft<R>::real_dft(direction which, std::size_t n)
    : real_dft(which, n, n % 2 == 1 && whole_is_quicker(which, n))
{}

template <class R>
bool real_dft<R>::whole_is_quicker(direction which, std::size_t n)
{
    static std::mutex mutex;
    static auto& table = *new std::map<std::pair<direction, std::size_t>, bool>; // as dft_plan's
    std::scoped_lock lock(mutex);
    const auto found = table.find({ which, n });
    if (found != table.end())
        return found->second;
    const auto methods = complex_dft<R>::methods(n);
    bool quicker = methods.front() != dft_method::plan;
    const bool sure = quicker && methods.size() == 1;
    if (dft_planner_measures() && !sure && n > 1)
        quicker = real_dft(which, n, true).seconds() < real_dft(which, n, false).seconds();
    return table[{ which, n }] = quicker;
}

//! Time that a transform takes.
template <class R>
double real_dft<R>::seconds() const
{
    volk::vector<R> samples(d_n);
    volk::vector<complex> bins(d_n / 2 + 1), scratch(scratch_size());
    return seconds_of([&] {
        if (d_which == direction::forward)
            forward(samples.data(), bins.data(), scratch.data());
        else
            backward(bins.data(), samples.data(), scratch.data());
    });
}

template <class R>
real_dft<R>::real_dft(direction which, std::size_t n, bool whole)
    : d_n(n), d_half(n % 2 == 0 ? n / 2 : 0), d_which(which)
{
    const bool forward = which == direction::forward;
    const auto kind = forward ? dft_kind::forward : dft_kind::backward;
    if (d_half)
        d_pairs = complex_dft<R>::get(kind, d_half);
    else if (whole)
        d_whole = complex_dft<R>::get(kind, n);
    else
        d_plan = dft_plan<R>::get(forward ? dft_kind::forward_real : dft_kind::backward_real, n);
    // forward: -j exp(-2j pi k / n) / 2; backward: j exp(2j pi k / n)
    const double scale = forward ? 0.5 : 1;
    for (std::size_t k = 0; 2 * k <= d_half && d_half; ++k) {
        const auto root = unit_root(k, n);
        const double re = -scale * root.imag(), im = scale * (forward ? -root.real() : root.real());
        d_twiddle_re.insert(d_twiddle_re.end(), 2, static_cast<R>(re));
        d_twiddle_im.push_back(static_cast<R>(-im));
        d_twiddle_im.push_back(static_cast<R>(im));
        if (forward) {
            d_root_re.push_back(static_cast<R>(re));
            d_root_im.push_back(static_cast<R>(im));
        }
    }
    d_twiddle_re.resize(d_twiddle_re.size() + simd::padding);
    d_twiddle_im.resize(d_twiddle_im.size() + simd::padding);
}

//! Numbers in a row of bins, pairs or complex samples, padded so that the next row is aligned.
template <class R>
std::size_t real_dft<R>::row_size() const
{
    const auto numbers = d_whole ? d_n : d_n / 2 + 1;
    return numbers + simd::padding - numbers % simd::padding;
}

template <class R>
std::size_t real_dft<R>::scratch_size() const
{
    if (d_whole)
        return 2 * row_size() + d_whole->scratch_size();
    return row_size() + (d_pairs ? d_pairs->scratch_size() : 0);
}

//! simd::dft_routines::fold() with the twiddles of this DFT
template <class R>
void real_dft<R>::fold(const complex* in,
                       std::size_t first,
                       std::size_t last,
                       side which,
                       R c,
                       complex* out) const
{
    simd::chosen_for_dft<R>().fold(reals(in),
                                   d_half,
                                   first,
                                   last,
                                   which,
                                   c,
                                   d_twiddle_re.data(),
                                   d_twiddle_im.data(),
                                   reals(out));
}

template <class R>
void real_dft<R>::transform(const R* in, complex* scratch) const
{
    if (d_half)
        d_pairs->execute(reinterpret_cast<const complex*>(in), scratch, scratch + row_size());
    else if (d_whole) {
        complex* const samples = scratch + row_size();
        std::copy_n(in, d_n, samples);
        d_whole->execute(samples, scratch, samples + row_size());
    } else
        d_plan->execute(in, scratch);
}

template <class R>
void real_dft<R>::take(const complex* scratch,
                       std::size_t begin,
                       std::size_t end,
                       complex* out) const
{
    if (!d_half) {
        std::copy(scratch + begin, scratch + end, out + begin);
        return;
    }
    const auto middle = d_half / 2;
    if (begin == 0 && end == d_half + 1) {
        fold(scratch, 1, middle, side::both, R(0.5), out);
    } else {
        const auto first = std::max<std::size_t>(begin, 1), last = std::min(end, d_half) - 1;
        if (first <= middle)
            fold(scratch, first, std::min(last, middle), side::low, R(0.5), out);
        if (last > middle) // images of lower bins
            fold(scratch,
                 d_half - last,
                 d_half - std::max(first, middle + 1),
                 side::high,
                 R(0.5),
                 out);
    }
    if (begin == 0)
        out[0] = scratch[0].real() + scratch[0].imag();
    if (end > d_half)
        out[d_half] = scratch[0].real() - scratch[0].imag();
}

template <class R>
void real_dft<R>::forward(const R* in, complex* out, complex* scratch) const
{
    transform(in, scratch);
    take(scratch, 0, d_n / 2 + 1, out);
}

template <class R>
void real_dft<R>::powers(const R* in, R* power, complex* scratch) const
{
    transform(in, scratch);
    if (!d_half) {
        for (std::size_t k = 0; k <= d_n / 2; ++k)
            power[k] = std::norm(scratch[k]);
        return;
    }
    simd::chosen_for_dft<R>().fold_powers(
        reals(scratch), d_half, d_root_re.data(), d_root_im.data(), power);
    const R even = scratch[0].real(), odd = scratch[0].imag();
    power[0] = (even + odd) * (even + odd);
    power[d_half] = (even - odd) * (even - odd);
}

template <class R>
void real_dft<R>::backward(const complex* in, R* out, complex* scratch) const
{
    if (d_whole) {
        complex* const samples = scratch + row_size();
        scratch[0] = in[0].real();
        for (std::size_t k = 1; k <= d_n / 2; ++k) {
            scratch[k] = in[k];
            scratch[d_n - k] = std::conj(in[k]);
        }
        d_whole->execute(scratch, samples, samples + row_size());
        for (std::size_t i = 0; i < d_n; ++i)
            out[i] = samples[i].real();
        return;
    }
    if (!d_half) {
        std::copy_n(in, d_n / 2 + 1, scratch);
        scratch[0].imag(0);
        d_plan->execute(scratch, out);
        return;
    }
    fold(in, 1, d_half / 2, side::both, R(1), scratch);
    const R first = in[0].real(), last = in[d_half].real();
    scratch[0] = { first + last, first - last };
    d_pairs->execute(scratch, reinterpret_cast<complex*>(out), scratch + row_size());
}

template class real_dft<float>;
template class real_dft<double>;

} // namespace gr::stft::kernel
