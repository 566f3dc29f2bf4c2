/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/names.h"
#include <gnuradio/stft/kernel/dstft/theta_field.h>

namespace gr::stft::kernel {

namespace {
constexpr name_table names_of_sharing{ named_value{ "constant", sharing::constant },
                                       named_value{ "frame", sharing::frame },
                                       named_value{ "bin", sharing::bin },
                                       named_value{ "cell", sharing::cell } };
}

sharing sharing_named(const std::string& name) { return names_of_sharing.value_of("share", name); }

const char* name_of(sharing share) { return names_of_sharing.name_of(share); }

} // namespace gr::stft::kernel
