/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SPEED_PULSE_SPEEDS_H
#define INCLUDED_STFT_LIB_KERNEL_SPEED_PULSE_SPEEDS_H

#include "pulse_train.h"
#include <deque>
#include <utility>

namespace gr::stft::kernel {

//! Speeds at pulses, and at samples a hop apart.
class pulse_speeds
{
public:
    //! \param s parameters \param first number of the first sample
    pulse_speeds(const tacho_settings& s, std::int64_t first);

    //! The next pulse of the train.
    void add(const counted_pulse& pulse);

    //! The machine stands still after the last pulse.
    void stop();

    /*!
     * \brief Appends the speeds of samples before `end` that no later pulse can change.
     * \param end at most the first sample that is not searched for pulses
     * \param before no pulse that is still to come lies before this instant
     */
    void advance(std::int64_t end, const sample_instant& before, std::vector<float>& speeds);

    //! Pulses with their speeds since the last call.
    std::vector<tacho_pulse> take() { return std::exchange(d_done, {}); }

private:
    double speed_of(std::size_t i) const;
    void settle();
    bool is_free(const sample_instant& at, const sample_instant& before) const;
    bool holds(const tacho_pulse& pulse, double samples) const;
    double between(const tacho_pulse& a, const tacho_pulse& b, double after_a) const;
    bool speed_at(const sample_instant& at, const sample_instant& before, double& speed) const;

    double d_rate, d_ppr, d_longest;   // Hz, pulses, samples
    std::size_t d_step;                // pulses of a revolution
    std::int64_t d_hop, d_next;        // sample of the next speed
    std::deque<counted_pulse> d_run;   // pulses without a speed, after 2 d_step with one
    std::size_t d_waiting = 0;         // index of the first one without
    bool d_turns = false;              // pulses may continue d_run
    std::deque<tacho_pulse> d_settled; // pulses with a speed, from the last one before d_next on
    std::vector<tacho_pulse> d_done;
};

} // namespace gr::stft::kernel
#endif
