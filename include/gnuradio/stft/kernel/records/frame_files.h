/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_RECORDS_FRAME_FILES_H
#define INCLUDED_STFT_KERNEL_RECORDS_FRAME_FILES_H

#include <gnuradio/stft/kernel/records/event_text.h>
#include <memory>
#include <string>
#include <vector>

namespace gr::stft::kernel {

//! Parameters of frame_files.
struct STFT_API frame_files_settings {
    std::string directory;            //!< folder of the files, which is there
    std::size_t vlen = 0;             //!< values of a row, 1 .. 2^24
    std::string name = "rows";        //!< first part of the files' names
    double rotate = 3600;             //!< s, period of the files, >= 1; 0: none
    std::int64_t max_bytes = 1 << 30; //!< largest size of a file, >= 4096
    std::string description;          //!< words on the values, for the metadata
    //! Bytes of rows that may wait for the disk, >= 0; one row may at any rate.
    std::int64_t max_waiting = 64 << 20;

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
};

/*!
 * \brief Rows in NPY files of float32 (rows, vlen), each with a JSON file of metadata next to it.
 *
 * A file ends where the time of a row reaches the next multiple of `rotate` since 1970 (since the first row, where the time is
 * unknown), where it would exceed max_bytes, and where the caller ends it. Its name is NAME_UTC_CENTREHz_RATEsps.npy, with the
 * time of its first row and, where that is taken, a number. While it grows, its name ends in .part; its header is right after
 * each flush(), and its metadata is there, so that what is left of a process that was killed can be read, too; while somebody writes
 * it, it is locked (flock). It gets its name when it is complete and on the disk, after its metadata.
 *
 * What cannot be written waits in memory, max_waiting bytes of it, and is written with what follows: a disk that is full for some
 * time costs no row, and files still end where they should.
 *
 * Metadata: schema (1), name, time (of the first row, ISO 8601, or null), sample_start (of the first row, lost samples counted),
 * rows (0 while it grows), vlen, hop, n_fft (or null), samp_rate, row_rate (Hz), freq_center (or null), description, source, ended_by (null while
 * it grows).
 */
class STFT_API frame_files
{
public:
    //! \throws std::invalid_argument as frame_files_settings::check()
    explicit frame_files(const frame_files_settings& s);
    ~frame_files();
    //!@{
    //! Takes another one's state, which can only be destroyed or assigned to from then on.
    frame_files(frame_files&&) noexcept;
    frame_files& operator=(frame_files&&) noexcept;
    //!@}

    /*!
     * \brief Adds a row; now and then the rows so far are brought to the disk.
     * \param row vlen values
     * \param sample at which the row starts, counted with those that were lost
     * \param context rate, hop, centre frequency and time; the caller ends the file where the first three change
     * \throws std::runtime_error if a file cannot be written; the row waits then, as all that could not be written
     */
    void add(const float* row, std::int64_t sample, const event_context& context);

    //! Brings what waits, and a header that counts it, into the files. \throws std::runtime_error as add()
    void flush();

    //! Completes the file, if there is one. \param reason value of ended_by \throws std::runtime_error as add(); flush() tries again
    void end(const char* reason);

    //! Bytes of rows that wait for the disk.
    std::int64_t waiting() const;
    //! Rows that were left out, since max_waiting bytes waited.
    std::uint64_t lost() const;
    //! Files that are complete.
    std::uint64_t files() const;
    //! Name of the last file that is complete, with its folder; "" before there is one.
    const std::string& last_path() const;
    //! Names of the files that were completed since the last call, oldest first; of more than 1000 the newest.
    std::vector<std::string> take_complete();

private:
    struct parts;
    std::unique_ptr<parts> d;
};

} // namespace gr::stft::kernel
#endif
