/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_RECORDS_SIGMF_JOURNAL_H
#define INCLUDED_STFT_LIB_KERNEL_RECORDS_SIGMF_JOURNAL_H

#include <gnuradio/stft/kernel/records/sigmf_annotations.h>
#include <string>

namespace gr::stft::kernel {

//! A file that lines are appended to at once, so that a process that is killed loses none. It is locked while it is open.
class sigmf_journal
{
public:
    //! Makes a file that holds these lines; none where that is not possible, since the journal is there for safety only.
    sigmf_journal(const std::string& path, const std::string& lines);
    //! The file stays, unless it holds nothing.
    ~sigmf_journal();
    sigmf_journal(const sigmf_journal&) = delete;
    sigmf_journal& operator=(const sigmf_journal&) = delete;

    //! False if another sigmf_journal of this name lives, to which the file belongs.
    bool is_ours() const { return d_is_ours || d_number < 0; }

    //! Appends lines. After a failure, as on a full disk, nothing more is appended. \returns whether it went well
    bool append(const std::string& lines);
    //! The file goes.
    void remove();

private:
    std::string d_path;
    int d_number;
    bool d_is_ours = false, d_is_whole = false; // the file, and nothing could not be appended
    bool d_is_empty = true;
};

/*!
 * \brief The contents that a killed process has left in a journal.
 * \returns false if there is no journal, or a process that lives writes it; a last line that is not whole is not used
 */
bool restore_from_journal(const std::string& path, sigmf_annotations& contents);

} // namespace gr::stft::kernel
#endif
