/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "adaptive_learner.h"
#include "kernel/refuse.h"
#include <volk/volk.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr double well_covered = 0.375; // where a window is large enough to be divided by, in theta
constexpr double at_bound = 1.01; // a theta is at a bound that is not farther away than this ratio
constexpr double too_many = 0.5;  // at one bound: it should perhaps be another one

std::int64_t nearest_sample(const position& t) { return t.sample + (t.fraction >= 0.5); }

//! Samples that are kept before the centre of the next frame: the last one's longest window may begin there.
std::int64_t behind(const adaptive_settings& s)
{
    return static_cast<std::int64_t>(s.n_fft) + static_cast<std::int64_t>(s.hop) + 9;
}

//! Samples from the past of the frame that comes out to the future of the one that is measured.
std::size_t span(const adaptive_settings& s)
{
    const auto ahead = static_cast<double>(s.block + s.lag + 3) * s.hop;
    const auto window = static_cast<std::int64_t>(s.n_fft / 2) + 8;
    return static_cast<std::size_t>(behind(s) + window + static_cast<std::int64_t>(ahead));
}

} // namespace

template <class T>
adaptive_learner<T>::adaptive_learner(const adaptive_settings& given)
    : d_given(given), d_settings(given.filled()),
      d_transform(d_settings.n_fft, d_settings.window, d_settings.norm, d_settings.share),
      d_signal(span(d_settings)), d_pace(d_settings.hop, d_settings.alpha, d_settings.share),
      d_theta(d_transform.thetas()), d_lengths(d_theta.size()),
      d_last(d_theta.size(), bounds().nearest(d_settings.theta_init)), d_frozen(d_settings.freeze)
{
    build();
    restart(false, true);
}

template <class T>
std::vector<double> adaptive_learner<T>::candidates() const
{
    const auto& s = d_settings;
    if (!by_bank()) // for the whitener only
        return { std::clamp(static_cast<double>(s.n_fft) / 2, s.theta_min, s.theta_max) };
    if (!learns_theta())
        return { d_last[0] };
    std::vector<double> theta;
    const auto steps = static_cast<double>(s.candidates - 1);
    for (std::int64_t k = 0; k < s.candidates; ++k) {
        const double part = static_cast<double>(k) / steps;
        const double place = s.theta_min * std::pow(s.theta_max / s.theta_min, part);
        // powers of two, of which pow() may miss one by its rounding, are worth a shorter DFT
        theta.push_back(
            std::clamp(std::nearbyint(place * 1048576) / 1048576, s.theta_min, s.theta_max));
    }
    return theta;
}

template <class T>
void adaptive_learner<T>::build()
{
    const auto& s = d_settings;
    auto bank = std::make_unique<candidate_bank<T>>(s, candidates());
    if (d_bank)
        bank->take_over(*d_bank);
    d_bank = std::move(bank);
    d_bank->set_load(d_load);
    auto descent = std::make_unique<frame_descent<T>>(s, d_transform);
    if (d_descent)
        descent->take_over(*d_descent);
    d_descent = std::move(descent);
    d_descent->set_load(d_load);
    d_sliding = by_bank() ? nullptr : std::make_unique<sliding_descent<T>>(s);
    d_reach = std::max(d_bank->reach(), by_bank() ? 0 : static_cast<std::int64_t>(s.n_fft / 2 + 1));
    d_paths.clear();
    std::vector<double> places;
    for (std::size_t k = 0; k < d_bank->size(); ++k)
        places.push_back(d_bank->log_theta(k));
    const auto bands = d_bank->bands();
    for (std::size_t b = 0; by_bank() && b < bands; ++b)
        d_paths.emplace_back(places, s.smoothness, s.lag);
    d_log_theta.resize(bands);
    d_mean.resize(bands);

    if (!per_bin(s.share))
        return;
    d_over_bins.emplace(s.n_fft, is_real_v<T>, bands, s.interpolate);
    d_cells.resize(d_transform.bins());
    d_before.resize(d_transform.bins());
}

template <class T>
double adaptive_learner<T>::band_theta(std::size_t band) const
{
    const auto bands = d_bank->bands(), bins = d_last.size();
    return bins == 1 ? d_last[0] : d_last[std::min((2 * band + 1) * bins / (2 * bands), bins - 1)];
}

//! Learning begins anew with the next output frame, at the window lengths of the last one.
template <class T>
void adaptive_learner<T>::restart(bool held, bool forget)
{
    const auto next = target();
    d_seen = d_measured = d_resolved = next - 1;
    d_learning_since = next;
    d_bank->restart(next, forget);
    if (forget)
        d_bank->whitener().reset();
    for (std::size_t b = 0; b < d_log_theta.size(); ++b) {
        d_log_theta[b] = std::log(band_theta(b));
        if (by_bank())
            d_paths[b].start(next, d_log_theta[b], held);
    }
    if (d_sliding)
        d_sliding->restart(next, d_log_theta[0], forget);
    d_has_before = false;
    d_held = held;
    d_decided = false;
}

template <class T>
position adaptive_learner<T>::grid(std::int64_t p) const
{
    return exact_position(d_origin_at).move(d_settings.hop, p - d_origin).rounded();
}

template <class T>
bool adaptive_learner<T>::exists(std::int64_t p) const
{
    return pacing(d_settings.hop, 0, sharing::frame).has_frame(grid(p), 0, d_signal.received());
}

//! The grid frame that the next output frame takes its window length from.
template <class T>
std::int64_t adaptive_learner<T>::target() const
{
    if (!d_pace.fixed_overlap())
        return d_frame;
    const auto origin = exact_position(d_origin_at).rounded();
    const double away = static_cast<double>(d_centre.sample - origin.sample) +
                        (d_centre.fraction - origin.fraction);
    auto p = std::max(d_origin, d_origin + static_cast<std::int64_t>(away / d_settings.hop));
    const auto distance = [&](std::int64_t q) {
        const auto there = grid(q);
        return std::abs(static_cast<double>(d_centre.sample - there.sample) +
                        (d_centre.fraction - there.fraction));
    };
    if (distance(p + 1) < distance(p))
        ++p;
    while (d_signal.finished() && p > d_origin && !exists(p))
        --p;
    return p;
}

//! Measures the frames up to p, or to the last one. \return whether the samples suffice
template <class T>
bool adaptive_learner<T>::measure_to(std::int64_t p)
{
    while (d_seen < p) {
        const auto next = d_seen + 1;
        const auto centre = nearest_sample(grid(next));
        const bool ends = d_signal.received() <= centre + d_reach;
        if (d_signal.finished() ? !exists(next) : ends)
            return d_signal.finished();
        d_seen = next;
        // frames at the beginning wait for a longest window of samples, or for the end if it comes before
        if (by_bank() && centre < d_reach && !ends)
            continue;
        while (d_measured < next)
            measure(++d_measured);
    }
    return true;
}

template <class T>
void adaptive_learner<T>::measure(std::int64_t p)
{
    const auto t = grid(p);
    const auto centre = nearest_sample(t);
    const auto x = d_signal.samples();
    if (by_bank())
        return d_bank->measure(p, x, centre);
    if (centre < d_reach || d_signal.received() <= centre + d_reach)
        return d_sliding->pass(p);
    if (d_settings.whiten > 0)
        d_bank->measure(p, x, centre);
    d_descent->whiten(d_bank->whitener());
    d_sliding->measure(p, x, t, *d_descent);
}

//! Finds the window lengths of the grid frames up to p. \return whether the samples suffice
template <class T>
bool adaptive_learner<T>::resolve_to(std::int64_t p)
{
    const auto& s = d_settings;
    while (d_resolved < p) {
        const auto next = d_resolved + 1;
        if (!measure_to(next + s.lag + s.block))
            return false;
        while (by_bank() && d_paths[0].front() < next + s.lag) {
            const auto front = d_paths[0].front() + 1;
            if (d_signal.finished() && !exists(front))
                break;
            d_bank->evaluate(front);
            for (std::size_t b = 0; b < d_paths.size(); ++b)
                d_paths[b].advance(d_bank->defined(b) ? d_bank->J(b) : nullptr);
        }
        take_resolved(next);
        d_resolved = next;
        drop();
    }
    return true;
}

template <class T>
void adaptive_learner<T>::take_resolved(std::int64_t p)
{
    double criterion = 0;
    if (d_sliding) {
        d_log_theta[0] = d_sliding->log_theta(p);
        criterion = d_sliding->criterion();
    }
    for (std::size_t b = 0; b < d_paths.size(); ++b) {
        d_log_theta[b] = d_paths[b].resolve(p);
        criterion += d_paths[b].criterion() / static_cast<double>(d_paths.size());
    }
    if (!std::isnan(criterion))
        d_criterion = criterion;
}

//! From the bands' values, or from cells where there are steps of the gradient.
template <class T>
void adaptive_learner<T>::find_theta()
{
    const auto& s = d_settings;
    if (d_over_bins && s.steps == 0)
        d_over_bins->spread_exp(d_log_theta.data(), d_theta.data());
    const auto* log_theta = d_over_bins ? d_cells.data() : d_log_theta.data();
    for (std::size_t m = 0; m < d_theta.size() && (!d_over_bins || s.steps > 0); ++m)
        d_theta[m] = static_cast<float>(std::exp(log_theta[m]));
    clip_theta();
}

template <class T>
void adaptive_learner<T>::clip_theta()
{
    d_of_theta = bounds().clip(d_theta.data(), d_theta.size());
}

template <class T>
double adaptive_learner<T>::most_away(double theta) const
{
    constexpr double unit = 1.0 / 65536;
    const double half = d_settings.hop / 2;
    const double most = d_settings.invertible ? std::min(half, well_covered * theta - half) : half;
    return std::max(0.0, std::floor(most / unit) * unit - unit);
}

//! One past the last sample under the next frame's window.
template <class T>
std::int64_t adaptive_learner<T>::end_of(double theta, double away) const
{
    const auto& t = d_decided ? d_t : d_centre;
    return t.sample + static_cast<std::int64_t>(std::ceil(t.fraction + away + theta / 2));
}

//! Whether such a window, so far away from the next frame's place at most, holds samples of the signal only.
template <class T>
bool adaptive_learner<T>::lies_within(double theta, double away) const
{
    const auto reach = static_cast<std::int64_t>(std::ceil(theta / 2 + away));
    return d_centre.sample >= reach && end_of(theta, away) <= d_signal.received();
}

//! Steps of the gradient for the next frame, which lies in the block of grid frame p.
template <class T>
void adaptive_learner<T>::refine(std::int64_t p)
{
    const auto& s = d_settings;
    if (d_sliding && !learns_t())
        return;
    d_descent->whiten(d_bank->whitener());
    const auto x = d_signal.samples();
    const auto frames = d_sliding ? d_sliding->frames_in(p) : d_bank->frames_in(p);
    for (std::size_t b = 0; b < d_mean.size(); ++b)
        d_mean[b] = d_sliding ? d_sliding->block_mean(p) : d_bank->block_mean(p, b, d_log_theta[b]);
    if (learns_t()) {
        d_t =
            d_descent->refine_t(x, d_centre, d_theta[0], most_away(d_theta[0]), d_mean[0], frames);
    } else if (s.share == sharing::cell) {
        d_descent->refine_cells(x,
                                d_centre,
                                d_cells.data(),
                                d_has_before ? d_before.data() : nullptr,
                                d_mean.data(),
                                frames);
        find_theta();
    } else {
        const double theta = d_descent->refine_theta(x, d_centre, d_theta[0], d_mean[0], frames);
        d_theta[0] = bounds().nearest(theta);
        clip_theta();
    }
}

//! Behind the last frame no other one helps: its window is long enough to be divided by at the last sample.
template <class T>
void adaptive_learner<T>::reach_the_end()
{
    const auto& s = d_settings;
    const double distance =
        static_cast<double>(d_signal.received() - 1 - d_t.sample) - d_t.fraction;
    const double least = std::min(distance / well_covered, s.theta_max);
    for (float& one : d_theta)
        one = one < least ? bounds().nearest(least) : one;
    clip_theta();
}

template <class T>
bool adaptive_learner<T>::ready()
{
    if (d_decided)
        return true;
    if (d_signal.received() == 0 ||
        (!d_pace.fixed_overlap() && d_signal.finished() && !exists(d_frame)))
        return false;
    const auto p = target() - (d_settings.causal ? d_settings.block : 0);
    const bool learnt = !d_frozen && p >= d_learning_since;
    if (learnt && !resolve_to(p))
        return false;
    if (!learnt || d_held) {
        d_theta = d_last;
        clip_theta();
    } else {
        if (d_over_bins && d_settings.steps > 0)
            d_over_bins->spread(d_log_theta.data(), d_cells.data());
        find_theta();
    }
    const bool moves = learnt && !d_held && d_settings.steps > 0;
    const double theta = moves && learns_theta() ? d_settings.theta_max : d_of_theta.greatest;
    const double away = moves && learns_t() ? d_settings.hop / 2 : 0;
    if (!d_signal.finished()) {
        if (d_signal.received() < end_of(theta, away))
            return false;
        const auto next = d_pace.fixed_overlap() ? d_centre + d_pace.step(d_settings.theta_max)
                                                 : grid(d_frame + 1);
        if (d_signal.received() < d_pace.certain_at(next))
            return false;
    }
    const bool last = !d_pace.fixed_overlap() && d_signal.finished() && !exists(d_frame + 1);
    d_t = d_centre;
    if (moves && lies_within(theta, away) && (!last || !learns_t()))
        refine(p);
    if (last && d_settings.invertible)
        reach_the_end();
    if (d_signal.finished() &&
        !d_pace.has_frame(d_centre, d_of_theta.greatest, d_signal.received()))
        return false;
    d_decided = true;
    return true;
}

template <class T>
bool adaptive_learner<T>::over()
{
    return d_signal.finished() && !ready();
}

template <class T>
std::int64_t adaptive_learner<T>::end() const
{
    return d_decided ? end_of(d_of_theta.greatest, 0)
                     : end_of(d_settings.theta_max, learns_t() ? d_settings.hop / 2 : 0);
}

//! Samples that must have come before the next frame is ready in any case.
template <class T>
std::int64_t adaptive_learner<T>::needed() const
{
    const auto& s = d_settings;
    const auto ahead = d_frozen || s.causal ? 0 : s.block + s.lag;
    const auto measured = nearest_sample(grid(target() + ahead)) + d_reach + 1;
    const auto next =
        d_pace.fixed_overlap() ? d_centre + d_pace.step(s.theta_max) : grid(d_frame + 1);
    return std::max({ d_frozen ? 0 : measured, end(), d_pace.certain_at(next) });
}

template <class T>
std::int64_t adaptive_learner<T>::wanted()
{
    if (d_signal.finished() || ready())
        return 0;
    const auto most = std::max<std::int64_t>(1, static_cast<std::int64_t>(d_signal.room()));
    return std::clamp<std::int64_t>(needed() - d_signal.received(), 1, most);
}

template <class T>
std::int64_t adaptive_learner<T>::latency() const
{
    const auto& s = d_settings;
    const double ahead = s.causal ? 0 : static_cast<double>(s.block + s.lag) * s.hop;
    const double window = s.theta_max / 2 + (learns_t() ? s.hop / 2 : 0);
    const double next = d_pace.step(s.theta_max) + 1;
    const double nearest = d_pace.fixed_overlap() ? s.hop / 2 : 0;
    return static_cast<std::int64_t>(
        std::ceil(std::max({ ahead + nearest + static_cast<double>(d_reach) + 1, window, next })));
}

template <class T>
void adaptive_learner<T>::drop()
{
    auto first = d_centre.sample;
    if (!d_frozen)
        first = std::min(first, grid(d_measured + 1).sample);
    d_signal.drop_before(first - behind(d_settings));
}

template <class T>
std::size_t adaptive_learner<T>::push(const T* samples, std::size_t count)
{
    auto taken = d_signal.push(samples, count);
    if (taken == 0 && count > 0 && !ready()) // which makes room
        taken = d_signal.push(samples, count);
    return taken;
}

template <class T>
void adaptive_learner<T>::finish()
{
    d_signal.finish();
}

template <class T>
const std::vector<float>& adaptive_learner<T>::next(complex* spectrum, position& t)
{
    if (spectrum) {
        volk_32f_convert_64f(
            d_lengths.data(), d_theta.data(), static_cast<unsigned>(d_theta.size()));
        d_transform.analyse(d_signal.samples(), d_t, d_lengths.data(), spectrum);
    }
    t = d_t;

    const auto& all = d_of_theta;
    d_least = d_reported ? std::min(d_least, all.least) : all.least;
    d_greatest = d_reported ? std::max(d_greatest, all.greatest) : all.greatest;
    d_sum += all.sum / static_cast<double>(d_theta.size());
    ++d_reported;

    d_last.swap(d_theta);
    count_at_bounds();
    d_has_before = per_bin(d_settings.share) && !d_frozen && !d_held;
    d_before.swap(d_cells);
    d_held = d_decided = false;
    ++d_frame;
    d_centre = d_pace.fixed_overlap() ? d_at.move(d_pace.step(d_of_theta.greatest)).rounded()
                                      : grid(d_frame);
    drop();
    return d_last;
}

template <class T>
void adaptive_learner<T>::set_theta(const std::vector<double>& theta)
{
    const auto& s = d_settings;
    if (theta.size() != 1 && theta.size() != d_last.size())
        refuse("theta",
               std::to_string(theta.size()) + " values",
               "must be one" +
                   (d_last.size() > 1 ? " or " + std::to_string(d_last.size()) : std::string()));
    for (double one : theta)
        if (!(one >= s.theta_min && one <= s.theta_max)) {
            std::ostringstream rule;
            rule << "must be in theta_min .. theta_max = " << s.theta_min << " .. " << s.theta_max;
            refuse("theta", one, rule.str());
        }
    for (std::size_t m = 0; m < d_last.size(); ++m)
        d_last[m] = bounds().nearest(theta[theta.size() > 1 ? m : 0]);
    if (!learns_theta())
        build(); // blocks are measured with this theta alone
    restart(true, false);
}

template <class T>
void adaptive_learner<T>::set_bounds(double theta_min, double theta_max)
{
    auto given = d_given;
    given.theta_min = theta_min;
    given.theta_max = theta_max;
    if (given.theta_init != 0 && !(theta_min <= given.theta_init && given.theta_init <= theta_max))
        given.theta_init = 0;
    const auto filled = given.filled();
    d_given = given;
    d_settings = filled;
    bounds().clip(d_last.data(), d_last.size());
    build();
    restart(false, false);
}

template <class T>
void adaptive_learner<T>::set_hop(double hop)
{
    auto given = d_given;
    given.hop = hop;
    const auto filled = given.filled();
    const auto next = target();
    d_origin_at.move(d_settings.hop, next - d_origin);
    d_origin = next;
    d_given = given;
    d_settings = filled;
    d_pace = { filled.hop, filled.alpha, filled.share };
    bounds().clip(d_last.data(), d_last.size());
    d_signal.reserve(span(d_settings));
    build();
    restart(false, false);
}

template <class T>
void adaptive_learner<T>::set_freeze(bool freeze)
{
    if (freeze == d_frozen)
        return;
    d_frozen = freeze;
    restart(false, false);
}

template <class T>
void adaptive_learner<T>::reset()
{
    std::fill(d_last.begin(), d_last.end(), bounds().nearest(d_settings.theta_init));
    if (!learns_theta())
        build();
    restart(false, true);
}

template <class T>
void adaptive_learner<T>::late(bool is_late)
{
    if (d_settings.load_limit == 0)
        return;
    d_load = std::clamp(d_load + (is_late ? 1 : -1), 0, 2);
    d_bank->set_load(d_load);
    d_descent->set_load(d_load);
}

//! Of the last frame.
template <class T>
void adaptive_learner<T>::count_at_bounds()
{
    for (std::size_t b = 0; b < d_log_theta.size(); ++b) {
        const double theta = band_theta(b);
        d_at_least += theta <= at_bound * d_settings.theta_min;
        d_at_greatest += theta * at_bound >= d_settings.theta_max;
    }
}

template <class T>
std::string adaptive_learner<T>::advice(double at_least, double at_greatest) const
{
    const auto& s = d_settings;
    std::ostringstream text;
    const auto most = [&](const char* bound, double value, double share) {
        text << "theta is within 1 % of " << bound << " = " << value << " samples in "
             << std::lround(100 * share) << " % of the "
             << (d_log_theta.size() > 1 ? "bands of " : "") << "frames: ";
    };
    if (!learns_theta() || d_frozen)
        return {};
    if (at_greatest > too_many) {
        most("theta_max", s.theta_max, at_greatest);
        text << "longer windows may suit the signal better: raise "
             << (s.theta_max < static_cast<double>(s.n_fft) ? "theta_max, to n_fft at most"
                                                            : "n_fft");
    } else if (at_least > too_many && s.theta_min > shortest_window) {
        most("theta_min", s.theta_min, at_least);
        text << "shorter windows may suit the signal better: lower theta_min"
             << (s.invertible ? ", and hop to half of it at most" : "");
    }
    return text.str();
}

template <class T>
adaptive_report adaptive_learner<T>::report()
{
    adaptive_report r;
    if (d_reported > 0) {
        const auto seen = static_cast<double>(d_reported * d_log_theta.size());
        r.at_theta_min = static_cast<double>(d_at_least) / seen;
        r.at_theta_max = static_cast<double>(d_at_greatest) / seen;
        r.advice = advice(r.at_theta_min, r.at_theta_max);
    }
    r.criterion = d_criterion;
    r.theta_mean = d_reported ? d_sum / static_cast<double>(d_reported) : 0;
    r.theta_least = d_reported ? d_least : 0;
    r.theta_greatest = d_reported ? d_greatest : 0;
    r.frames = d_reported;
    r.evaluations = d_bank->evaluations() + d_descent->evaluations();
    r.dropped = d_bank->dropped() + d_descent->dropped();
    d_reported = d_at_least = d_at_greatest = 0;
    d_sum = 0;
    return r;
}

template class adaptive_learner<float>;
template class adaptive_learner<double>;
template class adaptive_learner<std::complex<float>>;
template class adaptive_learner<std::complex<double>>;

} // namespace gr::stft::kernel
