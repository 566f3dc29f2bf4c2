/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_RECORDS_DURABLE_FILE_H
#define INCLUDED_STFT_LIB_KERNEL_RECORDS_DURABLE_FILE_H

#include <chrono>
#include <functional>
#include <string>

namespace gr::stft::kernel {

/*!
 * \brief Writes a whole file: under a name with .part at its end, to the disk, and then in place of the one before.
 * \throws std::runtime_error "path: value: what the system says"; the file before is still there then
 */
void write_durably(const std::string& path, const std::string& contents);

/*!
 * \brief Writes a file that several processes change, as write_durably() does, one after the other.
 * \param contents gives the contents. No other process is between its contents() and the end of its writing then, so this may
 *        read the file and add to it.
 * \param patience how long others may take until then
 * \throws std::runtime_error as write_durably(), and if others take longer
 */
void rewrite_durably(const std::string& path,
                     const std::function<std::string()>& contents,
                     std::chrono::milliseconds patience);

//! Reports that a file cannot be written, and the system's reason (errno).
//! \throws std::runtime_error "path: value: cannot be written: reason"
[[noreturn]] void fail_to_write(const std::string& path, int reason);

//! Gives a file that has been written its name, and makes that last. \throws std::runtime_error as write_durably()
void rename_durably(const std::string& from, const std::string& to);

} // namespace gr::stft::kernel
#endif
