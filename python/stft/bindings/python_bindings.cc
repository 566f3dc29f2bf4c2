/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include <pybind11/pybind11.h>
#include <exception>
#include <new>

void bind_adaptive(pybind11::module& m);
void bind_band_blocks(pybind11::module& m);
void bind_bands(pybind11::module& m);
void bind_bearing_blocks(pybind11::module& m);
void bind_bearings(pybind11::module& m);
void bind_blocks(pybind11::module& m);
void bind_cross_spectrum(pybind11::module& m);
void bind_cross_spectrum_block(pybind11::module& m);
void bind_chirp_dstft(pybind11::module& m);
void bind_denoise(pybind11::module& m);
void bind_denoise_blocks(pybind11::module& m);
void bind_dstft(pybind11::module& m);
void bind_dstft_blocks(pybind11::module& m);
void bind_filter_bank(pybind11::module& m);
void bind_frames(pybind11::module& m);
void bind_gabor(pybind11::module& m);
void bind_griffin_lim(pybind11::module& m);
void bind_hpss(pybind11::module& m);
void bind_hpss_block(pybind11::module& m);
void bind_image(pybind11::module& m);
void bind_image_blocks(pybind11::module& m);
void bind_level_blocks(pybind11::module& m);
void bind_levels(pybind11::module& m);
void bind_losses(pybind11::module& m);
void bind_machine(pybind11::module& m);
void bind_mask_block(pybind11::module& m);
void bind_monitor(pybind11::module& m);
void bind_monitor_blocks(pybind11::module& m);
void bind_orders(pybind11::module& m);
void bind_orders_blocks(pybind11::module& m);
void bind_outputs(pybind11::module& m);
void bind_phase(pybind11::module& m);
void bind_phase_blocks(pybind11::module& m);
void bind_reassign(pybind11::module& m);
void bind_speed(pybind11::module& m);
void bind_speed_blocks(pybind11::module& m);
void bind_stft(pybind11::module& m);

PYBIND11_MODULE(stft_python, m)
{
    pybind11::module::import("gnuradio.gr"); // the base classes of the blocks
    pybind11::register_local_exception_translator([](std::exception_ptr thrown) {
        try {
            if (thrown)
                std::rethrow_exception(thrown);
        } catch (const std::bad_alloc&) { // whose own words are "std::bad_alloc"
            PyErr_SetString(PyExc_MemoryError,
                            "more is needed than there is; a smaller n_fft, fewer frames or a "
                            "shorter signal need less");
        }
    });
    m.attr("__version__") = GR_STFT_VERSION;
    bind_blocks(m);
    bind_dstft_blocks(m);
    bind_hpss_block(m);
    bind_image_blocks(m);
    bind_monitor_blocks(m);
    bind_band_blocks(m);
    bind_bearing_blocks(m);
    bind_orders_blocks(m);
    bind_level_blocks(m);
    bind_speed_blocks(m);
    bind_cross_spectrum_block(m);
    bind_denoise_blocks(m);
    bind_mask_block(m);
    bind_phase_blocks(m);
    auto kernels = m.def_submodule(
        "kernels", "The array kernels; transforms.py and losses.py are their face.");
    bind_frames(kernels);
    bind_stft(kernels);
    bind_gabor(kernels);
    bind_griffin_lim(kernels);
    bind_dstft(kernels);
    bind_chirp_dstft(kernels);
    bind_losses(kernels);
    bind_hpss(kernels);
    bind_image(kernels);
    bind_filter_bank(kernels);
    bind_adaptive(kernels);
    bind_monitor(kernels);
    bind_machine(kernels);
    bind_bands(kernels);
    bind_bearings(kernels);
    bind_orders(kernels);
    bind_levels(kernels);
    bind_outputs(kernels);
    bind_reassign(kernels);
    bind_speed(kernels);
    bind_cross_spectrum(kernels);
    bind_denoise(kernels);
    bind_phase(kernels);
}
