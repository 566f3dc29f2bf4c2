/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/synthesis_block.h"
#include <gnuradio/io_signature.h>
#include <gnuradio/stft/kernel/filter_bank/one_integral.h>
#include <gnuradio/stft/one_integral.h>

namespace gr::stft {

template <class T>
class one_integral_impl : public synthesis_block<T, one_integral<T>, kernel::one_integral<T>>
{
public:
    explicit one_integral_impl(const kernel::bins_parameters& p, std::size_t bins)
        : gr::block("one_integral",
                    input_rows(bins * sizeof(gr_complex)),
                    gr::io_signature::make(1, 1, sizeof(T))),
          synthesis_block<T, one_integral<T>, kernel::one_integral<T>>(
              [p] { return kernel::one_integral<T>(p); })
    {}

    std::int64_t latency() const override { return 1; }
};

template <class T>
typename one_integral<T>::sptr one_integral<T>::make(const one_integral_settings& s)
{
    const auto n = kernel::checked_n_fft(static_cast<std::int64_t>(s.n_fft));
    check_rows((s.bins.empty() ? kernel::bins<T>(n) : s.bins.size()) * sizeof(gr_complex));
    kernel::bins_parameters p = s;
    p.hop = 1;
    p.where = kernel::placement::centred;
    const auto count = kernel::one_integral<T>(p).bins();
    return gnuradio::make_block_sptr<one_integral_impl<T>>(p, count);
}

template class one_integral<float>;
template class one_integral<gr_complex>;

} // namespace gr::stft
