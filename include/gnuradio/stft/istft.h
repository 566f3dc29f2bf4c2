/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_ISTFT_H
#define INCLUDED_STFT_ISTFT_H

#include <gnuradio/block.h>
#include <gnuradio/stft/kernel/frames/parameters.h>

namespace gr::stft {

//! Settings of istft.
struct STFT_API istft_settings : kernel::parameters {
    //! A dual window of win_length taps, used without normalisation; none: overlap-add divided by the coverage.
    std::vector<std::complex<double>> synthesis = {};
    //! Samples are uncovered, and 0, where the coverage is at most this part of its maximum; -1: 1e-6.
    double threshold = -1;
    //! Refuse a hop within the window that leaves samples uncovered; a given threshold lets it pass, too.
    bool strict = true;
};

/*!
 * \brief Spectra in, samples out: the inverse STFT by weighted overlap-add.
 *
 * Input: items of n_fft / 2 + 1 bins (istft_vcf, float samples out) or n_fft bins (istft_vcc, complex samples
 * out). kernel::istft has the formula. The tags of stft override the constructor's values, so that streams
 * whose window or hop changes are inverted too, and the output has exactly as many samples as the stream that
 * was transformed. Without a stft_length tag it ends with the last sample under the last frame.
 *
 * Uncovered samples are 0 and counted. Where they come from window and hop (settings that are not strict, or a change by
 * tags), they are warned of once.
 *
 * Other tags of a frame go to the first sample that the frame adds to those before; rx_time moves with it,
 * rx_rate is multiplied by the hop.
 */
template <class T>
class STFT_API istft : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<istft<T>>; //!< type that make() returns

    /*!
     * \param s those of the transform; its tags override them
     * \throws std::invalid_argument naming the parameter, its value and the rule; also if window and hop
     *         leave samples that cannot be recovered (NOLA), as strict and threshold say
     */
    static sptr make(const istft_settings& s);

    //! Samples by which the output lags behind the centre of the newest frame.
    virtual std::int64_t latency() const = 0;

    //! Samples put out as 0 because no window covers them, since the stream began.
    virtual std::uint64_t uncovered() const = 0;
};

using istft_vcf = istft<float>;
using istft_vcc = istft<gr_complex>;

namespace kernel {
//! Parameters of istft_settings.
template <>
inline constexpr auto fields<istft_settings> =
    std::tuple_cat(fields<parameters>,
                   std::tuple(field("synthesis", &istft_settings::synthesis),
                              field("threshold", &istft_settings::threshold).automatic(),
                              field("strict", &istft_settings::strict)));
} // namespace kernel

} // namespace gr::stft
#endif
