/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_BANDS_BAND_WEIGHTS_H
#define INCLUDED_STFT_KERNEL_BANDS_BAND_WEIGHTS_H

#include <gnuradio/stft/api.h>
#include <gnuradio/stft/kernel/fields.h>
#include <vector>

namespace gr::stft::kernel {

//! How the bands of band_weights lie: at equal steps of a scale, in fractions of an octave, between edges of the user's, or by
//! weights of the user's.
enum class band_kind { mel, bark, erb, octave, linear, edges, weights };
//! The mel scale: slaney is linear up to 1 kHz and logarithmic above; htk is 2595 log10(1 + f / 700).
enum class mel_scale { slaney, htk };
//! Weights over a band. automatic: rectangle for octave, linear and edges, else triangle.
enum class band_shape { automatic, triangle, rectangle };
//! Factor on the weights of a band. none: a triangle is 1 at its peak, a rectangle in its band; area: its area over frequency is 1 / Hz; sum: its
//! weights add up to 1.
enum class band_norm { none, area, sum };

//!@{
//! \throws std::invalid_argument for an unknown name; "slaney" is another name of the norm "area"
STFT_API band_kind band_kind_named(const std::string& name);
STFT_API mel_scale mel_scale_named(const std::string& name);
STFT_API band_shape band_shape_named(const std::string& name);
STFT_API band_norm band_norm_named(const std::string& name);
//!@}
//!@{
//! The name.
STFT_API const char* name_of(band_kind kind);
STFT_API const char* name_of(mel_scale scale);
STFT_API const char* name_of(band_shape shape);
STFT_API const char* name_of(band_norm norm);
//!@}

//! One band, Hz.
struct STFT_API band_edges {
    double lower; //!< begin of the weights
    //! Peak of a triangle; midband of an octave's fraction; middle of another rectangle.
    double centre;
    double upper; //!< end of the weights
};

//! Parameters of band_weights.
struct STFT_API band_weights_settings {
    std::size_t n_fft = 0;           //!< DFT length of the rows, >= 2
    band_kind kind = band_kind::mel; //!< how the bands lie
    //! Their number. 0: 128 for mel, one for each unit of bark and erb; that of octave, edges and weights follows from others.
    std::size_t bands = 0;
    double samp_rate = 1; //!< Hz, of the samples; above 40 for mel, bark and erb
    double f_min = 0;     //!< Hz, where the first band begins
    double f_max = 0;     //!< Hz, where the last one ends; 0: samp_rate / 2
    band_shape shape = band_shape::automatic;                //!< shape of the weights over a band
    band_norm norm = band_norm::none;                        //!< factor on them
    kernel::mel_scale mel_scale = kernel::mel_scale::slaney; //!< scale of mel bands
    std::size_t per_octave = 3;                              //!< bands in an octave
    double reference = 1000; //!< Hz, a midband of octaves, or an edge; see band_weights
    //! Hz, rising: edges of rectangles that meet, or feet and peaks of triangles.
    std::vector<double> edges;
    std::vector<double> weights; //!< bands x (n_fft / 2 + 1) values, band by band

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! Bins of a row.
    std::size_t bins() const { return n_fft / 2 + 1; }
    //! f_max with its default filled in.
    double highest() const { return f_max > 0 ? f_max : samp_rate / 2; }
    //! shape with its default filled in.
    band_shape shape_used() const;
    //! The bands, in order; none of weights. n_fft may be 0, if f_min of an octave is given. \throws std::invalid_argument as check()
    std::vector<band_edges> bands_of() const;
};

//! Parameters of band_weights_settings.
template <>
inline constexpr auto fields<band_weights_settings> =
    std::tuple(field("n_fft", &band_weights_settings::n_fft).required(),
               field("kind", &band_weights_settings::kind, band_kind_named),
               field("bands", &band_weights_settings::bands).automatic(),
               field("samp_rate", &band_weights_settings::samp_rate),
               field("f_min", &band_weights_settings::f_min).changeable(),
               field("f_max", &band_weights_settings::f_max).automatic().changeable(),
               field("shape", &band_weights_settings::shape, band_shape_named),
               field("norm", &band_weights_settings::norm, band_norm_named),
               field("mel_scale", &band_weights_settings::mel_scale, mel_scale_named),
               field("per_octave", &band_weights_settings::per_octave),
               field("reference", &band_weights_settings::reference),
               field("edges", &band_weights_settings::edges),
               field("weights", &band_weights_settings::weights));

//! Bins of a one-sided row that a band of frequency takes part of.
struct STFT_API cells_in_band {
    std::size_t first;          //!< the first of these bins
    std::vector<double> shares; //!< part of the cell of each that lies in the band, 0 .. 1
};

/*!
 * \brief Which part of each bin's cell, [f_m - df/2, f_m + df/2] within 0 .. samp_rate / 2, lies between two frequencies.
 *
 * Bands that meet share no cell's power and lose none. Bin 0 and, for even n_fft, n_fft / 2 have half a cell that holds all of
 * their power.
 */
STFT_API cells_in_band cells_between(double lower,
                                     double upper,
                                     std::size_t n_fft,
                                     double samp_rate);

/*!
 * \brief Weights of the bins of one-sided rows of power in each of some bands, and the weighted sums. R: float or double.
 *
 * With z(f) a scale, f_i = z^-1(z(f_min) + i (z(f_max) - z(f_min)) / steps), and F_m the frequency of bin m,
 *
 *     triangle    steps = bands + 1    w[i, m] = max(0, min((F_m - f_i) / (f_i+1 - f_i), (f_i+2 - F_m) / (f_i+2 - f_i+1)))
 *     rectangle   steps = bands        w[i, m] = the part of bin m's cell in f_i .. f_i+1
 *
 *     mel slaney  3 f / 200 below 1 kHz, 15 + 27 ln(f / 1000) / ln 6.4 from there on
 *     mel htk     2595 log10(1 + f / 700)
 *     bark        b = 26.81 f / (1960 + f) - 0.53; b + 0.15 (2 - b) for b < 2, b + 0.22 (b - 20.1) for b > 20.1
 *     erb         1000 / (24.7 4.37) ln(1 + 4.37 f / 1000)
 *     linear      f
 *
 * The triangles of mel, with norm none or area, are those of librosa and torchaudio. Octaves are of IEC 61260-1: with b = per_octave and
 * G = 10^0.3, midbands are reference G^(x / b), for even b reference G^((2 x + 1) / (2 b)), and edges G^(1 / (2 b)) away. Those from the
 * band that holds f_min to the one that holds f_max are there, but none that reaches beyond samp_rate / 2; f_min = 0 stands for the first
 * band as wide as the distance of two bins. Triangles of octaves have their feet at the midbands next to theirs.
 *
 * A band that no bin falls into is empty: its weights are 0.
 *
 * Traunmueller, "Analytical expressions for the tonotopic sensory scale", J. Acoust. Soc. Am. 88, 1990; Glasberg and Moore, "Derivation of
 * auditory filter shapes from notched-noise data", Hear. Res. 47, 1990; Slaney, "Auditory toolbox", Interval Research 1998-010.
 */
template <class R>
class STFT_API band_weights
{
public:
    //! \throws std::invalid_argument as band_weights_settings::check()
    explicit band_weights(const band_weights_settings& s);

    //! Weights of the user's, a row of `bins` values for each band, of rows of that many values. \throws std::invalid_argument unless they are
    //! finite, not negative, and there are some
    band_weights(const double* weights, std::size_t bands, std::size_t bins);

    //! One row of bins() powers -> bands() sums. A power that is not finite makes those of its bands so.
    void apply(const R* row, R* sums) const;

    //! The weights, bands() x bins() values, band by band.
    void write(double* weights) const;

    //! Bands of a row.
    std::size_t bands() const { return d_ends.size(); }
    //! Bins of a row.
    std::size_t bins() const { return d_bins; }
    //! Weights that are not 0.
    std::size_t size() const { return d_weights.size(); }
    //! Bands that no bin falls into.
    std::size_t empty_bands() const { return d_empty; }

private:
    struct run { // neighbouring bins with weights
        std::size_t first, count;
    };

    void add_band(const double* weights, std::size_t first, std::size_t count);

    std::size_t d_bins, d_empty = 0;
    std::vector<run> d_runs;
    std::vector<std::size_t> d_ends; // one past the last of d_runs of each band
    std::vector<double> d_weights;   // of the runs, one after another
};

} // namespace gr::stft::kernel
#endif
