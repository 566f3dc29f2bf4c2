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
    std::string path; //!< name of the file; .sigmf-meta is added unless it ends so
    std::size_t flush_every =
        100; //!< annotations after which the file is written, >= 1; a tenth of those it has, if that is more
    std::size_t most = 100000;        //!< annotations of the file, >= 1; others are left out
    std::string datatype = "cf32_le"; //!< type of the samples, as SigMF names it
    std::string description;          //!< words on the recording
    bool metadata_only = true;        //!< no file of samples belongs to it

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
                                        field("description", &sigmf_settings::description),
                                        field("metadata_only", &sigmf_settings::metadata_only));

/*!
 * \brief Events as the annotations of SigMF 1.2 metadata.
 *
 * An event that has ended, and was not withdrawn, is an annotation with absolute frequency edges, if the centre frequency is
 * known. A retune and a gap begin a capture. Annotations and captures are sorted by their samples, which count those that were lost.
 * The sample rate is that of the first event, or of the recording; events of another one are left out.
 */
class STFT_API sigmf_annotations
{
public:
    //! \throws std::invalid_argument as sigmf_settings::check()
    explicit sigmf_annotations(const sigmf_settings& s);

    //! Begins with what is known of the samples before there are events.
    void begin(const event_context& context);
    //! Takes a report.
    void add(const event& e, const event_context& context);

    //! Annotations so far.
    std::size_t count() const { return d_annotations.size(); }
    //! Events that were left out, since there are too many, or their sample rate is another one.
    std::uint64_t left_out() const { return d_left_out; }
    //! Captures and annotations that were added, ever.
    std::uint64_t additions() const { return d_additions; }
    //! The metadata, as a JSON text.
    std::string text() const;

private:
    void begin_capture(std::int64_t sample, const event_context& context);

    sigmf_settings d_settings;
    double d_samp_rate = 0;                         // Hz; 0: unknown
    std::map<std::int64_t, std::string> d_captures; // by their first sample
    std::multimap<std::int64_t, std::string> d_annotations;
    std::uint64_t d_additions = 0, d_left_out = 0;
};

/*!
 * \brief A file of sigmf_annotations, which is complete at any time: it is written under a name with .part at its end, and
 * then takes the place of the one before.
 */
class STFT_API sigmf_file
{
public:
    /*!
     * \brief Writes a file without annotations.
     * \throws std::invalid_argument as sigmf_settings::check()
     * \throws std::runtime_error if it cannot be written
     */
    explicit sigmf_file(const sigmf_settings& s);

    //! Begins with what is known of the samples before there are events.
    void begin(const event_context& context) { d_contents.begin(context); }

    //! Takes a report; writes the file if as many annotations as flush_every have come since it was written.
    //! \throws std::runtime_error if it cannot be written; it is tried again as many annotations later
    void add(const event& e, const event_context& context);

    //! Writes the file if anything is new. \throws std::runtime_error if it cannot be written
    void flush();

    //! The file's name.
    const std::string& path() const { return d_path; }
    //! The file's contents.
    const sigmf_annotations& contents() const { return d_contents; }

private:
    void write();

    sigmf_settings d_settings;
    std::string d_path;
    sigmf_annotations d_contents;
    std::size_t d_tried = 0;     // annotations when it was last tried to write the file
    std::uint64_t d_written = 0; // additions that are in the file
};

} // namespace gr::stft::kernel
#endif
