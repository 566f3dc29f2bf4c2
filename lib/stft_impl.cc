/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "stream/analysis_block.h"
#include <gnuradio/stft/stft.h>
#include <string>

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
          base(p, kernel::bins<T>(p.n_fft)), d_long(p.window_length() > p.n_fft)
    {}

    //! An inverse cannot follow from windows of n_fft samples to longer ones, or back.
    void check(const kernel::parameters& next) const
    {
        const auto length = next.window_length();
        const auto n_fft = std::to_string(next.n_fft);
        if (length > next.n_fft && !d_long)
            kernel::refuse(
                "win_length", length, "must be 1 .. n_fft = " + n_fft + " while it runs");
        if (length <= next.n_fft && d_long)
            kernel::refuse("win_length", length, "must exceed n_fft = " + n_fft + " while it runs");
    }

    static constexpr bool in_runs = true;
    void write_run(kernel::stft<T>& transform,
                   const T* frames,
                   std::int64_t start,
                   std::size_t count,
                   gr_complex* rows)
    {
        transform.analyse_run(frames, start, count, rows);
    }

private:
    bool d_long;
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
