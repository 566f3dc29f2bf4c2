/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_AT_ONCE_H
#define INCLUDED_STFT_LIB_STREAM_AT_ONCE_H

#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/fields.h>

namespace gr::stft {

//! Refuses a change that waits for a sample, in blocks whose items have none.
template <class Settings>
void check_at_once(const kernel::change<Settings>& requested)
{
    if (requested.at != kernel::change<Settings>().at)
        kernel::refuse("at", requested.at, "must not be given: a change takes effect at once");
}

} // namespace gr::stft
#endif
