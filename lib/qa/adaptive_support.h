/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_ADAPTIVE_SUPPORT_H
#define INCLUDED_STFT_LIB_QA_ADAPTIVE_SUPPORT_H

#include "support.h"
#include <gnuradio/stft/kernel/adaptive/adaptive_stft.h>

/* Signals and settings for an adaptive STFT, and what comes out of it. */
namespace qa {

using namespace gr::stft::kernel;

constexpr adaptive_criterion criteria[]{ adaptive_criterion::l1l2,
                                         adaptive_criterion::entropy,
                                         adaptive_criterion::renyi,
                                         adaptive_criterion::kurtosis,
                                         adaptive_criterion::magnitude_entropy,
                                         adaptive_criterion::frame_entropy };

inline adaptive_settings small(sharing share = sharing::frame)
{
    adaptive_settings s;
    s.n_fft = 64;
    s.share = share;
    s.bands = 2;
    return s;
}

//! Everything that comes out of one signal.
template <class T>
struct output {
    std::vector<std::complex<real_t<T>>> spectra;
    std::vector<float> theta;
    std::vector<position> t;
    std::vector<float> c;

    bool operator==(const output& o) const
    {
        const auto same = [](const position& a, const position& b) {
            return a.sample == b.sample && a.fraction == b.fraction;
        };
        return spectra == o.spectra && theta == o.theta && c == o.c && t.size() == o.t.size() &&
               std::equal(t.begin(), t.end(), o.t.begin(), same);
    }
};

//! Takes the frames that are ready; before each of them, change() may do something to the learner.
template <class T>
void take(adaptive_stft<T>& learner,
          output<T>& out,
          const std::function<void(adaptive_stft<T>&)>& change = {})
{
    for (;;) {
        if (change)
            change(learner);
        if (!learner.ready())
            return;
        const auto bins = out.spectra.size(), thetas = out.theta.size();
        out.spectra.resize(bins + learner.bins());
        out.theta.resize(thetas + learner.thetas());
        out.t.emplace_back();
        learner.next(out.spectra.data() + bins, out.theta.data() + thetas, out.t.back());
        out.c.push_back(learner.chirp());
    }
}

//! \param chunk samples at once, 0: all of them
template <class T>
output<T> run(const adaptive_settings& s,
              const std::vector<T>& x,
              std::size_t chunk = 0,
              const std::function<void(adaptive_stft<T>&)>& change = {})
{
    adaptive_stft<T> learner(s);
    output<T> out;
    for (std::size_t taken = 0; taken < x.size(); take(learner, out, change))
        taken +=
            learner.push(x.data() + taken, std::min(chunk ? chunk : x.size(), x.size() - taken));
    learner.finish();
    take(learner, out, change);
    CPPUNIT_ASSERT(learner.over());
    return out;
}

//! Tone, clicks, noise in turn.
template <class T>
std::vector<T> varied(std::size_t length)
{
    auto x = qa::noise<T>(length, 3);
    for (std::size_t i = 0; i < length; ++i) {
        x[i] *= real_t<T>(0.1);
        if (i / 400 % 3 == 0)
            x[i] += T(static_cast<real_t<T>>(std::cos(0.7 * static_cast<double>(i))));
        if (i / 400 % 3 == 1 && i % 90 == 0)
            x[i] += T(8);
    }
    return x;
}

//! Settings that take their own way through the learner.
struct way {
    std::string name;
    adaptive_settings settings;

    const std::string& text() const { return name; }
};

inline std::vector<way> ways()
{
    std::vector<way> all;
    const auto add = [&](const char* name, const std::function<void(adaptive_settings&)>& edit) {
        all.push_back({ name, small() });
        edit(all.back().settings);
    };
    add("defaults", [](auto&) {});
    add("theta and t by the bank", [](auto& s) { s.learn = learned::both; });
    add("gradient", [](auto& s) { s.method = learning_method::gradient; });
    add("theta and t by the gradient of the entropy", [](auto& s) {
        s.method = learning_method::gradient;
        s.learn = learned::both;
        s.criterion = adaptive_criterion::entropy;
    });
    add("fixed overlap", [](auto& s) { s.alpha = 0.3; });
    add("real hop, with steps after the bank", [](auto& s) {
        s.hop = 5.37;
        s.steps = 2;
    });
    add("share constant", [](auto& s) { s.share = sharing::constant; });
    add("share bin", [](auto& s) { s.share = sharing::bin; });
    add("share cell, with steps after the bank", [](auto& s) {
        s.share = sharing::cell;
        s.steps = 2;
    });
    add("t by kurtosis", [](auto& s) {
        s.learn = learned::t;
        s.criterion = adaptive_criterion::kurtosis;
    });
    add("blocks of one frame, no lag", [](auto& s) { s.block = s.lag = 0; });
    add("frozen", [](auto& s) { s.freeze = true; });
    add("causal", [](auto& s) { s.causal = true; });
    add("theta and chirp rates", [](auto& s) { s.learn = learned::theta_chirp; });
    add("theta and chirp rates, with steps after the bank", [](auto& s) {
        s.learn = learned::theta_chirp;
        s.steps = 2;
    });
    add("theta and chirp rates by gradient", [](auto& s) {
        s.learn = learned::theta_chirp;
        s.method = learning_method::gradient;
    });
    add("share cell, interpolated", [](auto& s) {
        s.share = sharing::cell;
        s.interpolate = true;
    });
    return all;
}

//! Calls f for the settings of each way; the message of a failure names the way.
template <class F>
void for_all_ways(F f)
{
    for (const auto& one : ways()) {
        const context here("way", one);
        f(one.settings);
    }
}

} // namespace qa

#endif
