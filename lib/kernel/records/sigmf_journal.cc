/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/records/sigmf_journal.h"
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <cerrno>
#include <fstream>

namespace gr::stft::kernel {

sigmf_journal::sigmf_journal(const std::string& path, const std::string& lines)
    : d_path(path), d_number(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666))
{
    // two files of one name would share a journal, which then belongs to the first
    d_is_ours = d_number >= 0 && ::flock(d_number, LOCK_EX | LOCK_NB) == 0;
    d_is_whole = d_is_ours && ::ftruncate(d_number, 0) == 0;
    append(lines);
}

sigmf_journal::~sigmf_journal()
{
    if (d_is_empty)
        remove();
    if (d_number >= 0)
        ::close(d_number);
}

bool sigmf_journal::append(const std::string& lines)
{
    d_is_empty = d_is_empty && lines.empty();
    for (std::size_t done = 0; d_is_whole && done < lines.size();) {
        const auto written = ::write(d_number, lines.data() + done, lines.size() - done);
        if (written > 0)
            done += static_cast<std::size_t>(written);
        else
            d_is_whole = written < 0 && errno == EINTR;
    }
    return d_is_whole;
}

void sigmf_journal::remove()
{
    if (d_is_ours)
        ::unlink(d_path.c_str());
    d_is_ours = d_is_whole = false;
}

bool restore_from_journal(const std::string& path, sigmf_annotations& contents)
{
    const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (number < 0)
        return false;
    const bool is_left = ::flock(number, LOCK_EX | LOCK_NB) == 0;
    std::ifstream file(path);
    std::string line;
    while (is_left && std::getline(file, line) && !file.eof()) // at its end a line may be torn
        contents.restore(line);
    ::close(number);
    return is_left;
}

} // namespace gr::stft::kernel
