/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_MASK_H
#define INCLUDED_STFT_MASK_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/frames/parameters.h>

namespace gr::stft {

//! Settings of mask_vcvc.
struct STFT_API mask_settings {
    std::size_t n_fft = 0;                         //!< DFT length
    std::size_t hop = 0;                           //!< samples between frames
    std::vector<std::complex<double>> mask;        //!< factor on each bin; {}: 1
    bool complex_masks = false;                    //!< items of the second input are complex
    kernel::sides sides = kernel::sides::onesided; //!< bins of an item
    std::size_t win_length = 0;                    //!< samples under the window; 0: n_fft

    //! Bins of an item.
    std::size_t bins() const { return kernel::bins(sides, n_fft); }
    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
};

namespace kernel {
//! Parameters of mask_settings.
template <>
inline constexpr auto
    fields<mask_settings> = std::tuple(field("n_fft", &mask_settings::n_fft).required(),
                                       field("hop", &mask_settings::hop).required(),
                                       field("mask", &mask_settings::mask).changeable(),
                                       field("complex_masks", &mask_settings::complex_masks),
                                       field("sides", &mask_settings::sides, sides_named),
                                       field("win_length", &mask_settings::win_length).automatic());
} // namespace kernel

/*!
 * \brief Spectra in, the same spectra times masks out.
 *
 * Between stft_* and istft_* it makes a Gabor multiplier, kernel::multiplier, of the three. Items of n_fft / 2 + 1 (sides "onesided") or
 * n_fft bins ("twosided", "centered").
 *
 * A second input, which may be left open, has a mask for each spectrum, float or (complex_masks) complex; where it ends first, its last
 * one holds. `mask` is a factor on all spectra, with that input and without.
 *
 * Tags: those of the spectra go on. Those of stft give the starts of frames, which count from -(win_length / 2) in steps of hop without.
 *
 * Message port "cmd": a dict (or pair) of mask, a vector of n_fft / 2 + 1 or n_fft numbers, or of none for ones, and optionally at, the
 * sample at or after which the first changed frame starts.
 */
class STFT_API mask_vcvc : public changeable<mask_settings>
{
public:
    using sptr = std::shared_ptr<mask_vcvc>; //!< type that make() returns

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    static sptr make(const mask_settings& s);

    //! Another mask from the next frame on. \throws as request()
    void set_mask(const std::vector<std::complex<double>>& mask)
    {
        this->request({ "mask", mask });
    }

    //! Samples; 0.
    virtual std::int64_t latency() const = 0;
};

} // namespace gr::stft
#endif
