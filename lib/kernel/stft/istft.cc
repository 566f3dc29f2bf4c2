/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/frames/unfolded.h"
#include "kernel/refuse.h"
#include "kernel/simd/multiply.h"
#include <gnuradio/stft/kernel/frames/dual.h>
#include <gnuradio/stft/kernel/frames/threshold.h>
#include <gnuradio/stft/kernel/stft/istft.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

taps_t synthesis_taps(const parameters& p, const taps_t& analysis, const taps_t& given)
{
    check_unfolded(p); // folded_istft inverts the others
    if (!given.empty() && given.size() != analysis.size())
        refuse("synthesis",
               std::to_string(given.size()) + " taps",
               "must be win_length = " + std::to_string(analysis.size()));
    for (const auto& w : given)
        if (!std::isfinite(w.real()) || !std::isfinite(w.imag()))
            refuse("synthesis", w, "must be finite");
    auto taps = given.empty() ? analysis : given;
    const double factor = 1 / (gain(p.scale, analysis, p.n_fft, p.samp_rate) * p.n_fft);
    for (auto& w : taps)
        w *= factor;
    return taps;
}

//! w^a of a real window.
taps_t power_of(const taps_t& window, double exponent)
{
    taps_t powers;
    for (const auto& w : window) {
        const auto power = std::pow(w.real(), exponent);
        if (w.imag() != 0 || !std::isfinite(power))
            refuse(
                "win_exp",
                exponent,
                "must be 1 unless the window is real, and not negative or the exponent an integer");
        powers.emplace_back(power);
    }
    return powers;
}

double checked_exponent(double exponent, bool alone)
{
    if (!(exponent >= 0 && exponent <= 16))
        refuse("win_exp", exponent, "must be 0 .. 16");
    if (exponent != 1 && !alone)
        refuse("win_exp", exponent, "must be 1 if synthesis is given");
    return exponent;
}

//! Steady sums of weights at residues modulo hop, as steady_coverage() has those of |w|^2: the oldest frame first.
std::vector<double>
steady_sums(const std::vector<double>& weights, std::size_t count, std::size_t hop)
{
    std::vector<double> sums(count);
    for (auto m = weights.size(); m-- > 0;)
        if (m % hop < count)
            sums[m % hop] += weights[m];
    return sums;
}

//! Inverts a sum, which may be negative, as that of an odd power of a window is.
double inverse_above(double coverage, double least)
{
    return std::abs(coverage) > least ? 1 / coverage : 0;
}

//! Weights of uncovered samples.
template <class R>
std::uint64_t uncovered_in(const R* weights, std::size_t count)
{
    return static_cast<std::uint64_t>(std::count(weights, weights + count, R(0)));
}

} // namespace

template <class T>
istft<T>::tuning::tuning(const parameters& p,
                         const taps_t& taps,
                         const taps_t& synthesis,
                         double threshold,
                         double win_exp)
    : taper(synthesis_taps(p, taps, win_exp == 1 ? synthesis : power_of(taps, win_exp))),
      divides(synthesis.empty()), hop(p.hop), centre(p.frames().centre())
{
    weight.reserve(taps.size());
    for (std::size_t m = 0; m < taps.size(); ++m)
        weight.push_back(win_exp != 1
                             ? std::pow(taps[m].real(), win_exp + 1)
                             : std::real(std::conj(taps[m]) * (divides ? taps[m] : synthesis[m])));
    frames_to_steady = (taps.size() + hop - 1) / hop + 1;
    const bool gaps = hop > taps.size();
    const auto residues = gaps ? taps.size() : hop;
    auto coverage =
        win_exp == 1 ? steady_coverage(taps, residues, hop) : steady_sums(weight, residues, hop);
    const auto [nearest, farthest] =
        std::minmax_element(coverage.begin(), coverage.end(), [](double a, double b) {
            return std::abs(a) < std::abs(b);
        });
    const double most = std::abs(*farthest);
    least = threshold * most;
    smallest = gaps ? 0 : std::abs(*nearest) / most;
    if (gaps)
        return; // never steady
    if (centre < hop)
        std::rotate(coverage.begin(), coverage.begin() + centre, coverage.end());
    steady.reserve(coverage.size());
    for (double d : coverage)
        steady.push_back(static_cast<real_t<T>>(divides ? inverse_above(d, least) : 1));
    zeros = uncovered_in(steady.data(), steady.size());
}

template <class T>
istft<T>::istft(const parameters& p,
                const std::vector<std::complex<double>>& synthesis,
                double threshold,
                bool strict,
                double win_exp)
    : d_parameters(p), d_synthesis(synthesis),
      d_threshold(checked_threshold(threshold, coverage_threshold<real_t<T>>)),
      d_exponent(checked_exponent(win_exp, synthesis.empty())),
      d_tunings{
          std::make_shared<tuning>(p, p.checked_taps<T>(), synthesis, d_threshold, d_exponent)
      },
      d_tuning(d_tunings.back().get()), d_dft(p.n_fft, p.centered()),
      d_placed(d_tuning->frames_to_steady + 1)
{
    begin_at(p.frames().first());
    const bool lenient = !strict || threshold >= 0;
    if (!invertible() && !(lenient && p.hop <= d_tuning->weight.size()))
        refuse("hop",
               p.hop,
               "leaves samples uncovered by the window " + p.window.description() + " of " +
                   std::to_string(d_tuning->weight.size()) +
                   " samples, so its STFT has no inverse (NOLA)");
}

template <class T>
void istft<T>::begin_at(std::int64_t start)
{
    d_next = start;
    d_base = d_covered = std::min<std::int64_t>(0, start);
    make_ready(start);
}

template <class T>
void istft<T>::restart(std::int64_t start)
{
    d_placed.clear();
    d_read = 0;
    d_run = 0;
    d_uncovered = 0;
    begin_at(start);
}

template <class T>
bool istft<T>::invertible() const
{
    const bool nola = d_tuning->smallest > std::min(d_threshold, coverage_threshold<real_t<T>>);
    return d_tuning->hop <= d_tuning->weight.size() && (nola || !d_tuning->divides);
}

template <class T>
void istft<T>::change(const parameters& p, std::int64_t start)
{
    const bool fresh = d_placed.empty() && d_read == 0;
    if (kernel::bins<T>(p.n_fft) != bins() || (!fresh && p.n_fft != d_parameters.n_fft))
        refuse("n_fft", p.n_fft, "cannot change from " + std::to_string(d_parameters.n_fft));
    // as long as no sample was read, frames may still begin before the first one, in their order
    const auto earliest = fresh        ? start
                          : d_read > 0 ? d_read
                                       : std::min(d_read, d_placed.back().start);
    if (start < earliest)
        refuse("start", start, "must not lie before sample " + std::to_string(earliest));
    const bool dual = fresh && d_synthesis.size() == p.window_length();
    const auto next = std::make_shared<tuning>(
        p, p.checked_taps<T>(), dual ? d_synthesis : taps_t{}, d_threshold, d_exponent);
    if (p.n_fft != d_parameters.n_fft)
        d_dft = frame_synthesis<T>(p.n_fft, p.centered());
    d_run = 0;
    if (!fresh && start > d_next)
        make_ready(start);
    const auto unused = [&](const auto& t) {
        return std::none_of(
            d_placed.begin(), d_placed.end(), [&](const auto& f) { return f.how == t.get(); });
    };
    d_tunings.erase(std::remove_if(d_tunings.begin(), d_tunings.end(), unused), d_tunings.end());
    d_tunings.push_back(next);
    d_tuning = next.get();
    d_parameters = p;
    const auto overlapped = static_cast<std::size_t>(std::max<std::int64_t>(0, d_covered - start));
    if (fresh)
        begin_at(start);
    else
        d_next = start;
    d_placed.set_capacity(d_placed.size() + overlapped / p.hop + d_tuning->frames_to_steady + 1);
}

//! The sums from the next frame's first sample on, as far as it reaches.
template <class T>
T* istft<T>::room()
{
    const auto length = d_tuning->taper.length();
    const auto end = d_next + static_cast<std::int64_t>(length);
    const auto oldest = std::min(d_read, d_next);
    const auto kept = std::max<std::int64_t>(0, d_covered - oldest);
    if (kept == 0) { // nothing left of what was added before
        d_base = d_covered = oldest;
    } else if (end - d_base > static_cast<std::int64_t>(d_sum.size())) {
        std::copy_n(d_sum.begin() + (oldest - d_base), kept, d_sum.begin());
        d_base = oldest;
    }
    if (end - d_base > static_cast<std::int64_t>(d_sum.size()))
        d_sum.resize(length + static_cast<std::size_t>(end - d_base));
    return d_sum.data() + (d_next - d_base);
}

//! Calls f(first, begin, count) for each contiguous piece of a frame's samples begin .. end - 1 in
//! the DFT's circular output.
template <class T>
template <class F>
void istft<T>::for_pieces(std::size_t offset, std::size_t begin, std::size_t end, F f) const
{
    const auto wrap = std::clamp(d_parameters.n_fft - offset, begin, end);
    if (begin < wrap)
        f(offset + begin, begin, wrap - begin);
    if (wrap < end)
        f(offset + wrap - d_parameters.n_fft, wrap, end - wrap);
}

template <class T>
std::size_t istft<T>::offset() const
{
    return d_parameters.phase.offset(d_next, d_tuning->taper.length(), d_parameters.n_fft);
}

template <class T>
void istft<T>::overlap_add(const complex* spectrum)
{
    const auto& taper = d_tuning->taper;
    const auto at = offset();
    const T* period = d_dft.synthesise(spectrum);
    T* sum = room();
    if (d_covered < d_next)
        std::fill(sum - (d_next - d_covered), sum, T(0));
    // what no frame has reached yet is written, the rest added to
    const auto reached = static_cast<std::size_t>(
        std::clamp<std::int64_t>(d_covered - d_next, 0, static_cast<std::int64_t>(taper.length())));
    for_pieces(at, 0, reached, [&](std::size_t from, std::size_t m, std::size_t count) {
        taper.multiply_add(period + from, m, count, sum + m);
    });
    for_pieces(
        at, reached, taper.length(), [&](std::size_t from, std::size_t m, std::size_t count) {
            taper.multiply(period + from, m, count, sum + m);
        });
    d_covered = std::max(d_covered, d_next + static_cast<std::int64_t>(taper.length()));
}

template <class T>
void istft<T>::remember(std::int64_t start)
{
    while (!d_placed.empty() &&
           d_placed.front().start + std::int64_t(d_placed.front().how->weight.size()) <= d_read)
        d_placed.pop_front();
    d_placed.push_back({ start, d_tuning });
}

template <class T>
void istft<T>::expect_next()
{
    if (d_next > d_covered)
        make_ready(d_next);
}

template <class T>
void istft<T>::add(const complex* spectrum)
{
    overlap_add(spectrum);
    remember(d_next);
    ++d_run;
    const auto centre = d_next + std::int64_t(d_tuning->centre);
    d_next += d_tuning->hop;
    make_ready(std::min(d_next, centre));
}

template <class T>
bool istft<T>::follows_a_run() const
{
    const auto length = d_tuning->taper.length(), hop = d_tuning->hop;
    return d_run >= d_tuning->frames_to_steady && d_placed.front().how == d_tuning &&
           hop <= d_tuning->centre && 2 * hop <= length && d_read == d_next &&
           d_covered - d_next == static_cast<std::int64_t>(length - hop);
}

template <class T>
std::size_t istft<T>::add_run(const complex* spectra, std::size_t frames, T* samples)
{
    if (frames == 0 || !follows_a_run())
        return 0;
    const auto& taper = d_tuning->taper;
    const auto length = taper.length(), hop = d_tuning->hop;
    const auto* weights = d_tuning->steady.data();
    T* const sum = room();
    for (std::size_t p = 0; p < frames; ++p, spectra += bins(), samples += hop) {
        const auto at = offset();
        const T* period = d_dft.synthesise(spectra);
        for_pieces(at, 0, length, [&](std::size_t from, std::size_t m, std::size_t count) {
            taper.overlap_add(period + from, m, m + count, hop, sum, weights, samples);
        });
        d_next += hop;
    }
    const auto advance = static_cast<std::int64_t>(frames * hop);
    d_base += advance; // as the sums have moved
    d_covered += advance;
    d_read = d_next;
    d_ready_from = d_final = d_read;
    d_run += frames;
    d_uncovered += frames * d_tuning->zeros;
    for (auto p = std::min(frames, d_tuning->frames_to_steady); p > 0; --p)
        remember(d_next - static_cast<std::int64_t>(p * hop));
    return frames;
}

template <class T>
void istft<T>::finish(std::int64_t length)
{
    d_run = 0; // the frames that would cover the rest steadily do not come
    make_ready(length);
}

template <class T>
void istft<T>::make_ready(std::int64_t end)
{
    d_ready_from = d_read;
    d_final = std::max(d_read, end);
    if (d_run >= d_tuning->frames_to_steady && d_placed.front().how == d_tuning &&
        !d_tuning->steady.empty() && d_final - d_read == std::int64_t(d_tuning->hop))
        d_weights = d_tuning->steady.data();
    else if (std::any_of(d_placed.begin(), d_placed.end(), [](auto& f) { return f.how->divides; }))
        weigh();
    else
        d_weights = nullptr;
}

template <class T>
void istft<T>::weigh()
{
    const auto to = std::min(d_final, d_covered);
    d_coverage.assign(std::max<std::int64_t>(0, to - d_read), 0);
    for (const auto& frame : d_placed) {
        const auto& weight = frame.how->weight;
        const auto begin = std::max(frame.start, d_read);
        const auto end = std::min(frame.start + std::int64_t(weight.size()), to);
        for (auto n = begin; n < end; ++n)
            d_coverage[n - d_read] += weight[n - frame.start];
    }
    d_edge_weights.clear();
    for (double d : d_coverage)
        d_edge_weights.push_back(static_cast<real_t<T>>(inverse_above(d, d_tuning->least)));
    d_weights = d_edge_weights.data();
}

template <class T>
std::size_t istft<T>::read(T* samples, std::size_t count)
{
    count = std::min(count, ready());
    const auto covered = static_cast<std::size_t>(
        std::clamp<std::int64_t>(d_covered - d_read, 0, static_cast<std::int64_t>(count)));
    const T* sum = d_sum.data() + (d_read - d_base);
    if (d_weights) {
        const auto* weights = d_weights + (d_read - d_ready_from);
        multiply(sum, weights, samples, covered);
        d_uncovered += uncovered_in(weights, covered);
    } else {
        std::copy_n(sum, covered, samples);
    }
    std::fill(samples + covered, samples + count, T(0));
    d_uncovered += count - covered;
    d_read += count;
    return count;
}

template <class T>
void istft<T>::invert(const complex* spectra, std::size_t frames, T* samples, std::int64_t length)
{
    const auto end = samples + length;
    samples += read(samples, end - samples); // the zeros before a late first frame
    while (frames > 0 && samples < end) {
        const auto room = static_cast<std::size_t>(end - samples) / d_tuning->hop;
        auto taken = add_run(spectra, std::min(frames - 1, room), samples);
        samples += taken * d_tuning->hop;
        if (taken == 0) {
            expect_next();
            samples += read(samples, end - samples);
            add(spectra);
            taken = 1;
            if (frames == 1)
                finish(length);
            samples += read(samples, end - samples);
        }
        frames -= taken;
        spectra += taken * bins();
    }
    if (samples < end && frames == 0) { // no frame at all, or none that reaches so far
        finish(length);
        read(samples, end - samples);
    }
}

template class istft<float>;
template class istft<double>;
template class istft<std::complex<float>>;
template class istft<std::complex<double>>;

} // namespace gr::stft::kernel
