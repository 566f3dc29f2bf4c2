/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/adaptive_support.h"

using namespace gr::stft::kernel;
using qa::small;

namespace {

struct refusal {
    std::string name;
    std::string message;
    void (*edit)(adaptive_settings&); //!< makes settings that cannot work of small()
};

const refusal refusals[]{
    { "n_fft below 8", "n_fft: 7: must be at least 8", [](adaptive_settings& s) { s.n_fft = 7; } },
    { "hop below a sample",
      "hop: 0.5: must be at least 1 sample",
      [](adaptive_settings& s) { s.hop = 0.5; } },
    { "hop of half the longest window",
      "hop: 32: must be below theta_max / 2 = 32: windows shorter than two hops miss "
      "what lies between two frames",
      [](adaptive_settings& s) { s.hop = 32; } },
    { "hop above half the shortest window",
      "hop: 8: must be at most theta_min / 2 = 6: the shortest window, missing what "
      "lies between two frames, would always win (invertible=False takes it)",
      [](adaptive_settings& s) {
          s.hop = 8;
          s.theta_min = 12;
      } },
    { "hop beyond the samples that can be held",
      "hop: 16777217: must be at most 2^24 samples: those of three frames and more are held until "
      "their frame is decided",
      [](adaptive_settings& s) {
          s.hop = (1 << 24) + 1;
          s.theta_min = 12;
          s.invertible = false;
      } },
    { "hop beyond integers where positions follow theta",
      "hop: 1e+300: must be at most 2^24 samples: those of three frames and more are held until "
      "their frame is decided",
      [](adaptive_settings& s) {
          s.hop = 1e300;
          s.alpha = 0.3;
          s.theta_min = 12;
          s.invertible = false;
      } },
    { "theta_max above n_fft",
      "theta_max: 65: must be above 4, and at most n_fft",
      [](adaptive_settings& s) { s.theta_max = 65; } },
    { "theta_min without a derivative",
      "theta_min: 3: must be at least 4 samples: shorter windows have no derivative",
      [](adaptive_settings& s) { s.theta_min = 3; } },
    { "bounds in the wrong order",
      "theta_min: 40: must be below theta_max = 30",
      [](adaptive_settings& s) {
          s.theta_min = 40;
          s.theta_max = 30;
      } },
    { "theta_init above theta_max",
      "theta_init: 70: must be in theta_min .. theta_max = 8 .. 64",
      [](adaptive_settings& s) { s.theta_init = 70; } },
    { "theta_init NaN",
      "theta_init: nan: must be in theta_min .. theta_max = 8 .. 64",
      [](adaptive_settings& s) { s.theta_init = NAN; } },
    { "alpha above a half",
      "alpha: 0.6: must be at most 0.5: with window lengths that change, frames farther "
      "apart leave gaps (invertible=False takes it)",
      [](adaptive_settings& s) { s.alpha = 0.6; } },
    { "alpha with learned positions",
      "alpha: 0.3: must be 0 where t is learned: it makes positions follow theta",
      [](adaptive_settings& s) {
          s.alpha = 0.3;
          s.learn = learned::both;
      } },
    { "norm that moves the level",
      "norm: l1: must be l2 where theta varies: others move the level with theta",
      [](adaptive_settings& s) { s.norm = norm::l1; } },
    { "one candidate",
      "candidates: 1: must be in 2 .. 64",
      [](adaptive_settings& s) { s.candidates = 1; } },
    { "more bands than bins allow",
      "bands: 3: must be in 1 .. 2, so that each has some bins of the shortest window's "
      "DFT",
      [](adaptive_settings& s) {
          s.bands = 3;
          s.share = sharing::cell;
      } },
    { "share bin by the gradient",
      "share: bin: needs method bank, whose bands are where bins and cells start from",
      [](adaptive_settings& s) {
          s.share = sharing::bin;
          s.method = learning_method::gradient;
      } },
    { "share cell with learned positions",
      "share: cell: must be constant or frame where t is learned",
      [](adaptive_settings& s) {
          s.share = sharing::cell;
          s.learn = learned::both;
      } },
    { "order 1",
      "order: 1: must be positive, at most 8, and not 1",
      [](adaptive_settings& s) {
          s.criterion = adaptive_criterion::renyi;
          s.order = 1;
      } },
    { "negative block",
      "block: -2: must be in 0 .. 65536 frames, or -1",
      [](adaptive_settings& s) { s.block = -2; } },
    { "lag above 65536",
      "lag: 65537: must be in 0 .. 65536 frames, or -1",
      [](adaptive_settings& s) { s.lag = 65537; } },
    { "lag beyond the samples that can be held",
      "lag: 60000: must not reach more than 2^26 samples: they are held until their "
      "frame is decided",
      [](adaptive_settings& s) {
          s.n_fft = 1 << 20;
          s.lag = 60000;
      } },
    { "lag without a path",
      "lag: 3: must be 0 for method gradient, which has no path",
      [](adaptive_settings& s) {
          s.method = learning_method::gradient;
          s.lag = 3;
      } },
    { "negative smoothness",
      "smoothness: -1: must be in 0 .. 1e6",
      [](adaptive_settings& s) { s.smoothness = -1; } },
    { "infinite prior",
      "prior: inf: must be in 0 .. 1e6",
      [](adaptive_settings& s) { s.prior = HUGE_VAL; } },
    { "negative whitening floor",
      "whiten: -1: must be 0 (no whitening) or in 1e-9 .. 1e9",
      [](adaptive_settings& s) { s.whiten = -1; } },
    { "no steps where positions are learned",
      "steps: 0: must be 1 or more for method gradient, and where t is learned",
      [](adaptive_settings& s) {
          s.learn = learned::both;
          s.steps = 0;
      } },
    { "steps where all frames are pooled",
      "steps: 2: must be 0 for share constant and bin, which pool all frames",
      [](adaptive_settings& s) {
          s.share = sharing::constant;
          s.steps = 2;
      } },
    { "learning_rate above 1",
      "learning_rate: 2: must be 0 (the default) or in 1e-6 .. 1",
      [](adaptive_settings& s) { s.learning_rate = 2; } },
    { "regularisation below -1",
      "regularisation: -2: must be in 0 .. 1e6, or -1",
      [](adaptive_settings& s) { s.regularisation = -2; } },
    { "negative load_limit",
      "load_limit: -1: must be in 0 .. 1e6",
      [](adaptive_settings& s) { s.load_limit = -1; } },
};

} // namespace

//! Checks of settings.
class qa_adaptive_settings : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_adaptive_settings);
    CPPUNIT_TEST(what_cannot_work_is_refused);
    CPPUNIT_TEST(unknown_names_are_refused);
    CPPUNIT_TEST(bands_by_default_fit_the_shortest_window);
    CPPUNIT_TEST(bands_by_default_stay_when_bounds_change);
    CPPUNIT_TEST_SUITE_END();

    void what_cannot_work_is_refused()
    {
        for (const auto& one : refusals) {
            const qa::context in_refusal("case", one);
            auto s = small();
            one.edit(s);
            qa::assert_refused(one.message, [&] { s.check(); });
            qa::assert_refused(one.message, [&] { adaptive_stft<float> learner(s); });
        }
    }

    //! A band has four points of the shortest window's DFT or more, whose length is a power of two.
    void bands_by_default_fit_the_shortest_window()
    {
        for (const auto& [theta_min, bands] :
             { std::pair{ 4.0, 1 }, { 8.0, 2 }, { 9.0, 4 }, { 33.0, 4 } })
            for (const auto share : { sharing::cell, sharing::bin }) {
                const qa::context in_theta_min("theta_min", theta_min);
                auto s = small();
                s.hop = 2;
                s.theta_min = theta_min;
                s.share = share;
                s.bands = adaptive_settings{}.bands;
                CPPUNIT_ASSERT_EQUAL(std::int64_t(bands), s.filled().bands);
                adaptive_stft<float> learner(s);
            }
    }

    void bands_by_default_stay_when_bounds_change()
    {
        auto s = small();
        s.hop = 2;
        s.theta_min = 16;
        s.share = sharing::cell;
        s.bands = adaptive_settings{}.bands;
        adaptive_stft<float> learner(s);
        learner.set_bounds(32, 60);
        CPPUNIT_ASSERT_EQUAL(std::int64_t(4), learner.settings().bands);
        qa::assert_refused("bands: 4: must be in 1 .. 2, so that each has some bins of the "
                           "shortest window's DFT",
                           [&] { learner.set_bounds(8, 60); });
    }

    void unknown_names_are_refused()
    {
        qa::assert_refused("criterion: best: must be l1l2, entropy, renyi, kurtosis, "
                           "magnitude_entropy, frame_entropy or automatic",
                           [] { adaptive_criterion_named("best"); });
        qa::assert_refused("method: best: must be bank or gradient",
                           [] { learning_method_named("best"); });
        qa::assert_refused("learn: best: must be theta, t, both or theta_chirp",
                           [] { learned_named("best"); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_adaptive_settings);
