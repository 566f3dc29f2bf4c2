/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_MONITOR_SIGMF_ANNOTATIONS_H
#define INCLUDED_STFT_KERNEL_MONITOR_SIGMF_ANNOTATIONS_H

#include <gnuradio/stft/kernel/fields.h>
#include <gnuradio/stft/kernel/monitor/event.h>
#include <gnuradio/stft/kernel/monitor/event_text.h>
#include <map>
#include <string>
#include <utility>

namespace gr::stft::kernel {

//! Parameters of sigmf_annotations.
struct STFT_API sigmf_settings {
    std::string path;                 //!< name of the file; .sigmf-meta is added unless it ends so
    std::size_t flush_every = 100;    //!< annotations after which the file is written, >= 1
    std::size_t most = 100000;        //!< annotations of the file, >= 1; others are left out
    std::string datatype = "cf32_le"; //!< type of the samples, as SigMF names it
    std::string description;          //!< words on the recording

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
};

//! Parameters of sigmf_settings.
template <>
inline constexpr auto
    fields<sigmf_settings> = std::tuple(field("path", &sigmf_settings::path).required(),
                                        field("flush_every", &sigmf_settings::flush_every),
                                        field("most", &sigmf_settings::most),
                                        field("datatype", &sigmf_settings::datatype),
                                        field("description", &sigmf_settings::description));

/*!
 * \brief Events as the annotations of a SigMF 1.2 metadata file.
 *
 * An event that has ended, and was not withdrawn, is an annotation with absolute frequency edges, if the centre frequency is
 * known. A retune and a gap begin a capture. Annotations and captures are sorted by their samples, which count those that were lost;
 * so the file is marked as one without a dataset. The sample rate is that of the first event; events of another one
 * are left out.
 *
 * The file is complete at any time: it is written under a name with .part at its end, and then takes the place of the one
 * before.
 */
class STFT_API sigmf_annotations
{
public:
    /*!
     * \brief Writes a file without annotations.
     * \throws std::invalid_argument as sigmf_settings::check()
     * \throws std::runtime_error if it cannot be written
     */
    explicit sigmf_annotations(const sigmf_settings& s);

    //! Takes a report; writes the file if as many annotations as flush_every have come since it was written.
    //! \throws std::runtime_error if it cannot be written; it is tried again as many annotations later
    void add(const event& e, const event_context& context);

    //! Writes the file if anything is new. \throws std::runtime_error if it cannot be written
    void flush();

    //! The file's name.
    const std::string& path() const { return d_path; }
    //! Annotations so far.
    std::size_t count() const { return d_annotations.size(); }
    //! Events that were left out, since there are too many, or their sample rate is another one.
    std::uint64_t left_out() const { return d_left_out; }
    //! The contents of the file.
    std::string text() const;

private:
    void begin_capture(std::int64_t sample, const event_context& context);
    void write();

    sigmf_settings d_settings;
    std::string d_path;
    double d_samp_rate = 0;                         // Hz; 0: unknown
    std::map<std::int64_t, std::string> d_captures; // by their first sample
    std::multimap<std::int64_t, std::string> d_annotations;
    std::size_t d_new = 0;  // annotations since it was tried to write the file
    bool d_changed = false; // since the file was written
    std::uint64_t d_left_out = 0;
};

} // namespace gr::stft::kernel
#endif
