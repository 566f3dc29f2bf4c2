/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/names.h"
#include <gnuradio/stft/kernel/frames/detrend.h>
#include <gnuradio/stft/kernel/frames/parameters.h>

namespace gr::stft::kernel {

namespace {
constexpr name_table names_of_detrending{ named_value{ "none", detrending::none },
                                          named_value{ "constant", detrending::constant },
                                          named_value{ "linear", detrending::linear } };
}

detrending detrending_named(const std::string& name)
{
    return names_of_detrending.value_of("detrend", name);
}

template <class T>
void detrend(detrending kind, const T* frame, std::size_t length, T* detrended)
{
    // sums in double: the mean of a long frame of floats would lose digits
    using sum_t = std::conditional_t<is_real_v<T>, double, std::complex<double>>;
    const double centre = 0.5 * (static_cast<double>(length) - 1);
    sum_t mean{}, slope{};
    if (kind != detrending::none) {
        for (std::size_t m = 0; m < length; ++m)
            mean += sum_t(frame[m]);
        mean /= static_cast<double>(length);
    }
    if (kind == detrending::linear && length > 1) {
        const double n = static_cast<double>(length);
        for (std::size_t m = 0; m < length; ++m)
            slope += (static_cast<double>(m) - centre) * sum_t(frame[m]);
        slope *= 12 / (n * (n * n - 1)); // sum over (m - centre)^2
    }
    for (std::size_t m = 0; m < length; ++m)
        detrended[m] = T(sum_t(frame[m]) - (mean + slope * (static_cast<double>(m) - centre)));
}

template void detrend(detrending, const float*, std::size_t, float*);
template void detrend(detrending, const double*, std::size_t, double*);
template void detrend(detrending, const std::complex<float>*, std::size_t, std::complex<float>*);
template void detrend(detrending, const std::complex<double>*, std::size_t, std::complex<double>*);

} // namespace gr::stft::kernel
