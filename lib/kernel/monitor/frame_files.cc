/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/durable_file.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/monitor/frame_files.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <optional>
#include <vector>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t header_bytes = 128;
constexpr std::size_t buffer_bytes = 1 << 20;

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

//! A file that grows by rows. Where it goes out of scope it is closed: the whole rows that have reached it stay, under a
//! header that says so, and a file that holds none goes.
class growing_file
{
public:
    growing_file(const std::string& path, std::size_t bins)
        : d_path(path), d_bins(bins), d_file(std::fopen(path.c_str(), "wxbe")),
          d_buffer(buffer_bytes)
    {
        if (!d_file)
            fail_to_write(path, errno);
        std::setvbuf(d_file, d_buffer.data(), _IOFBF, d_buffer.size());
        try {
            write(npy_header(0, bins).data(), header_bytes);
            flush();
        } catch (...) {
            close();
            throw;
        }
    }
    ~growing_file() { close(); }
    growing_file(const growing_file&) = delete;
    growing_file& operator=(const growing_file&) = delete;

    void add(const float* row)
    {
        write(row, d_bins * sizeof(float));
        ++d_rows;
    }

    void flush()
    {
        const auto header = npy_header(d_rows, d_bins);
        if (std::fflush(d_file) != 0 || ::pwrite(fileno(d_file), header.data(), header.size(), 0) !=
                                            static_cast<ssize_t>(header.size()))
            fail_to_write(d_path, errno);
    }

    void to_disk()
    {
        flush();
        if (::fsync(fileno(d_file)) != 0 && errno != EINVAL)
            fail_to_write(d_path, errno);
    }

    //! The file has another name, and is no longer its business.
    void release() { d_released = true; }

    std::int64_t rows() const { return d_rows; }
    const std::string& path() const { return d_path; }

private:
    void close()
    {
        const auto descriptor = ::dup(fileno(d_file)); // what is buffered may reach the file yet
        std::fclose(d_file);
        if (descriptor < 0)
            return;
        struct stat state;
        if (!d_released && ::fstat(descriptor, &state) == 0) {
            const auto row_bytes = static_cast<std::int64_t>(d_bins * sizeof(float));
            const auto rows = (static_cast<std::int64_t>(state.st_size) -
                               static_cast<std::int64_t>(header_bytes)) /
                              row_bytes;
            if (rows < 1) {
                ::unlink(d_path.c_str());
            } else {
                const auto header = npy_header(rows, d_bins);
                const auto size = static_cast<std::int64_t>(header_bytes) + rows * row_bytes;
                [[maybe_unused]] const bool settled =
                    ::pwrite(descriptor, header.data(), header.size(), 0) >= 0 &&
                    ::ftruncate(descriptor, static_cast<off_t>(size)) == 0;
            }
        }
        ::close(descriptor);
    }

    void write(const void* bytes, std::size_t count)
    {
        if (std::fwrite(bytes, 1, count, d_file) != count)
            fail_to_write(d_path, errno);
    }

    std::string d_path;
    std::size_t d_bins;
    std::FILE* d_file;
    std::vector<char> d_buffer;
    std::int64_t d_rows = 0;
    bool d_released = false;
};

std::string whole_number(double value)
{
    char text[400];
    std::snprintf(text, sizeof text, "%.0f", value);
    return text;
}

bool is_there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::string string_or_null(const std::string& text)
{
    return text.empty() ? "null" : json_string(text);
}

} // namespace

void frame_files_settings::check() const
{
    if (directory.empty())
        refuse("directory", "''", "must be a folder");
    if (bins < 1 || bins > std::size_t(1) << 24)
        refuse("bins", bins, "must be 1 .. 2^24");
    if (name.empty() || name.size() > 100 || name[0] == '.' ||
        name.find('/') != std::string::npos || name.find('\0') != std::string::npos)
        refuse("name", "'" + name + "'", "must be 1 .. 100 bytes without / and no . at first");
    if (rotate != 0 && !(rotate >= 1 && rotate <= 1e12))
        refuse("rotate", rotate, "must be 0, or 1 .. 1e12 s");
    if (max_bytes < 4096)
        refuse("max_bytes", max_bytes, "must be 4096 at least");
    if (static_cast<double>(max_bytes) <
        static_cast<double>(header_bytes) + 4.0 * static_cast<double>(bins))
        refuse("max_bytes", max_bytes, "must hold a row of " + std::to_string(bins) + " bins");
}

struct frame_files::parts {
    explicit parts(const frame_files_settings& s) : settings((s.check(), s)) {}

    frame_files_settings settings;
    std::optional<growing_file> file;
    std::string path; // of the open file, without .npy
    std::int64_t first = 0, period = 0;
    event_context context;
    std::uint64_t complete = 0;
    std::string last_path;

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

    void begin(std::int64_t sample, const event_context& known)
    {
        const auto time = time_of(sample, known);
        const auto center = known.freq_center.value_or(0);
        const auto stem = settings.directory + "/" + settings.name + "_" +
                          (time ? compact_utc(*time) : "unknown") + "_" + whole_number(center) +
                          "Hz_" + whole_number(known.samp_rate) + "sps";
        path = stem;
        for (int i = 2; is_there(path + ".npy") || is_there(path + ".npy.part"); ++i)
            path = stem + "_" + std::to_string(i);
        file.emplace(path + ".npy.part", settings.bins);
        first = sample;
        period = period_of(sample, known);
        context = known;
    }

    std::string metadata(const char* reason) const
    {
        const auto time = time_of(first, context);
        const auto row_rate = context.samp_rate / static_cast<double>(context.hop);
        return json_object()
                   .add("schema", "1")
                   .add("name", json_string(settings.name))
                   .add("time", string_or_null(time ? iso8601(*time) : ""))
                   .add("sample_start", std::to_string(first))
                   .add("rows", std::to_string(file->rows()))
                   .add("bins", std::to_string(settings.bins))
                   .add("hop", std::to_string(context.hop))
                   .add("samp_rate", json_number(context.samp_rate))
                   .add("row_rate", json_number(row_rate))
                   .add("freq_center",
                        context.freq_center ? json_number(*context.freq_center) : "null")
                   .add("description", string_or_null(settings.description))
                   .add("source", string_or_null(context.source))
                   .add("ended_by", json_string(reason))
                   .text() +
               "\n";
    }

    void add(const float* row, std::int64_t sample, const event_context& known)
    {
        const auto row_bytes = static_cast<std::int64_t>(settings.bins * sizeof(float));
        if (file && period_of(sample, known) != period)
            end("rotation");
        if (file && static_cast<std::int64_t>(header_bytes) + (file->rows() + 1) * row_bytes >
                        settings.max_bytes)
            end("size");
        if (!file)
            begin(sample, known);
        guarded([&] { file->add(row); });
    }

    //! Does something with the file, which is given up if that fails.
    template <class F>
    void guarded(F f)
    {
        try {
            f();
        } catch (...) {
            file.reset();
            throw;
        }
    }

    void end(const char* reason)
    {
        if (!file)
            return;
        guarded([&] {
            file->to_disk();
            write_durably(path + ".json", metadata(reason));
            rename_durably(file->path(), path + ".npy");
            file->release();
        });
        file.reset();
        last_path = path + ".npy";
        ++complete;
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

void frame_files::flush()
{
    if (d->file)
        d->guarded([&] { d->file->flush(); });
}

void frame_files::end(const char* reason) { d->end(reason); }

std::uint64_t frame_files::files() const { return d->complete; }

const std::string& frame_files::last_path() const { return d->last_path; }

} // namespace gr::stft::kernel
