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

    std::int64_t latency() const override { return 0; }
};

template <class T>
typename one_integral<T>::sptr one_integral<T>::make(std::int64_t n_fft,
                                                     const kernel::window& window,
                                                     std::int64_t win_length,
                                                     const std::string& phase,
                                                     const std::vector<double>& bins,
                                                     const std::string& scaling,
                                                     double samp_rate)
{
    const auto n = kernel::checked_n_fft(n_fft);
    check_rows((bins.empty() ? kernel::bins<T>(n) : bins.size()) * sizeof(gr_complex));
    const kernel::bins_parameters p{
        kernel::parameters::named(
            n_fft, 1, window, win_length, "centred", phase, scaling, samp_rate, false),
        bins
    };
    const auto count = kernel::one_integral<T>(p).bins();
    return gnuradio::make_block_sptr<one_integral_impl<T>>(p, count);
}

template class one_integral<float>;
template class one_integral<gr_complex>;

} // namespace gr::stft
