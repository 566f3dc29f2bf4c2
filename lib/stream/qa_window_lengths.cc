/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include "window_lengths.h"
#include <limits>

using namespace gr::stft;

namespace {

//! A transform with a DFT of any length, as dstft takes window lengths.
struct transform {
    std::size_t size;

    std::size_t n_fft() const { return size; }
    bool takes(double theta) const { return theta >= 1e-6 && theta <= static_cast<double>(size); }
};

const double not_a_number = std::numeric_limits<double>::quiet_NaN();

} // namespace

class qa_window_lengths : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_window_lengths);
    CPPUNIT_TEST(a_rounded_theta_is_the_nearest_float_that_the_transform_takes);
    CPPUNIT_TEST(a_theta_that_the_transform_does_not_take_is_refused);
    CPPUNIT_TEST(an_item_is_taken_whole_or_not_at_all);
    CPPUNIT_TEST(one_theta_may_stand_for_all);
    CPPUNIT_TEST_SUITE_END();

    void a_rounded_theta_is_the_nearest_float_that_the_transform_takes()
    {
        CPPUNIT_ASSERT_EQUAL(0.1F, rounded_theta(0.1, transform{ 8 }));
        CPPUNIT_ASSERT_EQUAL(8.0F, rounded_theta(8, transform{ 8 }));
        // 2^24 + 3 lies between floats two apart, of which the nearest is above it
        CPPUNIT_ASSERT_EQUAL(16777218.0F, rounded_theta(16777219, transform{ 16777219 }));
        CPPUNIT_ASSERT_EQUAL(16777220.0F, rounded_theta(16777219, transform{ 16777221 }));
        // the float nearest to 1e-6 is below it
        CPPUNIT_ASSERT(static_cast<double>(1e-6F) < 1e-6);
        const float least = rounded_theta(1e-6, transform{ 8 });
        CPPUNIT_ASSERT_EQUAL(std::nextafter(1e-6F, 1.0F), least);
    }

    void a_theta_that_the_transform_does_not_take_is_refused()
    {
        const auto check = [](const std::string& message, double theta) {
            qa::assert_refused(message, [&] { check_theta(theta, transform{ 60 }); });
        };
        check("accepted", 60);
        check("accepted", 1e-6);
        check("theta: 60.5: must be in (0, n_fft = 60]", 60.5);
        check("theta: 0: must be in (0, n_fft = 60]", 0);
        check("theta: nan: must be in (0, n_fft = 60]", not_a_number);
    }

    static void check_lengths(const std::vector<double>& expected, const window_lengths& lengths)
    {
        CPPUNIT_ASSERT_EQUAL(expected.size(), lengths.size());
        const std::vector<double> found(lengths.data(), lengths.data() + lengths.size());
        for (std::size_t i = 0; i < found.size(); ++i)
            CPPUNIT_ASSERT_EQUAL_MESSAGE("number " + std::to_string(i), expected[i], found[i]);
        CPPUNIT_ASSERT_EQUAL(*std::min_element(found.begin(), found.end()), lengths.least());
        CPPUNIT_ASSERT_EQUAL(*std::max_element(found.begin(), found.end()), lengths.greatest());
    }

    void an_item_is_taken_whole_or_not_at_all()
    {
        window_lengths lengths(3);
        const transform eight{ 8 };
        const float first[]{ 2.5, 8, 1 };
        CPPUNIT_ASSERT(lengths.take(first, eight));
        check_lengths({ 2.5, 8, 1 }, lengths);
        for (const float wrong : { 8.5F, 0.0F, -1.0F, static_cast<float>(not_a_number) })
            for (int at = 0; at < 3; ++at) {
                float item[]{ 3, 4, 5 };
                item[at] = wrong;
                const auto what = std::to_string(wrong) + " at " + std::to_string(at);
                CPPUNIT_ASSERT_MESSAGE(what, !lengths.take(item, eight));
                check_lengths({ 2.5, 8, 1 }, lengths);
            }
        const float last[]{ 3, 4, 5 };
        CPPUNIT_ASSERT(lengths.take(last, eight));
        check_lengths({ 3, 4, 5 }, lengths);
    }

    void one_theta_may_stand_for_all()
    {
        window_lengths lengths(2);
        lengths.set(6.5F);
        check_lengths({ 6.5, 6.5 }, lengths);
        lengths.set(std::vector<float>{ 1, 2, 3 });
        check_lengths({ 1, 2, 3 }, lengths);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_window_lengths);
