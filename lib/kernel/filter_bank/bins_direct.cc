/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "bins_direct.h"
#include "kernel/simd/bin_routines.h"

namespace gr::stft::kernel {

template <class T>
bins_direct<T>::bins_direct(const bins_parameters& p)
    : d_reals(p.window_length() * (is_real_v<T> ? 1 : 2)),
      d_stride((d_reals / simd::padding + 1) * simd::padding),
      d_absolute(p.phase == phase_reference("absolute")),
      d_taps(2 * p.bins.size() * d_stride, real_t<T>(0)), d_sums(2 * p.bins.size())
{
    const auto window = p.analysis_taps<T>();
    const auto r = d_absolute ? 0 : p.phase.counted_from(0, window.size());
    auto* re = d_taps.data();
    for (const auto bin : p.bins) {
        d_cycles.push_back(cycles_per_sample(bin, p.n_fft));
        auto* im = re + d_stride;
        for (std::size_t m = 0; m < window.size(); ++m) {
            const auto from_r = static_cast<std::int64_t>(m) - r;
            const auto tap = window[m] * cisoid(-cycles_of(d_cycles.back(), from_r));
            const auto a = static_cast<real_t<T>>(tap.real()),
                       b = static_cast<real_t<T>>(tap.imag());
            if constexpr (is_real_v<T>) {
                re[m] = a;
                im[m] = b;
            } else {
                re[2 * m] = a;
                re[2 * m + 1] = -b;
                im[2 * m] = b;
                im[2 * m + 1] = a;
            }
        }
        re = im + d_stride;
    }
}

template <class T>
void bins_direct<T>::analyse(const T* frame, std::int64_t start, complex* row)
{
    simd::chosen_for_bins<real_t<T>>().dot(reinterpret_cast<const real_t<T>*>(frame),
                                           d_reals,
                                           d_taps.data(),
                                           d_stride,
                                           d_sums.size(),
                                           d_sums.data());
    for (std::size_t j = 0; j < d_cycles.size(); ++j) {
        std::complex<double> sum{ d_sums[2 * j], d_sums[2 * j + 1] };
        if (d_absolute)
            sum *= cisoid(-cycles_of(d_cycles[j], start));
        row[j] = static_cast<complex>(sum);
    }
}

template class bins_direct<float>;
template class bins_direct<double>;
template class bins_direct<std::complex<float>>;
template class bins_direct<std::complex<double>>;

} // namespace gr::stft::kernel
