/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* Compiled once for each level, as routines.cc is. */
#include "bin_routines.h"
#include "lanes.h"

namespace gr::stft::kernel::simd::SIMD_LEVEL {

namespace {

using v = vector<double>;

struct complex_lanes {
    v re, im;
};

//! Loads [re, im][lane].
SIMD_INLINE complex_lanes load_complex(const double* from)
{
    return { load<double>(from), load<double>(from + block_lanes) };
}

SIMD_INLINE void store_complex(double* to, complex_lanes z)
{
    store<double>(to, z.re);
    store<double>(to + block_lanes, z.im);
}

SIMD_INLINE complex_lanes operator*(complex_lanes a, complex_lanes b)
{
    return { a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re };
}

//! a conj(b)
SIMD_INLINE complex_lanes times_conjugate(complex_lanes a, complex_lanes b)
{
    return { a.re * b.re + a.im * b.im, a.im * b.re - a.re * b.im };
}

constexpr std::size_t pair_numbers = 2 * block_lanes;

//! Sums of samples, rotated by the bins' frequencies, times the cosines and sines of a window about a period's end.
template <int Cosines>
struct window_sums {
    complex_lanes plain, cosine[Cosines], sine[Cosines]; // [0] stays unused

    template <class F>
    SIMD_INLINE void each(F f)
    {
        f(plain, 0);
        for (int k = 1; k < Cosines; ++k) {
            f(cosine[k], 2 * k - 1);
            f(sine[k], 2 * k);
        }
    }

    SIMD_INLINE void clear()
    {
        each([](complex_lanes & sum, int) __attribute__((always_inline)) { sum = { v{}, v{} }; });
    }

    SIMD_INLINE void load(const double* from)
    {
        each([&](complex_lanes & sum, int i)
                 __attribute__((always_inline)) { sum = load_complex(from + i * pair_numbers); });
    }

    SIMD_INLINE void store(double* to)
    {
        each([&](const complex_lanes& sum, int i)
                 __attribute__((always_inline)) { store_complex(to + i * pair_numbers, sum); });
    }

    static constexpr std::size_t numbers = (2 * Cosines - 1) * pair_numbers;
};

//! A vector of bins of a block, while frames are summed.
template <class R, bool Complex, int Cosines>
struct sliding_lanes {
    using sums = window_sums<Cosines>;

    const sliding_run<R>& run;
    const sliding_block& block;
    std::size_t lane;

    static constexpr std::size_t cell = 2 * (Cosines - 1); // numbers of run.cosines for a sample

    //! Adds the sample at an offset; of what is `from` the window's cosines are counted.
    SIMD_INLINE void add(sums& to, std::size_t offset, std::size_t from) const
    {
        const auto at =
            static_cast<std::ptrdiff_t>(offset) - static_cast<std::ptrdiff_t>(run.offset);
        const auto twiddle =
            load_complex(block.coarse + offset / fine_samples * pair_numbers + lane) *
            load_complex(block.fine + offset % fine_samples * pair_numbers + lane);
        complex_lanes y;
        if constexpr (Complex) {
            const double re = run.samples[2 * at], im = run.samples[2 * at + 1];
            y = { re * twiddle.re - im * twiddle.im, re * twiddle.im + im * twiddle.re };
        } else {
            const double x = run.samples[at];
            y = { x * twiddle.re, x * twiddle.im };
        }
        to.plain.re += y.re;
        to.plain.im += y.im;
        const double* w = run.cosines + (offset - from) * cell;
        for (int k = 1; k < Cosines; ++k) {
            const double c = w[2 * k - 2], s = w[2 * k - 1];
            to.cosine[k].re += y.re * c;
            to.cosine[k].im += y.im * c;
            to.sine[k].re += y.re * s;
            to.sine[k].im += y.im * s;
        }
    }

    //! The window about the frame at an offset, applied to sums about the period's end.
    SIMD_INLINE complex_lanes windowed(const sums& of, std::size_t offset) const
    {
        const double* w = run.cosines + (offset == run.length ? 0 : offset) * cell;
        complex_lanes z{ run.amplitudes[0] * of.plain.re, run.amplitudes[0] * of.plain.im };
        for (int k = 1; k < Cosines; ++k) {
            const double c = run.amplitudes[k] * w[2 * k - 2], s = run.amplitudes[k] * w[2 * k - 1];
            z.re += c * of.cosine[k].re + s * of.sine[k].re;
            z.im += c * of.cosine[k].im + s * of.sine[k].im;
        }
        return z;
    }

    //! Keeps the sums over the period's last samples from each step on that frames will start in but the first.
    SIMD_INLINE void keep_steps() const
    {
        sums last;
        last.clear();
        const auto least = (run.begin / step_samples + 1) * step_samples;
        for (auto offset = run.length; offset > least;) {
            add(last, --offset, 0);
            if (offset % step_samples == 0)
                last.store(block.kept + offset / step_samples * sums::numbers + lane);
        }
    }

    //! Computes this period's share of each frame from `first` to the end of its step.
    SIMD_INLINE void prepare_step(std::size_t first) const
    {
        const auto next = (first / step_samples + 1) * step_samples;
        sums last;
        auto offset = next;
        if (next < run.length) {
            last.load(block.kept + next / step_samples * sums::numbers + lane);
        } else {
            last.clear();
            offset = run.length;
        }
        const auto latest = next <= run.length ? next - 1 : run.length;
        for (auto frame = (latest - first) / run.hop + 1; frame-- > 0;) {
            const auto start = first + frame * run.hop;
            while (offset > start)
                add(last, --offset, 0);
            store_complex(block.leaving + frame * pair_numbers + lane, windowed(last, start));
        }
    }

    SIMD_INLINE complex_lanes rotated(complex_lanes z, std::size_t offset) const
    {
        if (run.absolute)
            return z * load_complex(block.twiddle + lane);
        return z * times_conjugate(
                       load_complex(block.twiddle + offset / fine_samples * pair_numbers + lane),
                       load_complex(block.fine + offset % fine_samples * pair_numbers + lane));
    }

    SIMD_INLINE void slide(std::size_t bins, std::size_t left, R* row) const
    {
        sums entered;
        auto offset = run.offset, end = run.length + run.offset - run.hop;
        if (run.offset == run.begin) {
            keep_steps();
            entered.clear();
            end = run.length;
        } else {
            entered.load(block.entered + lane);
        }
        for (std::size_t frame = 0; frame < run.frames;) {
            const auto step = offset / step_samples * step_samples;
            auto first = run.begin;
            if (first < step)
                first += (step - first + run.hop - 1) / run.hop * run.hop;
            if (offset == first)
                prepare_step(first);
            const double* leaving =
                block.leaving + (offset - first) / run.hop * pair_numbers + lane;
            for (; frame < run.frames && offset < step + step_samples; ++frame, offset += run.hop) {
                for (; end < run.length + offset; ++end)
                    add(entered, end, run.length);
                auto z = windowed(entered, offset);
                const auto before = load_complex(leaving);
                z = rotated({ z.re + before.re, z.im + before.im }, offset);
                write_pairs<R>(row, left, z.re, z.im);
                leaving += pair_numbers;
                row += 2 * bins;
            }
        }
        entered.store(block.entered + lane);
    }
};

template <class R, bool Complex, int Cosines>
void slide_blocks(const sliding_run<R>& run, const sliding_block* blocks, std::size_t bins, R* rows)
{
    for (std::size_t bin = 0; bin < bins; bin += width<double>) {
        const sliding_lanes<R, Complex, Cosines> lanes{ run,
                                                        blocks[bin / block_lanes],
                                                        bin % block_lanes };
        lanes.slide(bins, bins - bin, rows + 2 * bin);
    }
}

template <class R, bool Complex>
void slide_cosines(const sliding_run<R>& run,
                   std::size_t cosines,
                   const sliding_block* blocks,
                   std::size_t bins,
                   R* rows)
{
    switch (cosines) {
    case 1:
        return slide_blocks<R, Complex, 1>(run, blocks, bins, rows);
    case 2:
        return slide_blocks<R, Complex, 2>(run, blocks, bins, rows);
    case 3:
        return slide_blocks<R, Complex, 3>(run, blocks, bins, rows);
    case 4:
        return slide_blocks<R, Complex, 4>(run, blocks, bins, rows);
    default:
        return slide_blocks<R, Complex, 5>(run, blocks, bins, rows);
    }
}

template <class R>
void slide(const sliding_run<R>& run,
           bool is_complex,
           std::size_t cosines,
           const sliding_block* blocks,
           std::size_t bins,
           R* rows)
{
    if (is_complex)
        slide_cosines<R, true>(run, cosines, blocks, bins, rows);
    else
        slide_cosines<R, false>(run, cosines, blocks, bins, rows);
}

//! Sums the lanes in four chains, since a single one would wait for each addition.
template <class R>
SIMD_INLINE double sum_of(vector<R> values)
{
    R lanes[width<R>];
    store<R>(lanes, values);
    double part[4] = {};
    for (std::size_t l = 0; l < width<R>; ++l)
        part[l % 4] += lanes[l];
    return (part[0] + part[1]) + (part[2] + part[3]);
}

template <class R>
void dot(const R* x,
         std::size_t count,
         const R* taps,
         std::size_t stride,
         std::size_t rows,
         double* sums)
{
    constexpr auto n = width<R>;
    constexpr std::size_t chunk = 64 * n; // longer sums in single precision would lose digits
    const auto whole = count / n * n;
    R rest[n] = {};
    std::memcpy(rest, x + whole, (count - whole) * sizeof(R));
    const auto last = load<R>(rest);
    for (std::size_t j = 0; j < rows; ++j, taps += stride) {
        double total = 0;
        auto b = last * load<R>(taps + whole);
        std::size_t i = 0;
        do {
            const auto end = whole - i < chunk ? whole : i + chunk;
            vector<R> a{}, c{}, d{};
            for (; i + 4 * n <= end; i += 4 * n) {
                a += load<R>(x + i) * load<R>(taps + i);
                b += load<R>(x + i + n) * load<R>(taps + i + n);
                c += load<R>(x + i + 2 * n) * load<R>(taps + i + 2 * n);
                d += load<R>(x + i + 3 * n) * load<R>(taps + i + 3 * n);
            }
            for (; i < end; i += n)
                a += load<R>(x + i) * load<R>(taps + i);
            total += sum_of<R>((a + b) + (c + d));
            b = vector<R>{};
        } while (i < whole);
        sums[j] = total;
    }
}

template <class R>
constexpr bin_routines<R> table{ slide<R>, dot<R>, SIMD_BYTES };

} // namespace

const bin_routines<float>& bins_in_single_precision() { return table<float>; }
const bin_routines<double>& bins_in_double_precision() { return table<double>; }

} // namespace gr::stft::kernel::simd::SIMD_LEVEL
