/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SPEED_PULSE_TRAIN_H
#define INCLUDED_STFT_LIB_KERNEL_SPEED_PULSE_TRAIN_H

#include <gnuradio/stft/kernel/speed/tacho_pulses.h>
#include <limits>
#include <optional>

namespace gr::stft::kernel {

//! A pulse without its speed.
struct counted_pulse {
    sample_instant at;
    std::int64_t number;
    bool start;
};

//! Tells pulses from bounces, and counts missing ones.
class pulse_train
{
public:
    //! \param s parameters \param number of the first pulse
    pulse_train(const tacho_settings& s, std::int64_t number);

    //! The next edge. Adds the pulses that it makes certain: none, one, or all of a start.
    void add(const sample_instant& edge, std::vector<counted_pulse>& pulses);

    //! No edge has come before this instant. True if the machine stands still.
    bool pass(const sample_instant& now);

    //! True from a start until the machine stands still.
    bool turns() const { return d_turns; }
    //! The earliest instant at which a start may still be found, if the next edge comes at `now`.
    sample_instant earliest(const sample_instant& now) const
    {
        return d_candidates.empty() ? now : d_candidates.front();
    }
    //! s of the longest interval.
    double longest() const { return d_longest; }
    //! Pulses that have a number.
    std::int64_t count() const { return d_next - d_first; }

private:
    struct pace {
        double speed;    // pulses/s in the middle of the interval
        double slope;    // pulses/s^2
        double interval; // s
    };
    struct earlier_pulse {
        std::size_t candidate;
        int intervals;   // to the pulse after it
        double interval; // s, of all of them
    };

    double seconds(const sample_instant& from, const sample_instant& to) const
    {
        return to.after(from) / d_rate;
    }
    double clipped(double slope) const;
    int missed(double interval, double speed) const;
    bool follow(const sample_instant& edge, std::vector<counted_pulse>& pulses);
    void set_pace(double speed, double interval);
    std::optional<earlier_pulse> pulse_before(std::size_t i, const pace& after) const;
    double slope_between(double speed, double interval, double next, double next_interval) const;
    void start(std::vector<counted_pulse>& pulses);
    bool regular() const;
    int bridged(const sample_instant& edge, double speed, double slope) const;

    double d_rate, d_slew, d_shortest, d_longest; // Hz, pulses/s^2, s, s
    std::int64_t d_first, d_next;                 // number of the first pulse, and of the next one
    bool d_turns = false;
    std::vector<sample_instant>
        d_candidates;      // edges that belong to no pulse, while the machine stands still
    sample_instant d_last; // edge of the last pulse
    double d_speed = 0, d_slope = 0; // pulses/s in the middle of the last interval, pulses/s^2
    double d_interval = 0;           // s, the last one
    double d_patience = 0;           // s after the last pulse
    bool d_has_turned = false;       // there is a last pulse
};

} // namespace gr::stft::kernel
#endif
