/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/records/sigmf_annotations.h>
#include <sstream>

using namespace gr::stft::kernel;

namespace {

sigmf_annotations empty()
{
    sigmf_settings settings;
    settings.path = "-";
    return sigmf_annotations(settings);
}

//! Two bursts at 1 MHz, whose time is known.
sigmf_annotations two_bursts()
{
    auto contents = empty();
    event_context context;
    context.samp_rate = 1e6;
    context.freq_center = 433.92e6;
    context.set_time(0, { 1795922100, 0.5 });
    event burst;
    for (const std::int64_t start : { 100, 2000 }) {
        burst.sample_start = start;
        burst.sample_count = 50;
        contents.add(burst, context);
    }
    return contents;
}

} // namespace

//! Metadata that a journal gives back.
class qa_sigmf_annotations : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_sigmf_annotations);
    CPPUNIT_TEST(a_journal_gives_the_metadata_back);
    CPPUNIT_TEST(a_line_that_is_none_changes_nothing);
    CPPUNIT_TEST_SUITE_END();

    void a_journal_gives_the_metadata_back()
    {
        for (const bool continues : { false, true }) {
            auto contents = two_bursts();
            if (continues)
                contents.continue_anew();
            auto restored = empty();
            std::istringstream lines(contents.journal());
            for (std::string line; std::getline(lines, line);)
                CPPUNIT_ASSERT_MESSAGE(line, restored.restore(line));
            CPPUNIT_ASSERT_EQUAL(contents.text(), restored.text());
            CPPUNIT_ASSERT_EQUAL(contents.count(), restored.count());
        }
    }

    void a_line_that_is_none_changes_nothing()
    {
        auto contents = two_bursts();
        const auto text = contents.text();
        const std::string object = R"({"core:sample_start": 7, "core:sample_count": 5})";
        for (const std::string& line : std::vector<std::string>{
                 "",
                 "rate inf",
                 "rate 1e6x",
                 "from -1",
                 "from",
                 "capture -5 1000000 - - - 0",
                 "capture 5 nan - - - 0",
                 "capture 5 1000000 - 0 inf 0",
                 "annotation 8 " + object, // of another sample
                 "annotation 7 " + object.substr(0, 30) + "}",
                 "annotation 7 " + object + "}",
                 "annotation 7 " + object.substr(0, 40) + std::string(3, '\0') + "5}",
                 "annotation 7 " + object.substr(0, 23) + R"(, "x": ")" + "\xff\"}",
                 "annotation 7 " + object.substr(0, 23) + R"(, "x": )" + std::string(100000, '[') +
                     "}",
                 R"(annotation -7 {"core:sample_start": -7, "x": 5})" }) {
            CPPUNIT_ASSERT_MESSAGE(line, !contents.restore(line));
            CPPUNIT_ASSERT_EQUAL(text, contents.text());
        }
        CPPUNIT_ASSERT(contents.restore("annotation 7 " + object));
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), contents.count());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_sigmf_annotations);
