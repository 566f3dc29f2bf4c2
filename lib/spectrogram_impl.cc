/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/analysis_block.h"
#include <gnuradio/stft/kernel/stft/power.h>
#include <gnuradio/stft/spectrogram.h>
#include <atomic>

namespace gr::stft {

template <class T>
class spectrogram_impl : public analysis_block<T, float, spectrogram<T>, spectrogram_impl<T>>
{
    using base = analysis_block<T, float, spectrogram<T>, spectrogram_impl<T>>;

public:
    spectrogram_impl(const kernel::parameters& p, const kernel::power_parameters& power)
        : gr::block("spectrogram",
                    gr::io_signature::make(1, 1, sizeof(T)),
                    output_rows(kernel::bins<T>(p.n_fft) * sizeof(float))),
          base(p,
               kernel::bins<T>(p.n_fft),
               { "hop", "window", "win_length", "average", "reset", "at" }),
          d_power(p.n_fft, kernel::bins<T>(p.n_fft), power), d_spectrum(kernel::bins<T>(p.n_fft)),
          d_average(power.average)
    {}

    void set_average(std::int64_t average) override
    {
        retune wish;
        wish.average = average;
        this->request(wish);
    }

    void reset() override
    {
        retune wish;
        wish.reset = true;
        this->request(wish);
    }

    std::int64_t average() const override { return d_average; }

    std::int64_t latency() const override
    {
        const auto p = this->wanted();
        return p.frames().latency() + (d_average - 1) * static_cast<std::int64_t>(p.hop);
    }

    bool
    write(kernel::stft<T>& transform, const T* frame, std::int64_t start, bool last, float* row)
    {
        transform.analyse(frame, start, d_spectrum.data());
        return d_power.add(d_spectrum.data(), row) || (last && d_power.flush(row));
    }

    void changed(const retune& wish)
    {
        if (wish.average)
            d_power.set_average(static_cast<std::uint64_t>(*wish.average));
        if (wish.reset)
            d_power.reset();
    }

    void restarted() override
    {
        base::restarted();
        d_power = { d_power.n_fft(), d_spectrum.size(), d_power.design() };
    }

    static void check(const retune& wish)
    {
        kernel::power_parameters p;
        p.average = static_cast<std::uint64_t>(wish.average.value_or(1));
        p.check();
    }

    void accepted(const retune& wish) { d_average = wish.average.value_or(d_average); }

    std::uint64_t frames_per_row() const { return d_power.design().average; }

private:
    kernel::power<float> d_power;
    volk::vector<gr_complex> d_spectrum;
    std::atomic<std::int64_t> d_average; // the value last asked for
};

template <class T>
typename spectrogram<T>::sptr spectrogram<T>::make(std::int64_t n_fft,
                                                   std::int64_t hop,
                                                   const kernel::window& window,
                                                   std::int64_t win_length,
                                                   const std::string& placement,
                                                   const std::string& kind,
                                                   std::int64_t average,
                                                   bool max_hold,
                                                   bool db,
                                                   double samp_rate,
                                                   bool shifted)
{
    check_rows(kernel::bins<T>(kernel::checked_n_fft(n_fft)) * sizeof(float));
    kernel::power_parameters power;
    power.kind = kernel::power_kind_named(kind);
    power.average = static_cast<std::uint64_t>(average);
    power.max_hold = max_hold;
    power.db = db;
    power.doubled = kernel::is_real_v<T>;
    power.check();
    const auto scaling = name_of(kernel::spectrum_scaling(power.kind));
    const auto p = kernel::parameters::named(
        n_fft, hop, window, win_length, placement, "centre", scaling, samp_rate, shifted);
    p.check<T>();
    return gnuradio::make_block_sptr<spectrogram_impl<T>>(p, power);
}

template class spectrogram<float>;
template class spectrogram<gr_complex>;

} // namespace gr::stft
