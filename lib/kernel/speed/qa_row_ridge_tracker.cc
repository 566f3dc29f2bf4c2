/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/ridge_support.h"
#include <gnuradio/stft/kernel/speed/warped_rows.h>
#include <gnuradio/stft/kernel/stft/power.h>
#include <gnuradio/stft/kernel/stft/stft.h>

using namespace qa::shafts;

//! Ridges of rows of power from outside.
class qa_row_ridge_tracker : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_row_ridge_tracker);
    CPPUNIT_TEST(rows_of_power_are_followed);
    CPPUNIT_TEST(warped_rows_from_outside_give_the_same_path);
    CPPUNIT_TEST(a_row_that_is_not_finite_is_not_trusted);
    CPPUNIT_TEST_SUITE_END();

    static std::vector<std::vector<float>> rows_of_power(const std::vector<double>& x)
    {
        parameters p{ 2048, 128 };
        p.win_length = 1024;
        p.where = placement::left;
        stft<float> transform(p);
        const auto y = as<float>(x);
        std::vector<std::complex<float>> spectrum(transform.bins());
        std::vector<std::vector<float>> rows;
        for (std::size_t start = 0; start + 1024 <= y.size(); start += 128) {
            transform.analyse(y.data() + start, static_cast<std::int64_t>(start), spectrum.data());
            rows.emplace_back();
            for (const auto& X : spectrum)
                rows.back().push_back(std::norm(X));
        }
        return rows;
    }

    static ridges track_rows(const row_ridge_tracker_settings& s,
                             const std::vector<std::vector<float>>& rows)
    {
        row_ridge_tracker tracker(s);
        ridges all;
        const auto take = [&] {
            for (; const auto* v = tracker.values(); tracker.advance()) {
                all.values.emplace_back(v, v + s.tracks * tracker.width());
                all.time.push_back(0.25 + static_cast<double>(tracker.frame()) * 128 / fs);
            }
        };
        for (const auto& row : rows) {
            tracker.add(row.data());
            take();
        }
        CPPUNIT_ASSERT_EQUAL(rows.size() - tracker.latency(), all.time.size());
        tracker.finish();
        take();
        CPPUNIT_ASSERT_EQUAL(rows.size(), all.time.size());
        return all;
    }

    void rows_of_power_are_followed()
    {
        const auto rows = rows_of_power(with_noise(machine(12, run_up), 0.9));
        const errors e(track_rows(of_rows(), rows), run_up);
        CPPUNIT_ASSERT_EQUAL(0.0, e.gross);
        CPPUNIT_ASSERT(e.rms < 0.15);
    }

    //! The path of the tracker of samples, before it is refined.
    void warped_rows_from_outside_give_the_same_path()
    {
        const auto x = as<float>(with_noise(machine(9, run_up), 0.9));
        const auto s = usual([](auto& p) { p.f_max = 90; }); // decimation by 2, 512 samples
        warped_rows<float> bank(s.rows());
        auto t = of_rows();
        t.f_max = 90;
        t.samp_rate = fs / static_cast<double>(bank.decimation());
        t.hop = bank.hop() / bank.decimation();
        t.n_fft = bank.n_fft();
        t.win_length = static_cast<std::size_t>(std::lround(s.duration * t.samp_rate));
        t.rates = bank.design().bank();
        t.whiten = 0;
        row_ridge_tracker tracker(t);
        const auto whole = track(s, x);
        std::size_t p = 0;
        const auto compare = [&] {
            for (; const auto* v = tracker.values(); tracker.advance(), ++p) {
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    whole.values[p][ridge_confidence], v[ridge_confidence], 1e-6);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(whole.values[p][ridge_slope], v[ridge_slope], 1e-6);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    whole.values[p][ridge_frequency], v[ridge_frequency], 0.6);
            }
        };
        for (std::size_t i = 0; i < x.size();) {
            i += bank.push(x.data() + i, x.size() - i);
            for (; const auto* row = bank.row(); bank.advance()) {
                tracker.add(row);
                compare();
            }
        }
        bank.finish();
        for (; const auto* row = bank.row(); bank.advance()) {
            tracker.add(row);
            compare();
        }
        tracker.finish();
        compare();
        CPPUNIT_ASSERT_EQUAL(whole.values.size(), p);
    }

    void a_row_that_is_not_finite_is_not_trusted()
    {
        auto rows = rows_of_power(with_noise(machine(6, run_up), 0.9));
        rows[40][100] = not_a_number;
        rows[41].assign(rows[41].size(), HUGE_VALF);
        const auto found = track_rows(of_rows(), rows);
        for (std::size_t p = 0; p < rows.size(); ++p)
            CPPUNIT_ASSERT_EQUAL(p == 40 || p == 41, found.values[p][ridge_confidence] == 0);
        CPPUNIT_ASSERT_EQUAL(0.0, errors(found, run_up).gross);
        auto s = of_rows();
        s.whiten = 0; // rows are whitened already
        for (auto& row : rows)
            for (auto& value : row)
                value = std::log(1 + value / 300);
        const auto other = track_rows(s, rows);
        for (std::size_t p = 0; p < rows.size(); ++p) {
            CPPUNIT_ASSERT_EQUAL(p == 40 || p == 41, other.values[p][ridge_confidence] == 0);
            CPPUNIT_ASSERT(std::isfinite(other.values[p][ridge_frequency]));
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_row_ridge_tracker);
