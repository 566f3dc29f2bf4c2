/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FILTER_BANK_STFT_BINS_H
#define INCLUDED_STFT_KERNEL_FILTER_BANK_STFT_BINS_H

#include <gnuradio/stft/kernel/stft/stft.h>
#include <memory>

namespace gr::stft::kernel {

//! An STFT of which only some bins are wanted.
struct STFT_API bins_parameters : parameters {
    //! Frequencies in units of samp_rate / n_fft, whole or not, in any order.
    std::vector<double> bins;

    /*!
     * \brief parameters::check(), and the bins.
     * \throws std::invalid_argument if there are none, or one is not in 0 .. n_fft / 2 (real samples), or in
     *         -n_fft / 2 .. n_fft without the end (complex samples); if sides are given
     */
    template <class T>
    void check() const;

    //! True if all parameters are equal.
    bool operator==(const bins_parameters& other) const
    {
        return parameters::operator==(other) && bins == other.bins;
    }
};

namespace stft_fields {
//! Field of the bins.
constexpr auto bins = field("bins", &bins_parameters::bins).changeable().with_tag("stft_bins");
} // namespace stft_fields

//! Parameters of bins_parameters.
template <>
inline constexpr auto fields<bins_parameters> = std::tuple(
    stft_fields::bins.required(),
    stft_fields::hop,
    stft_fields::window,
    stft_fields::win_length,
    field("n_fft", &parameters::n_fft).automatic().with_tag("stft_n_fft", 1, longest_window),
    stft_fields::phase,
    stft_fields::placement,
    stft_fields::scaling,
    stft_fields::samp_rate);

//! How bins are computed: sums that slide along the signal, a sum for each frame, or the FFT of each frame.
enum class bins_method { automatic, sliding, direct, fft };

//! \throws std::invalid_argument unless name is "auto", "sliding", "direct" or "fft"
STFT_API bins_method bins_method_named(const std::string& name);
//! "auto", "sliding", "direct" or "fft"
STFT_API const char* name_of(bins_method method);

template <class T>
class bins_sliding;
template <class T>
class bins_direct;

/*!
 * \brief Chosen bins of the short-time Fourier transform, X[k, p] as in stft for each k in bins.
 *
 * The cheapest of three methods is used: sums that slide along the signal, whose cost per sample
 * does not grow with the window (windows by name that are sums of up to five cosines: boxcar, hann,
 * hamming, blackman, nuttall, flattop, general_cosine ..); a sum over each frame; or its FFT (whole
 * bins). With a given method a frame depends only on its samples and their positions. The sliding
 * sums are in double precision, never subtract, and restart at each position that is a multiple of
 * the window's length: so errors do not grow, and a large or NaN sample has no effect once it has
 * left the window.
 *
 * Errors relative to the largest value: 1e-13 (double), 1e-6 (single).
 *
 * T: float, double, or their complex types. Not thread-safe: an object has its own sums.
 */
template <class T>
class STFT_API stft_bins
{
public:
    using complex = std::complex<real_t<T>>; //!< a bin

    //! \throws std::invalid_argument as bins_parameters::check(), or if the method cannot do it
    explicit stft_bins(const bins_parameters& p, bins_method method = bins_method::automatic);
    ~stft_bins();

    //! The parameters it was made from.
    const bins_parameters& design() const { return d_parameters; }
    //! True if take() can switch to p: only if it is unchanged, since the choice of method depends
    //! on the hop.
    bool takes(const bins_parameters& p) const { return d_parameters == p; }
    //! Nothing changes. For parameters that it takes().
    void take(const bins_parameters&) {}
    //! Values of a row, one for each of the bins.
    std::size_t bins() const { return d_parameters.bins.size(); }
    //! Samples under the window.
    std::size_t win_length() const { return d_win_length; }

    //! The one that was taken.
    bins_method method() const;

    //! Frames of win_length() samples, hop apart, the first of them at start: from samples on -> rows [frame][bin].
    //! Quick if they follow the last ones of the same signal.
    void run(const T* samples, std::int64_t start, std::size_t frames, complex* rows);

    /*!
     * Frames first + p hop, p = 0 .. frames - 1, of the signal x of length samples, zero outside -> rows [frame][bin].
     */
    void
    analyse(const T* x, std::int64_t length, std::int64_t first, std::size_t frames, complex* rows);

private:
    bins_parameters d_parameters;
    std::size_t d_win_length;
    std::unique_ptr<bins_sliding<T>> d_sliding; // one of the three
    std::unique_ptr<bins_direct<T>> d_direct;
    std::unique_ptr<stft<T>> d_fft;
    std::vector<std::size_t> d_index; // of the spectrum
    volk::vector<complex> d_spectrum;
    std::vector<T> d_border;
};

} // namespace gr::stft::kernel
#endif
