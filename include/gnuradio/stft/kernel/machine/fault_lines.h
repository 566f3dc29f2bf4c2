/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_MACHINE_FAULT_LINES_H
#define INCLUDED_STFT_KERNEL_MACHINE_FAULT_LINES_H

#include <gnuradio/stft/kernel/fields.h>
#include <gnuradio/stft/kernel/machine/bearing_geometry.h>
#include <gnuradio/stft/kernel/records/event_text.h>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace gr::stft::kernel {

//! Parameters of fault_lines.
struct STFT_API fault_lines_settings : bearing_geometry {
    std::size_t n_fft = 8192;   //!< DFT length of the rows, 16 .. 2^24
    std::size_t win_length = 0; //!< samples of the envelope under the window; 0: n_fft
    double samp_rate = 1;       //!< Hz, of the envelope, > 0
    double tolerance = 0.015;   //!< fraction by which lines may be off, 0.001 .. 0.05
    std::size_t harmonics = 4;  //!< multiples of a line that count, 1 .. 16
    double threshold = 4;       //!< z from which on a line names a fault, > 0
    double whiten = 2.4;        //!< width of the median that a row is divided by, revolutions^-1

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! Bins of a row.
    std::size_t bins() const { return n_fft / 2 + 1; }
    //! Hz from bin to bin.
    double spacing() const { return samp_rate / static_cast<double>(n_fft); }
};

//! A line of the bearing in an envelope spectrum.
struct STFT_API fault_line {
    double order = 0;     //!< that of the geometry, per revolution
    double frequency = 0; //!< Hz: order, speed and stretch
    double stretch = 1;   //!< factor on the frequency at which it was found
    //! Score over that of lines without meaning, in their deviations; NaN: not looked for.
    double z = 0;
};

//! Verdict on an envelope spectrum.
struct STFT_API fault_report {
    //! Why there is no verdict: "no speed", "no signal" or "too few turns"; null if there is one.
    const char* missing = nullptr;
    double speed = 0;                               //!< Hz
    std::array<fault_line, bearing_faults> lines{}; //!< index: bearing_fault
    std::optional<bearing_fault> fault; //!< that of the greatest z, if it reaches the threshold
    fault_line shaft; //!< the shaft's own orders, which are left out where they stand out
};

/*!
 * \brief The values of a report, as messages and JSON have them.
 *
 * speed (Hz), fault ("FTF", "BPFO", "BPFI", "BSF"; unknown if none is named), z, frequency (Hz), stretch (those of the greatest z),
 * missing, then z_, frequency_ and stretch_ of ftf, bpfo, bpfi, bsf and shaft.
 */
STFT_API std::vector<std::pair<const char*, event_value>> values_of(const fault_report& report);

/*!
 * \brief Looks for the lines of a bearing in rows of the power spectral density of an envelope.
 *
 * E is the row over its running median. A line g scores
 *
 *     L(g) = max over s in 1 -+ tolerance of sum_h ln(1 + E(h g s)) / sqrt(h) + sum_(h <= 3) sum_(j = -2 .. 2, j != 0) ln(1 + E(h g s + j side)) / 4
 *
 * with side: the speed for BPFI, FTF for BSF, without the second sum for others: one stretch s for all harmonics. The same
 * score of 160 frequencies between the lines, but for those near a ratio of small integers to a line or an order of the
 * shaft, has a median and a deviation: z = (L - median) / (1.48 MAD + 0.3). The shaft's orders, if they stand out, do not count, so that
 * a bearing whose line is next to an order is not accused of the shaft's modulation.
 *
 * Deterministic; a row needs 20 turns under its window at least, and is best at 75 .. 150.
 */
class STFT_API fault_lines
{
public:
    //! \throws std::invalid_argument as fault_lines_settings::check()
    explicit fault_lines(const fault_lines_settings& s);
    ~fault_lines();
    //!@{
    //! Takes another's state, which can only be destroyed or assigned to from then on.
    fault_lines(fault_lines&&) noexcept;
    fault_lines& operator=(fault_lines&&) noexcept;
    //!@}

    //! A row of n_fft / 2 + 1 densities, and the speed in Hz. R: float or double.
    template <class R>
    const fault_report& examine(const R* row, double speed);

    //! E of the last row; zeros if there was no verdict.
    const std::vector<float>& whitened() const;

    //! Orders of the frequencies without meaning, per revolution.
    const std::vector<double>& compared() const;

    //! The parameters.
    const fault_lines_settings& design() const;

private:
    class parts;
    std::unique_ptr<parts> d;
};

//! Parameters of fault_lines_settings.
template <>
inline constexpr auto fields<fault_lines_settings> =
    std::tuple(field("n_fft", &fault_lines_settings::n_fft).required(),
               field("balls", &bearing_geometry::balls).required(),
               field("ball_diameter", &bearing_geometry::ball_diameter).required(),
               field("pitch_diameter", &bearing_geometry::pitch_diameter).required(),
               field("contact_angle", &bearing_geometry::contact_angle),
               field("samp_rate", &fault_lines_settings::samp_rate),
               field("win_length", &fault_lines_settings::win_length).automatic(),
               field("tolerance", &fault_lines_settings::tolerance),
               field("harmonics", &fault_lines_settings::harmonics),
               field("threshold", &fault_lines_settings::threshold),
               field("whiten", &fault_lines_settings::whiten));

} // namespace gr::stft::kernel
#endif
