/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/dstft/dstft_framer.h>
#include <cmath>
#include <random>

using namespace gr::stft::kernel;

namespace {

constexpr double hops[]{ 1e-3, 0.1, 1.0 / 3, 0.5, 1, 7.3, 62.375, 256, 1000.0 / 3, 1e6 + 0.1 };

//! floor(n hop) and the rest, by an integer product of hop's 53 bits.
position product(double hop, std::int64_t n)
{
    int exponent = 0;
    const auto mantissa =
        static_cast<unsigned __int128>(std::ldexp(std::frexp(hop, &exponent), 53));
    const int shift = 53 - exponent; // hop = mantissa 2^-shift
    const auto units = mantissa * static_cast<unsigned __int128>(n);
    if (shift <= 0)
        return { static_cast<std::int64_t>(units << -shift), 0 };
    const auto whole = units >> shift;
    const auto rest = static_cast<long double>(units - (whole << shift));
    const auto fraction = static_cast<double>(std::ldexp(rest, -shift));
    const bool carry = fraction == 1;
    return { static_cast<std::int64_t>(whole) + carry, carry ? 0 : fraction };
}

} // namespace

class qa_positions : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_positions);
    CPPUNIT_TEST(many_steps_are_the_product);
    CPPUNIT_TEST(one_step_after_another_is_many_steps);
    CPPUNIT_TEST(a_start_between_samples_is_kept);
    CPPUNIT_TEST(frames_of_a_hop_are_one_plus_those_that_fit);
    CPPUNIT_TEST(frames_at_fixed_overlap_begin_before_the_last_sample);
    CPPUNIT_TEST(a_frame_is_certain_when_it_exists_for_every_window_length);
    CPPUNIT_TEST(pace_that_cannot_work_is_refused);
    CPPUNIT_TEST(frames_find_their_samples_however_these_come);
    CPPUNIT_TEST(a_frame_waits_for_its_last_sample_and_for_its_successor);
    CPPUNIT_TEST_SUITE_END();

    static void assert_equal(const position& expected, const position& got)
    {
        CPPUNIT_ASSERT_EQUAL(expected.sample, got.sample);
        CPPUNIT_ASSERT_EQUAL(expected.fraction, got.fraction);
    }

    void many_steps_are_the_product()
    {
        for (double hop : hops)
            for (std::int64_t n : { INT64_C(0),
                                    INT64_C(1),
                                    INT64_C(3),
                                    INT64_C(1000003),
                                    (INT64_C(1) << 40) + 7,
                                    static_cast<std::int64_t>(std::ldexp(1 / hop, 61)) })
                assert_equal(product(hop, n), exact_position().move(hop, n).rounded());
    }

    void one_step_after_another_is_many_steps()
    {
        for (double hop : hops) {
            exact_position here;
            for (std::int64_t n = 0; n < 100000; ++n, here.move(hop))
                if (n % 997 == 0)
                    assert_equal(exact_position().move(hop, n).rounded(), here.rounded());
        }
    }

    void a_start_between_samples_is_kept()
    {
        assert_equal({ -3, 0.75 }, exact_position({ -4, 0.5 }).move(1.25).rounded());
        assert_equal({ 0, 0 }, exact_position({ -1, 0.5 }).move(0.25, 2).rounded());
        assert_equal(
            { 5, 0 },
            exact_position({ 4, 1 - std::ldexp(1, -53) }).move(std::ldexp(1, -53)).rounded());
    }

    template <class Frame>
    static std::int64_t count(const pacing& pace, std::int64_t length, Frame theta)
    {
        exact_position here;
        std::int64_t n = 0;
        for (; pace.has_frame(here.rounded(), theta(n), length); ++n)
            here.move(pace.step(theta(n)));
        return n;
    }

    void frames_of_a_hop_are_one_plus_those_that_fit()
    {
        const auto any = [](std::int64_t n) { return 1.0 + static_cast<double>(n % 50); };
        for (double hop : { 0.1, 0.5, 1.0, 2.5, 7.0, 33.375 })
            for (std::int64_t length = 0; length < 150; ++length) {
                const qa::context in_length("length", length);
                // 0.1 is a little more than a tenth
                const double fit = hop == 0.1 ? 10.0 * static_cast<double>(length) - (length > 0)
                                              : std::floor(static_cast<double>(length) / hop);
                const auto expected = length ? 1 + static_cast<std::int64_t>(fit) : 0;
                CPPUNIT_ASSERT_EQUAL(expected, count({ hop, 0, sharing::bin }, length, any));
            }
    }

    void frames_at_fixed_overlap_begin_before_the_last_sample()
    {
        for (double alpha : { 0.125, 0.5, 2.0 })
            for (double theta : { 1.0, 8.0, 12.5 })
                for (std::int64_t length = 0; length < 100; ++length) {
                    const qa::context in_length("length", length);
                    const double reach = static_cast<double>(length) - 1 + theta / 2;
                    const auto expected =
                        length ? static_cast<std::int64_t>(std::ceil(reach / (alpha * theta))) : 0;
                    const pacing pace(0, alpha, sharing::frame);
                    CPPUNIT_ASSERT_EQUAL(expected,
                                         count(pace, length, [=](std::int64_t) { return theta; }));
                }
        // far out, where t - theta / 2 in a double would be the same for both
        const pacing pace(0, 0.25, sharing::frame);
        const auto far = INT64_C(1) << 58;
        CPPUNIT_ASSERT(pace.has_frame({ far + 3, 0.4375 }, 8.9375, far));
        CPPUNIT_ASSERT(!pace.has_frame({ far + 3, 0.46875 }, 8.9375, far));
    }

    void a_frame_is_certain_when_it_exists_for_every_window_length()
    {
        for (const auto& pace : { pacing(2.5, 0, sharing::frame), pacing(0, 0.3, sharing::frame) })
            for (const position& t : { position{ 0, 0 }, { 0, 0.5 }, { 7, 0 }, { 7, 0.25 } }) {
                const auto length = pace.certain_at(t);
                CPPUNIT_ASSERT(pace.has_frame(t, 1e-9, length));
                CPPUNIT_ASSERT(!pace.has_frame(t, 1e-9, length - 1));
            }
    }

    void pace_that_cannot_work_is_refused()
    {
        for (double hop : { 0.0, -1.0, 1e-4, 2e12, std::nan(""), HUGE_VAL })
            CPPUNIT_ASSERT_THROW(pacing(hop, 0, sharing::frame), std::invalid_argument);
        for (double alpha : { -0.5, 1e-4, 2e3, std::nan(""), HUGE_VAL })
            CPPUNIT_ASSERT_THROW(pacing(1, alpha, sharing::frame), std::invalid_argument);
        for (auto share : { sharing::bin, sharing::cell })
            CPPUNIT_ASSERT_THROW(pacing(1, 0.5, share), std::invalid_argument);
        pacing(0, 0.5, sharing::constant);
    }

    void frames_find_their_samples_however_these_come()
    {
        std::mt19937 random(3);
        const auto draw = [&](double low, double high) {
            return std::uniform_real_distribution(low, high)(random);
        };
        for (std::size_t n_fft : { 2, 3, 17, 64, 1001 })
            for (double hop : { 0.7, 5.25, 90.0, 777.7, 100000.3 })
                for (std::int64_t length : { 1, 2, 40, 3000, 250000 }) {
                    const qa::context in_length("length", length);
                    if (static_cast<double>(length) / hop > 10000)
                        continue;
                    dstft_framer<float> framer(n_fft);
                    const pacing pace(hop, 0, sharing::frame);
                    std::vector<float> chunk(5000);
                    std::int64_t frames = 0;
                    while (!framer.over()) {
                        if (!framer.is_set())
                            framer.set(draw(1e-3, static_cast<double>(n_fft)), pace);
                        if (framer.ready()) {
                            assert_holds(framer, length);
                            framer.advance();
                            ++frames;
                        } else if (framer.received() == length) {
                            framer.finish();
                        } else {
                            const auto left = static_cast<double>(length - framer.received());
                            const auto given = static_cast<std::size_t>(
                                std::min(left, std::floor(draw(1, draw(1, 5000)))));
                            for (std::size_t i = 0; i < given; ++i)
                                chunk[i] = static_cast<float>(framer.received() +
                                                              static_cast<std::int64_t>(i));
                            CPPUNIT_ASSERT(framer.push(chunk.data(), given) > 0);
                        }
                    }
                    CPPUNIT_ASSERT_EQUAL(
                        1 + static_cast<std::int64_t>(static_cast<double>(length) / hop), frames);
                }
    }

    //! Every sample k under the window has the value k.
    static void assert_holds(const dstft_framer<float>& framer, std::int64_t length)
    {
        const auto x = framer.samples();
        const auto half = framer.end() - framer.centre().sample;
        const auto begin = std::max<std::int64_t>(0, framer.centre().sample - half);
        for (auto k = begin; k < std::min(framer.end(), length); ++k) {
            const qa::context in_k("k", k);
            CPPUNIT_ASSERT(x.begin <= k && k < x.end);
            CPPUNIT_ASSERT_EQUAL(static_cast<float>(k), x.samples[k - x.begin]);
        }
    }

    void a_frame_waits_for_its_last_sample_and_for_its_successor()
    {
        struct {
            double hop, alpha, theta;
            std::int64_t samples; // that frame 0 needs
        } const cases[]{ { 2, 0, 20.5, 11 }, { 2, 0, 20, 10 },    { 30.5, 0, 20, 31 },
                         { 30, 0, 20, 30 },  { 0, 0.25, 20, 10 }, { 0, 2, 20, 41 },
                         { 0.1, 0, 1e-3, 1 } };
        for (const auto& c : cases) {
            const qa::context in_c("c", c);
            dstft_framer<float> framer(32);
            framer.set(c.theta, { c.hop, c.alpha, sharing::frame });
            const float sample = 0;
            for (std::int64_t n = 0; n < c.samples; ++n) {
                const qa::context in_n("n", n);
                CPPUNIT_ASSERT(!framer.ready());
                CPPUNIT_ASSERT_EQUAL(c.samples - n, framer.wanted());
                framer.push(&sample, 1);
            }
            CPPUNIT_ASSERT(framer.ready());
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_positions);
