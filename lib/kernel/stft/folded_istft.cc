/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/frames/frame_matrix.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/frames/threshold.h>
#include <gnuradio/stft/kernel/stft/folded_istft.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t longest_lookahead = std::size_t(1) << 20; // samples
constexpr std::size_t usual_width = 16;                         // n_fft in a window
constexpr double most_products = 1 << 28; // of what a wider window looks ahead: a second or so
constexpr double alike = 1e-14;           // relative

template <class R>
constexpr double negligible = std::is_same_v<R, float> ? 1e-9 : 1e-17;
//! Default of the threshold: about the rounding errors of spectra, which what is hardly determined enlarges by as much.
template <class R>
constexpr double edge_threshold = std::is_same_v<R, float> ? 1e-7 : 1e-14;
constexpr double least_pivot = 1e-15; // of the largest coverage; smaller ones are rounding errors

template <class V>
std::vector<V> values_of(const taps_t& taps)
{
    std::vector<V> values;
    for (const auto& w : taps) {
        if constexpr (std::is_same_v<V, double>)
            values.push_back(w.real());
        else
            values.push_back(w);
    }
    return values;
}

void check_synthesis(const taps_t& given, std::size_t win_length)
{
    if (given.size() < win_length || (given.size() - win_length) % 2 != 0)
        refuse("synthesis",
               std::to_string(given.size()) + " taps",
               "must be win_length = " + std::to_string(win_length) +
                   " and as many more on both sides");
    for (const auto& w : given)
        if (!std::isfinite(w.real()) || !std::isfinite(w.imag()))
            refuse("synthesis", w, "must be finite");
}

[[noreturn]] void refuse_hop(const parameters& p, std::size_t win_length)
{
    refuse("hop",
           p.hop,
           "leaves what the window " + p.window.description() + " of " +
               std::to_string(win_length) + " samples and n_fft = " + std::to_string(p.n_fft) +
               " do not determine, so its STFT has no inverse");
}

bool finite(double v) { return std::isfinite(v); }
template <class R>
bool finite(const std::complex<R>& v)
{
    return std::isfinite(v.real()) && std::isfinite(v.imag());
}

template <class V>
bool equal(const V* a, const V* b, std::size_t width)
{
    if (std::abs(a[0] - b[0]) > alike * std::abs(b[0]))
        return false;
    for (std::size_t j = 1; j < width; ++j)
        if (std::abs(a[j] - b[j]) > alike)
            return false;
    return true;
}

} // namespace

template <class T>
folded_istft<T>::folded_istft(const parameters& p,
                              const taps_t& synthesis,
                              double threshold,
                              bool /* strict */,
                              double win_exp)
    : d_parameters(p), d_synthesis(synthesis),
      d_threshold(checked_threshold(threshold, edge_threshold<real_t<T>>)),
      d_dft((p.check<T>(), p.n_fft), p.centered())
{
    if (win_exp != 1)
        refuse("win_exp", win_exp, "must be 1 where the window is longer than n_fft");
    const auto taps = p.checked_taps<T>();
    tuning t;
    t.solves = synthesis.empty();
    if (!t.solves)
        check_synthesis(synthesis, taps.size());
    if (p.hop > (t.solves ? std::min(taps.size(), p.n_fft) : taps.size()))
        refuse_hop(p, taps.size());
    t.window = values_of<value>(taps);
    t.synthesis = values_of<value>(t.solves ? taps : synthesis);
    const double factor =
        1 / (gain(p.scale, taps, p.n_fft, p.samp_rate) * static_cast<double>(p.n_fft));
    for (auto& w : t.synthesis)
        w *= factor;
    t.side = (t.synthesis.size() - t.window.size()) / 2;
    t.rows = steady_rows(t.window, p.hop, p.n_fft);
    const auto coverage = steady_coverage(taps, p.hop, p.hop);
    t.largest = *std::max_element(coverage.begin(), coverage.end());
    d_chains = std::make_shared<const chain_factor<value>>(
        p.n_fft, reach(taps.size(), p.n_fft), least_pivot * t.largest);
    d_row.resize(d_chains->width());
    d_lookahead = t.side;
    if (t.solves)
        solve_steadily(t);
    d_tuning = std::make_shared<const tuning>(std::move(t));
    begin_at(p.frames().first());
}

//! The factors amid frames, and how far back samples depend on those that follow.
template <class T>
void folded_istft<T>::solve_steadily(tuning& t)
{
    const auto hop = d_parameters.hop, n_fft = d_parameters.n_fft, width = d_chains->width(),
               margin = (width - 1) * n_fft;
    const auto products = static_cast<double>(width) * static_cast<double>(width); // of a sample
    const auto lookahead =
        std::min(static_cast<double>(longest_lookahead), most_products / products);
    if (width > usual_width && static_cast<double>(margin + hop) * products > 4 * most_products)
        refuse("win_length",
               t.window.size(),
               "must be at most 16 n_fft, or win_length^3 / n_fft^2 below 2^30: n_fft = " +
                   std::to_string(n_fft));
    std::vector<value> factors;
    std::size_t n = 0, alike_rows = 0;
    for (; alike_rows < std::max(hop, margin); ++n) {
        if (n > static_cast<std::size_t>(lookahead) + margin + hop)
            refuse_hop(d_parameters, t.window.size());
        if (factors.size() < (n + 1) * width)
            factors.resize(2 * factors.size() + hop * width);
        std::copy_n(t.rows.data() + n % hop * width, width, d_row.data());
        d_chains->eliminate(d_row.data(), n, factors.data());
        const auto* own = factors.data() + n * width;
        if (n >= margin + hop && own[0] == value(0))
            refuse_hop(d_parameters, t.window.size());
        alike_rows = n >= hop && equal(own, own - hop * width, width) ? alike_rows + 1 : 0;
    }
    t.factors.resize(hop * width);
    for (std::size_t i = 1; i <= hop; ++i) {
        const auto* own = factors.data() + (n - i) * width;
        if (own[0] == value(0) || !(std::real(own[0]) * coverage_threshold<double> * t.largest < 1))
            refuse_hop(d_parameters, t.window.size());
        std::copy_n(own, width, t.factors.data() + (n - i) % hop * width);
    }
    if (margin == 0)
        return;
    // solutions of L^H x = 0 die out towards earlier samples; sample -1 - k is x[k]
    std::vector<value> x(margin);
    std::uint32_t state = 1;
    for (auto& v : x)
        v = ((state = state * 1664525u + 1013904223u) >> 31) ? 1 : -1;
    std::size_t small = 0;
    while (small < margin) {
        const auto k = x.size();
        if (k > longest_lookahead)
            refuse_hop(d_parameters, t.window.size());
        value v = 0;
        for (std::size_t j = 1; j < width; ++j) {
            const auto other = k - j * n_fft; // the sample j n_fft later
            const auto residue = hop - 1 - other % hop;
            v -= conjugate(t.factors[residue * width + j]) * x[other];
        }
        small = std::abs(v) <= negligible<real_t<T>> ? small + 1 : 0;
        x.push_back(v);
    }
    d_lookahead = x.size() - margin;
}

//! Samples that are solved at once, not fewer than a frame adds.
template <class T>
std::int64_t folded_istft<T>::step() const
{
    return static_cast<std::int64_t>(
        std::max({ d_lookahead, d_parameters.n_fft, d_parameters.hop }));
}

template <class T>
std::int64_t folded_istft<T>::latency() const
{
    const auto half = static_cast<std::int64_t>(d_tuning->window.size() / 2),
               hop = static_cast<std::int64_t>(d_parameters.hop);
    const auto behind = hop + half - std::min(hop, half) + static_cast<std::int64_t>(d_lookahead);
    return d_tuning->solves ? behind + step() : behind;
}

template <class T>
void folded_istft<T>::begin_at(std::int64_t start)
{
    d_first = d_next = start;
    d_covered = std::max<std::int64_t>(0, start);
    d_base = d_eliminated = d_solved_from = d_solved_end =
        std::max<std::int64_t>(0, start - static_cast<std::int64_t>(d_tuning->side));
    d_limit = 0;
    d_alike = 0;
    d_read = 0;
    d_sums.clear();
    d_factors.clear();
    d_solved.clear();
    d_broken.clear();
}

template <class T>
void folded_istft<T>::restart(std::int64_t start)
{
    begin_at(start);
}

template <class T>
void folded_istft<T>::change(const parameters& p, std::int64_t start)
{
    if (kernel::bins<T>(p.n_fft) != bins())
        refuse("n_fft", p.n_fft, "cannot change from " + std::to_string(d_parameters.n_fft));
    if (d_next == d_first && d_read == 0) {
        const bool same = d_synthesis.size() >= p.window_length();
        folded_istft next(p, same ? d_synthesis : taps_t{}, d_threshold);
        next.begin_at(start);
        *this = std::move(next);
    } else if (!(p == d_parameters) || start != d_next) {
        refuse("window, hop and start",
               start,
               "cannot change once frames were added, since the window is longer than n_fft");
    }
}

template <class T>
void folded_istft<T>::add(const complex* spectrum)
{
    const auto& t = *d_tuning;
    const auto length = static_cast<std::int64_t>(t.window.size()),
               side = static_cast<std::int64_t>(t.side),
               n_fft = static_cast<std::int64_t>(d_parameters.n_fft),
               hop = static_cast<std::int64_t>(d_parameters.hop);
    const auto first_index = static_cast<std::int64_t>(
        d_parameters.phase.offset(d_next, t.window.size(), d_parameters.n_fft));
    const T* period = d_dft.synthesise(spectrum);
    const auto end = d_next + length + side;
    if (end > d_base + static_cast<std::int64_t>(d_sums.size()))
        d_sums.resize(static_cast<std::size_t>(std::max<std::int64_t>(0, end - d_base)));
    if (std::all_of(period, period + n_fft, [](const T& v) { return finite(v); })) {
        for (auto n = std::max(d_base, d_next - side); n < end;) {
            const auto m = n - (d_next - side);
            const auto at = ((first_index + m - side) % n_fft + n_fft) % n_fft;
            const auto count = std::min(end - n, n_fft - at);
            auto* sums = d_sums.data() + (n - d_base);
            const auto* taps = t.synthesis.data() + m;
            for (std::int64_t i = 0; i < count; ++i)
                sums[i] += taps[i] * static_cast<value>(period[at + i]);
            n += count;
        }
    } else {
        const auto away = static_cast<std::int64_t>(d_lookahead);
        d_broken.push_back({ d_next - away, d_next + length + away });
    }
    const auto limit =
        d_limit; // the frame before it has this one after it, and this one may be the last
    d_limit = d_next + std::min(hop, length / 2);
    d_next += hop;
    d_covered = std::max<std::int64_t>(d_covered, d_next - hop + length);
    if (!t.solves) {
        solve(std::min(limit, d_next - side), 0);
        return;
    }
    eliminate_to(std::min(d_next, d_covered));
    const auto ahead = static_cast<std::int64_t>(d_lookahead);
    if (limit >= d_solved_end + step() + ahead)
        solve(d_solved_end + step(), d_solved_end + step() + ahead);
}

//! Row n of S for the frames so far, all of which start before d_next.
template <class T>
void folded_istft<T>::row_of(std::int64_t n, value* row) const
{
    const auto& t = *d_tuning;
    const auto length = static_cast<std::int64_t>(t.window.size()),
               hop = static_cast<std::int64_t>(d_parameters.hop);
    std::fill_n(row, d_chains->width(), value(0));
    row[0] = d_threshold * t.largest;
    auto start = std::min(d_next - hop, d_first + (n - d_first) / hop * hop); // n >= d_first
    for (; start >= d_first && start > n - length; start -= hop)
        add_frame(t.window, static_cast<std::size_t>(n - start), d_parameters.n_fft, row);
}

template <class T>
void folded_istft<T>::eliminate_to(std::int64_t end)
{
    const auto& t = *d_tuning;
    const auto width = d_chains->width(), hop = d_parameters.hop;
    const auto settled = std::max(hop, (width - 1) * d_parameters.n_fft);
    // the frame before the first one would end here
    const auto steady_from =
        d_first - static_cast<std::int64_t>(hop) + static_cast<std::int64_t>(t.window.size());
    if (end > d_eliminated)
        d_factors.resize(static_cast<std::size_t>(end - d_base) * width);
    auto residue =
        static_cast<std::size_t>(std::max<std::int64_t>(0, d_eliminated - d_first)) % hop;
    for (; d_eliminated < end; ++d_eliminated, residue = residue + 1 == hop ? 0 : residue + 1) {
        const auto index = static_cast<std::size_t>(d_eliminated - d_base);
        auto* own = d_factors.data() + index * width;
        const auto* steady = t.factors.data() + residue * width;
        if (d_eliminated < steady_from || d_eliminated >= d_next) {
            row_of(d_eliminated, d_row.data());
            d_chains->eliminate(d_row.data(), index, d_factors.data());
            d_alike = 0;
        } else if (d_alike < settled) {
            std::copy_n(t.rows.data() + residue * width, width, d_row.data());
            d_chains->eliminate(d_row.data(), index, d_factors.data());
            d_alike = equal(own, steady, width) ? d_alike + 1 : 0;
        } else {
            std::copy_n(steady, width, own);
        }
        d_chains->forward(d_factors.data(), index, d_sums.data());
    }
}

//! Makes samples up to `to` ready, solved from sample `end` on backward.
template <class T>
void folded_istft<T>::solve(std::int64_t to, std::int64_t end)
{
    if (to <= d_solved_end)
        return;
    const auto at = static_cast<std::size_t>(d_solved_end - d_base),
               count = static_cast<std::size_t>(to - d_solved_end);
    const value* from = d_sums.data() + at;
    if (d_tuning->solves) {
        d_scratch.assign(from, from + (end - d_solved_end));
        d_chains->backward(
            d_factors.data() + at * d_chains->width(), 0, d_scratch.size(), d_scratch.data());
        from = d_scratch.data();
    }
    if (d_read == d_solved_end) {
        d_solved.clear();
        d_solved_from = d_solved_end;
    }
    const auto before = d_solved.size();
    for (std::size_t i = 0; i < count; ++i)
        d_solved.push_back(static_cast<T>(from[i]));
    for (const auto& span : d_broken) {
        const auto begin = std::max(span.begin, d_solved_end), stop = std::min(span.end, to);
        for (auto n = begin; n < stop; ++n)
            d_solved[before + static_cast<std::size_t>(n - d_solved_end)] =
                std::numeric_limits<real_t<T>>::quiet_NaN();
    }
    d_solved_end = to;
    forget();
}

//! Drops what no later sample needs, once that is half of what is kept.
template <class T>
void folded_istft<T>::forget()
{
    d_broken.erase(std::remove_if(d_broken.begin(),
                                  d_broken.end(),
                                  [this](const auto& span) { return span.end <= d_solved_end; }),
                   d_broken.end());
    auto keep = d_solved_end;
    if (d_tuning->solves)
        keep = std::min(
            keep,
            d_eliminated - static_cast<std::int64_t>((d_chains->width() - 1) * d_parameters.n_fft));
    const auto gone = keep - d_base;
    if (gone <= 0 || 2 * gone < static_cast<std::int64_t>(d_sums.size()))
        return;
    d_sums.erase(d_sums.begin(), d_sums.begin() + gone);
    if (d_tuning->solves)
        d_factors.erase(d_factors.begin(),
                        d_factors.begin() + gone * static_cast<std::int64_t>(d_chains->width()));
    d_base = keep;
}

template <class T>
void folded_istft<T>::finish(std::int64_t length)
{
    const auto last = d_next - static_cast<std::int64_t>(d_parameters.hop);
    // a length that some frame lies beyond is not the signal's
    const bool touched = d_next > d_first && length > last;
    const auto end = std::max(d_solved_end, touched ? std::min(length, d_covered) : d_covered);
    if (d_tuning->solves)
        eliminate_to(end);
    solve(std::min(end, length), end);
    if (d_read == d_solved_end) {
        d_solved.clear();
        d_solved_from = d_solved_end;
    }
    d_solved_end = std::max(d_read, length);
    d_solved.resize(
        static_cast<std::size_t>(std::max<std::int64_t>(0, d_solved_end - d_solved_from)));
}

template <class T>
std::size_t folded_istft<T>::read(T* samples, std::size_t count)
{
    count = std::min(count, ready());
    const auto zeros = static_cast<std::size_t>(
        std::clamp<std::int64_t>(d_solved_from - d_read, 0, static_cast<std::int64_t>(count)));
    std::fill_n(samples, zeros, T(0));
    if (zeros < count)
        std::copy_n(d_solved.begin() + (d_read + static_cast<std::int64_t>(zeros) - d_solved_from),
                    count - zeros,
                    samples + zeros);
    d_read += static_cast<std::int64_t>(count);
    return count;
}

template <class T>
void folded_istft<T>::invert(const complex* spectra,
                             std::size_t frames,
                             T* samples,
                             std::int64_t length)
{
    const auto end = samples + length;
    samples += read(samples, static_cast<std::size_t>(end - samples));
    for (std::size_t p = 0; p < frames && samples < end; ++p, spectra += bins()) {
        add(spectra);
        if (p + 1 == frames)
            finish(length);
        samples += read(samples, static_cast<std::size_t>(end - samples));
    }
    if (samples < end) {
        finish(length);
        read(samples, static_cast<std::size_t>(end - samples));
    }
}

template class folded_istft<float>;
template class folded_istft<double>;
template class folded_istft<std::complex<float>>;
template class folded_istft<std::complex<double>>;

} // namespace gr::stft::kernel
