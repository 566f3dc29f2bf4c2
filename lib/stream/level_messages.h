/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_LEVEL_MESSAGES_H
#define INCLUDED_STFT_LIB_STREAM_LEVEL_MESSAGES_H

#include "event_messages.h"
#include <gnuradio/stft/kernel/machine/level_event.h>
#include <gnuradio/stft/kernel/records/monitor_state.h>

namespace gr::stft {

//! An event of a level as a dict with the keys of kernel::values_of(); nil for what is unknown.
pmt::pmt_t level_message(const kernel::level_event& e, const kernel::level_context& context);

/*!
 * \brief One section of a file of state, which several blocks and processes may share.
 *
 * Without a path nothing is read or written.
 */
class state_file
{
public:
    //! \param path of the file; "": none \param section name of the section
    state_file(std::string path, std::string section)
        : d_path(std::move(path)), d_section(std::move(section))
    {}

    //! True if there is a file to write.
    explicit operator bool() const { return !d_path.empty(); }

    //! The section, if it is there. \throws as kernel::read_state()
    std::optional<kernel::state_section> read() const;
    //! Replaces the section, and keeps the others. \throws as kernel::add_to_state()
    void write(const kernel::state_section& section) const;

private:
    std::string d_path, d_section;
};

} // namespace gr::stft
#endif
