/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_BOX_TESTS_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_BOX_TESTS_H

#include "kernel/monitor/box_pyramid.h"

namespace gr::stft::kernel {

//! The boxes of some settings with their thresholds, which follow from the rate of false alarms and the least SNR; by rows,
//! then bins, ascending.
std::vector<box_test> box_tests(const detector_settings& s);

} // namespace gr::stft::kernel
#endif
