/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "settings.h"
#include <gnuradio/stft/kernel/denoise/denoiser.h>
#include <gnuradio/stft/spectral_gain.h>
#include <pybind11/complex.h>

namespace py = pybind11;
using namespace gr::stft;
using kernel::gain_settings;
using kernel::real_t;
using py::arg;

namespace {

using unlocked = py::call_guard<py::gil_scoped_release>; // they may wait for a work call

template <class B>
using block_class = py::class_<B, gr::block, gr::basic_block, std::shared_ptr<B>>;

gain_settings settings_of(const py::kwargs& keywords)
{
    return settings_from<gain_settings>(py::args(), keywords);
}

//! Applies the changes that keywords ask for to a kernel of gains.
template <class R>
void change_gain(kernel::spectral_gain<R>& gain, const py::kwargs& keywords)
{
    kernel::change<gain_settings> requested;
    py::list names;
    requested.for_each([&](const auto& field, auto& wanted) {
        if constexpr (std::decay_t<decltype(field)>::may_change) {
            names.append(field.name);
            if (keywords.contains(field.name))
                wanted = value_from<gain_settings>(field, keywords[field.name]);
        }
    });
    refuse_unknown(keywords, names);
    gain.change(changed(gain.design(), requested), gives_noise(requested));
}

//! Members that classes with a kernel of gains have; of(object) is the kernel.
template <class Class, class Of>
void def_gain(Class& c, Of of)
{
    using object = typename Class::type;
    c.def("change", [of](object& o, const py::kwargs& keywords) { change_gain(of(o), keywords); })
        .def("add_event",
             [of](object& o,
                  std::uint64_t id,
                  std::int64_t first,
                  std::int64_t end,
                  double lower,
                  double upper) {
                 of(o).mask().add({ id, first, end, lower, upper });
             })
        .def("begin_at", [of](object& o, std::int64_t start) { of(o).begin_at(start); })
        .def("reset", [of](object& o) { of(o).reset(); })
        .def_property_readonly("start", [of](object& o) { return of(o).start(); })
        .def_property_readonly("to_learn", [of](object& o) { return of(o).to_learn(); })
        .def_property_readonly("noise", [of](object& o) {
            const auto& noise = of(o).noise();
            return array<double>(static_cast<py::ssize_t>(noise.size()),
                                 std::vector<double>(noise.begin(), noise.end()).data());
        });
}

template <class R>
void bind_gain(py::module& m, const char* name)
{
    using gain = kernel::spectral_gain<R>;
    using complex = std::complex<R>;
    py::class_<gain> c(m, name);
    c.def(py::init(
        [](const py::kwargs& keywords) { return std::make_unique<gain>(settings_of(keywords)); }));
    def_gain(c, [](gain& g) -> gain& { return g; });
    // spectra (frames, bins) -> the same times their gains, and the gains
    c.def(
        "apply",
        [](gain& g, const array<complex>& spectra) {
            const auto frames = spectra.shape(0), bins = spectra.shape(1);
            array<complex> result({ frames, bins });
            array<R> gains({ frames, bins });
            const auto* in = spectra.data();
            auto* out = result.mutable_data();
            auto* out_gains = gains.mutable_data();
            {
                py::gil_scoped_release release;
                for (py::ssize_t p = 0; p < frames; ++p) {
                    g.apply(in + p * bins, out + p * bins);
                    std::copy(g.gains().begin(), g.gains().end(), out_gains + p * bins);
                }
            }
            return py::make_tuple(result, gains);
        },
        arg("spectra").noconvert());
}

template <class T>
array<T> in_python(const std::vector<T>& samples)
{
    return array<T>(static_cast<py::ssize_t>(samples.size()), samples.data());
}

template <class T>
void bind_denoiser(py::module& m, const char* name)
{
    using denoiser = kernel::denoiser<T>;
    py::class_<denoiser> c(m, name);
    c.def(py::init([](const kernel::parameters& design, const py::kwargs& keywords) {
        return std::make_unique<denoiser>(design, settings_of(keywords));
    }));
    def_gain(
        c, [](denoiser & d) -> auto& { return d.gain(); });
    c.def(
         "push",
         [](denoiser& d, const array<T>& x) {
             std::vector<T> y;
             const auto* samples = x.data();
             const auto count = static_cast<std::size_t>(x.size());
             {
                 py::gil_scoped_release release;
                 d.push(samples, count, y);
             }
             return in_python(y);
         },
         arg("x").noconvert())
        .def("finish",
             [](denoiser& d) {
                 std::vector<T> y;
                 {
                     py::gil_scoped_release release;
                     d.finish(y);
                 }
                 return in_python(y);
             })
        .def_property_readonly("received", &denoiser::received);
    m.def(
        "noise_power",
        [](const kernel::parameters& design, const array<T>& x) {
            return in_python(
                kernel::noise_power(design, x.data(), static_cast<std::int64_t>(x.size())));
        },
        arg("design"),
        arg("x").noconvert());
}

} // namespace

void bind_denoise(py::module& m)
{
    bind_gain<float>(m, "spectral_gain_complex64");
    bind_gain<double>(m, "spectral_gain_complex128");
    bind_denoiser<float>(m, "denoiser_float32");
    bind_denoiser<double>(m, "denoiser_float64");
    bind_denoiser<std::complex<float>>(m, "denoiser_complex64");
    bind_denoiser<std::complex<double>>(m, "denoiser_complex128");
    m.def("check_gain", [](const py::kwargs& keywords) { settings_of(keywords).check(); });
}

void bind_denoise_blocks(py::module& m)
{
    block_class<spectral_gain_vcvc> gain(
        m,
        "spectral_gain_vcvc",
        R"(Spectra in, the same spectra without their noise out; it stands between stft_* and istft_*, and adds no latency.

Input and output: items of n_fft // 2 + 1 bins (sides "onesided") or n_fft bins ("twosided", "centered").
n_fft, hop, win_length, placement, samp_rate (Hz): those of the spectra; the tags of stft_* override them, but for a samp_rate of 1.
method: "wiener" (least mean square error), "log_mmse" (of the logarithm of amplitudes) or "subtraction" (of powers).
tracking: how the noise is known: "presence" (it follows cells in which a signal is improbable: what lasts for a second is noise),
"floor" (that of detector_vxm: what stands out of its neighbours in frequency is signal), "held" (as given, learned or present) or
"automatic" (held if noise or learn is given, else presence for one-sided and floor for two-sided spectra).
gain_floor: dB of the least gain. oversubtraction: factor on the power of the noise. memory: weight of the frame before, 0 .. 0.9999,
where frames are a quarter of a window apart. smoothing: bins over which power is averaged, odd. refine: estimate twice.
detail_memory: weight of the frames before in the detail of the ratio over bins, 0 .. 0.9999.
learn: frames from which the noise is learned, the next ones. noise: its |X|^2 in each bin, instead.
keep, reject: bands whose gain is 1 and 0, "lower:upper,..." in Hz. mask: a factor on the gain of each bin.
events: what becomes of the cells of events that come by message: "keep", "reject", or "only": all others are rejected.

Message port "events": the messages of detector_vxm. Message port "cmd": dict of method, tracking, gain_floor, oversubtraction, memory,
smoothing, refine, detail_memory, learn, noise, keep, reject, mask, events, reset, and optionally at, the sample from which on frames change.
Raises ValueError naming the parameter, its value and the rule.)");
    def_settings<gain_settings>(gain, &spectral_gain_vcvc::make);
    gain.def("reset",
             &spectral_gain_vcvc::reset,
             unlocked(),
             "Forgets the noise and all events, from the next frame on.")
        .def("present_noise",
             &spectral_gain_vcvc::present_noise,
             unlocked(),
             "The noise in each bin, |X|^2, after the last frame.")
        .def("latency", &spectral_gain_vcvc::latency, unlocked(), "Samples; 0.");
    def_changes<spectral_gain_vcvc>(gain);
}
