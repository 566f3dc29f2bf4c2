/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "adaptive_settings_from.h"

namespace py = pybind11;
using namespace gr::stft::kernel;
using py::arg;

namespace {

//! A NumPy array that owns the numbers.
template <class V>
py::array_t<V> array_of(std::vector<V>&& numbers, std::vector<py::ssize_t> shape)
{
    auto* owned = new std::vector<V>(std::move(numbers));
    const py::capsule owner(owned, [](void* p) { delete static_cast<std::vector<V>*>(p); });
    return py::array_t<V>(std::move(shape), owned->data(), owner);
}

py::dict dict_of(const adaptive_report& r)
{
    py::dict d;
    d["criterion"] = r.criterion;
    d["theta_mean"] = r.theta_mean;
    d["theta_least"] = r.theta_least;
    d["theta_greatest"] = r.theta_greatest;
    d["frames"] = r.frames;
    d["evaluations"] = r.evaluations;
    return d;
}

//! x (samples,) -> spectra (frames, bins), theta (frames, 1 or bins), t (frames,), report
template <class T>
py::tuple adapt(const adaptive_settings& settings,
                const py::array_t<T, py::array::c_style>& x,
                bool with_spectra)
{
    std::vector<std::complex<real_t<T>>> spectra;
    std::vector<double> theta, t;
    const auto* samples = x.data();
    const auto length = static_cast<std::size_t>(x.size());
    std::size_t bins = 0, thetas = 0;
    adaptive_report report;
    {
        py::gil_scoped_release release;
        adaptive_stft<T> learner(settings);
        bins = learner.bins();
        thetas = learner.thetas();
        // where the positions are given; windows that follow theta make as many frames as they like
        const auto likely =
            static_cast<std::size_t>(static_cast<double>(length) / learner.settings().hop) + 1;
        t.reserve(likely);
        theta.reserve(likely * thetas);
        spectra.reserve(with_spectra ? likely * bins : 0);
        std::vector<float> row(thetas);
        const auto take = [&] {
            while (learner.ready()) {
                const auto n = t.size();
                if (with_spectra)
                    spectra.resize((n + 1) * bins);
                position centre;
                learner.next(
                    with_spectra ? spectra.data() + n * bins : nullptr, row.data(), centre);
                theta.insert(theta.end(), row.begin(), row.end());
                t.push_back(centre.value());
            }
        };
        for (std::size_t taken = 0; taken < length; take())
            taken += learner.push(samples + taken, length - taken);
        learner.finish();
        take();
        report = learner.report();
    }
    const auto frames = static_cast<py::ssize_t>(t.size());
    const auto rows = with_spectra ? frames : py::ssize_t(0);
    return py::make_tuple(array_of(std::move(spectra), { rows, static_cast<py::ssize_t>(bins) }),
                          array_of(std::move(theta), { frames, static_cast<py::ssize_t>(thetas) }),
                          array_of(std::move(t), { frames }),
                          dict_of(report));
}

template <class T>
void bind_adapt(py::module& m)
{
    m.def("adapt", &adapt<T>, arg("settings"), arg("x").noconvert(), arg("with_spectra"));
}

} // namespace

void bind_adaptive(py::module& m)
{
    py::class_<adaptive_settings> settings(m, "adaptive_settings");
    def_from_settings(settings, [](const adaptive_settings& s) { return s; });
    bind_adapt<float>(m);
    bind_adapt<double>(m);
    bind_adapt<std::complex<float>>(m);
    bind_adapt<std::complex<double>>(m);
}
