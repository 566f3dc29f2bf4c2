/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/ridge_support.h"

using namespace qa::shafts;

class qa_ridge_tracker : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_ridge_tracker);
    CPPUNIT_TEST(follows_a_run_up_in_noise);
    CPPUNIT_TEST(slope_and_amplitudes_are_those_of_the_machine);
    CPPUNIT_TEST(a_bent_ridge_is_not_smeared);
    CPPUNIT_TEST(any_split_gives_the_same_bits);
    CPPUNIT_TEST(frames_count_from_any_sample);
    CPPUNIT_TEST(gain_changes_amplitudes_alone);
    CPPUNIT_TEST(a_missing_sample_makes_its_frames_doubtful);
    CPPUNIT_TEST(noise_is_not_trusted);
    CPPUNIT_TEST(mains_are_rejected);
    CPPUNIT_TEST(a_line_beside_rejected_mains_does_not_pull);
    CPPUNIT_TEST(knocks_and_gaps_do_not_mislead);
    CPPUNIT_TEST(orders_are_learned_from_a_range);
    CPPUNIT_TEST(of_families_that_share_lines_the_one_of_integers_is_learned);
    CPPUNIT_TEST(shafts_that_cross_keep_their_names);
    CPPUNIT_TEST(shafts_that_are_alike_keep_their_names);
    CPPUNIT_TEST(speeds_without_an_order_below_half_the_rate_are_not_tried);
    CPPUNIT_TEST(latency_is_as_told);
    CPPUNIT_TEST(short_signals_are_no_trouble);
    CPPUNIT_TEST(what_is_wrong_is_refused);
    CPPUNIT_TEST_SUITE_END();

    void follows_a_run_up_in_noise()
    {
        const auto x = with_noise(machine(12, run_up), 0.9);
        for (const bool warped : { true, false })
            for (const double lag : { 1.0, 0.25, 0.0 }) {
                const qa::context here("warped", warped);
                const qa::context there("lag", lag);
                const auto s = usual([&](auto& p) {
                    p.lag = lag;
                    if (!warped)
                        p.rates = { 0 };
                });
                const auto found = track(s, as<float>(x));
                const errors e(found, run_up);
                CPPUNIT_ASSERT(found.time.size() > 170);
                CPPUNIT_ASSERT_EQUAL(0.0, e.gross);
                CPPUNIT_ASSERT(e.rms < 0.1);
                CPPUNIT_ASSERT(share_of_trust(found) > 0.95);
                CPPUNIT_ASSERT(errors(track(s, x), run_up).rms < 0.1);
            }
    }

    void slope_and_amplitudes_are_those_of_the_machine()
    {
        const law f = [](double t) { return 15 + 8 * t; }; // orders 1 .. 4 sweep 32 Hz/s
        const auto s = usual();
        const auto found = track(s, with_noise(machine(5, f), 1e-3));
        for (std::size_t p = 8; p + 8 < found.time.size(); ++p) {
            CPPUNIT_ASSERT_DOUBLES_EQUAL(8.0, found.values[p][ridge_slope], 1.0);
            for (std::size_t k = 0; k < orders.size(); ++k) // 0.15 dB
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    1, found.values[p][ridge_amplitudes + k] / levels[k], 0.0175);
        }
    }

    void a_bent_ridge_is_not_smeared()
    {
        const law f = [](double t) { return 30 + 5 * std::sin(2 * qa::pi * 0.8 * t); };
        const errors e(track(usual(), with_noise(machine(10, f), 0.3)), f);
        CPPUNIT_ASSERT_EQUAL(0.0, e.gross);
        CPPUNIT_ASSERT(e.rms < 0.28);
    }

    void any_split_gives_the_same_bits()
    {
        auto x = as<float>(with_noise(machine(9, run_up), 1));
        x[7000] = not_a_number;
        for (const std::size_t tracks : { 1, 2 })
            for (const double lag : { 1.0, 0.0 }) {
                const auto s = usual([&](auto& p) {
                    p.tracks = tracks;
                    p.lag = lag;
                    p.reject = { 50 };
                });
                const auto whole = track(s, x);
                CPPUNIT_ASSERT(whole.values.size() > 100);
                for (const std::size_t chunk : { 1, 100, 4097 })
                    CPPUNIT_ASSERT(track(s, x, chunk).values == whole.values);
            }
    }

    void frames_count_from_any_sample()
    {
        const auto x = as<float>(with_noise(machine(5, run_up), 1));
        const auto plain = track(usual(), x);
        const auto hop = static_cast<std::int64_t>(ridge_tracker<float>(usual()).hop());
        const auto late = track(usual(), x, 1000, hop << 40);
        CPPUNIT_ASSERT(late.values == plain.values);
        CPPUNIT_ASSERT_EQUAL(plain.numbers[0] + (std::int64_t(1) << 40), late.numbers[0]);
    }

    void gain_changes_amplitudes_alone()
    {
        const auto x = with_noise(machine(5, run_up), 1);
        const auto plain = track(usual(), as<float>(x));
        for (const double gain : { 0x1p-20, 1e-6, 1e6 }) {
            const qa::context here("gain", gain);
            auto y = x;
            for (auto& each : y)
                each *= gain;
            const auto other = track(usual(), as<float>(y));
            for (std::size_t p = 0; p < plain.time.size(); ++p) {
                CPPUNIT_ASSERT_DOUBLES_EQUAL(plain.values[p][0], other.values[p][0], 1e-3);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(plain.values[p][2], other.values[p][2], 1e-2);
                for (auto k = std::size_t(ridge_amplitudes); k < plain.values[p].size(); ++k)
                    CPPUNIT_ASSERT_DOUBLES_EQUAL(
                        plain.values[p][k], other.values[p][k] / gain, 1e-2);
            }
        }
    }

    void a_missing_sample_makes_its_frames_doubtful()
    {
        const auto x = with_noise(machine(9, run_up), 0.5);
        for (const bool lost : { false, true }) {
            auto y = as<float>(x);
            ridge_tracker<float> tracker(usual());
            ridges all;
            const std::size_t from = 8000, count = 50;
            for (std::size_t i = 0; i < y.size();) {
                if (i >= from && i < from + count) {
                    const std::vector<float> bad(from + count - i, not_a_number);
                    i += lost ? tracker.hold(bad.size()) : tracker.push(bad.data(), bad.size());
                } else {
                    const auto end = i < from ? from : y.size();
                    i += tracker.push(y.data() + i, std::min<std::size_t>(1000, end - i));
                }
                take(tracker, all);
            }
            tracker.finish();
            take(tracker, all);
            CPPUNIT_ASSERT_EQUAL(0.0, errors(all, run_up).gross);
            std::size_t doubtful = 0;
            for (std::size_t p = 0; p < all.time.size(); ++p) {
                const auto off = std::abs(all.time[p] - static_cast<double>(from) / fs);
                const bool zero = all.values[p][ridge_confidence] == 0;
                doubtful += zero;
                CPPUNIT_ASSERT(!zero || off < 0.45);
                CPPUNIT_ASSERT(zero || off > 0.25);
                for (const auto v : all.values[p])
                    CPPUNIT_ASSERT(std::isfinite(v));
            }
            CPPUNIT_ASSERT(doubtful >= 8);
        }
    }

    void noise_is_not_trusted()
    {
        const auto found = track(usual(), with_noise(std::vector<double>(120 * 2048), 1));
        CPPUNIT_ASSERT(share_of_trust(found) < 0.05);
    }

    //! Order 2 of 24 Hz, and order 3 of 32 Hz, are cut off where the mains begin.
    void a_line_beside_rejected_mains_does_not_pull()
    {
        for (const double hz : { 24.0, 32.0, 24.3 }) {
            const qa::context here("hz", hz);
            const law steady = [=](double) { return hz; };
            const auto found = track(usual([](auto& s) { s.reject = { 50 }; }),
                                     with_noise(machine(8, steady), 0.5));
            double bias = 0;
            for (const auto& v : found.values)
                bias += (v[ridge_frequency] - hz) / static_cast<double>(found.values.size());
            CPPUNIT_ASSERT_DOUBLES_EQUAL(0.0, bias, 0.03);
        }
    }

    void mains_are_rejected()
    {
        auto x = with_noise(machine(12, run_up), 0.7);
        for (std::size_t i = 0; i < x.size(); ++i)
            for (const int k : { 1, 2, 3, 5 })
                x[i] += 2.5 / k * std::cos(2 * qa::pi * 50.02 * k * static_cast<double>(i) / fs);
        CPPUNIT_ASSERT(errors(track(usual(), x), run_up).gross > 0.3);
        const errors e(track(usual([](auto& s) { s.reject = { 50 }; }), x), run_up);
        CPPUNIT_ASSERT(e.gross <= 0.06);
    }

    void knocks_and_gaps_do_not_mislead()
    {
        auto x = with_noise(machine(12, run_up), 0.7);
        std::minstd_rand random(4);
        for (int knock = 0; knock < 84; ++knock) {
            const auto at = random() % (x.size() - 200);
            for (std::size_t i = 0; i < 160; ++i)
                x[at + i] += 30 * std::exp(-static_cast<double>(i) / 20) *
                             std::cos(0.9 * static_cast<double>(i));
        }
        std::fill_n(x.begin() + 10000, 800, 0.0); // 0.4 s
        const errors e(track(usual(), x), run_up);
        CPPUNIT_ASSERT(e.gross <= 0.02);
        CPPUNIT_ASSERT(e.rms < 0.1);
    }

    //! The machine has four of the candidates; without the range an octave is lost.
    void orders_are_learned_from_a_range()
    {
        const auto x = with_noise(machine(14, run_up, { 1, 2, 4, 6 }), 0.5);
        const auto s = usual([](auto& p) {
            p.orders.clear();
            for (int k = 1; k <= 16; ++k)
                p.orders.push_back(k / 2.0);
            p.learn_min = 12;
            p.learn_max = 22;
        });
        const auto found = track(s, x);
        CPPUNIT_ASSERT_EQUAL(0.0, errors(found, run_up).gross);
        for (std::size_t k = 0; k < 16; ++k) {
            const auto order = s.orders[k];
            const bool there = order == 1 || order == 2 || order == 4 || order == 6;
            CPPUNIT_ASSERT(there ? found.weights[k] > 0.6 : found.weights[k] < 0.5);
        }
    }

    //! Lines 2, 4 .. 10 f are orders 1.5, 3 .. 7.5 of 4/3 f as well, and the range holds both.
    void of_families_that_share_lines_the_one_of_integers_is_learned()
    {
        const law f = [](double t) { return 16 + 0.5 * t; };
        auto x = machine(8, f, { 2, 4, 6, 8 });
        const auto more = machine(8, f, { 10 });
        for (std::size_t i = 0; i < x.size(); ++i)
            x[i] += 0.5 * more[i];
        const auto found = track(usual([](auto& p) {
                                     p.orders.clear();
                                     for (int k = 1; k <= 16; ++k)
                                         p.orders.push_back(k / 2.0);
                                     p.learn_min = 13;
                                     p.learn_max = 25;
                                 }),
                                 with_noise(x, 0.5));
        CPPUNIT_ASSERT_EQUAL(0.0, errors(found, f).gross);
    }

    void shafts_that_cross_keep_their_names()
    {
        const law up = [](double t) { return 22 + 1.7 * t; };
        const law down = [](double t) { return 42 - 1.8 * t; };
        auto x = machine(12, up);
        const auto other = machine(12, down);
        for (std::size_t i = 0; i < x.size(); ++i)
            x[i] += 0.8 * other[i];
        const auto found = track(usual([](auto& s) { s.tracks = 2; }), with_noise(x, 0.7));
        const auto width = ridge_amplitudes + orders.size();
        const bool first = std::abs(found.values[0][0] - up(found.time[0])) < 1;
        std::size_t wrong = 0;
        for (std::size_t p = 0; p < found.time.size(); ++p) {
            const auto t = found.time[p];
            const auto a = found.values[p][first ? 0 : width],
                       b = found.values[p][first ? width : 0];
            wrong += std::abs(a - up(t)) > 1.2 || std::abs(b - down(t)) > 1.2;
        }
        CPPUNIT_ASSERT(static_cast<double>(wrong) <= 0.05 * static_cast<double>(found.time.size()));
    }

    //! Which of them is the stronger one changes all the time.
    void shafts_that_are_alike_keep_their_names()
    {
        const auto width = ridge_amplitudes + orders.size();
        for (unsigned seed = 1; seed <= 6; ++seed) {
            const qa::context here("seed", seed);
            const law slow = [](double t) { return 20 + 3 * std::sin(1.4 * t); };
            const law fast = [&](double t) { return 2.14 * slow(t); };
            auto x = machine(16, slow);
            const auto other = machine(16, fast);
            for (std::size_t i = 0; i < x.size(); ++i) {
                const auto louder = 0.2 * std::sin(2 * qa::pi * 0.12 * static_cast<double>(i) / fs);
                x[i] = (1 + louder) * x[i] + 0.9 * (1 - louder) * other[i];
            }
            const auto found =
                track(usual([](auto& s) { s.tracks = 2; }), with_noise(x, 0.5, seed));
            const bool first = found.values[20][0] < 30;
            std::size_t wrong = 0;
            for (std::size_t p = 0; p < found.time.size(); ++p)
                wrong += (found.values[p][first ? 0 : width] < 30) !=
                         (found.values[p][first ? width : 0] > 30);
            CPPUNIT_ASSERT(wrong == 0);
            CPPUNIT_ASSERT(errors(found, slow, first ? 0 : width).gross < 0.05);
        }
    }

    //! The values of a frame are there as soon as latency() samples after its centre are, and not before.
    void speeds_without_an_order_below_half_the_rate_are_not_tried()
    {
        const auto x = as<float>(with_noise(machine(4, run_up), 0.5));
        const auto expected = track(usual([](auto& s) { s.f_max = fs / 2; }), x);
        for (const auto f_max : { 2e4, 1e12 })
            CPPUNIT_ASSERT(track(usual([&](auto& s) { s.f_max = f_max; }), x).values ==
                           expected.values);
        auto rows = of_rows();
        rows.f_max = 1e12;
        row_ridge_tracker tracker(rows);
        CPPUNIT_ASSERT_EQUAL(1e12, tracker.design().f_max);
    }

    void latency_is_as_told()
    {
        const auto x = as<float>(with_noise(machine(9, run_up), 1));
        for (const double lag : { 0.0, 1.0 })
            for (const std::size_t tracks : { 1, 2 }) {
                const qa::context here("lag", lag);
                const qa::context there("tracks", tracks);
                ridge_tracker<float> tracker(usual([&](auto& s) {
                    s.lag = lag;
                    s.tracks = tracks;
                }));
                std::size_t frames = 0;
                for (std::size_t i = 0; i < x.size(); ++i) {
                    tracker.push(&x[i], 1);
                    for (; tracker.values(); tracker.advance()) {
                        const auto centre =
                            tracker.frame() * static_cast<std::int64_t>(tracker.hop());
                        CPPUNIT_ASSERT_DOUBLES_EQUAL(
                            static_cast<double>(tracker.latency()),
                            static_cast<double>(static_cast<std::int64_t>(i) - centre),
                            4.0);
                        ++frames;
                    }
                }
                CPPUNIT_ASSERT(frames > 10);
            }
    }

    void short_signals_are_no_trouble()
    {
        for (const std::size_t count : { 0, 1, 1000, 1400, 3000 })
            for (const std::size_t tracks : { 1, 3 }) {
                const auto x = as<float>(with_noise(std::vector<double>(count), 1));
                const auto found = track(usual([&](auto& s) { s.tracks = tracks; }), x);
                CPPUNIT_ASSERT_EQUAL(count > 1400, !found.values.empty());
            }
        for (const auto& v : track(usual(), std::vector<float>(6000)).values)
            CPPUNIT_ASSERT_EQUAL(0.0, v[ridge_confidence]);
    }

    void what_is_wrong_is_refused()
    {
        const auto refused = [](const char* message, auto change) {
            qa::assert_refused(message, [&] { ridge_tracker<float> tracker(usual(change)); });
        };
        refused(
            "f_min: 3: must be at least 2 / duration = 4 Hz: orders that are closer melt into one",
            [](auto& s) { s.f_min = 3; });
        refused("f_max: 6: must be above f_min = 6 Hz", [](auto& s) { s.f_max = 6; });
        refused("orders: (): must be 1 .. 64 numbers", [](auto& s) { s.orders.clear(); });
        refused("orders: (1, 200): order 200 of f_min = 6 Hz must be below half the sample rate, "
                "1024 Hz",
                [](auto& s) {
                    s.orders = { 1, 200 };
                });
        refused("orders: (1, 1): must differ from each other", [](auto& s) {
            s.orders = { 1, 1 };
        });
        refused("orders: (0): must be positive, at most 1e6", [](auto& s) { s.orders = { 0 }; });
        refused("weights: (1): must be as many as orders, 4, or none",
                [](auto& s) { s.weights = { 1 }; });
        refused("max_slew: 0: must be positive, at most 1e12 Hz/s",
                [](auto& s) { s.max_slew = 0; });
        refused("lag: -1: must be 0 .. 60 s", [](auto& s) { s.lag = -1; });
        refused("tracks: 5: must be 1 .. 4", [](auto& s) { s.tracks = 5; });
        refused(
            "reject: (10): must be at least 8 / duration = 16 Hz, else its multiples leave nothing",
            [](auto& s) { s.reject = { 10 }; });
        refused(
            "learn_max: 30: must be at most 2 learn_min = 24 Hz: speeds an octave apart look alike",
            [](auto& s) {
                s.learn_min = 12;
                s.learn_max = 30;
            });
        refused("learn_min: 5: must be at least f_min = 6 and below learn_max = 10 Hz",
                [](auto& s) {
                    s.learn_min = 5;
                    s.learn_max = 10;
                });
        refused("duration: nan: must be positive, at most 1e6 s",
                [](auto& s) { s.duration = NAN; });
        refused(
            "f_max: 1000000000: gives too many frequencies: 2 duration max(orders) (f_max - f_min) "
            "must be at most 2^18, f_max counting up to samp_rate / 2 / min(orders)",
            [](auto& s) {
                s.f_max = 1e9;
                s.orders = { 1e-3, 1 };
            });
        refused("lag: 60: must be shorter: the path would take more than 2 GiB", [](auto& s) {
            s.lag = 60;
            s.orders = { 1, 200 };
            s.f_min = 4;
            s.f_max = 500;
        });
        qa::assert_refused("n_fft: 8: must be 16 .. 2^24", [] {
            auto s = of_rows();
            s.n_fft = 8;
            row_ridge_tracker tracker(s);
        });
        qa::assert_refused("win_length: 4096: must be at most n_fft = 2048", [] {
            auto s = of_rows();
            s.win_length = 4096;
            row_ridge_tracker tracker(s);
        });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_ridge_tracker);
