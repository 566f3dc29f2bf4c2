/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/records/durable_file.h"
#include "kernel/records/sigmf_journal.h"
#include <gnuradio/stft/kernel/records/sigmf_annotations.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <fstream>

namespace gr::stft::kernel {

namespace {

constexpr const char* ending = ".sigmf-meta";
constexpr const char* of_journal = ".journal";

//! The name of a file of the series: NAME.sigmf-meta, NAME-0002.sigmf-meta ...
std::string numbered(std::string path, std::size_t number)
{
    const std::string wanted = ending;
    if (path.size() > wanted.size() &&
        path.compare(path.size() - wanted.size(), wanted.size(), wanted) == 0)
        path.resize(path.size() - wanted.size());
    char digits[32] = "";
    if (number > 1)
        std::snprintf(digits, sizeof digits, "-%04zu", number);
    return path + digits + wanted;
}

bool is_there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

bool is_file(const std::string& path)
{
    struct stat found;
    return ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode);
}

//! True for a file that was begun and got no annotation.
bool is_empty(const std::string& path)
{
    std::ifstream file(path);
    std::string line;
    for (int n = 0; n < 100 && std::getline(file, line); ++n)
        if (line.find("\"annotations\": [") != std::string::npos)
            return line.find("[]") != std::string::npos;
    return false;
}

//! Completes what a killed process has left of a file; false if a process that lives writes it.
bool complete(const std::string& path, const sigmf_settings& s)
{
    const auto journal = path + of_journal;
    if (!is_there(journal))
        return true;
    sigmf_annotations contents(s);
    if (!restore_from_journal(journal, contents))
        return false;
    if (contents.count() > 0)
        write_durably(path, contents.text());
    ::unlink(journal.c_str());
    return true;
}

//! Completes what a killed process has left, and finds the first number that is free.
std::size_t free_number(const sigmf_settings& s)
{
    std::size_t number = 1;
    while (is_file(numbered(s.path, number)))
        ++number;
    complete(numbered(s.path, number), s); // which its process has not written yet
    if (is_file(numbered(s.path, number)))
        return number + 1;
    if (number == 1)
        return 1;
    const auto last = numbered(s.path, number - 1);
    return complete(last, s) && is_empty(last) ? number - 1 : number;
}

} // namespace

sigmf_file::sigmf_file(const sigmf_settings& s)
    : d_settings(s), d_contents(s), d_number(s.keep ? free_number(s) : 1),
      d_path(numbered(s.path, d_number))
{
    d_contents.take_news();
    if (s.keep && !claim())
        take_next();
    write();
    if (!s.keep)
        ::unlink((d_path + of_journal).c_str()); // of a file that this one has taken the place of
}

sigmf_file::~sigmf_file() = default;
sigmf_file::sigmf_file(sigmf_file&&) noexcept = default;
sigmf_file& sigmf_file::operator=(sigmf_file&&) noexcept = default;

void sigmf_file::add(const event& e, const event_context& context)
{
    d_contents.add(e, context);
    note();
    if (is_due())
        write();
    if (is_full() && d_written == d_contents.additions())
        rotate();
}

void sigmf_file::flush()
{
    if (d_written != d_contents.additions())
        write();
}

void sigmf_file::finish()
{
    flush();
    if (d_journal)
        d_journal->remove();
    d_journal.reset();
}

bool sigmf_file::is_full() const
{
    return d_settings.rotate_every > 0 && d_contents.size() >= d_settings.rotate_every;
}

bool sigmf_file::is_due() const
{
    const auto count = d_contents.count();
    const auto offered = d_contents.size() + d_contents.left_out();
    return count - d_tried >= std::max(d_settings.flush_every, count / 2) ||
           (is_full() && (d_offered == 0 || offered - d_offered >= d_settings.flush_every));
}

//! Appends what is new to the journal.
void sigmf_file::note()
{
    const auto news = d_contents.take_news();
    if (news.empty())
        return;
    if (d_journal)
        d_journal->append(news);
    else
        claim();
}

//! Begins the journal of the file; false if there is one, of another that writes to this name.
bool sigmf_file::claim()
{
    d_journal = std::make_unique<sigmf_journal>(d_path + of_journal, d_contents.journal());
    return d_journal->is_ours();
}

//! Goes on with the next number; with `keep` with one that no other has.
void sigmf_file::take_next()
{
    do
        d_path = numbered(d_settings.path, ++d_number);
    while (d_settings.keep && (is_there(d_path) || !claim()));
}

void sigmf_file::write()
{
    if (is_full())
        d_offered = d_contents.size() + d_contents.left_out();
    d_tried = d_contents.count(); // a folder that is gone is not tried again for each event
    write_durably(d_path, d_contents.text());
    d_written = d_contents.additions();
}

void sigmf_file::rotate()
{
    d_before += d_contents.count();
    ++d_complete;
    if (d_journal)
        d_journal->remove();
    d_journal.reset();
    d_contents.continue_anew();
    d_tried = 0;
    d_offered = 0;
    take_next();
}

} // namespace gr::stft::kernel
