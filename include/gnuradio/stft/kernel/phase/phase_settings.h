/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_PHASE_PHASE_SETTINGS_H
#define INCLUDED_STFT_KERNEL_PHASE_PHASE_SETTINGS_H

#include <gnuradio/stft/kernel/frames/parameters.h>

namespace gr::stft::kernel {

//! Parameters of phase_from_magnitude; those of the STFT whose magnitudes come in, and of the spectra that go out.
struct STFT_API phase_settings {
    std::size_t n_fft = 0;                //!< DFT length
    std::size_t hop = 0;                  //!< samples between frames
    kernel::window window{ "hann" };      //!< window of the magnitudes, real
    std::size_t win_length = 0;           //!< samples under it; 0: the taps' number, else n_fft
    placement where = placement::centred; //!< placement of the frames
    phase_reference phase{ "centre" };    //!< phase reference of the spectra
    kernel::sides sides = kernel::sides::onesided; //!< bins of a row, and their order
    std::size_t look_ahead = 0; //!< frames that the phases of a frame wait for: 0 or 1
    std::size_t iterations = 2; //!< steps towards spectra that agree with those before: 0 .. 100
    //! Cells at or below it, relative to the largest one, begin with random phases; 0 .. 1.
    double tolerance = 1e-6;
    std::uint64_t seed = 0; //!< seed of the random phases

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! Bins of a row.
    std::size_t bins() const { return kernel::bins(sides, n_fft); }
    //! True if the last bin of a row is a neighbour of the first one.
    bool is_circular() const { return sides != kernel::sides::onesided; }
    //! The parameters of the STFT.
    parameters frames_of() const;
};

//! Parameters of phase_settings.
template <>
inline constexpr auto fields<phase_settings> =
    std::tuple(field("n_fft", &phase_settings::n_fft).required(),
               field("hop", &phase_settings::hop).required(),
               field("window", &phase_settings::window),
               field("win_length", &phase_settings::win_length).automatic(),
               field("placement", &phase_settings::where, placement_named),
               field("phase", &phase_settings::phase, phase_reference::named),
               field("sides", &phase_settings::sides, sides_named),
               field("look_ahead", &phase_settings::look_ahead),
               field("iterations", &phase_settings::iterations),
               field("tolerance", &phase_settings::tolerance).changeable(),
               field("seed", &phase_settings::seed));

} // namespace gr::stft::kernel
#endif
