/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "multiply.h"
#include "refuse.h"
#include <gnuradio/stft/kernel/dual.h>
#include <gnuradio/stft/kernel/istft.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

template <class T>
std::vector<std::complex<double>> synthesis_taps(const parameters& p,
                                                 const std::vector<std::complex<double>>& given)
{
    p.check<T>();
    const auto analysis = p.taps();
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

template <class T>
double relative(double threshold)
{
    if (threshold < 0)
        return std::is_same_v<real_t<T>, float> ? 1e-6 : 1e-10;
    if (!(threshold < 1))
        refuse("threshold", threshold, "must be 0 <= threshold < 1");
    return threshold;
}

double inverse_above(double coverage, double least) { return coverage > least ? 1 / coverage : 0; }

} // namespace

template <class T>
istft<T>::tuning::tuning(const parameters& p,
                         const std::vector<std::complex<double>>& synthesis,
                         double threshold)
    : taper(synthesis_taps<T>(p, synthesis)), divides(synthesis.empty()), hop(p.hop),
      centre(p.frames().centre())
{
    const auto taps = p.taps();
    for (std::size_t m = 0; m < taps.size(); ++m)
        weight.push_back(std::real(std::conj(taps[m]) * (divides ? taps[m] : synthesis[m])));
    frames_to_steady = (taps.size() + hop - 1) / hop + 1;
    const bool gaps = hop > taps.size();
    auto coverage = steady_coverage(taps, gaps ? taps.size() : hop, hop);
    const double most = *std::max_element(coverage.begin(), coverage.end());
    least = threshold * most;
    smallest = gaps ? 0 : *std::min_element(coverage.begin(), coverage.end()) / most;
    if (gaps)
        return; // never steady
    if (centre < hop)
        std::rotate(coverage.begin(), coverage.begin() + centre, coverage.end());
    for (double d : coverage)
        steady.push_back(static_cast<real_t<T>>(inverse_above(d, least)));
}

template <class T>
istft<T>::istft(const parameters& p,
                const std::vector<std::complex<double>>& synthesis,
                double threshold)
    : d_parameters(p), d_synthesis(synthesis),
      d_threshold(relative<T>(threshold)), d_tunings{ std::make_shared<tuning>(p,
                                                                               synthesis,
                                                                               d_threshold) },
      d_tuning(d_tunings.back().get()), d_dft(p.n_fft, p.shifted),
      d_placed(d_tuning->frames_to_steady + 1)
{
    begin_at(p.frames().first());
    if (!invertible())
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
bool istft<T>::invertible() const
{
    const bool nola = d_tuning->smallest > std::min(d_threshold, relative<T>(-1));
    return d_tuning->hop <= d_tuning->weight.size() && (nola || !d_tuning->divides);
}

template <class T>
void istft<T>::change(const parameters& p, std::int64_t start)
{
    const bool fresh = d_placed.empty() && d_read == 0;
    if (kernel::bins<T>(p.n_fft) != bins() || (!fresh && p.n_fft != d_parameters.n_fft))
        refuse("n_fft", p.n_fft, "cannot change from " + std::to_string(d_parameters.n_fft));
    if (!fresh && start < d_read)
        refuse("start", start, "must not lie before sample " + std::to_string(d_read));
    const bool dual = fresh && d_synthesis.size() == p.window_length();
    const auto next = std::make_shared<tuning>(p, dual ? d_synthesis : taps_t{}, d_threshold);
    if (p.n_fft != d_parameters.n_fft)
        d_dft = frame_synthesis<T>(p.n_fft, p.shifted);
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

template <class T>
void istft<T>::place(const T* circle, std::size_t offset)
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
    if (d_covered < d_next)
        std::fill(d_sum.begin() + (d_covered - d_base), d_sum.begin() + (d_next - d_base), T(0));

    // what no frame has reached yet is written, the rest added to
    T* sum = d_sum.data() + (d_next - d_base);
    const auto reached =
        static_cast<std::size_t>(std::clamp<std::int64_t>(d_covered - d_next, 0, length));
    const auto before_wrap = std::min(length, d_parameters.n_fft - offset);
    const auto put = [&](const T* from, std::size_t begin, std::size_t finish) {
        const auto middle = std::clamp(reached, begin, finish);
        d_tuning->taper.multiply_add(from, begin, middle - begin, sum + begin);
        d_tuning->taper.multiply(from + (middle - begin), middle, finish - middle, sum + middle);
    };
    put(circle + offset, 0, before_wrap);
    put(circle, before_wrap, length);
    d_covered = std::max(d_covered, end);
}

template <class T>
void istft<T>::add(const complex* spectrum)
{
    const auto offset =
        d_parameters.phase.offset(d_next, d_tuning->taper.length(), d_parameters.n_fft);
    place(d_dft.synthesise(spectrum), offset);
    while (!d_placed.empty() &&
           d_placed.front().start + std::int64_t(d_placed.front().how->weight.size()) <= d_read)
        d_placed.pop_front();
    d_placed.push_back({ d_next, d_tuning });
    ++d_run;
    const auto centre = d_next + std::int64_t(d_tuning->centre);
    d_next += d_tuning->hop;
    make_ready(std::min(d_next, centre));
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
        d_weights = d_tuning->divides ? d_tuning->steady.data() : nullptr;
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
    } else {
        std::copy_n(sum, covered, samples);
    }
    std::fill(samples + covered, samples + count, T(0));
    d_read += count;
    return count;
}

template <class T>
void istft<T>::invert(const complex* spectra, std::size_t frames, T* samples, std::int64_t length)
{
    const auto end = samples + length;
    samples += read(samples, end - samples); // the zeros before a late first frame
    for (; frames > 0 && samples < end; --frames, spectra += bins()) {
        add(spectra);
        if (frames == 1)
            finish(length);
        samples += read(samples, end - samples);
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
