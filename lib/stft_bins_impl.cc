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
          base(p, p.bins.size(), { "bins", "hop", "window", "win_length", "scaling", "at" }),
          d_count(p.bins.size())
    {}

    void set_bins(const std::vector<double>& bins) override
    {
        retune wish;
        wish.bins = bins;
        this->request(wish);
    }

    void set_scaling(const std::string& scaling) override
    {
        retune wish;
        wish.scaling = scaling;
        this->request(wish);
    }

    std::vector<double> bins() const override { return this->wanted().bins; }
    std::string scaling() const override { return name_of(this->wanted().scale); }
    std::int64_t latency() const override { return this->wanted().frames().latency(); }

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

    void check(const retune& wish) const
    {
        if (wish.bins && wish.bins->size() != d_count)
            kernel::refuse("bins",
                           std::to_string(wish.bins->size()) + " of them",
                           "must stay " + std::to_string(d_count));
    }

    void changed(const retune&) {}
    void accepted(const retune&) {}
    std::uint64_t frames_per_row() const { return 1; }

private:
    std::size_t d_count;
};

template <class T>
typename stft_bins<T>::sptr stft_bins<T>::make(const std::vector<double>& bins,
                                               std::int64_t hop,
                                               const kernel::window& window,
                                               std::int64_t win_length,
                                               std::int64_t n_fft,
                                               const std::string& phase,
                                               const std::string& placement,
                                               const std::string& scaling,
                                               double samp_rate)
{
    if (n_fft == 0)
        n_fft = win_length ? win_length : static_cast<std::int64_t>(window.length());
    if (n_fft == 0)
        kernel::refuse("n_fft", n_fft, "give n_fft, win_length, or the window's taps");
    check_rows(std::max<std::size_t>(1, bins.size()) * sizeof(gr_complex));
    const kernel::bins_parameters p{
        kernel::parameters::named(
            n_fft, hop, window, win_length, placement, phase, scaling, samp_rate, false),
        bins
    };
    p.check<T>();
    return gnuradio::make_block_sptr<stft_bins_impl<T>>(p);
}

template class stft_bins<float>;
template class stft_bins<gr_complex>;

} // namespace gr::stft
