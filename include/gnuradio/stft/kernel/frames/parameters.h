/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FRAMES_PARAMETERS_H
#define INCLUDED_STFT_KERNEL_FRAMES_PARAMETERS_H

#include <gnuradio/stft/kernel/fields.h>
#include <gnuradio/stft/kernel/frames/framing.h>
#include <gnuradio/stft/kernel/frames/phase.h>
#include <gnuradio/stft/kernel/frames/scaling.h>
#include <gnuradio/stft/kernel/frames/window.h>
#include <complex>
#include <type_traits>
#include <vector>

namespace gr::stft::kernel {

//! The real type of a sample type: float for float and std::complex<float>.
template <class T>
struct real_of {
    using type = T; //!< real_t
};
//! That of a complex sample.
template <class R>
struct real_of<std::complex<R>> {
    using type = R; //!< real_t
};
//! float or double.
template <class T>
using real_t = typename real_of<T>::type;
//! True if samples of this type are real.
template <class T>
constexpr bool is_real_v = std::is_same_v<T, real_t<T>>;

//! Bins of a spectrum of n_fft points: one-sided for real samples, all for complex ones.
template <class T>
constexpr std::size_t bins(std::size_t n_fft)
{
    return is_real_v<T> ? n_fft / 2 + 1 : n_fft;
}

//! Which bins a spectrum holds, in which order: 0 .. n_fft/2, 0 .. n_fft-1, or -n_fft/2 .. (n_fft-1)/2.
enum class sides { onesided, twosided, centered };

//! \throws std::invalid_argument unless name is "onesided", "twosided" or "centered" (or "centred")
STFT_API sides sides_named(const std::string& name);
//! "onesided", "twosided" or "centered"
STFT_API const char* name_of(sides which);

//! Bins of a spectrum of n_fft points that holds these.
inline std::size_t bins(sides which, std::size_t n_fft)
{
    return which == sides::onesided ? n_fft / 2 + 1 : n_fft;
}

//! \throws std::invalid_argument unless n_fft is in 1 .. 2^28
STFT_API std::size_t checked_n_fft(std::int64_t n_fft);

//! Parameters of an STFT and of its inverse.
struct STFT_API parameters {
    std::size_t n_fft;               //!< DFT length
    std::size_t hop;                 //!< samples between frames
    kernel::window window{ "hann" }; //!< a name (periodic) or taps
    std::size_t win_length = 0;      //!< samples under the window; 0: the taps' number, else n_fft
    placement where = placement::centred; //!< placement of frames in the signal
    phase_reference phase{ "centre" };    //!< sample at which the phase is 0
    scaling scale = scaling::none;        //!< factor on the spectrum
    double samp_rate = 1.0;               //!< Hz; matters for scaling::psd only
    //! Bins and their order; none: onesided for real, twosided for complex samples.
    std::optional<kernel::sides> sides = std::nullopt;

    //! True if bins come in the order -n_fft/2 .. (n_fft-1)/2.
    bool centered() const { return sides == kernel::sides::centered; }

    //! win_length with its default filled in. It may exceed n_fft: kernels that cannot fold frames refuse it.
    std::size_t window_length() const;

    //! \throws std::invalid_argument if win_length or hop is out of range
    framing frames() const { return { window_length(), hop, where }; }

    //! The window's values without scaling.
    std::vector<std::complex<double>> taps() const;

    //! taps(), once everything has been checked.
    //! \throws std::invalid_argument as check()
    template <class T>
    std::vector<std::complex<double>> checked_taps() const;

    //! Factors for frames of samples of type T: conj(w) times the factor of the scaling.
    //! \throws std::invalid_argument as check()
    template <class T>
    std::vector<std::complex<double>> analysis_taps() const;

    //! True if all parameters are equal.
    bool operator==(const parameters& other) const;

    //! True if a frame has the same spectrum with both: hop and placement may differ, and so may
    //! the rate unless the scaling depends on it.
    bool same_spectra(const parameters& other) const;

    /*!
     * \brief Checks everything against everything, for samples of type T.
     * \throws std::invalid_argument naming the parameter, its value and the rule
     */
    template <class T>
    void check() const;
};

//! Fields of parameters. The tables of settings list those that they have.
namespace stft_fields {
//!@{
//! Field of a parameter.
constexpr auto n_fft =
    field("n_fft", &parameters::n_fft).required().with_tag("stft_n_fft", 1, longest_window);
constexpr auto hop =
    field("hop", &parameters::hop).required().changeable().with_tag("stft_hop", 1, longest_hop);
constexpr auto window = field("window", &parameters::window).changeable().with_tag("stft_window");
constexpr auto win_length = field("win_length", &parameters::win_length)
                                .automatic()
                                .changeable()
                                .with_tag("stft_win_length", 1, longest_window);
constexpr auto placement = field("placement", &parameters::where, placement_named);
constexpr auto phase =
    field("phase", &parameters::phase, phase_reference::named).with_tag("stft_phase");
constexpr auto scaling =
    field("scaling", &parameters::scale, scaling_named).changeable().with_tag("stft_scaling");
constexpr auto samp_rate =
    field("samp_rate", &parameters::samp_rate).with_tag("stft_samp_rate", 1e-30, 1e30);
constexpr auto sides = field("sides", &parameters::sides, sides_named).automatic();
//!@}
} // namespace stft_fields

//! Parameters of parameters.
template <>
inline constexpr auto fields<parameters> = std::tuple(stft_fields::n_fft,
                                                      stft_fields::hop,
                                                      stft_fields::window,
                                                      stft_fields::win_length,
                                                      stft_fields::placement,
                                                      stft_fields::phase,
                                                      stft_fields::scaling,
                                                      stft_fields::samp_rate,
                                                      stft_fields::sides);

//! Settings after a change. A window given as taps brings its own length.
template <class Settings>
Settings changed(Settings settings, const change<Settings>& requested)
{
    if constexpr (std::is_base_of_v<parameters, Settings>) {
        const auto& window = requested.wanted(&parameters::window);
        if (window && (window->length() || settings.window.length()))
            settings.win_length = 0;
    }
    requested.apply_to(settings);
    return settings;
}

} // namespace gr::stft::kernel
#endif
