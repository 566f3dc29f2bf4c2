/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/analysis_block.h"
#include <gnuradio/stft/kernel/stft/power.h>
#include <gnuradio/stft/spectrogram.h>

namespace gr::stft {

template <class T>
class spectrogram_impl : public analysis_block<T, float, spectrogram<T>, spectrogram_impl<T>>
{
    using base = analysis_block<T, float, spectrogram<T>, spectrogram_impl<T>>;

public:
    explicit spectrogram_impl(const spectrogram_settings& s)
        : gr::block("spectrogram",
                    gr::io_signature::make(1, 1, sizeof(T)),
                    output_rows(kernel::bins<T>(s.n_fft) * sizeof(float))),
          base(s, kernel::bins<T>(s.n_fft), true), d_power(s.n_fft, kernel::bins<T>(s.n_fft), s),
          d_spectrum(kernel::bins<T>(s.n_fft))
    {}

    void reset() override
    {
        kernel::change<spectrogram_settings> requested;
        requested.reset = true;
        this->request(requested);
    }

    std::int64_t latency() const override
    {
        const auto s = this->wanted();
        return s.frames().latency() + static_cast<std::int64_t>((s.average - 1) * s.hop);
    }

    bool
    write(kernel::stft<T>& transform, const T* frame, std::int64_t start, bool last, float* row)
    {
        transform.analyse(frame, start, d_spectrum.data());
        return d_power.add(d_spectrum.data(), row) || (last && d_power.flush(row));
    }

    void changed(const spectrogram_settings& s,
                 const kernel::change<spectrogram_settings>& requested)
    {
        d_power.set_average(s.average);
        if (requested.reset)
            d_power.reset();
    }

    void restarted() override
    {
        base::restarted();
        d_power = { d_power.n_fft(), d_spectrum.size(), d_power.design() };
    }

    static void check(const spectrogram_settings& s) { s.kernel::power_parameters::check(); }

    std::uint64_t frames_per_row() const { return d_power.design().average; }

private:
    kernel::power<float> d_power;
    volk::vector<gr_complex> d_spectrum;
};

template <class T>
typename spectrogram<T>::sptr spectrogram<T>::make(const spectrogram_settings& given)
{
    auto s = given;
    check_rows(kernel::bins<T>(kernel::checked_n_fft(static_cast<std::int64_t>(s.n_fft))) *
               sizeof(float));
    s.doubled = kernel::is_real_v<T>;
    s.kernel::power_parameters::check();
    s.scale = kernel::spectrum_scaling(s.kind);
    s.kernel::parameters::template check<T>();
    return gnuradio::make_block_sptr<spectrogram_impl<T>>(s);
}

template class spectrogram<float>;
template class spectrogram<gr_complex>;

} // namespace gr::stft
