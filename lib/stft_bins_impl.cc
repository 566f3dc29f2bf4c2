/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "stream/analysis_block.h"
#include <gnuradio/stft/kernel/filter_bank/stft_bins.h>
#include <gnuradio/stft/stft_bins.h>

namespace gr::stft {

template <class T>
class stft_bins_impl
    : public analysis_block<T, gr_complex, stft_bins<T>, stft_bins_impl<T>, kernel::stft_bins<T>>
{
    using base =
        analysis_block<T, gr_complex, stft_bins<T>, stft_bins_impl<T>, kernel::stft_bins<T>>;

public:
    explicit stft_bins_impl(const kernel::bins_parameters& p)
        : gr::block("stft_bins",
                    gr::io_signature::make(1, 1, sizeof(T)),
                    output_rows(p.bins.size() * sizeof(gr_complex))),
          base(p, p.bins.size()), d_count(p.bins.size())
    {}

    static constexpr bool in_runs =
        true; // at hop 1 what is done for a frame would cost more than the frame

    void write_run(kernel::stft_bins<T>& transform,
                   const T* frames,
                   std::int64_t start,
                   std::size_t count,
                   gr_complex* rows)
    {
        transform.run(frames, start, count, rows);
    }

    void check(const kernel::bins_parameters& p) const
    {
        if (p.bins.size() != d_count)
            kernel::refuse("bins",
                           std::to_string(p.bins.size()) + " of them",
                           "must stay " + std::to_string(d_count));
    }

private:
    std::size_t d_count;
};

template <class T>
typename stft_bins<T>::sptr stft_bins<T>::make(const kernel::bins_parameters& given)
{
    auto p = given;
    if (p.n_fft == 0)
        p.n_fft = p.win_length ? p.win_length : p.window.length();
    if (p.n_fft == 0)
        kernel::refuse("n_fft", 0, "give n_fft, win_length, or the window's taps");
    check_rows(std::max<std::size_t>(1, p.bins.size()) * sizeof(gr_complex));
    p.check<T>();
    return gnuradio::make_block_sptr<stft_bins_impl<T>>(p);
}

template class stft_bins<float>;
template class stft_bins<gr_complex>;

} // namespace gr::stft
