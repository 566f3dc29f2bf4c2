/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SPEED_PULSE_EDGES_H
#define INCLUDED_STFT_LIB_KERNEL_SPEED_PULSE_EDGES_H

#include <gnuradio/stft/kernel/speed/tacho_pulses.h>

namespace gr::stft::kernel {

//! Base and top of pulses.
struct pulse_levels {
    double base, top;
    double separation; // of the means of what lies below and above, in spreads about them
};

/*!
 * \brief Base and top of the pulses in a signal: its 1 % and 99.5 % quantiles. Samples that are not finite are left out.
 * \param scratch memory, as many values as there are samples
 */
template <class T>
pulse_levels levels_of(const T* samples, std::size_t count, T* scratch);

//! Separation from which a signal has two levels. Noise has 2.7, a ramp 3.5, a sine 4.1, pulses in noise of a tenth of
//! their height 9.6.
constexpr double least_separation = 6;

//! Finds the leading edges of pulses. Samples may come in chunks of any size.
template <class T>
class pulse_edges
{
public:
    //! \param s parameters \param first number of the first sample
    pulse_edges(const tacho_settings& s, std::int64_t first);

    //! The next samples. Adds the edges among those that are searched, which end at searched().
    void add(const T* samples, std::size_t count, std::vector<sample_instant>& edges);

    //! No more samples: adds the edges among those that waited.
    void finish(std::vector<sample_instant>& edges);

    //! The number of the first sample that is not searched yet.
    std::int64_t searched() const { return d_searched; }
    //! An instant before which there are no other edges.
    sample_instant certain() const
    {
        return d_has_crossing && !d_is_high ? d_crossing : sample_instant{ d_searched - 1, 0 };
    }
    double separation() const { return d_separation; }

private:
    void set_levels(double base, double top);
    void search_block(std::vector<sample_instant>& edges);
    void search(const T* samples, std::size_t count, std::vector<sample_instant>& edges);

    std::int64_t d_searched;
    bool d_levels_given, d_has_levels = false;
    double d_sign = 1, d_low = 0, d_middle = 0, d_high = 0; // thresholds, after the sign
    double d_separation = 0;
    std::size_t d_length;              // of a block
    std::vector<T> d_block, d_scratch; // samples that wait; as many again
    double d_slowest;                  // samples from half of the height to the upper threshold
    bool d_is_high = true, d_has_previous = false, d_has_crossing = false;
    double d_previous = 0;
    sample_instant d_crossing;
};

} // namespace gr::stft::kernel
#endif
