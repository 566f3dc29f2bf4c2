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

    bool operator==(const output& o) const
    {
        const auto same = [](const position& a, const position& b) {
            return a.sample == b.sample && a.fraction == b.fraction;
        };
        return spectra == o.spectra && theta == o.theta && t.size() == o.t.size() &&
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

//! Settings that take different ways through the learner.
inline std::vector<adaptive_settings> ways()
{
    std::vector<adaptive_settings> all(14, small());
    all[1].learn = learned::both;
    all[2].method = learning_method::gradient;
    all[3].method = learning_method::gradient;
    all[3].learn = learned::both;
    all[3].criterion = adaptive_criterion::entropy;
    all[4].alpha = 0.3;
    all[5].hop = 5.37;
    all[5].steps = 2;
    all[6].share = sharing::constant;
    all[7].share = sharing::bin;
    all[8].share = sharing::cell;
    all[8].steps = 2;
    all[9].learn = learned::t;
    all[9].criterion = adaptive_criterion::kurtosis;
    all[10].block = all[10].lag = 0;
    all[11].freeze = true;
    all[12].causal = true;
    all[13].share = sharing::cell;
    all[13].interpolate = true;
    return all;
}

} // namespace qa

#endif
