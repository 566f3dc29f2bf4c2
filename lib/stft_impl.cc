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
          base(p, kernel::bins<T>(p.n_fft), { "hop", "window", "win_length", "scaling", "at" })
    {}

    void set_scaling(const std::string& scaling) override
    {
        retune wish;
        wish.scaling = scaling;
        this->request(wish);
    }

    std::string scaling() const override { return name_of(this->wanted().scale); }
    std::int64_t latency() const override { return this->wanted().frames().latency(); }

    static constexpr bool in_runs = true;
    void write_run(kernel::stft<T>& transform,
                   const T* frames,
                   std::int64_t start,
                   std::size_t count,
                   gr_complex* rows)
    {
        transform.analyse_run(frames, start, count, rows);
    }

    void changed(const retune&) {}
    void check(const retune&) const {}
    void accepted(const retune&) {}
    std::uint64_t frames_per_row() const { return 1; }
};

template <class T>
typename stft<T>::sptr stft<T>::make(std::int64_t n_fft,
                                     std::int64_t hop,
                                     const kernel::window& window,
                                     std::int64_t win_length,
                                     const std::string& placement,
                                     const std::string& phase,
                                     const std::string& scaling,
                                     double samp_rate,
                                     bool shifted)
{
    check_rows(kernel::bins<T>(kernel::checked_n_fft(n_fft)) * sizeof(gr_complex));
    const auto p = kernel::parameters::named(
        n_fft, hop, window, win_length, placement, phase, scaling, samp_rate, shifted);
    p.check<T>();
    return gnuradio::make_block_sptr<stft_impl<T>>(p);
}

template class stft<float>;
template class stft<gr_complex>;

} // namespace gr::stft
