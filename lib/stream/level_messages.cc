/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "level_messages.h"

namespace gr::stft {

pmt::pmt_t level_message(const kernel::level_event& e, const kernel::level_context& context)
{
    return dict_of(kernel::values_of(e, context));
}

std::optional<kernel::state_section> state_file::read() const
{
    if (d_path.empty())
        return std::nullopt;
    const auto state = kernel::read_state(d_path);
    if (!state)
        return std::nullopt;
    const auto found = state->find(d_section);
    return found == state->end() ? std::nullopt : std::optional(found->second);
}

void state_file::write(const kernel::state_section& section) const
{
    if (!d_path.empty())
        kernel::add_to_state(d_path, { { d_section, section } });
}

} // namespace gr::stft
