/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_ADAPTIVE_LEARNER_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_ADAPTIVE_LEARNER_H

#include "band_interpolation.h"
#include "candidate_bank.h"
#include "frame_descent.h"
#include "kernel/dstft/stream_excerpt.h"
#include "shortest_path.h"
#include "sliding_descent.h"
#include "theta_bounds.h"
#include <optional>

namespace gr::stft::kernel {

/*!
 * \brief What an adaptive_stft does: a bank (or a descent) that runs ahead on a grid of frames, a path for each band
 * that decides behind it, and the transform of the frames that are decided.
 *
 * Grid frames are measured, enter the path and are resolved strictly one after another and no further ahead than the
 * next output frame asks for, so that a change between two output frames meets the same state for any split of
 * the input.
 *
 * What lies beyond the ends of the signal takes no part. The bank measures frames near an end at the nearest place that
 * a window fits in, near the beginning as soon as there are samples for the longest; a frame that is asked for earlier
 * has no criterion. Descents leave out frames whose longest window reaches beyond an end.
 */
template <class T>
class adaptive_learner
{
public:
    using real = real_t<T>;
    using complex = std::complex<real>;

    explicit adaptive_learner(const adaptive_settings& given);
    adaptive_learner(const adaptive_learner&) = delete;

    const adaptive_settings& settings() const { return d_settings; }
    dstft<T>& transform() { return d_transform; }
    std::size_t thetas() const { return d_theta.size(); }

    std::size_t push(const T* samples, std::size_t count);
    void finish();
    const stream_excerpt<T>& signal() const { return d_signal; }

    std::int64_t latency() const;
    std::int64_t wanted();
    bool ready();
    bool over();
    std::int64_t frame() const { return d_frame; }
    position centre() const { return d_centre; }
    std::int64_t end() const;
    //! Its window lengths, as long as it is the last one
    const std::vector<float>& next(complex* spectrum, position& t);

    void set_theta(const std::vector<double>& theta);
    void set_bounds(double theta_min, double theta_max);
    void set_hop(double hop);
    void set_freeze(bool freeze);
    void reset();
    void late(bool is_late);
    std::vector<double> last_theta() const { return { d_last.begin(), d_last.end() }; }
    adaptive_report report();

private:
    bool learns_theta() const { return d_settings.learn != learned::t; }
    bool learns_t() const { return d_settings.learn != learned::theta; }
    bool by_bank() const { return d_settings.method == learning_method::bank; }

    theta_bounds bounds() const { return { d_settings.theta_min, d_settings.theta_max }; }
    std::vector<double> candidates() const;
    void build();
    void restart(bool held, bool forget);
    double band_theta(std::size_t band) const;

    position grid(std::int64_t p) const;
    bool exists(std::int64_t p) const;
    std::int64_t target() const;
    std::int64_t needed() const;
    bool measure_to(std::int64_t p);
    void measure(std::int64_t p);
    bool resolve_to(std::int64_t p);
    void take_resolved(std::int64_t p);
    void find_theta();
    void clip_theta();
    std::int64_t end_of(double theta, double away) const;
    bool lies_within(double theta, double away) const;
    void refine(std::int64_t p);
    void reach_the_end();
    double most_away(double theta) const;
    void drop();
    void count_at_bounds();
    std::string advice(double at_least, double at_greatest) const;

    adaptive_settings d_given, d_settings;
    dstft<T> d_transform;
    std::unique_ptr<candidate_bank<T>> d_bank;
    std::unique_ptr<sliding_descent<T>> d_sliding; // instead of paths
    std::unique_ptr<frame_descent<T>> d_descent;
    std::vector<shortest_path> d_paths; // of each band
    stream_excerpt<T> d_signal;

    pacing d_pace;
    std::int64_t d_reach = 0;  // samples that measuring takes either side
    std::int64_t d_origin = 0; // a grid frame, and where it is
    exact_position d_origin_at;
    std::int64_t d_seen = -1, d_measured = -1, d_resolved = -1; // grid frames
    std::vector<double> d_log_theta;                            // of each band, resolved last
    std::optional<band_interpolation> d_over_bins;

    std::int64_t d_frame = 0; // of the output
    exact_position d_at;      // of the next one, at fixed overlap
    position d_centre{ 0, 0 };
    bool d_decided = false;     // the next frame's theta and t
    std::vector<float> d_theta; // of the next frame
    theta_statistics d_of_theta{};
    std::vector<double> d_lengths; // the same for the transform
    std::vector<double> d_cells;   // ln theta of the bins, in and out of the descent
    std::vector<double> d_before;  // of the frame before
    bool d_has_before = false;
    position d_t{ 0, 0 };
    std::vector<float> d_last; // of the last frame
    bool d_held = false;       // the next frame has d_last again
    std::int64_t d_learning_since = 0;
    bool d_frozen = false;
    int d_load = 0;

    double d_criterion = 0;
    double d_sum = 0, d_least = 0, d_greatest = 0;
    std::uint64_t d_reported = 0, d_at_least = 0, d_at_greatest = 0; // the latter of each band
    std::vector<criterion_sums> d_mean;
};

} // namespace gr::stft::kernel
#endif
