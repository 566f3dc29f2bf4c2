/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/records/durable_file.h"
#include "qa/support.h"
#include <gnuradio/stft/kernel/records/monitor_state.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

using namespace gr::stft::kernel;

namespace {

//! A folder that is gone after the test.
struct temporary_folder {
    temporary_folder()
    {
        char name[] = "/tmp/qa_monitor_stateXXXXXX";
        CPPUNIT_ASSERT(mkdtemp(name));
        path = name;
    }
    ~temporary_folder()
    {
        for (const auto& file : { "/state", "/state.part" })
            std::remove((path + file).c_str());
        ::rmdir(path.c_str());
    }
    std::string path;
};

monitor_state example()
{
    monitor_state state;
    auto& one = state["shaft 1 \"a.b/c\" \xc3\xa9"];
    one.parameters = { { "f_min", "10" }, { "names", "a,b \"c\"\n" }, { "empty", "" } };
    one.counts["turns"] = { 0, -1, INT64_MAX, INT64_MIN, (std::int64_t(1) << 53) + 1 };
    one.counts["nothing"] = {};
    one.numbers["weights"] = { 0.1,     -1e-300,
                               5e-324,  1.7976931348623157e308,
                               1.0 / 3, 123456789012345678.0 };
    state["empty"];
    return state;
}

bool equal(const monitor_state& a, const monitor_state& b)
{
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) {
               return x.first == y.first && x.second.parameters == y.second.parameters &&
                      x.second.counts == y.second.counts && x.second.numbers == y.second.numbers;
           });
}

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

struct sizes {
    std::size_t levels = 2;
    double rate = 0.1;
    std::vector<double> limits{ 1, 2.5 };
    std::string names = "a";
};

} // namespace

namespace gr::stft::kernel {
template <>
inline constexpr auto fields<sizes> = std::tuple(field("levels", &sizes::levels),
                                                 field("rate", &sizes::rate),
                                                 field("limits", &sizes::limits),
                                                 field("names", &sizes::names));
}

//! State in a file.
class qa_monitor_state : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_monitor_state);
    CPPUNIT_TEST(what_is_written_is_read_to_the_bit);
    CPPUNIT_TEST(what_is_no_number_becomes_nan);
    CPPUNIT_TEST(no_file_is_no_state_and_one_that_cannot_be_read_is_an_error);
    CPPUNIT_TEST(a_file_that_cannot_be_written_leaves_the_one_before);
    CPPUNIT_TEST(a_file_that_several_write_at_once_is_that_of_one_of_them);
    CPPUNIT_TEST(sections_that_several_add_at_once_are_all_there);
    CPPUNIT_TEST(a_file_that_another_holds_is_waited_for_and_given_up);
    CPPUNIT_TEST(a_file_that_another_holds_is_written_under_a_name_of_its_own);
    CPPUNIT_TEST(broken_text_and_other_versions_are_refused);
    CPPUNIT_TEST(a_file_that_breaks_off_anywhere_is_refused);
    CPPUNIT_TEST(brackets_without_end_are_refused);
    CPPUNIT_TEST(parameters_that_differ_are_named);
    CPPUNIT_TEST_SUITE_END();

    void what_is_written_is_read_to_the_bit()
    {
        CPPUNIT_ASSERT(equal(example(), monitor_state_from(text_of(example()))));
        const temporary_folder folder;
        const auto path = folder.path + "/state";
        write_state(path, example());
        write_state(path, example());
        CPPUNIT_ASSERT(equal(example(), *read_state(path)));
        CPPUNIT_ASSERT(::access((path + ".part").c_str(), F_OK) != 0);
    }

    void what_is_no_number_becomes_nan()
    {
        monitor_state state;
        state["a"].numbers["x"] = { std::numeric_limits<double>::quiet_NaN(),
                                    std::numeric_limits<double>::infinity(),
                                    2 };
        const auto read = monitor_state_from(text_of(state))["a"].numbers["x"];
        CPPUNIT_ASSERT(std::isnan(read[0]) && std::isnan(read[1]) && read[2] == 2);
    }

    void no_file_is_no_state_and_one_that_cannot_be_read_is_an_error()
    {
        const temporary_folder folder;
        CPPUNIT_ASSERT(!read_state(folder.path + "/state"));
        try {
            read_state(folder.path); // a folder
            CPPUNIT_FAIL("read");
        } catch (const std::runtime_error& e) {
            CPPUNIT_ASSERT_EQUAL("path: " + folder.path + ": cannot be read: Is a directory",
                                 std::string(e.what()));
        }
        write(folder.path + "/state", "");
        CPPUNIT_ASSERT_THROW(read_state(folder.path + "/state/no"),
                             std::runtime_error); // no folder
        CPPUNIT_ASSERT_THROW(read_state(folder.path + "/state"), std::invalid_argument);
    }

    void a_file_that_cannot_be_written_leaves_the_one_before()
    {
        const temporary_folder folder;
        const auto path = folder.path + "/state";
        write_state(path, example());
        CPPUNIT_ASSERT_EQUAL(0, ::mkdir((path + ".part").c_str(), 0700)); // stands in the way
        CPPUNIT_ASSERT_THROW(write_state(path, {}), std::runtime_error);
        ::rmdir((path + ".part").c_str());
        CPPUNIT_ASSERT(equal(example(), *read_state(path)));
        CPPUNIT_ASSERT_THROW(write_state(folder.path + "/none/state", {}), std::runtime_error);
    }

    void a_file_that_several_write_at_once_is_that_of_one_of_them()
    {
        temporary_folder folder;
        const auto path = folder.path + "/state";
        constexpr int writers = 3, times = 12;
        const auto state_of = [](int writer) {
            monitor_state state;
            state["a"].numbers["values"].assign(static_cast<std::size_t>(500 + 300 * writer),
                                                writer + 0.125);
            return state;
        };
        write_state(path, state_of(0));
        std::atomic<int> writing = writers, failed = 0, mixed = 0;
        std::vector<std::thread> threads;
        for (int writer = 0; writer < writers; ++writer)
            threads.emplace_back([&, writer] {
                for (int i = 0; i < times; ++i)
                    try {
                        write_state(path, state_of(writer));
                    } catch (const std::exception&) {
                        ++failed;
                    }
                --writing;
            });
        while (writing > 0)
            try {
                const auto found = text_of(read_state(path).value_or(monitor_state()));
                mixed += found != text_of(state_of(0)) && found != text_of(state_of(1)) &&
                         found != text_of(state_of(2));
            } catch (const std::exception&) {
                ++mixed;
            }
        for (auto& thread : threads)
            thread.join();
        CPPUNIT_ASSERT_EQUAL(0, failed.load());
        CPPUNIT_ASSERT_EQUAL(0, mixed.load());
        std::remove(path.c_str());
        CPPUNIT_ASSERT_EQUAL(0, ::rmdir(folder.path.c_str())); // nothing else is left
    }

    void sections_that_several_add_at_once_are_all_there()
    {
        const temporary_folder folder;
        const auto path = folder.path + "/state";
        add_to_state(path, example());
        constexpr int writers = 3;
        constexpr std::int64_t times = 12;
        std::atomic<int> lost = 0;
        std::vector<std::thread> threads;
        for (int writer = 0; writer < writers; ++writer)
            threads.emplace_back([&, name = std::to_string(writer)] {
                for (std::int64_t i = 1; i <= times; ++i)
                    try {
                        monitor_state own;
                        own[name].counts["saved"] = { i };
                        add_to_state(path, own);
                        lost += read_state(path)->at(name).counts.at("saved") !=
                                std::vector<std::int64_t>{ i };
                    } catch (const std::exception&) {
                        ++lost;
                    }
            });
        for (auto& thread : threads)
            thread.join();
        CPPUNIT_ASSERT_EQUAL(0, lost.load());
        auto found = *read_state(path);
        for (int writer = 0; writer < writers; ++writer)
            CPPUNIT_ASSERT_EQUAL(times, found[std::to_string(writer)].counts["saved"].at(0));
        for (int writer = 0; writer < writers; ++writer)
            found.erase(std::to_string(writer));
        CPPUNIT_ASSERT(equal(example(), found));
        CPPUNIT_ASSERT(::access((path + ".part").c_str(), F_OK) != 0);
    }

    void a_file_that_another_holds_is_waited_for_and_given_up()
    {
        const temporary_folder folder;
        const auto path = folder.path + "/state", part = path + ".part";
        const auto made = [] { return std::string("whole"); };
        const int other = ::open(part.c_str(), O_WRONLY | O_CREAT, 0600);
        CPPUNIT_ASSERT_EQUAL(0, ::flock(other, LOCK_EX));
        try {
            rewrite_durably(path, made, std::chrono::milliseconds(20));
            CPPUNIT_FAIL("written");
        } catch (const std::runtime_error& e) {
            CPPUNIT_ASSERT_EQUAL("path: " + path + ": cannot be written: Device or resource busy",
                                 std::string(e.what()));
        }
        CPPUNIT_ASSERT(::access(path.c_str(), F_OK) != 0);
        std::thread ends([other] {
            std::this_thread::sleep_for(std::chrono::milliseconds(30));
            ::close(other);
        });
        rewrite_durably(path, made, std::chrono::minutes(1));
        ends.join();
        CPPUNIT_ASSERT(::access(path.c_str(), F_OK) == 0);
    }

    void a_file_that_another_holds_is_written_under_a_name_of_its_own()
    {
        const temporary_folder folder;
        const auto path = folder.path + "/state", part = path + ".part";
        const int other = ::open(part.c_str(), O_WRONLY | O_CREAT, 0600);
        CPPUNIT_ASSERT_EQUAL(0, ::flock(other, LOCK_EX));
        CPPUNIT_ASSERT_EQUAL(ssize_t(6), ::write(other, "others", 6));
        write_durably(path, "whole");
        const auto text_of = [](const std::string& name) {
            std::ifstream file(name);
            return std::string(std::istreambuf_iterator<char>(file), {});
        };
        CPPUNIT_ASSERT_EQUAL(std::string("whole"), text_of(path));
        CPPUNIT_ASSERT_EQUAL(std::string("others"), text_of(part));
        ::close(other);
        int files = 0;
        for (const auto& file : std::filesystem::directory_iterator(folder.path))
            files += file.exists();
        CPPUNIT_ASSERT_EQUAL(2, files);
    }

    void broken_text_and_other_versions_are_refused()
    {
        const auto refused = [](const std::string& message, const std::string& text) {
            qa::assert_refused(message, [&] { monitor_state_from(text); });
        };
        refused("state: without format: must be that of a monitor", "{}");
        refused("state: format 'x': must be that of a monitor", R"({"format": "x"})");
        const std::string begin = R"({"format": "gr_stft monitor state", "version": )";
        refused("state: version 2: must be 1", begin + R"(2, "sections": {}})");
        refused("state: without sections: must be that of a monitor", begin + "1}");
        refused("state: without counts: must be that of a monitor",
                begin + R"(1, "sections": {"a": {"parameters": {}}}})");
        refused(
            "state: '1.5': must be a number",
            begin +
                R"(1, "sections": {"a": {"parameters": {}, "counts": {"b": [1.5]}, "numbers": {}}}})");
        refused(
            "state: '99999999999999999999': must be a number",
            begin +
                R"(1, "sections": {"a": {"parameters": {}, "counts": {"b": [99999999999999999999]}, "numbers": {}}}})");
        CPPUNIT_ASSERT(monitor_state_from(begin + R"(1, "sections": {}})").empty());
    }

    void a_file_that_breaks_off_anywhere_is_refused()
    {
        const auto text = text_of(example());
        for (std::size_t n = 0; n + 2 < text.size(); ++n) { // without its last brace
            const qa::context here("bytes", n);
            CPPUNIT_ASSERT_THROW(monitor_state_from(text.substr(0, n)), std::invalid_argument);
        }
    }

    void brackets_without_end_are_refused()
    {
        for (const std::string open : { "[", "{\"a\":" }) {
            std::string text;
            for (int i = 0; i < 200000; ++i)
                text += open;
            qa::assert_refused("state: brackets within brackets: must be at most 16",
                               [&] { monitor_state_from(text); });
        }
        monitor_state state; // brackets in a text are none
        state[std::string(100, '[') + "\"{"];
        CPPUNIT_ASSERT(equal(state, monitor_state_from(text_of(state))));
    }

    void parameters_that_differ_are_named()
    {
        const auto texts = text_of_parameters(sizes());
        const std::map<std::string, std::string> expected{
            { "levels", "2" }, { "rate", "0.1" }, { "limits", "1,2.5" }, { "names", "a" }
        };
        CPPUNIT_ASSERT(expected == texts);
        state_section section;
        section.parameters = texts;
        section.require(expected);
        auto others = expected;
        others["rate"] = "0.2";
        others.erase("names");
        others["more"] = "1";
        qa::assert_refused("state: more (none there, 1 here), rate (0.1 there, 0.2 here), names (a "
                           "there, none here): "
                           "must be the same, or the state does not apply",
                           [&] { section.require(others); });
        section.require(others, { "rate", "names", "more" });
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_monitor_state);
