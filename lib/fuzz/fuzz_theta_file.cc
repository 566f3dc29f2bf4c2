/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
// Files of window lengths, which the message key `load` names.
#include "adaptive_changes.h"
#include "bytes.h"
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

using namespace gr::stft;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const auto path = std::string(std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/tmp") +
                             "/fuzz_theta_" + std::to_string(getpid());
    const auto numbers = size ? std::size_t(data[0] % 40 + 1) : 1;
    const auto file = std::fopen(path.c_str(), "wb");
    if (!file)
        std::abort();
    std::fwrite(data, 1, size, file);
    std::fclose(file);
    fuzz::refused_or_taken([&] {
        if (last_item_in(path, numbers).size() != numbers || size % (4 * numbers))
            std::abort();
    });
    std::remove(path.c_str());
    return 0;
}
