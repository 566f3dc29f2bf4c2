/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include <gnuradio/stft/kernel/stft/stft.h>
#include <gnuradio/stft/named.h>
#include <gnuradio/stft/stft.h>
#include <iostream>

int main()
{
    const std::vector<float> ones(8, 1);
    std::vector<gr_complex> spectrum(5);
    gr::stft::kernel::stft<float> transform(gr::stft::kernel::parameters{ 8, 2 });
    transform.analyse(ones.data(), 0, spectrum.data());
    using gr::stft::named;
    const auto block = gr::stft::stft_fvc::make(named("n_fft", 8)("hop", 4)("window", "hamming"));
    block->set_hop(2);
    std::cout << block->name() << ": bin 0 of ones is " << spectrum[0] << "\n";
    const auto same = gr::stft::stft_fvc::make({ 8, 2, "hamming" });
    const bool equal = block->wanted() == same->wanted();
    return equal && std::abs(spectrum[0] - 4.0f) < 1e-6 ? 0 : 1;
}
