/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/synthesis_block.h"
#include <gnuradio/io_signature.h>
#include <gnuradio/stft/istft.h>
#include <gnuradio/stft/kernel/stft/istft.h>

namespace gr::stft {

template <class T>
class istft_impl : public synthesis_block<T, istft<T>, kernel::istft<T>>
{
public:
    istft_impl(const kernel::parameters& p, const kernel::taps_t& synthesis)
        : gr::block("istft",
                    input_rows(kernel::bins<T>(p.n_fft) * sizeof(gr_complex)),
                    gr::io_signature::make(1, 1, sizeof(T))),
          synthesis_block<T, istft<T>, kernel::istft<T>>(
              [=] { return kernel::istft<T>(p, synthesis); }),
          d_frames(p.frames())
    {}

    std::int64_t latency() const override
    {
        return static_cast<std::int64_t>(std::max(d_frames.centre(), d_frames.hop()));
    }

private:
    kernel::framing d_frames;
};

template <class T>
typename istft<T>::sptr istft<T>::make(std::int64_t n_fft,
                                       std::int64_t hop,
                                       const kernel::window& window,
                                       std::int64_t win_length,
                                       const std::string& placement,
                                       const std::string& phase,
                                       const std::string& scaling,
                                       double samp_rate,
                                       bool shifted,
                                       const std::vector<std::complex<double>>& synthesis)
{
    check_rows(kernel::bins<T>(kernel::checked_n_fft(n_fft)) * sizeof(gr_complex));
    const auto p = kernel::parameters::named(
        n_fft, hop, window, win_length, placement, phase, scaling, samp_rate, shifted);
    p.check<T>();
    return gnuradio::make_block_sptr<istft_impl<T>>(p, synthesis);
}

template class istft<float>;
template class istft<gr_complex>;

} // namespace gr::stft
