/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_RECORDS_SIGMF_ANNOTATIONS_H
#define INCLUDED_STFT_KERNEL_RECORDS_SIGMF_ANNOTATIONS_H

#include <gnuradio/stft/kernel/fields.h>
#include <gnuradio/stft/kernel/records/event.h>
#include <gnuradio/stft/kernel/records/event_text.h>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace gr::stft::kernel {

//! Parameters of sigmf_annotations.
struct STFT_API sigmf_settings {
    std::string path; //!< name of the file; .sigmf-meta is added unless it ends so
    //! Annotations after which the file is written, >= 1; half of those it has, if that is more.
    std::size_t flush_every = 100;
    //! Annotations and captures after which a file is complete and another one begins; 0: never.
    std::size_t rotate_every = 10000;
    //! Annotations that memory holds, >= 1; others are left out, as where a file cannot be written.
    std::size_t most = 100000;
    bool keep = false; //!< files that are there stay, and the next free number is taken
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
                                        field("rotate_every", &sigmf_settings::rotate_every),
                                        field("most", &sigmf_settings::most),
                                        field("datatype", &sigmf_settings::datatype),
                                        field("description", &sigmf_settings::description),
                                        field("metadata_only", &sigmf_settings::metadata_only),
                                        field("keep", &sigmf_settings::keep));

/*!
 * \brief Events as the annotations of SigMF 1.2 metadata.
 *
 * An event that has ended, and was not withdrawn, is an annotation with absolute frequency edges, if the centre frequency is
 * known. A retune and a gap begin a capture. Annotations and captures are sorted by their samples, which count those that were lost.
 * The sample rate is that of the first event, or of the recording; events of another one are left out. Metadata that
 * continues other metadata has the key core:offset, and its first capture begins there.
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
    //! Begins metadata that continues this one: what came so far is forgotten, but for the last captures.
    void continue_anew();

    //! Annotations so far.
    std::size_t count() const { return d_annotations.size(); }
    //! Annotations and captures of this metadata, without captures of the one that it continues.
    std::size_t size() const { return d_annotations.size() + d_captures.size() - d_carried; }
    //! Events that were left out, since there are too many, or their sample rate is another one.
    std::uint64_t left_out() const { return d_left_out; }
    //! Captures and annotations that were added, ever.
    std::uint64_t additions() const { return d_additions; }
    //! The metadata, as a JSON text.
    std::string text() const;

    //! Lines for restore() that say what the metadata holds.
    std::string journal() const;
    //! Such lines of what has come since the last call; the first call gives none.
    std::string take_news();
    //! Takes lines of journal() and take_news(). \returns false for a line that is none
    bool restore(const std::string& line);

private:
    void begin_capture(std::int64_t sample, const event_context& context);
    void note(const std::string& line);

    sigmf_settings d_settings;
    double d_samp_rate = 0;                           // Hz; 0: unknown
    std::map<std::int64_t, event_context> d_captures; // by their first sample
    std::multimap<std::int64_t, std::string> d_annotations;
    std::uint64_t d_additions = 0, d_left_out = 0;
    std::int64_t d_latest = 0; // of the first samples of all annotations and captures
    std::int64_t d_from = 0;   // the metadata begins at this sample or before
    std::size_t d_carried = 0; // captures that the metadata before this one has, too
    bool d_continues = false;
    std::optional<std::string> d_news;
};

class sigmf_journal;

/*!
 * \brief Files of sigmf_annotations, each of which is complete at any time: it is written under a name with .part at its end,
 * and then takes the place of the one before.
 *
 * After rotate_every annotations and captures the next file begins, NAME-0002.sigmf-meta. What has come is in a journal too,
 * NAME.sigmf-meta.journal, at once: the next sigmf_file of this name with `keep` completes what a killed process has left.
 */
class STFT_API sigmf_file
{
public:
    /*!
     * \brief Writes a file without annotations. With `keep`, one that holds annotations, or that another writes to, stays.
     * \throws std::invalid_argument as sigmf_settings::check()
     * \throws std::runtime_error if it cannot be written
     */
    explicit sigmf_file(const sigmf_settings& s);
    ~sigmf_file();
    sigmf_file(sigmf_file&&) noexcept;            //!< \private
    sigmf_file& operator=(sigmf_file&&) noexcept; //!< \private

    //! Begins with what is known of the samples before there are events.
    void begin(const event_context& context) { d_contents.begin(context); }

    //! Takes a report; writes the file if as many annotations as flush_every have come since it was written.
    //! \throws std::runtime_error if it cannot be written; it is tried again as many annotations later
    void add(const event& e, const event_context& context);

    //! Writes the file if anything is new. \throws std::runtime_error if it cannot be written
    void flush();

    //! Writes the file, which then needs no journal. \throws std::runtime_error if it cannot be written
    void finish();

    //! Name of the file that is written to.
    const std::string& path() const { return d_path; }
    //! Files that are complete.
    std::uint64_t complete() const { return d_complete; }
    //! Annotations of all files.
    std::uint64_t count() const { return d_before + d_contents.count(); }
    //! Contents of the file that is written to.
    const sigmf_annotations& contents() const { return d_contents; }

private:
    bool is_full() const;
    bool is_due() const;
    void note();
    bool claim();
    void take_next();
    void write();
    void rotate();

    sigmf_settings d_settings;
    sigmf_annotations d_contents;
    std::size_t d_number = 1;
    std::string d_path;
    std::unique_ptr<sigmf_journal> d_journal;
    std::size_t d_tried = 0;     // annotations when it was last tried to write the file
    std::uint64_t d_written = 0; // additions that are in the file
    std::uint64_t d_offered = 0; // reports when it was last tried to complete the file; 0: never
    std::uint64_t d_complete = 0, d_before = 0;
};

} // namespace gr::stft::kernel
#endif
