/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_API_H
#define INCLUDED_STFT_API_H

#include <gnuradio/attributes.h>

#ifdef gnuradio_stft_EXPORTS
#define STFT_API __GR_ATTR_EXPORT
#else
#define STFT_API __GR_ATTR_IMPORT
#endif

#endif
