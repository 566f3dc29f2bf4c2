/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* exercise-kernel float|complex stft|istft N_FFT HOP TIMES: for tools that count instructions. */
#include "kernels.h"
#include <cstdio>
#include <exception>
#include <string>

int main(int count, char** words)
{
    if (count != 6) {
        std::fputs("usage: exercise-kernel float|complex stft|istft N_FFT HOP TIMES\n", stderr);
        return 2;
    }
    try {
        const bool is_complex = words[1] == std::string("complex");
        const bool inverse = words[2] == std::string("istft");
        std::printf("%zu frames, %g\n",
                    gr::stft::bench::exercise_frames * std::stoul(words[5]),
                    static_cast<double>(gr::stft::bench::exercise(std::stoul(words[3]),
                                                                  std::stoul(words[4]),
                                                                  is_complex,
                                                                  inverse,
                                                                  std::stoul(words[5]))));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "exercise-kernel: %s\n", error.what());
        return 2;
    }
}
