/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FRAMES_WINDOW_H
#define INCLUDED_STFT_KERNEL_FRAMES_WINDOW_H

#include <gnuradio/stft/api.h>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief A window as its user gives it: a name with parameters, or the taps themselves.
 *
 * Names and parameters mean what they mean in scipy.signal.get_window; the names of
 * gr::fft::window are understood where SciPy has none such. A named window has no length until
 * it is sampled.
 */
class STFT_API window
{
public:
    /*!
     * \param name for instance "hann" or "kaiser"; see names()
     * \param parameters in SciPy's order, for instance {8.6} for "kaiser"; those that SciPy gives a
     *        default may be left out. "general_cosine" takes its coefficients one by one,
     *        "exponential" {tau} or {center, tau}: center is given to periodic windows only
     * \throws std::invalid_argument for an unknown name (the message lists the known ones), a missing,
     *         superfluous, non-finite or illegal parameter
     */
    window(const std::string& name, std::vector<double> parameters = {});
    //! Named window without parameters.
    window(const char* name) : window(std::string(name)) {}

    /*!
     * \brief The window that GNU Radio numbers so, by the same name; "flattop" has SciPy's coefficients.
     *
     * \param type one of gr::fft::window::win_type
     * \param parameters beta, standard deviation or alpha, as window::build() takes them
     * \throws std::invalid_argument for an unknown number, WIN_EXPONENTIAL, whose decay in dB depends on the
     *         length, and as the constructor
     */
    static window of_type(std::int64_t type, std::vector<double> parameters = {});

    /*!
     * \param taps the window's values, real or complex
     * \throws std::invalid_argument if there are none, one is not finite, or all are zero
     */
    explicit window(std::vector<std::complex<double>> taps);
    //! Window given by real taps.
    explicit window(const std::vector<double>& taps);

    //! Number of taps; 0 for a named window, which takes any length.
    std::size_t length() const { return d_taps.size(); }

    //! True unless one of the given taps has an imaginary part.
    bool is_real() const;

    /*!
     * \brief The window's values, computed in double precision.
     *
     * \param length number of values, >= 1; for taps, their own number
     * \param symmetric false: periodic ("DFT-even"), the symmetric window of length + 1 without its
     *        last value; true: first and last value are equal. Taps are returned as they are.
     * \throws std::invalid_argument if length is 0, differs from the number of taps, or gives a window
     *         that is all zero or not finite
     */
    std::vector<std::complex<double>> sample(std::size_t length, bool symmetric = false) const;

    //! Amplitudes a of a periodic window sum_k a[k] cos(2 pi k (m - n / 2) / n) of n >= 2 values; empty if it is none.
    std::vector<double> cosines() const;

    //! True if names and parameters are equal, or the taps are.
    bool operator==(const window& other) const;

    //! Name of the window in SciPy, without parameters; empty for taps.
    const std::string& name() const { return d_name; }

    //! Parameters of a named window.
    const std::vector<double>& parameters() const { return d_parameters; }

    //! For messages and plots: `hann`, `kaiser(8.6)`, `64 taps`.
    std::string description() const;

    //! The name that an alias stands for; an unknown one comes back unchanged.
    static std::string canonical(const std::string& name);

    //! Every name that the constructor takes, aliases left out, sorted.
    static std::vector<std::string> names();

private:
    std::string d_name;
    std::vector<double> d_parameters;
    std::vector<std::complex<double>> d_taps;
};

} // namespace gr::stft::kernel
#endif
