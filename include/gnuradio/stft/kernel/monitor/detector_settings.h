/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_MONITOR_DETECTOR_SETTINGS_H
#define INCLUDED_STFT_KERNEL_MONITOR_DETECTOR_SETTINGS_H

#include <gnuradio/stft/kernel/bands/frequency_range.h>
#include <gnuradio/stft/kernel/fields.h>
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <gnuradio/stft/kernel/monitor/noise_floor.h>
#include <string>
#include <vector>

namespace gr::stft::kernel {

//! Size of a box, in rows and bins: 1, or an even power of two.
struct STFT_API box_size {
    std::size_t rows; //!< 1, 2, 4 .. 256
    std::size_t bins; //!< 1, 2, 4 .. 256
};

//! Sizes of boxes as users write them: "1x1,4x1,4x4" (rows x bins). \throws std::invalid_argument for what is none
STFT_API std::vector<box_size> box_sizes_named(const std::string& text);

//! Parameters of detector, and of the noise floor that it follows.
struct STFT_API detector_settings : noise_floor_settings {
    std::size_t n_fft = 1024;        //!< DFT length of the rows, >= 16
    std::size_t hop = 512;           //!< samples from row to row, >= 1
    kernel::window window{ "hann" }; //!< window of the frames
    std::size_t win_length = 0;      //!< samples under it; 0: the taps' number, else n_fft
    double samp_rate = 1;            //!< Hz, > 0
    kernel::sides sides = kernel::sides::twosided; //!< bins of a row and their order
    double false_alarms = 1; //!< false alarms that noise may cause, per hour and MHz, > 0
    double min_snr = 0;      //!< dB of the weakest event, in its own box
    //! Nothing is looked for that is weaker by so much (dB) than the strongest bin of its row and the rows next to it.
    double dynamic_range = 35;
    double min_duration = 0;  //!< s of the shortest burst
    double min_bandwidth = 0; //!< Hz of the narrowest burst
    std::size_t gap_rows = 2; //!< rows without a found cell that do not end an event
    std::size_t gap_bins = 2; //!< bins without one that do not divide it
    std::size_t dc_guard = 1; //!< bins on either side of 0 Hz that may hold the receiver's offset
    std::string scales;       //!< boxes as in box_sizes_named(); "": 1x1 to 64x4, eleven of them
    //! Frequencies in which nothing is looked for, Hz as in the rows, as in frequency_ranges_named().
    std::string ignore;
    bool steps = false; //!< changes of the whole band are events, too
    //! s between the updates of an event that lasts, > 0; 16 rows at least.
    double update_interval = 60;
    std::size_t max_events = 4096; //!< events that are open, or were in the last rows, at once

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! Bins of a row.
    std::size_t bins() const { return kernel::bins(sides, n_fft); }
    //! Parameters of the STFT whose power the rows are: n_fft, hop, window, win_length.
    parameters stft_parameters() const;
};

//! Parameters of detector_settings.
template <>
inline constexpr auto fields<detector_settings> =
    std::tuple(field("n_fft", &detector_settings::n_fft),
               field("hop", &detector_settings::hop),
               field("window", &detector_settings::window),
               field("win_length", &detector_settings::win_length).automatic(),
               field("samp_rate", &detector_settings::samp_rate),
               field("sides", &detector_settings::sides, sides_named),
               field("false_alarms", &detector_settings::false_alarms),
               field("min_snr", &detector_settings::min_snr),
               field("dynamic_range", &detector_settings::dynamic_range),
               field("min_duration", &detector_settings::min_duration),
               field("min_bandwidth", &detector_settings::min_bandwidth),
               field("gap_rows", &detector_settings::gap_rows),
               field("gap_bins", &detector_settings::gap_bins),
               field("dc_guard", &detector_settings::dc_guard),
               field("scales", &detector_settings::scales),
               field("ignore", &detector_settings::ignore),
               field("steps", &detector_settings::steps),
               field("update_interval", &detector_settings::update_interval),
               field("max_events", &detector_settings::max_events),
               field("warm_up", &noise_floor_settings::warm_up),
               field("steady", &noise_floor_settings::steady),
               field("least", &noise_floor_settings::least),
               field("quantile", &noise_floor_settings::quantile),
               field("adaptation", &noise_floor_settings::adaptation));

} // namespace gr::stft::kernel
#endif
