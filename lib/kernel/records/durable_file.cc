/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/records/durable_file.h"
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace gr::stft::kernel {

namespace {

//! A file that is closed when it goes out of scope.
class open_file
{
public:
    open_file(const std::string& path, int flags)
        : d_number(::open(path.c_str(), flags | O_CLOEXEC, 0666))
    {}
    ~open_file()
    {
        if (d_number >= 0)
            ::close(d_number);
    }
    open_file(open_file&& other) noexcept : d_number(std::exchange(other.d_number, -1)) {}
    open_file& operator=(open_file&& other) noexcept
    {
        std::swap(d_number, other.d_number);
        return *this;
    }

    int number() const { return d_number; }

    //! True if it still has this name.
    bool is_at(const std::string& path) const
    {
        struct stat ours, there;
        return ::fstat(d_number, &ours) == 0 && ::stat(path.c_str(), &there) == 0 &&
               ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
    }

private:
    int d_number;
};

//! A name of a file that is complete later, as no other writer has.
std::string own_name(const std::string& path)
{
    static std::atomic<unsigned> count = 0;
    return path + "." + std::to_string(::getpid()) + "-" + std::to_string(++count) + ".part";
}

//! The name that a file has until it is complete. A killed process may have left one of this name.
std::string shared_name(const std::string& path) { return path + ".part"; }

//! An empty file of the name `part` that nobody else writes; none while another writer has it. A failure names `path`.
std::optional<open_file> begun(const std::string& part, const std::string& path)
{
    constexpr int most_attempts = 1000; // on a file system whose files have no lasting numbers
    for (int attempts = 1;; ++attempts) {
        open_file file(part, O_WRONLY | O_CREAT);
        if (file.number() < 0)
            fail_to_write(path, errno);
        if (::flock(file.number(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
            return {};
        if (!file.is_at(part) && // whoever had it has given it the name without .part
            attempts < most_attempts)
            continue;
        if (::ftruncate(file.number(), 0) != 0)
            fail_to_write(path, errno);
        return file;
    }
}

//! Writes a file that has begun, and gives it its name.
void complete(const open_file& file,
              const std::string& part,
              const std::string& path,
              const std::function<std::string()>& made)
{
    try {
        const auto contents = made();
        for (std::size_t done = 0; done < contents.size();) {
            const auto written =
                ::write(file.number(), contents.data() + done, contents.size() - done);
            if (written < 0 && errno == EINTR)
                continue;
            if (written <= 0)
                fail_to_write(path, errno);
            done += static_cast<std::size_t>(written);
        }
        if (::fsync(file.number()) != 0 && errno != EINVAL)
            fail_to_write(path, errno);
        rename_durably(part, path);
    } catch (...) { // as where a folder has the name
        ::unlink(part.c_str());
        throw;
    }
}

} // namespace

void fail_to_write(const std::string& path, int reason)
{
    throw std::runtime_error("path: " + path +
                             ": cannot be written: " + std::generic_category().message(reason));
}

void rename_durably(const std::string& from, const std::string& to)
{
    if (std::rename(from.c_str(), to.c_str()) != 0)
        fail_to_write(to, errno);
    const auto slash = to.rfind('/');
    const auto folder = slash == std::string::npos ? "." : slash == 0 ? "/" : to.substr(0, slash);
    const open_file directory(folder, O_RDONLY | O_DIRECTORY);
    if (directory.number() >= 0)
        ::fsync(directory.number()); // not every file system can
}

void write_durably(const std::string& path, const std::string& contents)
{
    auto part = shared_name(path);
    auto file = begun(part, path);
    while (!file)
        file = begun(part = own_name(path), path);
    complete(*file, part, path, [&contents] { return contents; });
}

void rewrite_durably(const std::string& path,
                     const std::function<std::string()>& contents,
                     std::chrono::milliseconds patience)
{
    using clock = std::chrono::steady_clock;
    const auto until = clock::now() + patience;
    const auto part = shared_name(path);
    auto file = begun(part, path);
    for (; !file; file = begun(part, path)) {
        if (clock::now() > until)
            fail_to_write(path, EBUSY);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    complete(*file, part, path, contents); // the next one may begin once it has its name
}

} // namespace gr::stft::kernel
