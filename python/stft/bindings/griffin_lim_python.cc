/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "share.h"
#include <gnuradio/stft/kernel/stft/griffin_lim.h>
#include <pybind11/complex.h>
#include <pybind11/stl.h>

namespace py = pybind11;
using namespace gr::stft::kernel;
using py::arg;
using std::int64_t;
using std::size_t;

namespace {

//! Channels of griffin_lim.
template <class T>
class retrieval
{
public:
    using complex = std::complex<real_t<T>>;

    //! magnitudes, spectra (channels, frames, bins); the spectra are worked on in place
    retrieval(const array<real_t<T>>& magnitudes,
              array<complex>& spectra,
              const parameters& design,
              int64_t first,
              int64_t length,
              double momentum,
              double threshold,
              bool strict)
        : d_length(length), d_magnitudes(magnitudes), d_spectra(spectra)
    {
        const auto frames = static_cast<size_t>(magnitudes.shape(1));
        const auto cells = magnitudes.shape(1) * magnitudes.shape(2);
        const griffin_lim<T> fresh(design, first, frames, length, momentum, threshold, strict);
        for (py::ssize_t c = 0; c < magnitudes.shape(0); ++c) {
            d_channels.push_back(fresh);
            d_channels.back().begin(magnitudes.data() + c * cells,
                                    spectra.mutable_data() + c * cells);
        }
    }

    std::vector<double> iterate(int64_t workers)
    {
        std::vector<double> distances(d_channels.size());
        py::gil_scoped_release release;
        share(static_cast<int64_t>(d_channels.size()), workers, [&](int64_t c, int64_t end) {
            for (; c < end; ++c)
                distances[static_cast<size_t>(c)] = d_channels[static_cast<size_t>(c)].iterate();
        });
        return distances;
    }

    void finish(array<T> y)
    {
        auto* samples = y.mutable_data();
        for (auto& channel : d_channels) {
            channel.finish(samples);
            samples += d_length;
        }
    }

private:
    int64_t d_length;
    array<real_t<T>> d_magnitudes; // what the channels work on
    array<complex> d_spectra;
    std::vector<griffin_lim<T>> d_channels;
};

template <class T>
void bind_samples(py::module& m, const char* name)
{
    py::class_<retrieval<T>>(m, name, "Alternating projections of some channels.")
        .def(py::init<const array<real_t<T>>&,
                      array<std::complex<real_t<T>>>&,
                      const parameters&,
                      int64_t,
                      int64_t,
                      double,
                      double,
                      bool>(),
             arg("magnitudes").noconvert(),
             arg("spectra").noconvert(),
             arg("design"),
             arg("first"),
             arg("length"),
             arg("momentum"),
             arg("threshold"),
             arg("strict") = true)
        .def("iterate", &retrieval<T>::iterate, arg("workers"))
        .def("finish", &retrieval<T>::finish, arg("y").noconvert());
}

} // namespace

void bind_griffin_lim(py::module& m)
{
    bind_samples<float>(m, "griffin_lim_float32");
    bind_samples<double>(m, "griffin_lim_float64");
    bind_samples<std::complex<float>>(m, "griffin_lim_complex64");
    bind_samples<std::complex<double>>(m, "griffin_lim_complex128");
}
