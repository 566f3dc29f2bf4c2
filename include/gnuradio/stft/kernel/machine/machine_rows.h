/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_MACHINE_MACHINE_ROWS_H
#define INCLUDED_STFT_KERNEL_MACHINE_MACHINE_ROWS_H

#include <gnuradio/stft/kernel/fields.h>
#include <cstdint>
#include <memory>
#include <vector>

namespace gr::stft::kernel {

//! Parameters of machine_rows.
struct STFT_API machine_rows_settings {
    double samp_rate = 1;       //!< Hz, of the samples
    std::string bands;          //!< "10:1000,1000:5000", Hz, whose level is measured; "": none
    std::vector<double> orders; //!< orders whose level is measured; none: there is no speed
    std::size_t integrate = 0;  //!< 0: as measured; 1: velocity of an acceleration; 2: displacement
    double factor = 1;          //!< on the levels
    double quantum = 0;         //!< step of the quantiser; 0: unknown

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! Samples of a row: even; a second, or ten periods of the lowest edge above 0 Hz if that is longer.
    std::size_t hop() const;
};

//! Parameters of machine_rows_settings.
template <>
inline constexpr auto fields<machine_rows_settings> =
    std::tuple(field("samp_rate", &machine_rows_settings::samp_rate),
               field("bands", &machine_rows_settings::bands),
               field("orders", &machine_rows_settings::orders),
               field("integrate", &machine_rows_settings::integrate),
               field("factor", &machine_rows_settings::factor),
               field("quantum", &machine_rows_settings::quantum));

//! Levels, speed and faults of the sensor in a stretch of samples.
struct STFT_API machine_row {
    std::int64_t start = 0;     //!< first sample
    double speed = 0;           //!< Hz, median; NaN if none can be trusted, or there are none
    double confidence = 0;      //!< median; 0 without a speed
    bool dead = false;          //!< all samples are equal
    bool clipped = false;       //!< runs of samples are at the largest magnitude
    bool finite = true;         //!< no sample is NaN or infinite, of the half row after it neither
    std::vector<double> levels; //!< rms of each band, then of each order; NaN where it is unknown
};

/*!
 * \brief Rows of a machine's levels, one for each stretch of hop() samples: bands, orders, speed, and what is wrong with the sensor.
 *
 * The level of a band is that of band_power for the mean of two Hann frames of hop() samples, which begin with the row and in
 * its middle. The speeds come from elsewhere, each with the sample it is that of: a row has the median of those within that can be
 * trusted (confidence above 1), if these are more than half of them, and the rms of each order, whose amplitude at the speed f is
 *
 *     amplitude factor / (2 pi order f)^integrate
 *
 * A row waits until its speeds are known. A row is clipped if three samples in a row are at its largest magnitude, above 50 steps
 * of the quantiser, in one of 2000 samples, twice at least; one with a sample that is not finite is neither clipped nor dead. No row
 * holds lost samples. Samples may come in chunks of any size, with the same rows. R: float or double.
 */
template <class R>
class STFT_API machine_rows
{
public:
    //! \throws std::invalid_argument as machine_rows_settings::check()
    explicit machine_rows(const machine_rows_settings& s);
    ~machine_rows();
    //!@{
    //! Takes another one's state, which can only be destroyed or assigned to from then on.
    machine_rows(machine_rows&&) noexcept;
    machine_rows& operator=(machine_rows&&) noexcept;
    //!@}

    //! The next samples. Rows that wait for their speeds are kept.
    void push(const R* samples, std::size_t count);
    //! Samples were lost: what has not filled a row is dropped.
    void skip(std::uint64_t count);
    /*!
     * \brief The speed at a sample, not before the one given last.
     * \param sample it is that of
     * \param frequency Hz
     * \param confidence above 1: to be trusted
     * \param amplitudes of the orders: those of cosines
     */
    void
    add_speed(std::int64_t sample, double frequency, double confidence, const double* amplitudes);
    //! No speed of a sample before this one comes any more.
    void know_until(std::int64_t sample);
    //! No more samples and speeds.
    void finish();

    //! The next row; null if it is not known yet. It lives until the next call of another method.
    const machine_row* row();
    //! Moves on to the row after it.
    void advance();

    //! Samples of a row.
    std::size_t hop() const;
    //! Samples so far, lost ones included.
    std::int64_t samples() const;
    //! Levels of a row.
    std::size_t levels() const;
    //! The parameters.
    const machine_rows_settings& design() const;

private:
    class parts;
    std::unique_ptr<parts> d;
};

//! Some rows as one.
struct STFT_API machine_mean {
    std::size_t rows = 0;   //!< how many they are
    double speed = 0;       //!< Hz, median of those that are known; NaN if none is
    double speed_known = 0; //!< fraction of the rows
    //! Root of the mean square of each level where it is known; NaN if it is not.
    std::vector<double> levels;
};

//! Joins rows: the mean power of each level, and the median of the speeds.
class STFT_API machine_joiner
{
public:
    //! \param levels of a row
    explicit machine_joiner(std::size_t levels);
    //! The next row.
    void add(double speed, const double* levels);
    //! Rows since the last take().
    std::size_t rows() const { return d_rows; }
    //! The mean of these rows; the next row begins another one.
    machine_mean take();

private:
    std::size_t d_rows = 0;
    std::vector<double> d_power;
    std::vector<std::size_t> d_known;
    std::vector<double> d_speeds;
};

} // namespace gr::stft::kernel
#endif
