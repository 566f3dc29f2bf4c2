/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "settings.h"
#include <gnuradio/stft/band_envelope.h>
#include <gnuradio/stft/fault_lines.h>

namespace py = pybind11;
using namespace gr::stft;
using unlocked = py::call_guard<py::gil_scoped_release>; // they may wait for a work call

namespace {

template <class B>
using block_class = py::class_<B, gr::block, gr::basic_block, std::shared_ptr<B>>;

template <class Envelope, class R>
void add_rows(Envelope& envelope, const array<R>& rows, array<R>& samples)
{
    const auto* in = rows.data();
    auto* out = samples.mutable_data();
    const auto count = static_cast<std::size_t>(rows.shape(0));
    py::gil_scoped_release release;
    envelope.add(in, count, out);
}

//! The envelope of rows (rows, bins) that come once, samples (rows,), and that of rows that come twice.
template <class R>
void bind_envelope(py::module& m, const std::string& letter)
{
    using settings = kernel::band_envelope_settings;
    using stream = kernel::band_envelope<R>;
    py::class_<stream> of_stream(m, ("band_envelope_" + letter).c_str());
    def_settings<settings>(of_stream,
                           [](const settings& s) { return std::make_unique<stream>(s); });
    of_stream.def("add", [](stream& envelope, const array<R>& rows, array<R> samples) {
        add_rows(envelope, rows, samples);
    });
    using record = kernel::record_envelope<R>;
    py::class_<record> of_record(m, ("record_envelope_" + letter).c_str());
    def_settings<settings>(of_record,
                           [](const settings& s) { return std::make_unique<record>(s); });
    of_record
        .def("learn",
             [](record& envelope, const array<R>& rows) {
                 const auto* in = rows.data();
                 const auto count = static_cast<std::size_t>(rows.shape(0));
                 py::gil_scoped_release release;
                 envelope.learn(in, count);
             })
        .def("add",
             [](record& envelope, const array<R>& rows, array<R> samples) {
                 add_rows(envelope, rows, samples);
             })
        .def("limit", [](const record& envelope, array<R> samples) {
            auto* values = samples.mutable_data();
            const auto count = static_cast<std::size_t>(samples.size());
            py::gil_scoped_release release;
            envelope.limit(values, count);
        });
}

//! The values of a report by name.
py::dict in_python(const kernel::fault_report& report)
{
    py::dict d;
    for (const auto& [key, value] : kernel::values_of(report))
        d[key] = std::visit(
            [](const auto& held) -> py::object {
                if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::monostate>)
                    return py::none();
                else
                    return py::cast(held);
            },
            value);
    return d;
}

//! A report for each of the rows (rows, bins).
template <class R>
py::list examine(kernel::fault_lines& lines,
                 const array<R>& rows,
                 const array<double>& speeds,
                 array<float> whitened)
{
    py::list reports;
    const auto bins = static_cast<std::size_t>(rows.shape(1));
    for (py::ssize_t p = 0; p < rows.shape(0); ++p) {
        reports.append(in_python(lines.examine(rows.data(p, 0), speeds.at(p))));
        std::copy_n(lines.whitened().data(), bins, whitened.mutable_data(p, 0));
    }
    return reports;
}

} // namespace

void bind_bearings(py::module& m)
{
    bind_envelope<float>(m, "f");
    bind_envelope<double>(m, "d");
    using settings = kernel::fault_lines_settings;
    py::class_<kernel::fault_lines> lines(m, "fault_lines");
    def_settings<settings>(
        lines, [](const settings& s) { return std::make_unique<kernel::fault_lines>(s); });
    lines.def("examine", &examine<float>)
        .def("examine", &examine<double>)
        .def_property_readonly("bins",
                               [](const kernel::fault_lines& held) { return held.design().bins(); })
        .def_property_readonly("compared",
                               [](const kernel::fault_lines& held) { return held.compared(); });
    m.def("fault_orders",
          [](std::size_t balls, double ball_diameter, double pitch_diameter, double contact_angle) {
              kernel::bearing_geometry g;
              g.balls = balls;
              g.ball_diameter = ball_diameter;
              g.pitch_diameter = pitch_diameter;
              g.contact_angle = contact_angle;
              g.check();
              py::dict orders;
              for (std::size_t i = 0; i < kernel::bearing_faults; ++i) {
                  const auto fault = static_cast<kernel::bearing_fault>(i);
                  orders[name_of(fault)] = py::make_tuple(g.order(fault), g.knocks(fault));
              }
              return orders;
          });
}

void bind_bearing_blocks(py::module& m)
{
    block_class<band_envelope_vf> envelope(
        m,
        "band_envelope_vf",
        R"(The squared envelope of a band as a stream: rows of power in, a sample for each out.

Input: rows of spectrogram_fvf, kind "psd" or "power", without db and average. Output: floats at the rows' rate, around 0.
n_fft: DFT length of the rows. samp_rate: Hz, of the samples that the rows are made from; the tag stft_samp_rate overrides
it. f_min, f_max: Hz, the band; None or 0: 1000, at most samp_rate / 8, and half of samp_rate. Each bin of it is divided by its exponential mean over
`constant` rows, so every bin counts alike. clip: bound of a sample, in medians of its magnitude; 0: none.
A row that is not finite, or has no power in the band, gives 0.
Raises ValueError naming the parameter, its value and the rule.)");
    def_settings<kernel::band_envelope_settings>(envelope, &band_envelope_vf::make);
    envelope.def("latency",
                 &band_envelope_vf::latency,
                 unlocked(),
                 "Samples; 0, since a sample leaves with its row.");

    block_class<fault_lines> lines(
        m,
        "fault_lines",
        R"(Looks for the lines of a bearing in spectra of an envelope; a message reports each spectrum.

Input 0: rows of spectrogram_fvf of the envelope, kind "psd", without db; average makes it more sensitive. Input 1, which may
be left out: the speed in Hz for each row, NaN where it is unknown. Output: the rows over their running median.
n_fft: DFT length of the rows; win_length: samples under their window, None: n_fft; samp_rate: Hz, of the envelope. Tags of
stft_* override them. balls: rolling elements of a row; ball_diameter, pitch_diameter: in one unit; contact_angle: degrees.
speed: Hz of the shaft where there is no input 1; 0: unknown. tolerance: fraction by which lines may be off the geometry's.
harmonics: multiples of a line that count. threshold: z from which on a line names a fault. whiten: width of the running
median, in orders.

Message port "events": a dict for each row, with kind "bearing", row, time, speed, fault, z, frequency, stretch, missing,
and z_, frequency_ and stretch_ of ftf, bpfo, bpfi, bsf and shaft; nil for what is unknown. Message port "cmd": dict of
speed and threshold. Raises ValueError naming the parameter, its value and the rule.)");
    def_settings<fault_lines_block_settings>(lines, &fault_lines::make);
    lines.def("latency",
              &fault_lines::latency,
              unlocked(),
              "Samples; 0, since a row is reported when it comes.");
    def_changes<fault_lines>(lines);
}
