/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_DENOISE_GAIN_SETTINGS_H
#define INCLUDED_STFT_KERNEL_DENOISE_GAIN_SETTINGS_H

#include <gnuradio/stft/kernel/fields.h>
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <string>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Rule that gives the gain of a cell from its ratios of signal to noise.
 *
 * - subtraction: the power of the noise is subtracted from that of the cell (Boll, IEEE Trans. ASSP 27, 1979)
 * - wiener: least mean square error of the spectrum
 * - log_mmse: least mean square error of the logarithm of the amplitude (Ephraim and Malah, IEEE Trans. ASSP 33, 1985)
 */
enum class gain_method { subtraction, wiener, log_mmse };

//! \throws std::invalid_argument unless name is "subtraction", "wiener" or "log_mmse"
STFT_API gain_method gain_method_named(const std::string& name);
//! "subtraction", "wiener" or "log_mmse"
STFT_API const char* name_of(gain_method method);

/*!
 * \brief How the power of the noise is known.
 *
 * - automatic: held if noise is given or learned; else presence for one-sided spectra and those of less than 8 bins, and
 *   floor for others
 * - presence: it follows the cells in which a signal is improbable, so what lasts for a second or so is noise (Gerkmann and
 *   Hendriks, IEEE Trans. ASLP 20, 2012)
 * - floor: the floor of noise_floor, so what stands out of its neighbours in frequency is signal, however long it lasts
 * - held: as it was given or learned, else as it is when this is chosen: the mean of the first frames at the start
 */
enum class noise_tracking { automatic, presence, floor, held };

//! \throws std::invalid_argument unless name is "automatic", "presence", "floor" or "held"
STFT_API noise_tracking noise_tracking_named(const std::string& name);
//! "automatic", "presence", "floor" or "held"
STFT_API const char* name_of(noise_tracking tracking);

//! Effect of a detector's events on their cells: keep: their gain is 1; reject: it is 0; only: that of all others is 0.
enum class event_use { keep, reject, only };

//! \throws std::invalid_argument unless name is "keep", "reject" or "only"
STFT_API event_use event_use_named(const std::string& name);
//! "keep", "reject" or "only"
STFT_API const char* name_of(event_use use);

//! Parameters of spectral_gain.
struct STFT_API gain_settings {
    std::size_t n_fft = 0;                               //!< DFT length of the spectra, >= 1
    std::size_t hop = 0;                                 //!< samples between frames, >= 1
    std::size_t win_length = 0;                          //!< samples under the window; 0: n_fft
    placement where = placement::centred;                //!< placement of the frames
    kernel::sides sides = kernel::sides::onesided;       //!< bins of a spectrum and their order
    double samp_rate = 1;                                //!< Hz, > 0; for keep and reject
    gain_method method = gain_method::wiener;            //!< rule for the gain
    noise_tracking tracking = noise_tracking::automatic; //!< how the noise is known
    //! Least gain in dB, -200 .. 0; noise that is left covers the musical tones.
    double gain_floor = -35;
    double oversubtraction = 1; //!< factor on the power of the noise, 0.1 .. 100
    //! Weight of the frame before in the ratio of signal to noise, at hop = win_length / 4; 0 .. 0.9999.
    double memory = 0.98;
    //! Bins over which power is averaged in the ratio of signal to noise; odd, at most 63.
    std::size_t smoothing = 3;
    //! True: that ratio is estimated a second time, from the gain that the first estimate gives.
    bool refine = true;
    //! Weight of the frames before in the detail of that ratio over bins, at hop = win_length / 4; 0 .. 0.9999; 0: of this frame alone.
    double detail_memory = 0.9;
    std::size_t learn = 0;              //!< frames from which the noise is learned, the next ones
    std::vector<double> noise;          //!< |X|^2 of the noise in each bin, instead; {}: not given
    std::string keep;                   //!< bands whose gain is 1, "lower:upper,..." in Hz
    std::string reject;                 //!< bands whose gain is 0, in the same form
    std::vector<double> mask;           //!< factor on the gain of each bin, 0 .. 1; {}: 1
    event_use events = event_use::keep; //!< effect of events

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! Bins of a spectrum.
    std::size_t bins() const { return kernel::bins(sides, n_fft); }
    //! win_length with its default filled in.
    std::size_t window_length() const { return win_length ? win_length : n_fft; }
    //! The frames' framing. \throws std::invalid_argument as framing
    framing frames() const { return { window_length(), hop, where }; }
    //! tracking, or what automatic stands for.
    noise_tracking tracking_used() const;
};

//! Parameters of gain_settings.
template <>
inline constexpr auto fields<gain_settings> =
    std::tuple(field("n_fft", &gain_settings::n_fft).required(),
               field("hop", &gain_settings::hop).required(),
               field("win_length", &gain_settings::win_length).automatic(),
               field("placement", &gain_settings::where, placement_named),
               field("sides", &gain_settings::sides, sides_named),
               field("samp_rate", &gain_settings::samp_rate),
               field("method", &gain_settings::method, gain_method_named).changeable(),
               field("tracking", &gain_settings::tracking, noise_tracking_named).changeable(),
               field("gain_floor", &gain_settings::gain_floor).changeable(),
               field("oversubtraction", &gain_settings::oversubtraction).changeable(),
               field("memory", &gain_settings::memory).changeable(),
               field("smoothing", &gain_settings::smoothing).changeable(),
               field("refine", &gain_settings::refine).changeable(),
               field("detail_memory", &gain_settings::detail_memory).changeable(),
               field("learn", &gain_settings::learn).changeable(),
               field("noise", &gain_settings::noise).changeable(),
               field("keep", &gain_settings::keep).changeable(),
               field("reject", &gain_settings::reject).changeable(),
               field("mask", &gain_settings::mask).changeable(),
               field("events", &gain_settings::events, event_use_named).changeable());

//! Settings after a change: noise that is given replaces noise that is learned, and the other way round.
//! \throws std::invalid_argument as gain_settings::check()
STFT_API gain_settings changed(gain_settings s, const change<gain_settings>& requested);

//! True if a change gives the noise, or has it learned.
STFT_API bool gives_noise(const change<gain_settings>& requested);

} // namespace gr::stft::kernel
#endif
