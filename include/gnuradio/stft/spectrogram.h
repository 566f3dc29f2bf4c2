/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_SPECTROGRAM_H
#define INCLUDED_STFT_SPECTROGRAM_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/stft/power.h>

namespace gr::stft {

//! Settings of spectrogram: of the frames, without phase and scaling, and of the rows.
struct STFT_API spectrogram_settings : kernel::parameters, kernel::power_parameters {
    //! True if all settings are equal.
    bool operator==(const spectrogram_settings& other) const
    {
        return kernel::parameters::operator==(other) && kernel::power_parameters::operator==(other);
    }
};

namespace kernel {
//! Parameters of spectrogram_settings.
template <>
inline constexpr auto fields<spectrogram_settings> = std::tuple(stft_fields::n_fft,
                                                                stft_fields::hop,
                                                                stft_fields::window,
                                                                stft_fields::win_length,
                                                                stft_fields::placement,
                                                                power_fields::kind,
                                                                power_fields::average,
                                                                power_fields::max_hold,
                                                                power_fields::db,
                                                                stft_fields::samp_rate,
                                                                stft_fields::sides);
} // namespace kernel

/*!
 * \brief Samples in, rows of power out: stft and power in one block.
 *
 * Input: samples, float (spectrogram_fvf) or complex (spectrogram_cvf). Output: one row of floats per `average`
 * frames, n_fft / 2 + 1 bins for float samples (inner bins doubled), n_fft for complex ones. The last row
 * averages what is left. kernel::power_kind has the units.
 *
 * Tags and message port as in stft, the row in place of the frame; rx_rate is divided by hop and
 * average. The messages may also hold average, and reset (any value), which forgets the held
 * maxima.
 */
template <class T>
class STFT_API spectrogram : public changeable<spectrogram_settings>
{
public:
    using sptr = std::shared_ptr<spectrogram<T>>; //!< type that make() returns

    /*!
     * \param s n_fft and hop at least
     * \throws std::invalid_argument naming the parameter, its value and the rule
     */
    static sptr make(const spectrogram_settings& s);

    //!@{
    //! Requests another value, from the next frame on; an average holds for the present row, too. \throws as request()
    void set_hop(std::int64_t hop) { this->request({ "hop", hop }); }
    void set_window(const kernel::window& window) { this->request({ "window", window }); }
    void set_win_length(std::int64_t win_length) { this->request({ "win_length", win_length }); }
    void set_average(std::int64_t average) { this->request({ "average", average }); }
    //!@}

    //! Forgets the held maxima.
    virtual void reset() = 0;

    //! Samples that follow the centre of a row's first frame before the row leaves.
    virtual std::int64_t latency() const = 0;
};

using spectrogram_fvf = spectrogram<float>;
using spectrogram_cvf = spectrogram<gr_complex>;

} // namespace gr::stft
#endif
