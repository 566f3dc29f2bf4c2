/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/frames/framing.h>
#include <gnuradio/stft/kernel/records/event_text.h>
#include <limits>

using namespace gr::stft::kernel;

namespace {

void assert_time(const std::string& expected, std::int64_t seconds, double fraction = 0)
{
    CPPUNIT_ASSERT_EQUAL(expected, iso8601({ seconds, fraction }));
}

std::string value_of(const std::string& json, const std::string& key)
{
    const auto at = json.find("\"" + key + "\":");
    CPPUNIT_ASSERT_MESSAGE(key, at != std::string::npos);
    const auto begin = at + key.size() + 3;
    return json.substr(begin, json.find_first_of(",}", begin) - begin);
}

} // namespace

//! Events as text.
class qa_event_text : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_event_text);
    CPPUNIT_TEST(times_have_nanoseconds_and_carry);
    CPPUNIT_TEST(leap_years_have_their_day);
    CPPUNIT_TEST(times_before_1970_count_backwards);
    CPPUNIT_TEST(the_last_second_of_9999_is_the_last);
    CPPUNIT_TEST(a_samples_time_is_exact_to_the_nanosecond);
    CPPUNIT_TEST(control_characters_and_quotes_are_escaped);
    CPPUNIT_TEST(broken_utf8_is_replaced);
    CPPUNIT_TEST(numbers_read_back_and_others_are_null);
    CPPUNIT_TEST(unknown_values_are_null);
    CPPUNIT_TEST(powers_of_what_is_no_signal_are_null);
    CPPUNIT_TEST(samples_as_far_apart_as_there_are_have_their_times);
    CPPUNIT_TEST(times_are_read_as_they_are_written);
    CPPUNIT_TEST(text_that_no_time_is_written_as_is_none);
    CPPUNIT_TEST(a_report_counts_from_0);
    CPPUNIT_TEST(text_that_stands_for_a_number_is_refused_as_one);
    CPPUNIT_TEST_SUITE_END();

    void times_have_nanoseconds_and_carry()
    {
        assert_time("1970-01-01T00:00:00.000000000Z", 0);
        assert_time("2001-09-09T01:46:40.123456789Z", 1000000000, 0.123456789);
        assert_time("1970-01-01T00:00:00.999999999Z", 0, 0.999999999);
        assert_time("1970-01-01T00:00:01.000000000Z", 0, 0.9999999996);
        assert_time("2000-01-01T00:00:00.000000000Z", 946684799, 0.9999999999);
    }

    void leap_years_have_their_day()
    {
        assert_time("2000-02-29T00:00:00.000000000Z", 951782400);
        assert_time("2024-02-29T23:59:59.000000000Z", 1709251199);
        assert_time("2024-03-01T00:00:00.000000000Z", 1709251200);
        assert_time("2100-03-01T00:00:00.000000000Z", 4107542400); // no leap year
        assert_time("2100-02-28T23:59:59.000000000Z", 4107542399);
    }

    void times_before_1970_count_backwards()
    {
        assert_time("1969-12-31T23:59:59.250000000Z", -1, 0.25);
        assert_time("1969-12-31T00:00:00.000000000Z", -86400);
        assert_time("1900-01-01T00:00:00.000000000Z", -2208988800);
    }

    void the_last_second_of_9999_is_the_last()
    {
        assert_time("9999-12-31T23:59:59.000000000Z", 253402300799);
        assert_time("", 253402300800);
        assert_time("", std::numeric_limits<std::int64_t>::max());
        assert_time("", std::numeric_limits<std::int64_t>::min());
    }

    void a_samples_time_is_exact_to_the_nanosecond()
    {
        event_context c;
        CPPUNIT_ASSERT(!time_of(5, c));
        c.samp_rate = 20e6;
        c.time = utc_time{ 1700000000, 0.75 };
        c.time_sample = 1000;
        for (const std::int64_t seconds : { 0, 1, 86400, 100000000 })
            for (const std::int64_t samples : { 0, 1, 4999999, 5000000, 19999999 }) {
                const auto t = time_of(1000 + seconds * 20000000 + samples, c).value();
                const auto carry = samples >= 5000000;
                CPPUNIT_ASSERT_EQUAL(1700000000 + seconds + carry, t.seconds);
                CPPUNIT_ASSERT_DOUBLES_EQUAL(
                    0.75 + static_cast<double>(samples) / 20e6 - carry, t.fraction, 1e-12);
                CPPUNIT_ASSERT(t.fraction >= 0 && t.fraction < 1);
            }
        const auto before = time_of(999, c).value();
        CPPUNIT_ASSERT_EQUAL(std::int64_t(1700000000), before.seconds);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0.75 - 5e-8, before.fraction, 1e-12);
    }

    void samples_as_far_apart_as_there_are_have_their_times()
    {
        event_context c;
        c.samp_rate = 1e9;
        c.set_time(-farthest_start, { 5, 0.5 });
        const auto time = time_of(farthest_start, c); // 2^63 samples later
        CPPUNIT_ASSERT(time);
        CPPUNIT_ASSERT_EQUAL(std::int64_t(5 + 9223372037), time->seconds);
        CPPUNIT_ASSERT_DOUBLES_EQUAL(0.354775808, time->fraction, 1e-5); // 2^63 / 10^9 + 0.5
    }

    void times_are_read_as_they_are_written()
    {
        for (const auto& [seconds, nanoseconds] : { std::pair(std::int64_t(0), 0),
                                                    { 1795922100, 123456789 },
                                                    { -86401, 999999999 },
                                                    { 253402300799, 1 } }) {
            const auto text = iso8601({ seconds, nanoseconds / 1e9 });
            const auto time = time_from_iso8601(text);
            CPPUNIT_ASSERT_MESSAGE(text, time);
            CPPUNIT_ASSERT_EQUAL(seconds, time->seconds);
            CPPUNIT_ASSERT_EQUAL(nanoseconds / 1e9, time->fraction);
        }
    }

    void text_that_no_time_is_written_as_is_none()
    {
        for (const auto* text : { "",
                                  "2026-11-29T03:15:00.5Z", // not 5 ns
                                  "2026-11-29T03:15:00.-00000005Z",
                                  "2026-11-29T03:15:61.000000000Z",
                                  "2026-11-29T25:15:00.000000000Z",
                                  " 026-11-29T03:15:00.000000000Z",
                                  "2026-1-29T03:15:00.000000000Z",
                                  "2026-02-29T03:15:00.000000000Z",
                                  "2026-11-29T03:15:00.000000000Zx" })
            CPPUNIT_ASSERT_MESSAGE(text, !time_from_iso8601(text));
    }

    void a_report_counts_from_0()
    {
        const std::map<std::string, event_value> report{ { "kind", "burst" },
                                                         { "state", "end" },
                                                         { "id", std::int64_t(0) },
                                                         { "sample_start", std::int64_t(-5) },
                                                         { "sample_count", std::int64_t(0) } };
        CPPUNIT_ASSERT_EQUAL(std::int64_t(-5), report_of(report).first.sample_start);
        for (const auto* key : { "id", "sample_count" }) {
            auto wrong = report;
            wrong[key] = std::int64_t(-1);
            CPPUNIT_ASSERT_THROW_MESSAGE(key, report_of(wrong), std::invalid_argument);
        }
    }

    void control_characters_and_quotes_are_escaped()
    {
        CPPUNIT_ASSERT_EQUAL(std::string("\"a\\\"b\\\\c/\""), json_string("a\"b\\c/"));
        CPPUNIT_ASSERT_EQUAL(std::string("\"\\u000a\\u0009\\u0000\\u001f\\u007f\""),
                             json_string(std::string("\n\t\0\x1f\x7f", 5)));
        CPPUNIT_ASSERT_EQUAL(std::string("\"\""), json_string(""));
        const std::string valid = "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf";
        CPPUNIT_ASSERT_EQUAL('"' + valid + '"', json_string(valid));
    }

    void broken_utf8_is_replaced()
    {
        const std::string replaced = "\xef\xbf\xbd";
        for (const std::string broken : { "\x80", "\xff", "\xc3", "\xc0", "\xc1", "\xf5" }) {
            CPPUNIT_ASSERT_EQUAL("\"" + replaced + "\"", json_string(broken));
            CPPUNIT_ASSERT_EQUAL("\"a" + replaced + "b\"", json_string("a" + broken + "b"));
        }
        // cut, overlong, a surrogate, beyond U+10FFFF: each byte is replaced
        for (const std::string broken : { "\xe2\x82",
                                          "\xe0\x80\x80",
                                          "\xed\xa0\x80",
                                          "\xf4\x90\x80\x80",
                                          "\xf0\x80\x80\x80" }) {
            std::string expected = "\"";
            for (std::size_t i = 0; i < broken.size(); ++i)
                expected += replaced;
            CPPUNIT_ASSERT_EQUAL(expected + "\"", json_string(broken));
        }
    }

    void numbers_read_back_and_others_are_null()
    {
        for (const double value :
             { 1.0, -0.1, 1e-5, 9.9e-6, 123456789.125, 1e15, 1e16, 1e300, 5e-324, 0.1 + 0.2 })
            CPPUNIT_ASSERT_EQUAL(value, std::strtod(json_number(value).c_str(), nullptr));
        CPPUNIT_ASSERT_EQUAL(std::string("0"), json_number(-0.0));
        CPPUNIT_ASSERT_EQUAL(std::string("433920000"), json_number(433.92e6));
        CPPUNIT_ASSERT_EQUAL(std::string("0.001"), json_number(1e-3));
        for (const double value : { std::numeric_limits<double>::quiet_NaN(),
                                    std::numeric_limits<double>::infinity(),
                                    -std::numeric_limits<double>::infinity() })
            CPPUNIT_ASSERT_EQUAL(std::string("null"), json_number(value));
    }

    void powers_of_what_is_no_signal_are_null()
    {
        event e;
        for (const auto kind : { event_kind::gap, event_kind::retune, event_kind::step }) {
            e.kind = kind;
            for (const auto key : { "power_db", "noise_db", "energy_db" })
                CPPUNIT_ASSERT_EQUAL(std::string("null"), value_of(to_json(e, {}), key));
            CPPUNIT_ASSERT_EQUAL(std::string(kind == event_kind::step ? "0" : "null"),
                                 value_of(to_json(e, {}), "snr_db"));
        }
        for (const auto kind : { event_kind::burst, event_kind::carrier }) {
            e.kind = kind;
            for (const auto key : { "power_db", "noise_db", "snr_db", "energy_db" })
                CPPUNIT_ASSERT_EQUAL(std::string("0"), value_of(to_json(e, {}), key));
        }
    }

    void text_that_stands_for_a_number_is_refused_as_one()
    {
        std::map<std::string, event_value> report;
        for (const auto& [key, value] : values_of({}, {}))
            report[key] = value;
        report_of(report);
        report["snr_db"] = std::string("a");
        try {
            report_of(report);
            CPPUNIT_FAIL("not refused");
        } catch (const std::invalid_argument& e) {
            CPPUNIT_ASSERT_EQUAL(std::string("snr_db: \"a\": must be a number or nil"),
                                 std::string(e.what()));
        }
    }

    void unknown_values_are_null()
    {
        event e;
        e.id = ~std::uint64_t(0);
        e.sample_start = -5;
        e.sample_count = 500;
        e.freq_lower = -100;
        e.freq_upper = 200;
        e.snr_db = std::numeric_limits<double>::quiet_NaN();
        event_context c;
        c.samp_rate = 1000;
        const auto unknown = to_json(e, c);
        for (const auto key : { "time", "freq_center", "snr_db", "source", "cut" })
            CPPUNIT_ASSERT_EQUAL(std::string("null"), value_of(unknown, key));
        CPPUNIT_ASSERT_EQUAL(std::string("18446744073709551615"), value_of(unknown, "id"));
        CPPUNIT_ASSERT_EQUAL(std::string("-5"), value_of(unknown, "sample_start"));
        CPPUNIT_ASSERT_EQUAL(std::string("0.5"), value_of(unknown, "duration"));
        CPPUNIT_ASSERT_EQUAL(std::string("-100"), value_of(unknown, "freq_lower"));
        c.freq_center = 1e6;
        c.time = utc_time{ 0, 0.5 };
        c.source = "a\"b";
        e.cut = event_cut::gap;
        const auto known = to_json(e, c);
        CPPUNIT_ASSERT_EQUAL(std::string("999900"), value_of(known, "freq_lower"));
        CPPUNIT_ASSERT_EQUAL(std::string("300"), value_of(known, "bandwidth"));
        CPPUNIT_ASSERT_EQUAL(std::string("\"gap\""), value_of(known, "cut"));
        CPPUNIT_ASSERT_EQUAL(std::string("\"a\\\"b\""), value_of(known, "source"));
        CPPUNIT_ASSERT_EQUAL(std::string("\"1970-01-01T00:00:00.495000000Z\""),
                             value_of(known, "time"));
        CPPUNIT_ASSERT(known.front() == '{' && known.back() == '}');
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_event_text);
