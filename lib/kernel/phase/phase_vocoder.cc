/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/constants.h"
#include "kernel/frames/unfolded.h"
#include "kernel/phase/phase_rows.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/phase/phase_vocoder.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr double silence = 1e-6; // of the largest cell: what is below has the phase of the input

//! The part of phase_settings that the writer of spectra needs.
phase_settings written_as(const vocoder_settings& s)
{
    phase_settings w;
    w.n_fft = s.n_fft;
    w.hop = s.hop;
    w.window = "boxcar";
    w.win_length = s.win_length;
    w.where = s.where;
    w.phase = s.phase;
    w.sides = s.sides;
    return w;
}

//! Phases of this frame minus those of the one before and the advance of the bin itself: -1/2 .. 1/2 cycles.
template <class R>
STFT_LOOP void
deviations(const R* phases, const R* before, const R* advances, std::size_t bins, R* result)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k)
        result[k] = phase_loops::fraction_of(phases[k] - before[k] - advances[k]);
}

//! Steps of the phase from each bin to the next one, from the last to the first: -1/2 .. 1/2 cycles.
template <class R>
STFT_LOOP void steps_of(const R* phases, R offset, std::size_t bins, R* steps)
{
    const auto last = bins - 1;
#pragma omp simd
    for (std::size_t k = 0; k < last; ++k)
        steps[k] = phase_loops::fraction_of(phases[k + 1] - phases[k] - offset);
    steps[last] = phase_loops::fraction_of(phases[0] - phases[last] - offset);
}

//! An offset, and values between two rows, whose difference is taken modulo 1, times a factor.
template <class R>
STFT_LOOP void
between_rows(const R* a, const R* b, R fraction, R factor, R offset, std::size_t bins, R* result)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k)
        result[k] = offset + factor * (a[k] + fraction * phase_loops::fraction_of(b[k] - a[k]));
}

template <class R>
STFT_LOOP void mix(const R* a, const R* b, R fraction, std::size_t bins, R* result)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k)
        result[k] = a[k] + fraction * (b[k] - a[k]);
}

//! sum += factor * row
template <class R>
STFT_LOOP void add_times(R factor, const R* row, std::size_t bins, R* sum)
{
#pragma omp simd
    for (std::size_t k = 0; k < bins; ++k)
        sum[k] += factor * row[k];
}

} // namespace

double window_centre(const std::vector<std::complex<double>>& taps)
{
    double sum = 0, moment = 0;
    for (std::size_t m = 0; m < taps.size(); ++m) {
        sum += std::norm(taps[m]);
        moment += std::norm(taps[m]) * static_cast<double>(m);
    }
    const auto centre = moment / sum - static_cast<double>(taps.size() / 2);
    const auto halves = std::round(2 * centre) / 2;
    const auto rounded =
        std::min(0.1, 1e-7 * static_cast<double>(taps.size())); // of taps in single precision
    if (!std::isfinite(centre))
        return 0;
    return std::abs(centre - halves) < rounded ? halves : centre;
}

parameters vocoder_settings::frames_of() const
{
    parameters p{ n_fft, hop, "boxcar", win_length, where, phase };
    p.sides = sides;
    return p;
}

void vocoder_settings::check() const
{
    checked_n_fft(static_cast<std::int64_t>(n_fft));
    check_unfolded(frames_of());
    frames_of().frames();
    if (!(rate >= 0.01 && rate <= 100))
        refuse("rate", rate, "must be 0.01 .. 100");
}

template <class R>
class vocoder_rows
{
public:
    using complex = std::complex<R>;

    explicit vocoder_rows(const vocoder_settings& s)
        : settings((s.check(), s)), start(s.frames_of().frames().first()), start_in(start),
          d_bins(s.bins()), d_writer(written_as(s)), d_paths(s.bins(), s.sides != sides::onesided)
    {
        for (auto& f : d_frames) {
            f.spectrum.resize(d_bins);
            for (auto* row : { &f.magnitudes, &f.phases, &f.deviations, &f.steps })
                row->resize(d_bins);
        }
        for (auto* row : { &d_phases,
                           &d_levels,
                           &d_levels_before,
                           &d_magnitudes,
                           &d_carry,
                           &d_before,
                           &d_here,
                           &d_from_before,
                           &d_steps,
                           &d_written })
            row->resize(d_bins);
        prepare();
    }

    bool ready() const
    {
        if (frame >= frames_in)
            return false;
        return copies() || frame + 1 < frames_in || (finished && fraction <= position_rounding);
    }

    void push(const complex* spectrum)
    {
        if (frames_in > 0)
            carry_to(frames_in - 1);
        auto& now = at(frames_in);
        const auto& before = at(frames_in - 1);
        std::copy_n(spectrum, d_bins, now.spectrum.begin());
        const complex* centred = spectrum;
        if (d_reader) {
            d_centred.resize(d_bins);
            d_reader->convert(spectrum, d_bins, start_in, d_centred.data());
            centred = d_centred.data();
        }
        for (std::size_t k = 0; k < d_bins; ++k) {
            const std::complex<double> x(centred[k]);
            now.magnitudes[k] = static_cast<R>(std::sqrt(std::norm(x)));
            const R angle = std::atan2(centred[k].imag(), centred[k].real());
            now.phases[k] = std::isfinite(angle) ? angle * R(1 / (2 * pi)) : R(0);
        }
        simd::dispatch<steps_of<R>>(now.phases.data(), d_step_of_middle, d_bins, now.steps.data());
        if (frames_in > 0)
            simd::dispatch<deviations<R>>(now.phases.data(),
                                          before.phases.data(),
                                          d_advances.data(),
                                          d_bins,
                                          now.deviations.data());
        ++frames_in;
        start_in += static_cast<std::int64_t>(settings.hop);
    }

    void pull(complex* spectrum)
    {
        if (copies())
            copy(spectrum);
        else
            compute(spectrum);
        std::swap(d_levels, d_levels_before);
        start += static_cast<std::int64_t>(settings.hop);
        d_step = settings.rate;
        d_transparent = d_transparent && d_step == 1;
        fraction += d_step;
        const auto whole = std::floor(fraction);
        frame += static_cast<std::int64_t>(whole);
        fraction -= whole;
    }

    void restart(const vocoder_settings& s, std::int64_t first_in, std::int64_t first)
    {
        s.check();
        if (s.n_fft != settings.n_fft)
            refuse("n_fft", s.n_fft, "must stay " + std::to_string(settings.n_fft));
        if (s.sides != settings.sides)
            refuse("sides", name_of(s.sides), std::string("must stay ") + name_of(settings.sides));
        settings = s;
        start_in = first_in;
        start = first;
        d_writer = phase_writer<R>(written_as(s));
        frames_in = frame = 0;
        fraction = 0;
        d_step = 0;
        d_transparent = true;
        finished = false;
        d_carried = 0;
        prepare();
    }

    void set_window_centre(double samples)
    {
        d_step_of_middle = static_cast<R>(-samples / static_cast<double>(settings.n_fft));
    }

    vocoder_settings settings;
    std::int64_t start, start_in; // of the next frames
    std::int64_t frames_in = 0, frame = 0;
    double fraction = 0;
    bool finished = false;

private:
    struct row {
        std::vector<complex> spectrum;
        std::vector<R> magnitudes, phases;
        std::vector<R> deviations; // of the phase's advance from the frame before, cycles
        std::vector<R> steps;      // to the next bin, but for d_step_of_middle
    };

    row& at(std::int64_t index) { return d_frames[static_cast<std::size_t>(index & 1)]; }

    void prepare()
    {
        const phase_reference centre("centre");
        d_reader.reset();
        if (!(settings.phase == centre) || start != start_in)
            d_reader.emplace(settings.n_fft,
                             settings.frames_of().window_length(),
                             settings.phase,
                             centre,
                             settings.sides == sides::centered);
        advances(written_as(settings), static_cast<std::int64_t>(settings.hop), d_advances);
        std::fill(d_carry.begin(), d_carry.end(), R(0));
        d_has_phases = false;
    }

    //! True if the next output frame is one of the input.
    bool copies() const { return fraction == 0 && (d_transparent || !d_has_phases); }

    //! The sum of deviations goes on to this frame, which is one of the two that are held.
    void carry_to(std::int64_t index)
    {
        for (; d_carried < index; ++d_carried)
            simd::dispatch<add_times<R>>(
                R(1), at(d_carried + 1).deviations.data(), d_bins, d_carry.data());
    }

    void levels_of(const R* magnitudes)
    {
        simd::dispatch<phase_loops::logarithms<R>>(magnitudes, d_bins, d_levels.data());
    }

    void copy(complex* spectrum)
    {
        auto& now = at(frame);
        if (start == start_of(frame)) {
            std::copy(now.spectrum.begin(), now.spectrum.end(), spectrum);
        } else {
            d_written = now.phases;
            d_writer.write(now.magnitudes.data(), d_written.data(), start, spectrum);
        }
        d_phases = now.phases;
        levels_of(now.magnitudes.data());
        d_has_phases = true;
        d_carried = frame;
        std::fill(d_carry.begin(), d_carry.end(), R(0));
    }

    std::int64_t start_of(std::int64_t index) const
    {
        return start_in - (frames_in - index) * static_cast<std::int64_t>(settings.hop);
    }

    void compute(complex* spectrum)
    {
        const bool is_last = frame + 1 >= frames_in;
        const auto& now = at(frame);
        const auto& next = is_last ? now : at(frame + 1);
        const R f = is_last ? R(0) : static_cast<R>(fraction);
        simd::dispatch<mix<R>>(
            now.magnitudes.data(), next.magnitudes.data(), f, d_bins, d_magnitudes.data());
        levels_of(d_magnitudes.data());
        // the mean deviation from the position of the last frame to this one, in a hop
        carry_to(frame);
        if (f > 0)
            simd::dispatch<add_times<R>>(f, next.deviations.data(), d_bins, d_carry.data());
        const R per_hop = static_cast<R>(1 / d_step);
        d_from_before = d_advances;
        simd::dispatch<add_times<R>>(R(1), d_phases.data(), d_bins, d_from_before.data());
        simd::dispatch<add_times<R>>(per_hop, d_carry.data(), d_bins, d_from_before.data());
        simd::dispatch<between_rows<R>>(now.steps.data(),
                                        next.steps.data(),
                                        f,
                                        per_hop,
                                        d_step_of_middle,
                                        d_bins,
                                        d_steps.data());
        const R largest =
            std::max(simd::dispatch<phase_loops::largest_of<R>>(d_levels.data(), d_bins),
                     simd::dispatch<phase_loops::largest_of<R>>(d_levels_before.data(), d_bins));
        const R limit = largest + static_cast<R>(std::log(silence));
        simd::dispatch<phase_loops::where_above<R>>(
            d_levels_before.data(), d_bins, limit, d_before.data());
        simd::dispatch<phase_loops::where_above<R>>(d_levels.data(), d_bins, limit, d_here.data());
        const auto& source = f < R(0.5) ? now.phases : next.phases;
        d_paths.integrate(d_before.data(),
                          d_here.data(),
                          d_from_before.data(),
                          source.data(),
                          d_steps.data(),
                          d_phases.data());
        for (std::size_t k = 0; k < d_bins; ++k)
            if (!(d_here[k] > row_paths<R>::silent))
                d_phases[k] = source[k];
        simd::dispatch<phase_loops::wrap<R>>(d_phases.data(), d_bins);
        d_written = d_phases;
        d_writer.write(d_magnitudes.data(), d_written.data(), start, spectrum);
        std::fill(d_carry.begin(), d_carry.end(), R(0));
        if (f > 0)
            simd::dispatch<add_times<R>>(-f, next.deviations.data(), d_bins, d_carry.data());
    }

    std::size_t d_bins;
    phase_writer<R> d_writer;
    std::optional<phase_converter<R>> d_reader; // none: spectra count from the centre
    row_paths<R> d_paths;
    std::array<row, 2> d_frames; // the newest ones, by the last bit of their index
    std::vector<R> d_advances, d_phases, d_levels, d_levels_before, d_magnitudes;
    std::vector<R>
        d_carry; // sum of deviations from the last output frame's position to frame d_carried
    std::int64_t d_carried = 0;
    std::vector<R> d_before, d_here, d_from_before, d_steps, d_written;
    std::vector<complex> d_centred;
    R d_step_of_middle = 0; // cycles from bin to bin of what is in the middle of the window
    double d_step = 0;      // input frames from the last output frame to the next one
    bool d_transparent = true, d_has_phases = false;
};

template <class R>
phase_vocoder<R>::phase_vocoder(const vocoder_settings& s)
    : d_rows(std::make_unique<vocoder_rows<R>>(s))
{}
template <class R>
phase_vocoder<R>::~phase_vocoder() = default;
template <class R>
phase_vocoder<R>::phase_vocoder(phase_vocoder&&) noexcept = default;
template <class R>
phase_vocoder<R>& phase_vocoder<R>::operator=(phase_vocoder&&) noexcept = default;

template <class R>
const vocoder_settings& phase_vocoder<R>::design() const
{
    return d_rows->settings;
}

template <class R>
std::size_t phase_vocoder<R>::bins() const
{
    return d_rows->settings.bins();
}

template <class R>
bool phase_vocoder<R>::ready() const
{
    return d_rows->ready();
}

template <class R>
void phase_vocoder<R>::push(const complex* spectrum)
{
    d_rows->push(spectrum);
}

template <class R>
void phase_vocoder<R>::pull(complex* spectrum)
{
    d_rows->pull(spectrum);
}

template <class R>
void phase_vocoder<R>::finish()
{
    d_rows->finished = true;
}

template <class R>
std::int64_t phase_vocoder<R>::frames_in() const
{
    return d_rows->frames_in;
}

template <class R>
std::int64_t phase_vocoder<R>::frame() const
{
    return d_rows->frame;
}

template <class R>
double phase_vocoder<R>::fraction() const
{
    return d_rows->fraction;
}

template <class R>
std::int64_t phase_vocoder<R>::start() const
{
    return d_rows->start;
}

template <class R>
std::int64_t phase_vocoder<R>::start_in() const
{
    return d_rows->start_in;
}

template <class R>
void phase_vocoder<R>::set_rate(double rate)
{
    auto next = d_rows->settings;
    next.rate = rate;
    next.check();
    d_rows->settings = next;
}

template <class R>
void phase_vocoder<R>::set_window_centre(double samples)
{
    d_rows->set_window_centre(samples);
}

template <class R>
void phase_vocoder<R>::restart(const vocoder_settings& s, std::int64_t start_in, std::int64_t start)
{
    d_rows->restart(s, start_in, start);
}

template class phase_vocoder<float>;
template class phase_vocoder<double>;

} // namespace gr::stft::kernel
