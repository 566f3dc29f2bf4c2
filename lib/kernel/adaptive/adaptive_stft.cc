/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame_emitter.h"
#include "kernel/refuse.h"
#include "theta_source.h"
#include "theta_tally.h"
#include <volk/volk.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

//! Settings whose theta_init is automatic if it lies outside of the bounds, which may follow from the hop.
//! \throws std::invalid_argument as adaptive_settings::filled()
adaptive_settings with_possible_init(adaptive_settings s)
{
    auto without = s;
    without.theta_init = 0;
    const auto bounds = without.filled();
    return s.theta_init >= bounds.theta_min && s.theta_init <= bounds.theta_max ? s : without;
}

} // namespace

namespace {

//! Samples kept before the centre of the next frame: as many as the window of the last one may
//! still need.
std::int64_t samples_before(const adaptive_settings& s)
{
    return static_cast<std::int64_t>(s.n_fft) + static_cast<std::int64_t>(s.hop) + 9;
}

//! Samples kept altogether, up to the end of the window of the frame that is measured.
std::size_t samples_kept(const adaptive_settings& s)
{
    const auto ahead = static_cast<double>(s.block + s.lag + 3) * s.hop;
    const auto window = static_cast<std::int64_t>(s.n_fft / 2) + 8;
    return static_cast<std::size_t>(samples_before(s) + window + static_cast<std::int64_t>(ahead));
}

} // namespace

/*
 * Grid frames are measured and resolved strictly one after another, and no further ahead than the
 * next output frame needs, so that a change between two output frames meets the same state for any
 * split of the input.
 */
template <class T>
struct adaptive_stft<T>::parts {
    adaptive_settings given, settings; // the caller's, and the same with defaults filled in
    dstft<T> transform;
    stream_excerpt<T> signal;
    frame_grid grid;
    frame_emitter<T> emitter;
    theta_source<T> source;
    std::optional<frame_descent<T>> descent;
    theta_tally tally;

    bool decided = false;                       // theta and t of the next frame are fixed
    bool ended = false;                         // the signal has no next frame
    bool frozen;                                // theta is not learned
    first_frame next_frame = first_frame::free; // held: it has the window lengths of the last one
    std::int64_t learning_since = 0;            // grid frame
    int load = 0;                               // level of evaluations that are left out

    explicit parts(const adaptive_settings& s)
        : given(s), settings(s.filled()),
          transform(settings.n_fft, settings.window, settings.norm, settings.share),
          signal(samples_kept(settings)), grid(settings), emitter(settings, transform),
          source(settings, only_candidate()), frozen(settings.freeze)
    {
        given.bands = settings.bands; // what has sums per band keeps their number
        descent.emplace(settings, transform);
        restart(first_frame::free, history::cleared);
    }

    bool learns_theta() const { return settings.learn != learned::t; }
    bool learns_t() const { return settings.learn != learned::theta; }
    signal_length length() const { return { signal.received(), signal.finished() }; }
    double only_candidate() const { return emitter.last()[0]; }
    double farthest_t() const { return learns_t() ? settings.hop / 2 : 0; }

    //! Makes what measures from the settings in force.
    void rebuild()
    {
        source.rebuild(settings, only_candidate());
        frame_descent<T> built(settings, transform);
        built.take_over(*descent);
        descent.emplace(std::move(built));
        source.set_load(load);
        descent->set_load(load);
    }

    //! Restarts learning with the next output frame, from the window lengths of the last one.
    void restart(first_frame first, history past)
    {
        learning_since = grid.source(length());
        source.restart(learning_since, emitter.last(), first, past);
        emitter.forget_before();
        next_frame = first;
        decided = ended = false;
    }

    //! Applies settings in which the window lengths, or the hop, have changed.
    void apply(const adaptive_settings& changed)
    {
        const auto filled = changed.filled();
        if (filled.hop != settings.hop)
            grid.set_hop(filled, length());
        given = changed;
        settings = filled;
        emitter.configure(settings);
        signal.reserve(samples_kept(settings));
        rebuild();
        restart(first_frame::free, history::kept);
    }

    //! Resolves the grid frames up to p. \return false if samples are missing
    bool resolve_to(std::int64_t p)
    {
        while (source.resolved() < p) {
            if (!source.resolve_next(grid, signal, *descent))
                return false;
            drop();
        }
        return true;
    }

    //! Drops samples that neither output frames nor measuring need any more.
    void drop()
    {
        auto first = grid.centre().sample;
        if (!frozen)
            first = std::min(first, grid.at(source.measured() + 1).sample);
        signal.drop_before(first - samples_before(settings));
    }

    //! True if the signal covers a window of length theta wherever it may lie, up to `away` samples
    //! from the centre.
    bool covers(double theta, double away) const
    {
        const auto reach = static_cast<std::int64_t>(std::ceil(theta / 2 + away));
        const auto& centre = grid.centre();
        return centre.sample >= reach && end_of_window(centre, theta, away) <= signal.received();
    }

    //! Decides the next frame, if the samples suffice and there is one.
    void decide()
    {
        if (decided)
            return;
        decided = fix_next();
        ended = !decided && signal.finished();
    }

    //! Fixes theta and t of the next frame. \return false if samples are missing, or there is no
    //! such frame
    bool fix_next()
    {
        const auto [received, finished] = length();
        if (received == 0 ||
            (!grid.fixed_overlap() && finished && !grid.exists(grid.frame(), received)))
            return false;
        const auto p = grid.source(length()) - (settings.causal ? settings.block : 0);
        const bool learns = !frozen && p >= learning_since;
        if (learns && !resolve_to(p))
            return false;
        const bool follows = learns && next_frame == first_frame::free;
        if (follows)
            emitter.follow(source.log_theta());
        else
            emitter.repeat();
        const bool moves = follows && settings.steps > 0;
        const double theta =
            moves && learns_theta() ? settings.theta_max : emitter.statistics().greatest;
        const double away = moves ? farthest_t() : 0;
        if (!finished && (received < end_of_window(grid.centre(), theta, away) ||
                          received < grid.follower_certain_at(settings.theta_max)))
            return false;
        const bool last = grid.next_is_last(length());
        emitter.set_centre(grid.centre());
        if (moves && covers(theta, away) && (!last || !learns_t()))
            refine(p);
        if (last && settings.invertible)
            emitter.cover_end(received);
        return !finished || grid.has_next(emitter.statistics().greatest, received);
    }

    //! Descends from the theta that was found for grid frame p, in whose block the next frame lies.
    void refine(std::int64_t p)
    {
        if (settings.method == learning_method::gradient && !learns_t())
            return; // theta is that of the descent already
        descent->whiten(source.whitener());
        const auto* means = source.block_means(p);
        emitter.refine(signal.samples(), means, source.frames_in(p), *descent);
    }

    //! Transforms the decided frame and goes on to the next one.
    const std::vector<float>& next(complex* spectrum, position& t)
    {
        t = emitter.t();
        emitter.emit(signal.samples(), spectrum, !frozen && next_frame == first_frame::free);
        const auto& statistics = emitter.statistics();
        tally.count(emitter.last(), statistics, source.bands(), settings);
        next_frame = first_frame::free;
        decided = false;
        grid.advance(statistics.greatest);
        drop();
        return emitter.last();
    }

    //! Index one past the last sample under the window of the next frame, or under its longest one.
    std::int64_t end() const
    {
        return decided ? end_of_window(emitter.t(), emitter.statistics().greatest)
                       : end_of_window(grid.centre(), settings.theta_max, farthest_t());
    }

    //! Samples with which the next frame is decided in any case.
    std::int64_t needed() const
    {
        const auto certain = std::max(end(), grid.follower_certain_at(settings.theta_max));
        if (frozen)
            return certain;
        const auto ahead = settings.causal ? 0 : settings.block + settings.lag;
        const auto measured = grid.at(grid.source(length()) + ahead);
        return std::max(certain, nearest_sample(measured) + source.reach() + 1);
    }
};

template <class T>
adaptive_stft<T>::adaptive_stft(const adaptive_settings& settings)
    : d_parts(std::make_unique<parts>(settings))
{}

template <class T>
adaptive_stft<T>::~adaptive_stft() = default;
template <class T>
adaptive_stft<T>::adaptive_stft(adaptive_stft&&) noexcept = default;
template <class T>
adaptive_stft<T>& adaptive_stft<T>::operator=(adaptive_stft&&) noexcept = default;

template <class T>
const adaptive_settings& adaptive_stft<T>::settings() const
{
    return d_parts->settings;
}

template <class T>
std::size_t adaptive_stft<T>::bins() const
{
    return d_parts->transform.bins();
}

template <class T>
std::size_t adaptive_stft<T>::thetas() const
{
    return d_parts->transform.thetas();
}

template <class T>
std::int64_t adaptive_stft<T>::latency() const
{
    const auto& s = settings();
    const double ahead = s.causal ? 0 : static_cast<double>(s.block + s.lag) * s.hop;
    const double window = s.theta_max / 2 + d_parts->farthest_t();
    const double next = d_parts->grid.step(s.theta_max) + 1;
    const double nearest = d_parts->grid.fixed_overlap() ? s.hop / 2 : 0;
    const double measured = ahead + nearest + static_cast<double>(d_parts->source.reach()) + 1;
    return static_cast<std::int64_t>(std::ceil(std::max({ measured, window, next })));
}

template <class T>
std::size_t adaptive_stft<T>::push(const T* samples, std::size_t count)
{
    auto& signal = d_parts->signal;
    const auto taken = signal.push(samples, count);
    if (taken > 0 || count == 0)
        return taken;
    d_parts->decide(); // which drops samples
    return d_parts->decided ? 0 : signal.push(samples, count);
}

template <class T>
void adaptive_stft<T>::finish()
{
    d_parts->signal.finish();
}

template <class T>
bool adaptive_stft<T>::finished() const
{
    return d_parts->signal.finished();
}

template <class T>
std::int64_t adaptive_stft<T>::received() const
{
    return d_parts->signal.received();
}

template <class T>
std::int64_t adaptive_stft<T>::wanted() const
{
    if (finished() || d_parts->decided)
        return 0;
    const auto room = static_cast<std::int64_t>(d_parts->signal.room());
    return std::clamp<std::int64_t>(
        d_parts->needed() - received(), 1, std::max<std::int64_t>(1, room));
}

template <class T>
bool adaptive_stft<T>::ready()
{
    d_parts->decide();
    return d_parts->decided;
}

template <class T>
bool adaptive_stft<T>::over() const
{
    return d_parts->ended;
}

template <class T>
std::int64_t adaptive_stft<T>::frame() const
{
    return d_parts->grid.frame();
}

template <class T>
position adaptive_stft<T>::centre() const
{
    return d_parts->grid.centre();
}

template <class T>
std::int64_t adaptive_stft<T>::end() const
{
    return d_parts->end();
}

template <class T>
void adaptive_stft<T>::next(complex* spectrum, float* theta, position& t)
{
    const auto& lengths = d_parts->next(spectrum, t);
    std::copy(lengths.begin(), lengths.end(), theta);
}

template <class T>
void adaptive_stft<T>::next(complex* spectrum, double* theta, position& t)
{
    const auto& lengths = d_parts->next(spectrum, t);
    volk_32f_convert_64f(theta, lengths.data(), static_cast<unsigned>(lengths.size()));
}

template <class T>
void adaptive_stft<T>::set_theta(const std::vector<double>& theta)
{
    const auto& s = settings();
    const auto count = thetas();
    if (theta.size() != 1 && theta.size() != count)
        refuse("theta",
               std::to_string(theta.size()) + " values",
               "must be one" + (count > 1 ? " or " + std::to_string(count) : std::string()));
    for (double one : theta)
        if (!(one >= s.theta_min && one <= s.theta_max)) {
            std::ostringstream rule;
            rule << "must be in theta_min .. theta_max = " << s.theta_min << " .. " << s.theta_max;
            refuse("theta", one, rule.str());
        }
    d_parts->emitter.set_last(theta);
    if (!d_parts->learns_theta())
        d_parts->rebuild(); // blocks are measured with this theta alone
    d_parts->restart(first_frame::held, history::kept);
}

template <class T>
const adaptive_settings& adaptive_stft<T>::given() const
{
    return d_parts->given;
}

template <class T>
void adaptive_stft<T>::set_bounds(double theta_min, double theta_max)
{
    auto changed = d_parts->given;
    changed.theta_min = theta_min;
    changed.theta_max = theta_max;
    d_parts->apply(with_possible_init(changed));
}

template <class T>
void adaptive_stft<T>::set_hop(double hop)
{
    auto changed = d_parts->given;
    changed.hop = hop;
    d_parts->apply(with_possible_init(changed));
}

template <class T>
void adaptive_stft<T>::set_freeze(bool freeze)
{
    if (freeze == d_parts->frozen)
        return;
    d_parts->frozen = freeze;
    d_parts->restart(first_frame::free, history::kept);
}

template <class T>
void adaptive_stft<T>::reset()
{
    d_parts->emitter.set_last({ settings().theta_init });
    if (!d_parts->learns_theta())
        d_parts->rebuild();
    d_parts->restart(first_frame::free, history::cleared);
}

template <class T>
void adaptive_stft<T>::late(bool is_late)
{
    if (settings().load_limit == 0)
        return;
    auto& load = d_parts->load;
    load = std::clamp(load + (is_late ? 1 : -1), 0, 2);
    d_parts->source.set_load(load);
    d_parts->descent->set_load(load);
}

template <class T>
std::vector<double> adaptive_stft<T>::theta() const
{
    const auto& last = d_parts->emitter.last();
    return { last.begin(), last.end() };
}

template <class T>
adaptive_report adaptive_stft<T>::report()
{
    auto& p = *d_parts;
    adaptive_report r;
    p.tally.report_to(r,
                      p.source.bands(),
                      p.settings,
                      p.learns_theta() && !p.frozen ? advice::given : advice::none);
    r.criterion = p.source.criterion();
    r.evaluations = p.source.evaluations() + p.descent->evaluations();
    r.dropped = p.source.dropped() + p.descent->dropped();
    return r;
}

template class adaptive_stft<float>;
template class adaptive_stft<double>;
template class adaptive_stft<std::complex<float>>;
template class adaptive_stft<std::complex<double>>;

} // namespace gr::stft::kernel
