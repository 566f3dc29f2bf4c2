/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"
#include <gnuradio/stft/istft2d.h>
#include <gnuradio/stft/stft2d.h>

namespace py = pybind11;
using namespace gr::stft;

namespace {

template <class B>
void bind(py::module& m, const char* name, const char* doc, const char* latency_doc)
{
    py::class_<B, gr::block, gr::basic_block, std::shared_ptr<B>> block(m, name, doc);
    def_settings<stft2d_settings>(block, &B::make);
    block
        .def_static(
            "item_length",
            [](const py::args& positional, const py::kwargs& keywords) {
                return B::item_length(settings_from<stft2d_settings>(positional, keywords));
            },
            "Complex numbers in an item of these arguments. Raises ValueError as the block does.")
        .def("latency", &B::latency, latency_doc);
}

} // namespace

void bind_image_blocks(py::module& m)
{
    bind<stft2d_vfvc>(
        m,
        "stft2d_vfvc",
        R"(2-D STFT of an endless image: rows of width floats in, one item per hop of rows out.

An item is [frame][n_fft_h // 2 + 1][n_fft_w] complex numbers, frame row m of gnuradio.stft.stft2d().

width: pixels of a row.
win_length, hop, n_fft: in pixels, (height, width); 0 for n_fft: win_length.
window: SciPy's name, (name, parameters...) or taps, of height and width alike; win_sqrt: its square root.
pad: "constant" (zeros), "reflect" or "edge"; centre: whether frames stand out over the edges, half a window.
tail: "ceil" or "floor", whether a last frame starts that is not full; offset of the samples in a longer n_fft: "trailing" or
"centred" zeros.

Tags of a row go to the first item that contains it; item 0 carries stft_first, stft_hop,
stft_n_fft, stft_win_length and stft_window of the height, the last item stft_length, the number of rows.
Raises ValueError naming the parameter, its value and the rule.)",
        "Rows that follow a frame row's centre before it leaves.");
    bind<istft2d_vcvf>(
        m,
        "istft2d_vcvf",
        R"(Inverse 2-D STFT: items of stft2d_vfvc in, rows of width floats out, as soon as they are final.

Arguments as in stft2d_vfvc. There are exactly as many rows as were transformed; without a stft_length tag they end with
the last row under the last frames. Raises ValueError, also for windows and hops that cannot be inverted.)",
        "Rows by which the output lags behind the centre of the newest item's frames.");
}
