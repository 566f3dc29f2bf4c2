/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* bench-detection N_FFT ROWS ROUNDS: nanoseconds that the detector takes for a cell, the least of all rounds.
   bench-detection watch ROWS [FIRST]: a stream of ROWS rows of 16 bins, whose samples are counted from FIRST on (2^61);
   1e10 rows take an hour or two. The exit status is 1 if memory grows, or a burst has not one event. */
#include "detection.h"
#include "detection_watch.h"
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>

namespace {

void show(std::uint64_t rows, std::int64_t bytes)
{
    std::printf(
        "%.3g rows, %.1f MB\n", static_cast<double>(rows), static_cast<double>(bytes) / 1e6);
    std::fflush(stdout);
}

int watch(const std::string& rows, const std::string& first)
{
    const auto found = gr::stft::bench::watch(static_cast<std::uint64_t>(std::stod(rows)),
                                              static_cast<std::int64_t>(std::stoll(first)),
                                              show);
    std::printf("%llu bursts, %llu with one event, %llu other events, %llu open, memory grew by "
                "%lld bytes, reports %s\n",
                static_cast<unsigned long long>(found.planted),
                static_cast<unsigned long long>(found.once),
                static_cast<unsigned long long>(found.others),
                static_cast<unsigned long long>(found.open),
                static_cast<long long>(found.grown),
                found.in_order ? "in order" : "NOT in order");
    constexpr std::int64_t allowed = 1 << 20;
    return found.in_order && found.grown < allowed && found.open == 0 && found.once == found.planted
               ? 0
               : 1;
}

} // namespace

int main(int count, char** words)
{
    const bool watches = count >= 3 && std::string(words[1]) == "watch";
    if (watches ? count > 4 : count != 4) {
        std::fputs("usage: bench-detection N_FFT ROWS ROUNDS\n"
                   "       bench-detection watch ROWS [FIRST]\n",
                   stderr);
        return 2;
    }
    try {
        if (watches)
            return watch(words[2], count > 3 ? words[3] : std::to_string(std::int64_t(1) << 61));
        const auto n_fft = std::stoul(words[1]), rows = std::stoul(words[2]);
        const auto rounds = std::max(1ul, std::stoul(words[3]));
        const auto found = gr::stft::bench::detect(n_fft, rows, rounds);
        const auto least = [](const std::vector<double>& seconds) {
            return 1e9 * *std::min_element(seconds.begin(), seconds.end());
        };
        std::printf("n_fft %lu, %lu rows: noise %.2f ns/cell, busy %.2f ns/cell, %zu events\n",
                    n_fft,
                    rows,
                    least(found.noise),
                    least(found.busy),
                    found.events);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench-detection: %s\n", error.what());
        return 2;
    }
}
