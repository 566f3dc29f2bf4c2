/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "settings.h"
#include <gnuradio/stft/kernel/monitor/event_cutter.h>
#include <gnuradio/stft/kernel/records/event_text.h>
#include <gnuradio/stft/kernel/records/sigmf_annotations.h>
#include <gnuradio/stft/kernel/monitor/signal_detector.h>
#include <utility>

namespace py = pybind11;
using namespace gr::stft::kernel;
using py::arg;

namespace {

std::optional<utc_time> time_from(const py::object& given)
{
    if (given.is_none())
        return std::nullopt;
    const auto pair = given.cast<std::pair<std::int64_t, double>>();
    return utc_time{ pair.first, pair.second };
}

//! Keys and values as to_json() has them.
py::dict in_python(const event& e, const event_context& context)
{
    py::dict d;
    for (const auto& [key, value] : values_of(e, context))
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

event_value value_from(const py::handle& given)
{
    if (given.is_none())
        return {};
    if (py::isinstance<py::str>(given))
        return given.cast<std::string>();
    if (py::isinstance<py::float_>(given))
        return std::isfinite(given.cast<double>()) ? event_value(given.cast<double>())
                                                   : event_value();
    if (py::hasattr(given, "__index__"))
        return given.attr("__index__")().cast<std::int64_t>();
    return given.cast<double>();
}

//! A dict of numbers, texts and None as a line of JSON, without its end.
std::string json_line(const py::dict& given)
{
    std::string text;
    for (const auto& [key, value] : given)
        text += (text.empty() ? "" : ",") + json_string(key.cast<std::string>()) + ":" +
                json_value(value_from(value));
    return "{" + text + "}";
}

//! A report from the dict that in_python() makes of one.
std::pair<event, event_context> from_python(const py::dict& given)
{
    std::map<std::string, event_value> values;
    for (const auto& [key, value] : given)
        try {
            values[key.cast<std::string>()] = value_from(value);
        } catch (const std::exception&) {
            throw std::invalid_argument("event: " + py::repr(key).cast<std::string>() + ": " +
                                        py::repr(value).cast<std::string>() +
                                        ": must be a number, text or None");
        }
    return report_of(values);
}

//! Adds what is known to the reports of a detector, as dicts and as lines of JSON.
class reports
{
public:
    explicit reports(const detector_settings& s)
    {
        d_context.samp_rate = s.samp_rate;
        d_context.n_fft = s.n_fft;
        d_context.hop = s.hop;
    }

    void locate(const py::object& freq_center, const py::object& time, std::int64_t time_sample)
    {
        d_context.freq_center = freq_center.cast<std::optional<double>>();
        d_context.time = time_from(time);
        d_context.time_sample = time_sample;
    }
    void name(const std::string& source) { d_context.source = source; }

    //! Locates what follows; the reports that wait are of events before, but for that of the retune.
    void relocate(const py::object& freq_center, const py::object& time, std::int64_t time_sample)
    {
        d_before = d_context;
        locate(freq_center, time, time_sample);
    }

    py::list dicts(const std::vector<event>& events)
    {
        return each(events, [](const event& e, const event_context& context) {
            return py::object(in_python(e, context));
        });
    }
    py::list lines(const std::vector<event>& events)
    {
        return each(events, [](const event& e, const event_context& context) {
            return py::object(py::make_tuple(in_python(e, context), to_json(e, context)));
        });
    }

private:
    template <class F>
    py::list each(const std::vector<event>& events, F convert)
    {
        const auto before = std::exchange(d_before, std::nullopt);
        py::list all;
        for (const auto& e : events)
            all.append(convert(e, before && e.kind != event_kind::retune ? *before : d_context));
        return all;
    }

    event_context d_context;
    std::optional<event_context> d_before; // of reports that wait, but for that of a retune
};

template <class Detector>
struct reporting {
    explicit reporting(const detector_settings& s) : detector(s), reports(s) {}
    Detector detector;
    ::reports reports;
};

//! Defines what detectors of samples and of rows have in common in Python.
template <class Detector>
auto def_reporting(py::module& m, const char* name)
{
    using held = reporting<Detector>;
    py::class_<held> c(m, name);
    def_settings<detector_settings>(
        c, [](const detector_settings& s) { return std::make_unique<held>(s); });
    c.def("locate",
          [](held& h, const py::object& f, const py::object& t, std::int64_t s) {
              h.reports.locate(f, t, s);
          })
        .def("relocate",
             [](held& h, const py::object& f, const py::object& t, std::int64_t s) {
                 h.reports.relocate(f, t, s);
             })
        .def("name", [](held& h, const std::string& source) { h.reports.name(source); })
        .def("take", [](held& h) { return h.reports.dicts(h.detector.take()); })
        .def("take_lines", [](held& h) { return h.reports.lines(h.detector.take()); })
        .def("skip",
             [](held& h, std::int64_t count) {
                 py::gil_scoped_release release;
                 h.detector.skip(count);
             })
        .def("retune",
             [](held& h, double f) {
                 py::gil_scoped_release release;
                 h.detector.retune(f);
             })
        .def("finish", [](held& h) {
            py::gil_scoped_release release;
            h.detector.finish();
        });
    return c;
}

template <class T>
void bind_signal_detector(py::module& m, const char* name)
{
    using held = reporting<signal_detector<T>>;
    auto c = def_reporting<signal_detector<T>>(m, name);
    c.def("add",
          [](held& h, const array<T>& x) {
              const auto* samples = x.data();
              const auto count = static_cast<std::size_t>(x.size());
              py::gil_scoped_release release;
              h.detector.add(samples, count);
          })
        .def_property_readonly("samples", [](const held& h) { return h.detector.samples(); })
        .def_property_readonly("noise_density",
                               [](const held& h) {
                                   const auto& floor = h.detector.rows().floor();
                                   return floor.begun() ? py::cast(floor.median())
                                                        : py::object(py::none());
                               })
        .def_property_readonly("unusable", [](const held& h) { return h.detector.unusable(); })
        .def_property_readonly("refused",
                               [](const held& h) { return h.detector.rows().refused(); });
}

//! rows (rows, bins), their bins in the order of the frequencies -> floor, burst floor (rows, bins); steady (rows, bins)
void follow_noise(const array<float>& rows,
                  array<float> floor,
                  array<float> burst_floor,
                  array<bool> steady,
                  bool circular,
                  std::optional<std::size_t> dc,
                  const detector_settings& s)
{
    const auto count = static_cast<std::size_t>(rows.shape(0)),
               bins = static_cast<std::size_t>(rows.shape(1));
    const auto* in = rows.data();
    auto *f = floor.mutable_data(), *b = burst_floor.mutable_data();
    auto* lines = steady.mutable_data();
    py::gil_scoped_release release;
    noise_floor noise(bins, circular, dc, s);
    noise.begin(in, std::min(count, s.warm_up));
    for (std::size_t p = 0; p < count; ++p) {
        const auto gain = noise.follow(in + p * bins).gain;
        for (std::size_t k = 0; k < bins; ++k) {
            f[p * bins + k] = noise.shape()[k] * gain;
            b[p * bins + k] = noise.burst_floor()[k] * gain;
            lines[p * bins + k] = noise.steady()[k] != 0;
        }
    }
}

//! (number of the request, samples, sample_start, decimation, freq_center, missing) of each clip
py::list clips_of(event_cutter& cutter)
{
    py::list all;
    for (const auto& clip : cutter.take()) {
        array<std::complex<float>> samples(static_cast<py::ssize_t>(clip.samples.size()));
        std::copy(clip.samples.begin(), clip.samples.end(), samples.mutable_data());
        all.append(py::make_tuple(clip.request,
                                  std::move(samples),
                                  clip.sample_start,
                                  clip.decimation,
                                  clip.freq_center,
                                  clip.missing));
    }
    return all;
}

void bind_event_cutter(py::module& m)
{
    py::class_<event_cutter> c(m, "event_cutter");
    def_settings<event_cutter_settings>(
        c, [](const event_cutter_settings& s) { return std::make_unique<event_cutter>(s); });
    c.def("add",
          [](event_cutter& cutter, const array<std::complex<float>>& x) {
              const auto* samples = x.data();
              const auto count = static_cast<std::size_t>(x.size());
              py::gil_scoped_release release;
              cutter.add(samples, count);
          })
        .def("skip",
             [](event_cutter& cutter, std::int64_t count) {
                 py::gil_scoped_release release;
                 cutter.skip(count);
             })
        .def("request",
             [](event_cutter& cutter, const py::dict& report) {
                 const auto [number, replaced] = cutter.request(from_python(report).first);
                 return py::make_tuple(number, replaced);
             })
        .def("finish",
             [](event_cutter& cutter) {
                 py::gil_scoped_release release;
                 cutter.finish();
             })
        .def("take", &clips_of);
}

event_context context_of(double samp_rate, const py::object& freq_center, const py::object& time)
{
    event_context context;
    context.samp_rate = samp_rate;
    context.freq_center = freq_center.cast<std::optional<double>>();
    context.time = time_from(time);
    return context;
}

template <class Contents>
void def_annotations(py::class_<Contents>& c)
{
    def_settings<sigmf_settings>(
        c, [](const sigmf_settings& s) { return std::make_unique<Contents>(s); });
    c.def(
         "begin",
         [](Contents& of, double samp_rate, const py::object& freq_center, const py::object& time) {
             of.begin(context_of(samp_rate, freq_center, time));
         })
        .def("add", [](Contents& to, const py::dict& report) {
            const auto [event, context] = from_python(report);
            to.add(event, context);
        });
}

void bind_sigmf(py::module& m)
{
    py::class_<sigmf_annotations> annotations(m, "sigmf_annotations");
    def_annotations(annotations);
    annotations.def("text", &sigmf_annotations::text);
    py::class_<sigmf_file> file(m, "sigmf_file");
    def_annotations(file);
    file.def("flush", &sigmf_file::flush)
        .def("finish", &sigmf_file::finish)
        .def_property_readonly("path", &sigmf_file::path)
        .def_property_readonly("complete", &sigmf_file::complete)
        .def_property_readonly("count", &sigmf_file::count)
        .def_property_readonly("left_out",
                               [](const sigmf_file& f) { return f.contents().left_out(); });
}

} // namespace

void bind_monitor(py::module& m)
{
    bind_sigmf(m);
    m.def("iso8601", [](const std::pair<std::int64_t, double>& time) {
        return iso8601({ time.first, time.second });
    });
    m.def("json_line", &json_line);
    m.def("check_detector", [](const py::kwargs& settings) {
        settings_from<detector_settings>(py::args(), settings).check();
    });
    bind_event_cutter(m);
    bind_signal_detector<float>(m, "signal_detector_f");
    bind_signal_detector<std::complex<float>>(m, "signal_detector_c");
    using of_rows = reporting<detector>;
    def_reporting<detector>(m, "row_detector")
        .def("add",
             [](of_rows& h, const array<float>& rows) {
                 const auto count = rows.shape(0), bins = rows.shape(1);
                 const auto* in = rows.data();
                 py::gil_scoped_release release;
                 for (py::ssize_t p = 0; p < count; ++p)
                     h.detector.add(in + p * bins);
             })
        .def_property_readonly("bins", [](const of_rows& h) { return h.detector.design().bins(); })
        .def_property_readonly("rows", [](const of_rows& h) { return h.detector.rows(); })
        .def_property_readonly("refused", [](const of_rows& h) { return h.detector.refused(); });
    m.def("follow_noise",
          [](const array<float>& rows,
             array<float> floor,
             array<float> burst_floor,
             array<bool> steady,
             bool circular,
             std::optional<std::size_t> dc,
             const py::kwargs& settings) {
              follow_noise(rows,
                           std::move(floor),
                           std::move(burst_floor),
                           std::move(steady),
                           circular,
                           dc,
                           settings_from<detector_settings>(py::args(), settings));
          });
}
