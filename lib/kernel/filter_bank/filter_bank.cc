/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/frames/unfolded.h"
#include <gnuradio/stft/kernel/filter_bank/filter_bank.h>
#include <algorithm>

namespace gr::stft::kernel {

filter_bank::filter_bank(const parameters& p)
    : d_n_fft(p.n_fft), d_first_bin(p.centered() ? p.n_fft - p.n_fft / 2 : 0),
      d_taps((check_unfolded(p), p.analysis_taps<complex>()))
{}

std::int64_t filter_bank::first() const
{
    const auto m = static_cast<std::int64_t>(win_length());
    return m / 2 - m + 1;
}

void filter_bank::filter(std::size_t row, complex* h) const
{
    const auto bin = (d_first_bin + row) % d_n_fft;
    auto phase = bin * modulo(first(), d_n_fft) % d_n_fft; // both below 2^28
    for (auto tap = d_taps.rbegin(); tap != d_taps.rend(); ++tap) {
        *h++ = *tap * unit_root(phase, d_n_fft);
        phase = (phase + bin) % d_n_fft;
    }
}

void filter_bank::respond(const complex* filters,
                          std::size_t rows,
                          std::size_t length,
                          complex* responses) const
{
    frame_analysis<complex> dft(checked_n_fft(static_cast<std::int64_t>(length)));
    for (std::size_t row = 0; row < rows; ++row) {
        auto* buffer = dft.buffer();
        std::fill_n(buffer, length, complex(0));
        auto index = modulo(first(), length);
        for (std::size_t m = 0; m < win_length(); ++m) {
            buffer[index] += *filters++;
            index = index + 1 == length ? 0 : index + 1;
        }
        dft.transform(responses + row * length);
    }
}

} // namespace gr::stft::kernel
