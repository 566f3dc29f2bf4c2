/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/analysis_block.h"
#include <gnuradio/stft/stft.h>

namespace gr::stft {

template <class T>
class stft_impl : public analysis_block<T, gr_complex, stft<T>, stft_impl<T>>
{
    using base = analysis_block<T, gr_complex, stft<T>, stft_impl<T>>;

public:
    explicit stft_impl(const kernel::parameters& p)
        : gr::block("stft",
                    gr::io_signature::make(1, 1, sizeof(T)),
                    output_rows(kernel::bins<T>(p.n_fft) * sizeof(gr_complex))),
          base(p, kernel::bins<T>(p.n_fft))
    {}

    static constexpr bool in_runs = true;
    void write_run(kernel::stft<T>& transform,
                   const T* frames,
                   std::int64_t start,
                   std::size_t count,
                   gr_complex* rows)
    {
        transform.analyse_run(frames, start, count, rows);
    }
};

template <class T>
typename stft<T>::sptr stft<T>::make(const kernel::parameters& p)
{
    check_rows(kernel::bins<T>(kernel::checked_n_fft(static_cast<std::int64_t>(p.n_fft))) *
               sizeof(gr_complex));
    p.check<T>();
    return gnuradio::make_block_sptr<stft_impl<T>>(p);
}

template class stft<float>;
template class stft<gr_complex>;

} // namespace gr::stft
