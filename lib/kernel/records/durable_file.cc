/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/records/durable_file.h"
#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <system_error>

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
    open_file(const open_file&) = delete;
    open_file& operator=(const open_file&) = delete;

    int number() const { return d_number; }

private:
    int d_number;
};

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
    const auto part = path + ".part";
    {
        const open_file file(part, O_WRONLY | O_CREAT | O_TRUNC);
        if (file.number() < 0)
            fail_to_write(path, errno);
        for (std::size_t done = 0; done < contents.size();) {
            const auto written =
                ::write(file.number(), contents.data() + done, contents.size() - done);
            if (written < 0 && errno == EINTR)
                continue;
            if (written <= 0) {
                const auto error = errno;
                ::unlink(part.c_str());
                fail_to_write(path, error);
            }
            done += static_cast<std::size_t>(written);
        }
        if (::fsync(file.number()) != 0 && errno != EINVAL) {
            const auto error = errno;
            ::unlink(part.c_str());
            fail_to_write(path, error);
        }
    }
    try {
        rename_durably(part, path);
    } catch (...) { // as where a folder has the name
        ::unlink(part.c_str());
        throw;
    }
}

} // namespace gr::stft::kernel
