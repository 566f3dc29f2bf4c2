/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_DENOISE_HPSS_H
#define INCLUDED_STFT_KERNEL_DENOISE_HPSS_H

#include <gnuradio/stft/kernel/fields.h>
#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <memory>

namespace gr::stft::kernel {

//! Parameters of hpss.
struct STFT_API hpss_settings {
    std::size_t n_fft = 0;                 //!< DFT length of the spectra
    kernel::sides sides = sides::onesided; //!< which bins they have
    std::size_t time_kernel = 31;          //!< frames of the median over time, odd
    std::size_t frequency_kernel = 31;     //!< bins of the median over frequency, odd
    double power = 2; //!< exponent of the medians in the masks, > 0; infinite: masks are 0 or 1
    double margin_harmonic = 1; //!< >= 1, by which what is harmonic must exceed what is percussive
    double margin_percussive = 1; //!< likewise the other way
    bool mask = false;            //!< true: the masks come out, as real parts
    std::size_t hop = 0; //!< samples from frame to frame, for a block's latency; 0: unknown

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! Bins of a spectrum.
    std::size_t bins() const { return kernel::bins(sides, n_fft); }
    //! Frames by which a result comes later than its spectrum.
    std::size_t delay() const { return time_kernel / 2; }
};

//! Parameters of hpss_settings.
template <>
inline constexpr auto fields<hpss_settings> =
    std::tuple(field("n_fft", &hpss_settings::n_fft).required(),
               field("sides", &hpss_settings::sides, sides_named),
               field("time_kernel", &hpss_settings::time_kernel),
               field("frequency_kernel", &hpss_settings::frequency_kernel),
               field("power", &hpss_settings::power).changeable(),
               field("margin_harmonic", &hpss_settings::margin_harmonic).changeable(),
               field("margin_percussive", &hpss_settings::margin_percussive).changeable(),
               field("mask", &hpss_settings::mask),
               field("hop", &hpss_settings::hop).automatic());

/*!
 * \brief Separates what lasts in time, lines, from what is spread over frequency, knocks.
 *
 * With H the median of |X| in a bin over time_kernel frames, and P that in a frame over frequency_kernel bins, both centred at the cell, and
 * p the power,
 *
 *     harmonic    X H^p / (H^p + (m_h P)^p)        percussive    X P^p / (P^p + (m_p H)^p)
 *
 * With margins m_h = m_p = 1 they add up to X, and share cells alike in which both medians are 0; with others, of such cells neither has
 * anything, and what exceeds no margin is in neither. Beyond the first and last frame stand their mirror images (c b a | a b c), also
 * beyond the first and last bin of one-sided spectra; others are circular. A value that is not finite counts as 0 in medians, so that it is
 * not finite in its own cell only.
 *
 * A result comes delay() frames after its spectrum, the last ones from flush(). Fitzgerald, "Harmonic/percussive separation using median
 * filtering", DAFx-10; margins: Driedger, Mueller and Disch, "Extending harmonic-percussive separation of audio signals", ISMIR 2014.
 *
 * T: float or double (magnitudes), or their complex types.
 */
template <class T>
class STFT_API hpss
{
public:
    //! \throws std::invalid_argument as hpss_settings::check()
    explicit hpss(const hpss_settings& s);
    ~hpss();
    //!@{
    //! Takes another one's state, which can only be destroyed or assigned to from then on.
    hpss(hpss&&) noexcept;
    hpss& operator=(hpss&&) noexcept;
    //!@}

    //! The next spectrum, bins() values. True if a result was written: that of the spectrum delay() frames before.
    bool add(const T* spectrum, T* harmonic, T* percussive);

    //! No more spectra: true if the next one of those that are left was written, false if there is none.
    bool flush(T* harmonic, T* percussive);

    //! Forgets the spectra so far.
    void reset();

    /*!
     * \brief Another power and other margins, from the next result on.
     * \throws std::invalid_argument as check(), or if another parameter differs
     */
    void change(const hpss_settings& s);

    //! Bins of a spectrum.
    std::size_t bins() const;
    //! Spectra whose results have not been written.
    std::uint64_t pending() const;
    //! The parameters in force.
    const hpss_settings& design() const;

private:
    class parts;
    std::unique_ptr<parts> d;
};

} // namespace gr::stft::kernel
#endif
