/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_LEARNER_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_LEARNER_H

#include "analytic_signal.h"
#include "chirp_source.h"
#include "frame_emitter.h"
#include "theta_source.h"
#include "theta_tally.h"
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

//! Samples kept before the centre of the next frame: as many as the window of the last one may
//! still need.
inline std::int64_t samples_before(const adaptive_settings& s)
{
    return static_cast<std::int64_t>(s.n_fft) + static_cast<std::int64_t>(s.hop) + 9;
}

//! Samples kept altogether, up to the end of the window of the frame that is measured.
inline std::size_t samples_kept(const adaptive_settings& s)
{
    const auto ahead = static_cast<double>((s.causal ? s.block : frames_ahead(s)) + 3) * s.hop;
    const auto window = static_cast<std::int64_t>(s.n_fft / 2) + 8;
    return static_cast<std::size_t>(samples_before(s) + window + static_cast<std::int64_t>(ahead));
}

/*!
 * \brief Frames of a signal that streams, with what is learned for them.
 *
 * Grid frames are measured and resolved strictly one after another, and no further ahead than the
 * next output frame needs, so that a change between two output frames meets the same state for any
 * split of the input.
 */
template <class T>
struct learner {
    using real = real_t<T>;
    using complex = std::complex<real>;

    adaptive_settings given, settings; // the caller's, and the same with defaults filled in
    dstft<T> transform;
    stream_excerpt<T> signal;
    frame_grid grid;
    frame_emitter<T> emitter;
    theta_source<T> source;
    std::optional<chirp_source<real>> chirps; // instead of it, where chirp rates are learned
    std::optional<frame_descent<T>> descent;
    theta_tally tally;
    std::uint64_t frames = 0, chirped = 0; // since the last report

    bool decided = false;                       // theta and t of the next frame are fixed
    bool ended = false;                         // the signal has no next frame
    bool frozen;                                // theta is not learned
    first_frame next_frame = first_frame::free; // held: it has the window lengths of the last one
    std::int64_t learning_since = 0;            // grid frame
    int load = 0;                               // level of evaluations that are left out

    //! \param stride \param margin see chirp_source
    explicit learner(const adaptive_settings& s, std::size_t stride = 1, std::int64_t margin = 0)
        : given(s), settings(s.filled()),
          transform(settings.n_fft, settings.window, settings.norm, settings.share),
          signal(samples_kept(settings) + 4 * static_cast<std::size_t>(margin)), grid(settings),
          emitter(settings, transform), source(settings, only_candidate()), frozen(settings.freeze)
    {
        given.bands = settings.bands; // what has sums per band keeps their number
        descent.emplace(settings, transform);
        if (learns_chirp(settings.learn))
            chirps.emplace(settings, stride, margin);
        restart(first_frame::free, history::cleared);
    }

    bool learns_theta() const { return kernel::learns_theta(settings.learn); }
    bool learns_t() const { return kernel::learns_t(settings.learn); }
    signal_length length() const { return { signal.received(), signal.finished() }; }
    double only_candidate() const { return emitter.last()[0]; }
    double farthest_t() const { return learns_t() ? settings.hop / 2 : 0; }

    //! Makes what measures from the settings in force.
    void rebuild()
    {
        source.rebuild(settings, only_candidate());
        if (chirps)
            chirps->rebuild(settings);
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
        if (chirps)
            chirps->restart(learning_since, only_candidate(), emitter.last_rate(), first, past);
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
        if constexpr (!is_real_v<T>)
            while (chirps && chirps->resolved() < p) {
                if (!chirps->resolve_next(grid, signal))
                    return false;
                drop();
            }
        while (!chirps && source.resolved() < p) {
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
            first = std::min(first,
                             grid.at((chirps ? chirps->measured() : source.measured()) + 1).sample);
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
        if (follows && chirps)
            emitter.follow(chirps->log_theta(), chirps->rate());
        else if (follows)
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
        if constexpr (!is_real_v<T>)
            if (chirps) {
                const auto found = chirps->refined(emitter.t(), signal);
                return emitter.follow(&found.log_theta, found.rate);
            }
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
        ++frames;
        chirped += emitter.last_rate() != 0;
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
        const auto measured =
            nearest_sample(grid.at(grid.source(length()) + frames_ahead(settings)));
        return std::max(certain, chirps ? chirps->needed(measured) : measured + source.reach() + 1);
    }

    std::int64_t received() const { return signal.received(); }
    bool finished() const { return signal.finished(); }
    void finish() { signal.finish(); }
    std::size_t room() const { return signal.room(); }
    std::int64_t missing() const { return needed() - received(); }

    std::size_t append(const T* samples, std::size_t count) { return signal.push(samples, count); }

    std::int64_t latency() const
    {
        const auto& s = settings;
        const double ahead = static_cast<double>(frames_ahead(s)) * s.hop;
        const double window = s.theta_max / 2 + farthest_t();
        const double next = grid.step(s.theta_max) + 1;
        const double nearest = grid.fixed_overlap() ? s.hop / 2 : 0;
        const double measured = ahead + nearest + static_cast<double>(source.reach()) + 1;
        return static_cast<std::int64_t>(std::ceil(std::max({ measured, window, next })));
    }

    adaptive_report report()
    {
        adaptive_report r;
        tally.report_to(
            r, source.bands(), settings, learns_theta() && !frozen ? advice::given : advice::none);
        r.criterion = chirps ? chirps->criterion() : source.criterion();
        r.evaluations =
            source.evaluations() + descent->evaluations() + (chirps ? chirps->evaluations() : 0);
        r.dropped = source.dropped() + descent->dropped();
        r.chirped = frames ? static_cast<double>(chirped) / static_cast<double>(frames) : 0;
        frames = chirped = 0;
        return r;
    }
};

//! Learns from the analytic signal of real samples.
template <class R>
struct analytic_learner : learner<std::complex<R>> {
    using base = learner<std::complex<R>>;
    static constexpr auto reach = static_cast<std::int64_t>(analytic_signal<R>::reach);

    analytic_signal<R> filter;
    std::vector<std::complex<R>> values =
        std::vector<std::complex<R>>(analytic_signal<R>::most + analytic_signal<R>::reach);
    std::int64_t taken = 0; // samples

    explicit analytic_learner(const adaptive_settings& s) : base(s, 2, reach) {}

    std::int64_t received() const { return taken; }
    std::int64_t missing() const { return base::needed() + reach - taken; }
    std::int64_t latency() const { return base::latency() + reach; }

    //! Room for samples, so that the last values have room, too.
    std::size_t room() const
    {
        const auto all = base::room(), kept = 2 * analytic_signal<R>::reach;
        return all > kept ? all - kept : 0;
    }

    std::size_t append(const R* samples, std::size_t count)
    {
        std::size_t done = 0;
        while (const auto some = std::min({ count - done, room(), analytic_signal<R>::most })) {
            base::append(values.data(), filter.push(samples + done, some, values.data()));
            done += some;
        }
        taken += static_cast<std::int64_t>(done);
        return done;
    }

    void finish()
    {
        base::append(values.data(), filter.finish(values.data()));
        base::finish();
    }
};

} // namespace gr::stft::kernel
#endif
