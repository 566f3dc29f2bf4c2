/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_RECORDS_EVENT_H
#define INCLUDED_STFT_KERNEL_RECORDS_EVENT_H

#include <gnuradio/stft/api.h>
#include <cstddef>
#include <cstdint>

namespace gr::stft::kernel {

//! Kinds of events.
enum class event_kind {
    burst,   //!< a signal with two ends
    carrier, //!< a line that stays
    step,    //!< a change of the level of the whole band
    gap,     //!< samples that were lost
    retune   //!< another centre frequency
};

/*!
 * \brief Stages of an event that a report is about.
 *
 * A short event is reported once, at its end. One that lasts is reported at its beginning, then as updates, and at its end. A
 * burst that becomes a carrier begins a second time, as a carrier with the same id.
 */
enum class event_state { begin, update, end };

//! Reasons for which an event ended.
enum class event_cut {
    none,     //!< it ended by itself
    retune,   //!< frequency or rate changed
    gap,      //!< samples were lost
    stop,     //!< the samples ended
    withdrawn //!< it was reported at its beginning, and turned out to belong to a stronger event
};

//! "burst", "carrier", "step", "gap" or "retune"
STFT_API const char* name_of(event_kind kind);
//! "begin", "update" or "end"
STFT_API const char* name_of(event_state state);
//! "none", "retune", "gap", "stop" or "withdrawn"
STFT_API const char* name_of(event_cut cut);

//! A region of time and frequency that holds more than noise.
struct STFT_API event {
    std::uint64_t id = 0;                 //!< number of the event; all reports of one event have it
    event_kind kind = event_kind::burst;  //!< kind of the event
    event_state state = event_state::end; //!< progress of the event
    event_cut cut = event_cut::none;      //!< reason of its end
    std::int64_t sample_start = 0;        //!< first sample, counted as the rows' samples are
    std::int64_t sample_count = 0;        //!< samples; so far, unless it has ended
    //! Hz, relative to the centre frequency: lower edge of 99 % of the power.
    double freq_lower = 0;
    double freq_upper = 0; //!< Hz, upper edge
    double freq_peak = 0;  //!< Hz, centre of the bin with most power over the noise
    double power_db = 0;   //!< dB of the mean power without the noise, 0 dB for |x| = 1
    double noise_db = 0;   //!< dB of the noise power of 1 Hz
    double snr_db = 0;    //!< dB of the event's mean power density over the noise's, in its own box
    double energy_db = 0; //!< dB of the energy over the noise's power of 1 Hz
    std::uint64_t cells = 0; //!< cells in which it was found
    std::uint64_t rows = 0;  //!< rows from the first to the last of them
};

} // namespace gr::stft::kernel
#endif
