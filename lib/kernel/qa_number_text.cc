/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/number_text.h"
#include "kernel/refuse.h"
#include "qa/support.h"
#include <random>

using namespace gr::stft::kernel;

class qa_number_text : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_number_text);
    CPPUNIT_TEST(numbers_have_the_digits_that_they_were_given_by);
    CPPUNIT_TEST(every_number_is_given_back);
    CPPUNIT_TEST(refusals_show_the_number_that_was_given);
    CPPUNIT_TEST_SUITE_END();

    void numbers_have_the_digits_that_they_were_given_by()
    {
        for (const std::string digits : { "0",
                                          "-0",
                                          "1",
                                          "4000",
                                          "0.1",
                                          "-2.5",
                                          "1234567.25",
                                          "0.00001",
                                          "433920000.5",
                                          "1000000000000000",
                                          "1e+16",
                                          "9.9e-06",
                                          "1e-300",
                                          "1.7976931348623157e+308",
                                          "inf",
                                          "-inf" }) {
            const qa::context here("digits", digits);
            CPPUNIT_ASSERT_EQUAL(digits, number_text(std::stod(digits)));
        }
        CPPUNIT_ASSERT_EQUAL(std::string("nan"), number_text(std::abs(std::nan(""))));
        CPPUNIT_ASSERT_EQUAL(std::string("0.1"), number_text(0.1f));
        CPPUNIT_ASSERT_EQUAL(std::string("()"), number_text(std::vector<double>{}));
        CPPUNIT_ASSERT_EQUAL(std::string("(1, 2.5)"), number_text(std::vector<double>{ 1, 2.5 }));
    }

    void every_number_is_given_back()
    {
        std::mt19937_64 random(7);
        for (int i = 0; i < 20000; ++i) {
            const auto value =
                std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 2000) - 1060);
            CPPUNIT_ASSERT_EQUAL(value, std::stod(number_text(value)));
            const auto single = static_cast<float>(
                std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 180) - 140));
            CPPUNIT_ASSERT_EQUAL(single, std::stof(number_text(single)));
        }
    }

    void refusals_show_the_number_that_was_given()
    {
        qa::assert_refused("rate: 1000000.5: no", [] { refuse("rate", 1000000.5, "no"); });
        qa::assert_refused("rate: 0.1: no", [] { refuse("rate", 0.1f, "no"); });
        qa::assert_refused("rate: 2000000: no", [] { refuse("rate", 2000000, "no"); });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_number_text);
