/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "qa/support.h"
#include <gnuradio/stft/kernel/records/frame_files.h>
#include <sys/resource.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>

using namespace gr::stft;
using namespace gr::stft::kernel;
namespace fs = std::filesystem;

namespace {

//! A folder that is removed when it goes out of scope.
struct folder {
    folder()
    {
        auto name = (fs::temp_directory_path() / "qa_frame_files_XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~folder() { fs::remove_all(path); }
    fs::path path;
};

//! Values of an NPY file after its header of 128 bytes, and the number of rows that the header says.
std::pair<std::vector<float>, std::size_t> read(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    std::string header(128, 0);
    file.read(header.data(), 128);
    const auto shape = header.find("'shape': (") + 10;
    std::vector<float> values((fs::file_size(path) - 128) / sizeof(float));
    file.read(reinterpret_cast<char*>(values.data()),
              static_cast<std::streamsize>(values.size() * sizeof(float)));
    return { values, std::stoul(header.substr(shape)) };
}

//! Files of this process may not be longer, as on a full disk, while it is in scope.
class size_limit
{
public:
    explicit size_limit(rlim_t bytes) : d_handler(std::signal(SIGXFSZ, SIG_IGN))
    {
        ::getrlimit(RLIMIT_FSIZE, &d_before);
        const rlimit now{ bytes, d_before.rlim_max };
        ::setrlimit(RLIMIT_FSIZE, &now);
    }
    ~size_limit()
    {
        ::setrlimit(RLIMIT_FSIZE, &d_before);
        std::signal(SIGXFSZ, d_handler);
    }
    size_limit(const size_limit&) = delete;
    size_limit& operator=(const size_limit&) = delete;

private:
    rlimit d_before{};
    void (*d_handler)(int);
};

std::vector<fs::path> parts_in(const fs::path& folder)
{
    std::vector<fs::path> found;
    for (const auto& each : fs::directory_iterator(folder))
        if (each.path().extension() == ".part")
            found.push_back(each.path());
    return found;
}

} // namespace

class qa_frame_files : public CppUnit::TestFixture
{
    CPPUNIT_TEST_SUITE(qa_frame_files);
    CPPUNIT_TEST(rows_of_any_size_are_in_files_that_are_no_larger_than_they_may_be);
    CPPUNIT_TEST(a_row_belongs_to_the_period_in_which_it_starts);
    CPPUNIT_TEST(a_file_that_may_not_grow_keeps_its_whole_rows_and_says_how_many);
    CPPUNIT_TEST(a_file_that_holds_no_row_does_not_stay);
    CPPUNIT_TEST(rows_wait_for_a_disk_that_is_full_and_lose_nothing);
    CPPUNIT_TEST(what_exceeds_the_memory_that_may_wait_is_counted);
    CPPUNIT_TEST(the_least_memory_loses_nothing_on_a_disk_that_works);
    CPPUNIT_TEST(a_folder_that_is_gone_is_an_error_and_rows_wait_until_it_is_there_again);
    CPPUNIT_TEST(a_file_that_was_removed_is_counted_and_the_next_row_begins_another);
    CPPUNIT_TEST(a_file_that_was_renamed_is_counted_and_does_not_hold_up_the_next_ones);
    CPPUNIT_TEST(a_file_that_grows_has_its_metadata);
    CPPUNIT_TEST(writers_that_begin_in_the_same_second_have_files_of_their_own);
    CPPUNIT_TEST_SUITE_END();

    void rows_of_any_size_are_in_files_that_are_no_larger_than_they_may_be()
    {
        for (unsigned walk = 0; walk < 40; ++walk) {
            const qa::context in_walk("walk", walk);
            std::mt19937 random(walk + 1);
            folder here;
            frame_files_settings s;
            s.directory = here.path.string();
            s.vlen = 1 + random() % (walk % 4 ? 20 : 200000);
            s.max_bytes = std::max<std::int64_t>(
                4096, 128 + 4 * static_cast<std::int64_t>(s.vlen * (1 + random() % 9)));
            s.rotate = 0;
            frame_files files(s);
            event_context context;
            context.hop = 3;
            std::vector<float> all, row(s.vlen);
            std::vector<fs::path> names;
            const auto rows = 1 + random() % 30;
            for (std::size_t p = 0; p < rows; ++p) {
                for (auto& value : row)
                    all.push_back(value = static_cast<float>(random()));
                if (random() % 5 == 0)
                    files.end("test");
                files.add(row.data(), static_cast<std::int64_t>(3 * p), context);
                if (random() % 5 == 0)
                    files.flush();
                if (names.size() < files.files())
                    names.push_back(files.last_path());
            }
            files.end("stop");
            if (names.size() < files.files())
                names.push_back(files.last_path());
            CPPUNIT_ASSERT_EQUAL(names.size(), static_cast<std::size_t>(files.files()));
            std::vector<float> got;
            for (const auto& name : names) {
                const auto [values, count] = read(name);
                CPPUNIT_ASSERT_EQUAL(values.size(), count * s.vlen);
                CPPUNIT_ASSERT(static_cast<std::int64_t>(fs::file_size(name)) <= s.max_bytes);
                got.insert(got.end(), values.begin(), values.end());
            }
            CPPUNIT_ASSERT(all == got);
        }
    }

    void a_row_belongs_to_the_period_in_which_it_starts()
    {
        folder here;
        frame_files_settings s;
        s.directory = here.path.string();
        s.vlen = 1;
        s.rotate = 10;
        frame_files files(s);
        event_context context;
        context.samp_rate = 1000;
        context.time = utc_time{ 1700000009, 0.5 };
        context.time_sample = std::int64_t(1) << 40;
        const float row = 1;
        for (const auto& [sample, complete] : { std::pair(0, 0u),
                                                std::pair(499, 0u),
                                                std::pair(500, 1u),
                                                std::pair(10499, 1u),
                                                std::pair(10500, 2u) }) {
            const qa::context at("sample", sample);
            files.add(&row, context.time_sample + sample, context);
            CPPUNIT_ASSERT_EQUAL(std::uint64_t(complete), files.files());
        }
    }

    void a_file_that_may_not_grow_keeps_its_whole_rows_and_says_how_many()
    {
        folder here;
        frame_files_settings s;
        s.directory = here.path.string();
        s.vlen = 1000;
        std::optional<frame_files> files(s);
        const std::vector<float> row(s.vlen, 3);
        const size_limit most(128 + 4000 * 7 + 1234);
        CPPUNIT_ASSERT_THROW(
            {
                for (int i = 0; i < 20; ++i)
                    files->add(row.data(), i, {});
                files->flush();
            },
            std::runtime_error);
        CPPUNIT_ASSERT_EQUAL(std::size_t(7), read(parts_in(here.path).at(0)).second);
        files.reset();
        const auto left = parts_in(here.path);
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), left.size());
        const auto [values, rows] = read(left[0]);
        CPPUNIT_ASSERT_EQUAL(std::size_t(7), rows);
        CPPUNIT_ASSERT_EQUAL(std::size_t(7000), values.size());
        CPPUNIT_ASSERT(values == std::vector<float>(7000, 3));
    }

    void a_file_that_holds_no_row_does_not_stay()
    {
        for (const rlim_t bytes : { 0, 100, 128, 2000 }) {
            const qa::context at("bytes", bytes);
            folder here;
            frame_files_settings s;
            s.directory = here.path.string();
            s.vlen = 1000;
            const std::vector<float> row(s.vlen, 3);
            {
                frame_files files(s);
                const size_limit most(bytes);
                for (int attempt = 0; attempt < 3; ++attempt)
                    CPPUNIT_ASSERT_THROW(
                        {
                            files.add(row.data(), attempt, {});
                            files.flush();
                        },
                        std::runtime_error);
                const frame_files closed_while_the_disk_is_full(std::move(files));
            }
            CPPUNIT_ASSERT(fs::is_empty(here.path));
        }
    }

    void rows_wait_for_a_disk_that_is_full_and_lose_nothing()
    {
        for (const std::int64_t rotate : { 0, 4 })
            for (const rlim_t bytes : { 0, 128, 2000, 9000, 30000 }) {
                const qa::context at("bytes", bytes);
                const qa::context in("rotate", rotate);
                folder here;
                frame_files_settings s;
                s.directory = here.path.string();
                s.vlen = 1000;
                s.rotate = static_cast<double>(rotate);
                s.max_waiting = 1 << 20;
                frame_files files(s);
                std::vector<float> row(s.vlen), expected, got;
                const auto add = [&](int p) {
                    std::fill(row.begin(), row.end(), static_cast<float>(p));
                    expected.insert(expected.end(), row.begin(), row.end());
                    files.add(row.data(), p, {}); // a second from row to row
                };
                add(0);
                int failures = 0;
                {
                    const size_limit most(bytes);
                    for (int p = 1; p < 20; ++p) {
                        const auto attempt = [&](auto f) {
                            try {
                                f();
                            } catch (const std::runtime_error&) {
                                ++failures;
                            }
                        };
                        attempt([&] { add(p); });
                        attempt([&] { files.flush(); });
                    }
                    CPPUNIT_ASSERT(failures > 0 || (rotate && bytes == 30000));
                    CPPUNIT_ASSERT(files.waiting() > 0 || !failures);
                }
                files.end("stop");
                CPPUNIT_ASSERT_EQUAL(std::int64_t(0), files.waiting());
                CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), files.lost());
                CPPUNIT_ASSERT_EQUAL(std::uint64_t(rotate ? 5 : 1), files.files());
                std::map<std::int64_t, fs::path> names; // by their first rows
                for (const auto& each : fs::directory_iterator(here.path))
                    if (each.path().extension() == ".npy")
                        names[static_cast<std::int64_t>(read(each.path()).first.at(0))] =
                            each.path();
                for (const auto& [first, name] : names) {
                    const auto values = read(name).first;
                    got.insert(got.end(), values.begin(), values.end());
                }
                CPPUNIT_ASSERT(expected == got);
            }
    }

    void what_exceeds_the_memory_that_may_wait_is_counted()
    {
        folder here;
        frame_files_settings s;
        s.directory = here.path.string();
        s.vlen = 1000;
        s.max_waiting = 10000;
        frame_files files(s);
        const std::vector<float> row(s.vlen, 3);
        {
            const size_limit most(0);
            int failures = 0;
            for (int p = 0; p < 9; ++p)
                try {
                    files.add(row.data(), p, {});
                } catch (const std::runtime_error&) {
                    ++failures;
                }
            CPPUNIT_ASSERT_EQUAL(1, failures); // the disk is not tried for each row
            CPPUNIT_ASSERT_EQUAL(std::uint64_t(7), files.lost());
            CPPUNIT_ASSERT_EQUAL(std::int64_t(8000), files.waiting());
        }
        files.end("stop");
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), read(files.last_path()).second);
    }

    void the_least_memory_loses_nothing_on_a_disk_that_works()
    {
        folder here;
        frame_files_settings s;
        s.directory = here.path.string();
        s.vlen = 3;
        s.max_waiting = 0;
        frame_files files(s);
        const float row[] = { 1, 2, 3 };
        for (int p = 0; p < 50; ++p)
            files.add(row, p, {});
        files.end("stop");
        CPPUNIT_ASSERT_EQUAL(std::size_t(50), read(files.last_path()).second);
    }

    void a_folder_that_is_gone_is_an_error_and_rows_wait_until_it_is_there_again()
    {
        folder here;
        frame_files_settings s;
        s.directory = (here.path / "there").string();
        s.vlen = 2;
        fs::create_directory(s.directory);
        frame_files files(s);
        const float row[] = { 1, 2 };
        files.add(row, 0, {});
        fs::remove_all(s.directory);
        CPPUNIT_ASSERT_THROW(files.end("stop"), std::runtime_error);
        files.add(row, 1, {});
        CPPUNIT_ASSERT_THROW(files.flush(), std::runtime_error);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), files.files());
        fs::create_directory(s.directory);
        files.add(row, 2, {});
        files.end("stop");
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(2), files.files());
        CPPUNIT_ASSERT_EQUAL(std::size_t(2), read(files.last_path()).second);
    }

    void a_file_that_was_removed_is_counted_and_the_next_row_begins_another()
    {
        folder here;
        frame_files_settings s;
        s.directory = (here.path / "there").string();
        s.vlen = 2;
        fs::create_directory(s.directory);
        frame_files files(s);
        const float row[] = { 1, 2 };
        files.add(row, 0, {});
        files.flush();
        fs::remove_all(s.directory);
        CPPUNIT_ASSERT_THROW(files.end("stop"), std::runtime_error);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), files.lost());
        fs::create_directory(s.directory);
        files.add(row, 2, {});
        files.end("stop");
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), read(files.last_path()).second);
    }

    void a_file_that_was_renamed_is_counted_and_does_not_hold_up_the_next_ones()
    {
        folder here;
        frame_files_settings s;
        s.directory = here.path.string();
        s.vlen = 2;
        frame_files files(s);
        const float row[] = { 1, 2 };
        files.add(row, 0, {});
        files.flush();
        const auto part = parts_in(here.path).at(0);
        fs::rename(part, here.path / "elsewhere");
        CPPUNIT_ASSERT_THROW(files.end("stop"), std::runtime_error);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), files.lost());
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), read(here.path / "elsewhere").second);
        files.add(row, 2, {});
        files.end("stop");
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), read(files.last_path()).second);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), files.files());
    }

    void a_file_that_grows_has_its_metadata()
    {
        folder here;
        frame_files_settings s;
        s.directory = here.path.string();
        s.vlen = 2;
        frame_files files(s);
        const float row[] = { 1, 2 };
        event_context context;
        context.hop = 7;
        context.n_fft = 11;
        files.add(row, 5, context);
        files.flush();
        auto name = parts_in(here.path).at(0).string();
        name.resize(name.size() - std::string(".npy.part").size());
        std::ifstream file(name + ".json");
        const std::string text(std::istreambuf_iterator<char>(file), {});
        CPPUNIT_ASSERT(text.find("\"ended_by\": null") != std::string::npos);
        CPPUNIT_ASSERT(text.find("\"hop\": 7") != std::string::npos);
        CPPUNIT_ASSERT(text.find("\"n_fft\": 11") != std::string::npos);
        CPPUNIT_ASSERT_EQUAL(std::size_t(1), read(name + ".npy.part").second);
    }

    //! All have found the same name free before one of them makes its file.
    void writers_that_begin_in_the_same_second_have_files_of_their_own()
    {
        for (const bool first_ends : { false, true }) {
            const qa::context here_is("first_ends", first_ends);
            folder here;
            frame_files_settings s;
            s.directory = here.path.string();
            s.vlen = 2;
            event_context context;
            context.set_time(0, { 1700000000, 0.25 });
            std::vector<frame_files> writers;
            for (float n = 0; n < 3; ++n) {
                writers.emplace_back(s);
                const float row[] = { n, n + 10 };
                writers.back().add(row, 0, context);
            }
            if (first_ends)
                writers[0].end("test");
            for (auto& writer : writers)
                writer.flush();
            for (auto& writer : writers)
                writer.end("stop");
            for (std::size_t n = 0; n < writers.size(); ++n) {
                const auto value = static_cast<float>(n);
                const auto [values, rows] = read(writers[n].last_path());
                CPPUNIT_ASSERT(values == std::vector<float>({ value, value + 10 }));
                CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), writers[n].files());
                CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), writers[n].lost());
                auto metadata = fs::path(writers[n].last_path()).replace_extension(".json");
                CPPUNIT_ASSERT(fs::exists(metadata));
            }
            CPPUNIT_ASSERT(parts_in(here.path).empty());
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(qa_frame_files);
