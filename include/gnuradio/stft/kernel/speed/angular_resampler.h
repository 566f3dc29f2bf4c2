/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_SPEED_ANGULAR_RESAMPLER_H
#define INCLUDED_STFT_KERNEL_SPEED_ANGULAR_RESAMPLER_H

#include <gnuradio/stft/kernel/speed/tacho_pulses.h>
#include <memory>

namespace gr::stft::kernel {

//! Parameters of angular_resampler.
struct STFT_API angular_settings {
    double samp_rate = 1;             //!< Hz, > 0
    std::size_t hop = 256;            //!< samples from one speed to the next, >= 1
    std::size_t samples_per_rev = 64; //!< output samples of a revolution, 2 .. 2^20
    double f_min = 0;                 //!< Hz, slower is a gap; 0: samp_rate / (512 samples_per_rev)

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! f_min, Hz.
    double lowest() const;
};

//! Parameters of angular_settings.
template <>
inline constexpr auto fields<angular_settings> =
    std::tuple(field("samp_rate", &angular_settings::samp_rate),
               field("hop", &angular_settings::hop),
               field("samples_per_rev", &angular_settings::samples_per_rev).changeable(),
               field("f_min", &angular_settings::f_min).automatic().changeable());

//! The angle and the instant of an output sample.
struct STFT_API angle_position {
    std::int64_t revolution = 0; //!< revolutions before it
    std::size_t cell = 0;        //!< sample of the revolution, 0 .. samples_per_rev - 1
    sample_instant at;           //!< instant in the input
    double speed = 0;            //!< revolutions per sample of the input
    bool after_gap = false; //!< true: the speed was too low, or unknown, since the sample before
    std::size_t samples_per_rev = 0; //!< samples of its revolution
};

/*!
 * \brief Samples at equal angles, from samples at equal times and the speed.
 *
 * The speed is known at some instants, rising ones. Between them it is a cubic, whose slope at an instant is that of the
 * polynomial through it and two speeds on either side, limited so that the speed stays positive. The angle is its integral: 0 at the
 * first sample, counted in revolutions and a fraction of one, so that it is as exact after years as at the beginning.
 * The first speed holds back to the first sample, the last one to the end.
 *
 * An output sample is the sum of the input about its instant with a windowed sinc, 32 taps under a Kaiser window of
 * beta 9, whose cut-off is 0.92 of the Nyquist frequency; from 512 instants between two samples, linear between these.
 * The sum of its taps is 1. Below samp_rate / samples_per_rev it is stretched, in steps of 2^(1/4), so that what would
 * alias is removed: orders up to 0.3 samples_per_rev keep their level.
 *
 * Where the speed is below f_min or not finite, at either end of a piece, the piece is a gap: it has no output, and a new
 * revolution begins after it. Revolutions in it are counted as far as its speeds are known.
 *
 * Samples and speeds may come in chunks of any size, one ahead of the other, with the same output. Samples wait for their
 * speed, and memory grows with these. T: float, double or std::complex<float>.
 */
template <class T>
class STFT_API angular_resampler
{
public:
    /*!
     * \param s parameters \param first number of the first sample \param revolution that begins there
     * \throws std::invalid_argument as angular_settings::check()
     */
    explicit angular_resampler(const angular_settings& s,
                               std::int64_t first = 0,
                               std::int64_t revolution = 0);
    ~angular_resampler();
    //!@{
    //! Takes another one's state, which can only be destroyed or assigned to from then on.
    angular_resampler(angular_resampler&&) noexcept;
    angular_resampler& operator=(angular_resampler&&) noexcept;
    //!@}

    //! The next samples.
    void add(const T* samples, std::size_t count);

    //! The speed at an instant, Hz. Returns false, and does nothing, if the instant is not after the one before.
    bool add_speed(const sample_instant& at, double speed);

    //! Speeds from the next one on are of another sample rate (Hz, > 0). f_min, in revolutions per sample, stays.
    void set_rate(double samp_rate);

    /*!
     * \brief Other samples_per_rev and f_min, from the first revolution on that begins later than every sample and speed so far
     * by max(reach() before, reach() after) samples.
     *
     * Revolutions before it keep their samples, and from it on they are those of a resampler that has had the new settings from the
     * beginning. Where speeds that come later are below the higher one of two values of f_min, there is a gap until then.
     * A later change holds from a later revolution on; one that begins between them has the settings of the first.
     *
     * \param s samples_per_rev and f_min count; samp_rate is the one of which f_min is a part
     * \throws std::invalid_argument as angular_settings::check(); nothing changes then
     */
    void change(const angular_settings& s);

    //!@{
    //! No more samples; no more speeds.
    void finish_samples();
    void finish_speeds();
    //!@}

    /*!
     * \brief Computes output samples and returns their number.
     * \param out where they go
     * \param where their positions, or null
     * \param room most samples
     */
    std::size_t read(T* out, angle_position* where, std::size_t room);

    //!@{
    //! True if the last read() that did not fill its room ended for want of samples, or of speeds.
    bool lacks_samples() const;
    bool lacks_speeds() const;
    //!@}

    //! Samples that are held, those that wait for a speed among them.
    std::size_t held() const;
    //! Samples on either side of an instant that the longest sum takes. A change makes it longer, never shorter.
    std::size_t reach() const;
    //! The parameters, after all changes.
    const angular_settings& design() const;

private:
    class parts;
    std::unique_ptr<parts> d;
};

} // namespace gr::stft::kernel
#endif
