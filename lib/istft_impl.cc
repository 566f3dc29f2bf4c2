/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "stream/synthesis_block.h"
#include <gnuradio/io_signature.h>
#include <gnuradio/stft/istft.h>
#include <gnuradio/stft/kernel/stft/folded_istft.h>
#include <gnuradio/stft/kernel/stft/istft.h>

namespace gr::stft {

//! Inverse: kernel::istft, or kernel::folded_istft for a window longer than n_fft.
template <class T, class Inverse>
class istft_impl : public synthesis_block<T, istft<T>, Inverse>
{
public:
    explicit istft_impl(const istft_settings& s)
        : gr::block("istft",
                    input_rows(kernel::bins<T>(s.n_fft) * sizeof(gr_complex)),
                    gr::io_signature::make(1, 1, sizeof(T))),
          synthesis_block<T, istft<T>, Inverse>(
              [=] { return Inverse(s, s.synthesis, s.threshold, s.strict); })
    {
        if constexpr (std::is_same_v<Inverse, kernel::istft<T>>)
            d_latency = static_cast<std::int64_t>(std::max(s.frames().centre(), s.frames().hop()));
        else
            d_latency = Inverse(s, s.synthesis).latency();
    }

    std::int64_t latency() const override { return d_latency; }
    std::uint64_t uncovered() const override { return this->d_uncovered; }

private:
    std::int64_t d_latency;
};

template <class T>
typename istft<T>::sptr istft<T>::make(const istft_settings& s)
{
    check_rows(kernel::bins<T>(kernel::checked_n_fft(static_cast<std::int64_t>(s.n_fft))) *
               sizeof(gr_complex));
    s.check<T>();
    if (s.threshold != -1 && !(s.threshold >= 0 && s.threshold < 1))
        kernel::refuse("threshold", s.threshold, "must be 0 <= threshold < 1");
    if (s.window_length() > s.n_fft)
        return gnuradio::make_block_sptr<istft_impl<T, kernel::folded_istft<T>>>(s);
    return gnuradio::make_block_sptr<istft_impl<T, kernel::istft<T>>>(s);
}

template class istft<float>;
template class istft<gr_complex>;

} // namespace gr::stft
