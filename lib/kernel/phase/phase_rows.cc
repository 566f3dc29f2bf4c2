/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/phase/phase_rows.h"
#include "kernel/phase/angles.h"
#include "kernel/phase/magnitude_projection.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/phase/phase_from_magnitude.h>
#include <algorithm>
#include <cmath>
#include <utility>

namespace gr::stft::kernel {

namespace {

//! Sums of what is larger might not be finite.
template <class R>
constexpr R most_magnitude = std::numeric_limits<R>::max() * R(1e-12);

//! Weight of a step along the row, compared with one in time, `frames` frames after phases began: the fewer of them a
//! phase has been led over, the less it says.
template <class R>
R weight_of_steps(std::uint64_t frames)
{
    return 1 + 30 / (1 + static_cast<R>(frames));
}

} // namespace

template <class R>
R random_phase(std::uint64_t seed, std::uint64_t frame, std::uint64_t bin)
{
    // SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) of a number of its own for each cell
    const auto mixed = [](std::uint64_t z) {
        z += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    };
    const auto z = mixed(mixed(mixed(seed) + frame) + bin);
    return static_cast<R>(static_cast<std::int64_t>(z >> 40) - (std::int64_t(1) << 23)) *
           R(0x1p-24);
}

template <class R>
phase_writer<R>::phase_writer(const phase_settings& s)
    : d_bins(s.bins()), d_onesided(!s.is_circular()), d_even(s.n_fft % 2 == 0)
{
    const phase_reference centre("centre");
    const auto length = s.frames_of().window_length();
    if (!(s.phase == centre))
        d_converter.emplace(s.n_fft, length, centre, s.phase, s.sides == sides::centered);
}

template <class R>
void phase_writer<R>::write(const R* magnitudes,
                            R* cycles,
                            std::int64_t start,
                            std::complex<R>* spectrum) const
{
    const auto make_real = [&](std::size_t k) {
        cycles[k] = std::abs(cycles[k]) <= R(0.25) ? R(0) : R(0.5);
    };
    if (d_onesided) {
        make_real(0);
        if (d_even)
            make_real(d_bins - 1);
    }
    simd::dispatch<phase_loops::phasors<R>>(
        magnitudes, cycles, d_bins, reinterpret_cast<R*>(spectrum));
    refer(start, spectrum);
}

template <class R>
void phase_writer<R>::refer(std::int64_t start, std::complex<R>* spectrum) const
{
    if (d_converter)
        d_converter->convert(spectrum, d_bins, start, spectrum);
}

template <class R>
void advances(const phase_settings& s, std::int64_t samples, std::vector<R>& cycles)
{
    const auto n = s.n_fft;
    const auto step = modulo(samples, n);
    auto product = s.sides == sides::centered ? (n - n / 2) % n * step % n : 0; // of the first bin
    cycles.resize(s.bins());
    for (auto& c : cycles) {
        c = static_cast<R>(static_cast<double>(product) / static_cast<double>(n));
        product = (product + step) % n;
    }
}

template <class R>
void fill_neighbours(R* s, const phase_gradient<R>& g)
{
    const auto bins = g.bins;
    const auto last = bins - 1;
    if (g.circular) {
        s[-1] = s[last];
        s[bins] = s[0];
    } else {
        s[-1] = s[bins > 1 ? 1 : 0];
        s[bins] = g.even && bins > 1 ? s[last - 1] : s[last];
    }
}

template <class R>
phase_rows<R>::phase_rows(const phase_settings& s)
    : settings((s.check(), s)), start(s.frames_of().frames().first()), d_gradient(s), d_writer(s),
      d_paths(s.bins(), s.is_circular())
{
    const auto bins = s.bins();
    for (auto& f : d_frames) {
        f.logarithms = padded_row<R>(bins);
        f.offsets.resize(bins);
        f.magnitudes.resize(s.look_ahead ? bins : 0);
        f.bounded.resize(agrees() ? bins : 0);
        f.row.resize(agrees() ? bins : 0);
    }
    for (auto* row : { &d_slopes,
                       &d_steps,
                       &d_phases,
                       &d_leading,
                       &d_before,
                       &d_here,
                       &d_from_before,
                       &d_written })
        row->resize(bins);
    if (!agrees())
        return;
    d_balance = path_balance<R>(bins, s.is_circular());
    d_heard.resize(bins);
    if (s.is_circular())
        d_complex.emplace(s);
    else
        d_real.emplace(s);
}

//! Takes the next frame in, and what can be derived from it alone.
template <class R>
void phase_rows<R>::take(const R* magnitudes)
{
    const auto bins = d_gradient.bins;
    d_newest = (d_newest + 1) % d_frames.size();
    auto& now = d_frames[d_newest];
    simd::dispatch<phase_loops::logarithms<R>>(magnitudes, bins, now.s());
    now.largest = simd::dispatch<phase_loops::largest_of<R>>(now.s(), bins);
    fill_neighbours(now.s(), d_gradient);
    simd::dispatch<phase_loops::frequency_offsets<R>>(now.s(),
                                                      bins,
                                                      d_gradient.per_bin,
                                                      d_gradient.most,
                                                      now.largest + silence_of<R>(settings),
                                                      now.offsets.data());
    std::copy_n(magnitudes, now.magnitudes.size(), now.magnitudes.begin());
    if (agrees())
        simd::dispatch<phase_loops::bounded_magnitudes<R>>(
            magnitudes, bins, most_magnitude<R>, now.bounded.data());
    now.start = start;
    now.centre = start + d_gradient.length / 2;
    now.index = d_count++;
    start += static_cast<std::int64_t>(settings.hop);
    ++d_alike;
}

template <class R>
bool phase_rows<R>::push(const R* magnitudes, complex* spectrum)
{
    take(magnitudes);
    const bool waited = d_pending > 0;
    const std::size_t age = settings.look_ahead;
    if (agrees()) {
        ++d_pending;
        if (waited) {
            integrate(1);
            set_phases(older(1), d_phases);
            std::swap(d_leading, d_phases);
            guess();
        } else {
            integrate(0);
            set_phases(older(0), d_phases);
        }
        const auto most = std::min(settings.iterations, settled_signal<R>::slots - 1);
        agree();
        if (waited)
            lead_from(1);
        while (d_pending > most)
            settle_oldest();
    } else {
        d_pending = age;
        if (age == 0 || waited)
            integrate(age);
    }
    if (age > 0 && !waited)
        return false;
    write(age, age > 0 ? older(age).magnitudes.data() : magnitudes, spectrum);
    return true;
}

template <class R>
bool phase_rows<R>::finish(complex* spectrum)
{
    if (settings.look_ahead == 0 || d_pending == 0)
        return false;
    if (agrees())
        settle_all();
    else
        integrate(0);
    d_pending = 0;
    write(0, older(0).magnitudes.data(), spectrum);
    return true;
}

template <class R>
void phase_rows<R>::change(const phase_settings& s, std::int64_t next_start)
{
    s.check();
    if (s.n_fft != settings.n_fft)
        refuse("n_fft", s.n_fft, "must stay " + std::to_string(settings.n_fft));
    if (s.sides != settings.sides)
        refuse("sides", name_of(s.sides), std::string("must stay ") + name_of(settings.sides));
    if (s.look_ahead != settings.look_ahead)
        refuse("look_ahead", s.look_ahead, "must stay " + std::to_string(settings.look_ahead));
    if ((s.iterations > 0) != agrees())
        refuse("iterations", s.iterations, agrees() ? "must stay 1 or more" : "must stay 0");
    const auto length = static_cast<std::int64_t>(s.frames_of().window_length());
    const bool same_window = s.window == settings.window && length == d_gradient.length;
    const bool same_gradient = s.hop == settings.hop && same_window;
    const bool goes_on = same_gradient && next_start == start;
    if (d_pending > 0 && settings.look_ahead == 0 && !goes_on)
        settle_all(); // what follows tells nothing of its phases
    settings = s;
    d_writer = phase_writer<R>(s);
    if (!goes_on)
        d_alike = 0; // other magnitudes, or at another distance
    start = next_start;
    if (!same_window && agrees())
        with_signal([&](auto& signal) { signal.change(s); });
    if (same_gradient)
        return;
    d_gradient = phase_gradient<R>(s);
}

//! True if the frame of this age overlaps with the one before.
template <class R>
bool phase_rows<R>::overlaps(std::size_t age)
{
    const auto step = step_to(age);
    return older(age).index > 0 && step > 0 && step <= d_gradient.length;
}

//! Slopes of the phase of the frame that is `age` frames older than the newest one.
template <class R>
void phase_rows<R>::take_slopes(std::size_t age)
{
    const auto* now = older(age).s();
    const auto* before = older(age + 1).s();
    const auto alike_before = d_alike > age ? d_alike - 1 - age : 0;
    const bool has_next = age > 0 && d_alike > age;
    R largest = older(age).largest;
    for (std::size_t i = 0; i + 1 < d_alike && i < 3; ++i)
        largest = std::max(largest, older(i).largest);
    three_rows<R> rows{ now, now, now, true, largest + silence_of<R>(settings) };
    constexpr R straight = std::numeric_limits<R>::infinity(); // two frames have no bend
    if (has_next && alike_before > 0) {
        rows = { before, now, older(0).s(), false, rows.limit };
        if (agrees())
            rows.magnitudes = { older(age + 1).bounded.data(),
                                older(age).bounded.data(),
                                older(0).bounded.data() };
    } else if (has_next)
        rows = { now, now, older(0).s(), true, straight };
    else if (age == 0 && alike_before > 1)
        rows = { older(2).s(), before, now, true, rows.limit };
    else if (age == 0 && alike_before > 0)
        rows = { before, before, now, true, straight };
    simd::dispatch<phase_loops::phase_slopes<R>>(rows,
                                                 d_gradient.bins,
                                                 d_gradient.per_frame,
                                                 d_gradient.reach,
                                                 d_gradient.shift,
                                                 d_slopes.data());
}

template <class R>
void phase_rows<R>::take_advances(std::int64_t step)
{
    if (step != d_step)
        advances(settings, step, d_advances);
    d_step = step;
}

//! Phases of the frame of this age, from those of the one before.
template <class R>
void phase_rows<R>::integrate(std::size_t age)
{
    take_slopes(age);
    const auto bins = d_gradient.bins;
    auto& now = older(age);
    auto& before = older(age + 1);
    const auto step = step_to(age);
    const bool follows = overlaps(age);
    const R largest = follows ? std::max(now.largest, before.largest) : now.largest;
    const R limit = largest + static_cast<R>(std::log(settings.tolerance));
    simd::dispatch<phase_loops::where_above<R>>(now.s(), bins, limit, d_here.data());
    if (follows) {
        take_advances(step);
        simd::dispatch<phase_loops::where_above<R>>(before.s(), bins, limit, d_before.data());
        simd::dispatch<phase_loops::advance<R>>(d_leading.data(),
                                                d_advances.data(),
                                                before.offsets.data(),
                                                now.offsets.data(),
                                                bins,
                                                static_cast<R>(step) / 2,
                                                d_from_before.data());
    } else {
        std::fill(d_before.begin(), d_before.end(), row_paths<R>::silent);
    }
    simd::dispatch<phase_loops::between_bins<R>>(d_slopes.data(), bins, d_steps.data());
    d_paths.integrate(d_before.data(),
                      d_here.data(),
                      d_from_before.data(),
                      nullptr,
                      d_steps.data(),
                      d_phases.data());
    if (!follows || before.largest <= limit)
        d_begin = now.index;
    if (agrees() && follows)
        d_balance.balance(before.bounded.data(),
                          now.bounded.data(),
                          d_here.data(),
                          d_from_before.data(),
                          d_steps.data(),
                          std::exp(largest),
                          weight_of_steps<R>(now.index - d_begin),
                          d_phases.data());
    if (!(simd::dispatch<phase_loops::smallest_of<R>>(d_here.data(), bins) > row_paths<R>::silent))
        for (std::size_t k = 0; k < bins; ++k)
            if (!(d_here[k] > row_paths<R>::silent))
                d_phases[k] = random_phase<R>(settings.seed, now.index, k);
    simd::dispatch<phase_loops::wrap<R>>(d_phases.data(), bins);
    if (!agrees())
        d_leading = d_phases;
}

//! Phases for the newest frame to begin with: those of the one before, led on, unless it is suddenly louder.
template <class R>
void phase_rows<R>::guess()
{
    const R rise = older(0).largest - older(1).largest;
    constexpr R sudden = 1; // what begins so does not follow from what was there before
    if (!overlaps(0) || rise > sudden) {
        integrate(0);
    } else {
        const auto step = step_to(0);
        take_advances(step);
        simd::dispatch<phase_loops::advance<R>>(d_leading.data(),
                                                d_advances.data(),
                                                older(1).offsets.data(),
                                                older(0).offsets.data(),
                                                d_gradient.bins,
                                                static_cast<R>(step) / 2,
                                                d_phases.data());
        simd::dispatch<phase_loops::wrap<R>>(d_phases.data(), d_gradient.bins);
    }
    set_phases(older(0), d_phases);
}

//! A frame gets phases; of a real signal's frame, bins that are real are made so.
template <class R>
void phase_rows<R>::set_phases(frame& f, const volk::vector<R>& cycles)
{
    const auto bins = d_gradient.bins;
    simd::dispatch<phase_loops::phasors<R>>(
        f.bounded.data(), cycles.data(), bins, reinterpret_cast<R*>(f.row.data()));
    const auto make_real = [&](std::size_t k) {
        f.row[k] = std::copysign(f.bounded[k], f.row[k].real());
    };
    if (!d_real)
        return;
    make_real(0);
    if (d_gradient.even)
        make_real(bins - 1);
}

//! Gives a pending frame the phases of the signal that all frames make, moved `beyond` times as far again, since the
//! frame is itself in that signal. True if it is.
template <class R>
bool phase_rows<R>::project(std::size_t age, R beyond)
{
    const auto from = start_in_signal(age);
    bool is_in = false;
    auto& f = older(age);
    with_signal([&](auto& signal) {
        is_in = signal.reaches(from);
        if (is_in)
            signal.analyse(from, d_heard.data());
    });
    if (is_in)
        simd::dispatch<phase_loops::project<R>>(reinterpret_cast<const R*>(d_heard.data()),
                                                f.bounded.data(),
                                                d_gradient.bins,
                                                static_cast<R>(settings.n_fft),
                                                beyond,
                                                reinterpret_cast<R*>(f.row.data()));
    return is_in;
}

//! Makes the pending frames agree with the settled ones and with each other: the newest one first, since it was
//! guessed, then those before it, the oldest first. What leaves at once is the newest one, once more.
template <class R>
void phase_rows<R>::agree()
{
    with_signal([&](auto& signal) {
        const auto oldest = d_pending - 1;
        const auto first = older(oldest).start;
        signal.advance(first - d_signal_start);
        d_signal_start = first;
        std::array<typename std::decay_t<decltype(signal)>::pending, settled_signal<R>::slots> all;
        for (std::size_t i = 0; i < d_pending; ++i) {
            const auto a = oldest - i;
            const bool is_new = a < 2; // phases of the others stay
            all[i] = { slot_of(older(a)),
                       start_in_signal(a),
                       is_new ? older(a).row.data() : nullptr };
        }
        signal.begin(all.data(), d_pending);
        const auto replace = [&](std::size_t a) {
            // the newest one has most of its end to itself, and would be driven to and fro
            if (project(a, a > 0 ? R(0.3) : R(0.2)))
                signal.replace(slot_of(older(a)), start_in_signal(a), older(a).row.data());
        };
        for (std::size_t i = 0; i < settings.iterations; ++i)
            replace(0);
        for (auto a = oldest; a > 0; --a)
            replace(a);
        if (settings.look_ahead == 0)
            project(0, R(0.6)); // nothing follows from it
    });
}

//! The phases of the frame of this age are those that lead on.
template <class R>
void phase_rows<R>::lead_from(std::size_t age)
{
    simd::dispatch<phase_loops::angles<R>>(
        reinterpret_cast<const R*>(older(age).row.data()), d_gradient.bins, d_leading.data());
}

//! The oldest pending frame stays as it is.
template <class R>
void phase_rows<R>::settle_oldest()
{
    const auto& f = older(d_pending - 1);
    with_signal([&](auto& signal) {
        signal.advance(f.start - d_signal_start);
        d_signal_start = f.start;
        signal.settle(slot_of(f));
    });
    --d_pending;
}

template <class R>
void phase_rows<R>::settle_all()
{
    while (d_pending > 0)
        settle_oldest();
    // without look-ahead as it left, moved beyond: that leads on better than what was settled
    lead_from(0);
}

//! The spectrum of the frame of this age.
template <class R>
void phase_rows<R>::write(std::size_t age, const R* magnitudes, complex* spectrum)
{
    if (agrees()) {
        simd::dispatch<phase_loops::restore_magnitudes<R>>(
            reinterpret_cast<const R*>(older(age).row.data()),
            magnitudes,
            d_gradient.bins,
            most_magnitude<R>,
            reinterpret_cast<R*>(spectrum));
        d_writer.refer(older(age).start, spectrum);
        return;
    }
    std::copy(d_phases.begin(), d_phases.end(), d_written.begin());
    d_writer.write(magnitudes, d_written.data(), older(age).start, spectrum);
}

template <class R>
phase_from_magnitude<R>::phase_from_magnitude(const phase_settings& s)
    : d_rows(std::make_unique<phase_rows<R>>(s))
{}
template <class R>
phase_from_magnitude<R>::~phase_from_magnitude() = default;
template <class R>
phase_from_magnitude<R>::phase_from_magnitude(phase_from_magnitude&&) noexcept = default;
template <class R>
phase_from_magnitude<R>&
phase_from_magnitude<R>::operator=(phase_from_magnitude&&) noexcept = default;

template <class R>
const phase_settings& phase_from_magnitude<R>::design() const
{
    return d_rows->settings;
}

template <class R>
std::size_t phase_from_magnitude<R>::bins() const
{
    return d_rows->settings.bins();
}

template <class R>
std::int64_t phase_from_magnitude<R>::start() const
{
    return d_rows->start;
}

template <class R>
bool phase_from_magnitude<R>::push(const R* magnitudes, complex* spectrum)
{
    return d_rows->push(magnitudes, spectrum);
}

template <class R>
bool phase_from_magnitude<R>::finish(complex* spectrum)
{
    return d_rows->finish(spectrum);
}

template <class R>
void phase_from_magnitude<R>::change(const phase_settings& s, std::int64_t start)
{
    d_rows->change(s, start);
}

template <class R>
void phase_from_magnitude<R>::begin_at(std::int64_t start)
{
    d_rows->start = start;
}

template float random_phase(std::uint64_t, std::uint64_t, std::uint64_t);
template double random_phase(std::uint64_t, std::uint64_t, std::uint64_t);
template void advances(const phase_settings&, std::int64_t, std::vector<float>&);
template void advances(const phase_settings&, std::int64_t, std::vector<double>&);
template void fill_neighbours(float*, const phase_gradient<float>&);
template void fill_neighbours(double*, const phase_gradient<double>&);
template class phase_writer<float>;
template class phase_writer<double>;
template class phase_rows<float>;
template class phase_rows<double>;
template class phase_from_magnitude<float>;
template class phase_from_magnitude<double>;

} // namespace gr::stft::kernel
