/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/detector_support.h"
#include <gnuradio/stft/kernel/monitor/signal_detector.h>

using namespace qa::band;

//! Steps of a receiver's gain in white noise, anywhere in a frame, which are no events.
class qa_gain_steps : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_gain_steps);
    CPPUNIT_TEST(steps_of_rows_with_few_bins_leave_no_event);
    CPPUNIT_TEST(steps_of_rows_with_some_bins_leave_no_event);
    CPPUNIT_TEST(steps_of_rows_with_many_bins_leave_no_event);
    CPPUNIT_TEST_SUITE_END();

    //! Number of bursts that are found where the gain rises and falls by 3 .. 10 dB, `steps` times, every 600 rows or so.
    static std::size_t bursts(std::size_t n_fft, std::size_t steps)
    {
        detector_settings s;
        s.n_fft = n_fft;
        s.hop = n_fft / 2;
        s.samp_rate = 1e6;
        signal_detector<std::complex<float>> found(s);
        std::mt19937 draw(9);
        std::normal_distribution<float> normal;
        std::uniform_real_distribution<> size(3, 10), spacing(500, 700);
        std::vector<std::complex<float>> x;
        double level = 0; // dB
        for (std::size_t i = 0; i <= steps; ++i) {
            const auto rows = spacing(draw) + (i == 0 ? 1000 : 0);
            x.resize(static_cast<std::size_t>(rows * static_cast<double>(s.hop)));
            const auto gain = static_cast<float>(1e-3 * std::pow(10, level / 20));
            for (auto& sample : x)
                sample = { gain * normal(draw), gain * normal(draw) };
            found.add(x.data(), x.size());
            level += level > 0 ? -size(draw) : size(draw);
        }
        found.finish();
        const auto reports = found.take();
        return static_cast<std::size_t>(
            std::count_if(reports.begin(), reports.end(), [](const event& e) {
                return e.kind == event_kind::burst && e.state == event_state::end &&
                       e.cut != event_cut::withdrawn;
            }));
    }

    void steps_of_rows_with_few_bins_leave_no_event()
    {
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), bursts(64, 100));
    }

    void steps_of_rows_with_some_bins_leave_no_event()
    {
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), bursts(128, 20));
    }

    //! Each row has its own gain at once. If it had the former one until a level is accepted, 2 of the 24 steps would leave events.
    void steps_of_rows_with_many_bins_leave_no_event()
    {
        CPPUNIT_ASSERT_EQUAL(std::size_t(0), bursts(1024, 24));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_gain_steps);
