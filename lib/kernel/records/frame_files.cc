/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/records/durable_file.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/records/frame_files.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <deque>
#include <functional>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t header_bytes = 128;
constexpr std::size_t bytes_at_once = 1 << 20; // that are brought to the disk
constexpr std::size_t most_names = 1000;       // of complete files that nobody has asked for
constexpr int most_attempts = 1000;            // at a name that others take, too

//! Header of an NPY file, version 1.0, of float32 (rows, bins).
std::string npy_header(std::int64_t rows, std::size_t bins)
{
    std::string words = "{'descr': '<f4', 'fortran_order': False, 'shape': (" +
                        std::to_string(rows) + ", " + std::to_string(bins) + "), }";
    const std::size_t before = 10; // magic, version, length
    words.resize(header_bytes - before, ' ');
    words.back() = '\n';
    const auto length = header_bytes - before;
    return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(length & 0xff) +
           static_cast<char>(length >> 8) + words;
}

//! "20261129T031500Z"; "unknown" where there is no such year.
std::string compact_utc(const utc_time& time)
{
    auto text = iso8601(time);
    if (text.empty())
        return "unknown";
    text = text.substr(0, 19) + "Z";
    std::string compact;
    for (const char c : text)
        if (c != '-' && c != ':')
            compact += c;
    return compact;
}

bool is_there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

//! A file that grows by rows. Where it goes out of scope it is closed: the whole rows that have reached it stay, under a
//! header that says so, and a file that holds none goes.
class growing_file
{
public:
    /*!
     * \param free_stem function that gives a name without .npy that no file has
     * \param bins values of a row
     * \param metadata function of the rows and of why it has ended (null: it grows) that gives the text of its metadata
     */
    template <class N, class F>
    growing_file(N free_stem, std::size_t bins, F metadata)
        : d_free_stem(std::move(free_stem)), d_stem(d_free_stem()), d_bins(bins),
          d_metadata(std::move(metadata))
    {}
    ~growing_file()
    {
        try {
            write();
        } catch (const std::exception&) { // whole rows stay
        }
        close();
    }
    growing_file(const growing_file&) = delete;
    growing_file& operator=(const growing_file&) = delete;

    void add(const float* row)
    {
        const auto bytes = reinterpret_cast<const char*>(row);
        d_waiting.insert(d_waiting.end(), bytes, bytes + row_bytes());
        ++d_rows;
    }

    //! Brings what waits into the file, as far as that is possible.
    void write()
    {
        open();
        int failure = 0;
        std::size_t done = 0;
        while (done < d_waiting.size() && !failure) {
            const auto count =
                ::pwrite(d_number, d_waiting.data() + done, d_waiting.size() - done, d_size);
            if (count > 0) {
                done += static_cast<std::size_t>(count);
                d_size += count;
            } else if (count == 0 || errno != EINTR) {
                failure = count == 0 ? ENOSPC : errno;
            }
        }
        forget(done);
        write_header();
        if (failure)
            fail_to_write(part(), failure);
    }

    //! No more rows come. \param reason value of ended_by
    void end(const char* reason) { d_ended_by = reason; }
    bool ended() const { return d_ended_by != nullptr; }

    //! Brings an ended file to the disk, and gives it its name.
    void complete()
    {
        write();
        if (::fsync(d_number) != 0 && errno != EINVAL)
            fail_to_write(part(), errno);
        write_durably(d_stem + ".json", d_metadata(d_rows, d_ended_by));
        rename_durably(part(), d_stem + ".npy");
        d_released = true;
    }

    //! True if somebody has removed it, or given it another name: it cannot be completed.
    bool is_gone() const
    {
        struct stat ours, there;
        if (d_number < 0 || ::fstat(d_number, &ours) != 0)
            return false;
        if (ours.st_nlink == 0)
            return true;
        if (::stat(part().c_str(), &there) == 0)
            return there.st_dev != ours.st_dev || there.st_ino != ours.st_ino;
        const auto folder = d_stem.substr(0, d_stem.rfind('/'));
        return errno == ENOENT && is_there(folder); // a folder that is away may come back with it
    }

    std::int64_t rows() const { return d_rows; }
    std::int64_t waiting() const { return static_cast<std::int64_t>(d_waiting.size()); }
    const std::string& stem() const { return d_stem; }

private:
    std::string part() const { return d_stem + ".npy.part"; }
    std::int64_t row_bytes() const { return static_cast<std::int64_t>(d_bins * sizeof(float)); }
    std::int64_t rows_on_disk() const
    {
        return (d_size - static_cast<std::int64_t>(header_bytes)) / row_bytes();
    }

    /*!
     * Makes the file under a name that no other has. Another writer may have taken the name since it was found free: its file has
     * either the name with .part or, complete, the one without.
     */
    int made_anew()
    {
        for (int attempts = 0;; ++attempts) {
            const auto number =
                ::open(part().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
            if (number < 0 && (errno != EEXIST || attempts == most_attempts))
                fail_to_write(part(), errno);
            if (number >= 0 && !is_there(d_stem + ".npy"))
                return number;
            if (number >= 0) {
                ::close(number);
                ::unlink(part().c_str());
            }
            d_stem = d_free_stem();
        }
    }

    void open()
    {
        if (d_number < 0) {
            const auto number = made_anew();
            const auto header = npy_header(0, d_bins);
            const auto written = ::pwrite(number, header.data(), header.size(), 0);
            if (written != static_cast<ssize_t>(header.size())) {
                const auto failure = written < 0 ? errno : ENOSPC;
                ::close(number);
                ::unlink(part().c_str());
                fail_to_write(part(), failure);
            }
            ::flock(number,
                    LOCK_EX |
                        LOCK_NB); // who finds it unlocked knows that nobody writes it any more
            d_number = number;
            d_size = header_bytes;
        }
        if (!d_described)
            write_durably(d_stem + ".json", d_metadata(0, nullptr));
        d_described = true;
    }

    void write_header()
    {
        const auto header = npy_header(rows_on_disk(), d_bins);
        if (::pwrite(d_number, header.data(), header.size(), 0) !=
            static_cast<ssize_t>(header.size()))
            fail_to_write(part(), errno);
    }

    void forget(std::size_t bytes)
    {
        d_waiting.erase(d_waiting.begin(), d_waiting.begin() + static_cast<std::ptrdiff_t>(bytes));
        if (d_waiting.empty() && d_waiting.capacity() > 4 * bytes_at_once)
            std::vector<char>().swap(d_waiting); // after a disk that was full
    }

    void close()
    {
        if (d_number < 0)
            return;
        if (!d_released && rows_on_disk() < 1) {
            ::unlink(part().c_str());
            ::unlink((d_stem + ".json").c_str());
        } else if (!d_released) {
            [[maybe_unused]] const bool settled =
                ::ftruncate(d_number,
                            static_cast<off_t>(header_bytes) + rows_on_disk() * row_bytes()) == 0;
        }
        ::close(d_number);
    }

    std::function<std::string()> d_free_stem;
    std::string d_stem;
    std::size_t d_bins;
    std::function<std::string(std::int64_t, const char*)> d_metadata;
    int d_number = -1;
    std::int64_t d_size = 0, d_rows = 0; // bytes of the file; rows, also those that wait
    std::vector<char> d_waiting;
    const char* d_ended_by = nullptr;
    bool d_described = false, d_released = false;
};

std::string whole_number(double value)
{
    char text[400];
    std::snprintf(text, sizeof text, "%.0f", value);
    return text;
}

std::string string_or_null(const std::string& text)
{
    return text.empty() ? "null" : json_string(text);
}

} // namespace

void frame_files_settings::check() const
{
    if (directory.empty())
        refuse("directory", "''", "must be a folder");
    if (vlen < 1 || vlen > std::size_t(1) << 24)
        refuse("vlen", vlen, "must be 1 .. 2^24");
    if (name.empty() || name.size() > 100 || name[0] == '.' ||
        name.find('/') != std::string::npos || name.find('\0') != std::string::npos)
        refuse("name", "'" + name + "'", "must be 1 .. 100 bytes without / and no . at first");
    if (rotate != 0 && !(rotate >= 1 && rotate <= 1e12))
        refuse("rotate", rotate, "must be 0, or 1 .. 1e12 s");
    if (max_bytes < 4096)
        refuse("max_bytes", max_bytes, "must be 4096 at least");
    if (static_cast<double>(max_bytes) <
        static_cast<double>(header_bytes) + 4.0 * static_cast<double>(vlen))
        refuse("max_bytes", max_bytes, "must hold a row of " + std::to_string(vlen) + " values");
    if (max_waiting < 0)
        refuse("max_waiting", max_waiting, "must not be negative");
}

struct frame_files::parts {
    explicit parts(const frame_files_settings& s) : settings((s.check(), s)) {}
    ~parts()
    {
        while (!files.empty()) // one by one, since one that is still made looks at the names of all
            files.pop_front();
    }
    parts(const parts&) = delete;
    parts& operator=(const parts&) = delete;

    frame_files_settings settings;
    std::deque<growing_file> files; // the last one may grow, those before it wait for the disk
    std::int64_t period = 0;        // of the last one
    std::int64_t since_attempt = 0; // bytes that came since the disk was tried
    std::uint64_t complete = 0, lost = 0;
    std::string last_path;
    std::deque<std::string> names; // of files that were completed since they were taken

    //! Number of the period of `rotate` seconds in which a row starts.
    std::int64_t period_of(std::int64_t sample, const event_context& known) const
    {
        if (settings.rotate == 0)
            return 0;
        const auto time = time_of(sample, known);
        const auto seconds = time ? static_cast<double>(time->seconds) + time->fraction
                                  : static_cast<double>(sample) / known.samp_rate;
        return static_cast<std::int64_t>(
            std::clamp(std::floor(seconds / settings.rotate), -9e18, 9e18));
    }

    bool is_taken(const std::string& stem) const
    {
        return is_there(stem + ".npy") || is_there(stem + ".npy.part") ||
               std::any_of(files.begin(), files.end(), [&](const auto& file) {
                   return file.stem() == stem;
               });
    }

    bool grows() const { return !files.empty() && !files.back().ended(); }

    void begin(std::int64_t sample, const event_context& known)
    {
        const auto time = time_of(sample, known);
        const auto first_stem = settings.directory + "/" + settings.name + "_" +
                                (time ? compact_utc(*time) : "unknown") + "_" +
                                whole_number(known.freq_center.value_or(0)) + "Hz_" +
                                whole_number(known.samp_rate) + "sps";
        files.emplace_back(
            [this, first_stem] {
                auto stem = first_stem;
                for (int i = 2; is_taken(stem); ++i)
                    stem = first_stem + "_" + std::to_string(i);
                return stem;
            },
            settings.vlen,
            [this, sample, known](std::int64_t rows, const char* reason) {
                return metadata(sample, known, rows, reason);
            });
        period = period_of(sample, known);
    }

    std::string metadata(std::int64_t first,
                         const event_context& context,
                         std::int64_t rows,
                         const char* reason) const
    {
        const auto time = time_of(first, context);
        const auto row_rate = context.samp_rate / static_cast<double>(context.hop);
        return json_object()
                   .add("schema", "1")
                   .add("name", json_string(settings.name))
                   .add("time", string_or_null(time ? iso8601(*time) : ""))
                   .add("sample_start", std::to_string(first))
                   .add("rows", std::to_string(rows))
                   .add("vlen", std::to_string(settings.vlen))
                   .add("hop", std::to_string(context.hop))
                   .add("n_fft", context.n_fft ? std::to_string(context.n_fft) : "null")
                   .add("samp_rate", json_number(context.samp_rate))
                   .add("row_rate", json_number(row_rate))
                   .add("freq_center",
                        context.freq_center ? json_number(*context.freq_center) : "null")
                   .add("description", string_or_null(settings.description))
                   .add("source", string_or_null(context.source))
                   .add("ended_by", string_or_null(reason ? reason : ""))
                   .text() +
               "\n";
    }

    std::int64_t waiting() const
    {
        return std::accumulate(files.begin(),
                               files.end(),
                               std::int64_t(0),
                               [](auto sum, const auto& file) { return sum + file.waiting(); });
    }

    void add(const float* row, std::int64_t sample, const event_context& known)
    {
        const auto row_bytes = static_cast<std::int64_t>(settings.vlen * sizeof(float));
        const auto waits = waiting();
        if (waits > 0 && waits + row_bytes > settings.max_waiting && !has_room_after_all()) {
            ++lost;
            return;
        }
        bool complete_one = false;
        const auto end_for = [&](const char* reason) {
            files.back().end(reason);
            complete_one = true;
        };
        if (grows() && period_of(sample, known) != period)
            end_for("rotation");
        if (grows() &&
            static_cast<std::int64_t>(header_bytes) + (files.back().rows() + 1) * row_bytes >
                settings.max_bytes)
            end_for("size");
        if (!grows())
            begin(sample, known);
        files.back().add(row);
        since_attempt += row_bytes;
        if (complete_one || since_attempt >= static_cast<std::int64_t>(bytes_at_once))
            write();
    }

    //! True if the disk takes what waits; it is tried once until flush().
    bool has_room_after_all()
    {
        if (since_attempt == 0)
            return false;
        try {
            write();
            return true;
        } catch (...) {
            ++lost;
            throw;
        }
    }

    //! Brings all that waits to the disk, oldest first.
    void write()
    {
        since_attempt = 0;
        while (!files.empty()) {
            auto& file = files.front();
            if (file.is_gone()) {
                const auto name = file.stem() + ".npy.part";
                lost += static_cast<std::uint64_t>(file.rows());
                files.pop_front();
                throw std::runtime_error("path: " + name +
                                         ": was removed or renamed, with its rows");
            }
            if (!file.ended()) {
                file.write();
                return;
            }
            file.complete();
            last_path = file.stem() + ".npy";
            names.push_back(last_path);
            if (names.size() > most_names)
                names.pop_front();
            ++complete;
            files.pop_front();
        }
    }

    void end(const char* reason)
    {
        if (grows())
            files.back().end(reason);
        write();
    }
};

frame_files::frame_files(const frame_files_settings& s) : d(std::make_unique<parts>(s)) {}
frame_files::~frame_files() = default;
frame_files::frame_files(frame_files&&) noexcept = default;
frame_files& frame_files::operator=(frame_files&&) noexcept = default;

void frame_files::add(const float* row, std::int64_t sample, const event_context& context)
{
    d->add(row, sample, context);
}

void frame_files::flush() { d->write(); }

void frame_files::end(const char* reason) { d->end(reason); }

std::int64_t frame_files::waiting() const { return d->waiting(); }

std::uint64_t frame_files::lost() const { return d->lost; }

std::uint64_t frame_files::files() const { return d->complete; }

const std::string& frame_files::last_path() const { return d->last_path; }

std::vector<std::string> frame_files::take_complete()
{
    const auto names = std::exchange(d->names, {});
    return { names.begin(), names.end() };
}

} // namespace gr::stft::kernel
