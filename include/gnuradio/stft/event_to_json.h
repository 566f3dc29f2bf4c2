/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_EVENT_TO_JSON_H
#define INCLUDED_STFT_EVENT_TO_JSON_H

#include <gnuradio/block.h>
#include <gnuradio/stft/api.h>
#include <gnuradio/stft/kernel/fields.h>

namespace gr::stft {

//! Settings of event_to_json: none.
struct STFT_API event_to_json_settings {};

namespace kernel {
//! Parameters of event_to_json_settings.
template <>
inline constexpr auto fields<event_to_json_settings> = std::tuple<>();
} // namespace kernel

/*!
 * \brief Messages of detector_vxm as lines of JSON, for network.socket_pdu and other blocks that take bytes.
 *
 * Message port "events": dicts. Message port "pdus": for each of them a PDU of bytes, which are a flat JSON object and a line
 * end. The object has the values of kernel::to_json(), in its order and to the byte the same text, then other keys of the dict,
 * sorted. A message that is no dict of names and values is logged and ignored.
 */
class STFT_API event_to_json : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<event_to_json>; //!< type that make() returns

    //! Has no parameters.
    static sptr make(const event_to_json_settings& s = {});
};

} // namespace gr::stft
#endif
