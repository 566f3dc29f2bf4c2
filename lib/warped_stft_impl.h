/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_WARPED_STFT_IMPL_H
#define INCLUDED_STFT_LIB_WARPED_STFT_IMPL_H

#include <gnuradio/stft/adaptive_stft.h>

namespace gr::stft {

//! Throws std::invalid_argument unless what a warped transform does not have is at its default.
void check_warped(const adaptive_stft_settings& s);

//! Makes the block whose frames have a relative rate each, for checked settings.
adaptive_stft<float>::sptr make_warped(const adaptive_stft_settings& s);

} // namespace gr::stft

#endif
