/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_BINDINGS_ADAPTIVE_SETTINGS_FROM_H
#define INCLUDED_STFT_BINDINGS_ADAPTIVE_SETTINGS_FROM_H

#include "arguments.h"
#include "window_from.h"
#include <gnuradio/stft/kernel/adaptive/adaptive_stft.h>
#include <optional>

//! Gives a class a constructor from the keywords of adaptive settings, in their order, None standing for a default
//! that follows from the others. \param make (settings, Further...) -> an object, or what holds it
//! \param further names and defaults of further arguments
template <class... Further, class Class, class Make, class... Arguments>
Class& def_from_settings(Class& c, Make make, const Arguments&... further)
{
    namespace py = pybind11;
    namespace kernel = gr::stft::kernel;
    using py::arg;
    using number = std::optional<double>;
    using integer = std::optional<std::int64_t>;
    using std::string;
    return def_init(
        c,
        [make](std::int64_t n_fft,
               number hop,
               double alpha,
               const string& method,
               const string& share,
               const string& learn,
               const string& criterion,
               number theta_min,
               number theta_max,
               number theta_init,
               const py::object& window,
               const string& norm,
               std::int64_t candidates,
               std::int64_t bands,
               bool interpolate,
               integer block,
               integer lag,
               bool causal,
               double smoothness,
               double prior,
               double whiten,
               integer steps,
               number rate,
               number regularisation,
               double order,
               bool freeze,
               bool invertible,
               double load_limit,
               Further... others) {
            kernel::adaptive_settings s;
            s.n_fft = kernel::checked_n_fft(n_fft);
            s.hop = hop.value_or(0);
            s.alpha = alpha;
            s.method = kernel::learning_method_named(method);
            s.share = kernel::sharing_named(share);
            s.learn = kernel::learned_named(learn);
            s.criterion = kernel::adaptive_criterion_named(criterion);
            s.order = order;
            s.theta_min = theta_min.value_or(0);
            s.theta_max = theta_max.value_or(0);
            s.theta_init = theta_init.value_or(0);
            s.window = family_from(window);
            s.norm = kernel::norm_named(norm);
            s.candidates = candidates;
            s.bands = bands;
            s.interpolate = interpolate;
            s.block = block.value_or(-1);
            s.lag = lag.value_or(-1);
            s.causal = causal;
            s.smoothness = smoothness;
            s.prior = prior;
            s.whiten = whiten;
            s.steps = steps.value_or(-1);
            s.rate = rate.value_or(0);
            s.regularisation = regularisation.value_or(-1);
            s.invertible = invertible;
            s.freeze = freeze;
            s.load_limit = load_limit;
            s.check();
            return make(s, others...);
        },
        arg("n_fft"),
        arg("hop") = py::none(),
        arg("alpha") = 0.0,
        arg("method") = "bank",
        arg("share") = "frame",
        arg("learn") = "theta",
        arg("criterion") = "l1l2",
        arg("theta_min") = py::none(),
        arg("theta_max") = py::none(),
        arg("theta_init") = py::none(),
        arg("window") = "hann",
        arg("norm") = "l2",
        arg("candidates") = 7,
        arg("bands") = 4,
        arg("interpolate") = false,
        arg("block") = py::none(),
        arg("lag") = py::none(),
        arg("causal") = false,
        arg("smoothness") = 0.1,
        arg("prior") = 0.01,
        arg("whiten") = 1e-2,
        arg("steps") = py::none(),
        arg("rate") = py::none(),
        arg("regularisation") = py::none(),
        arg("order") = 2.0,
        arg("freeze") = false,
        arg("invertible") = true,
        arg("load_limit") = 0.0,
        further...);
}

#endif
