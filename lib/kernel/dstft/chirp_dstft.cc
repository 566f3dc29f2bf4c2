/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "chirp_transform.h"
#include "frame_transform.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/dstft/chirp_dstft.h>
#include <gnuradio/stft/kernel/dstft/theta_field.h>

namespace gr::stft::kernel {

template <class T>
chirp_dstft<T>::chirp_dstft(std::size_t n_fft, const window_family& window, norm n)
    : d_n_fft(checked_n_fft(static_cast<std::int64_t>(n_fft)))
{
    if (n_fft < 2)
        refuse("n_fft", n_fft, "must be at least 2");
    d_plain = std::make_unique<frame_transform<T>>(n_fft, window, n);
    d_chirped = std::make_unique<chirp_transform<T>>(n_fft, window, n);
}

template <class T>
chirp_dstft<T>::~chirp_dstft() = default;
template <class T>
chirp_dstft<T>::chirp_dstft(chirp_dstft&&) noexcept = default;
template <class T>
chirp_dstft<T>& chirp_dstft<T>::operator=(chirp_dstft&&) noexcept = default;

template <class T>
bool chirp_dstft<T>::takes(double theta) const
{
    return theta >= least_theta && theta <= static_cast<double>(d_n_fft);
}

template <class T>
void chirp_dstft<T>::analyse(const excerpt<T>& x,
                             const position& t,
                             double theta,
                             double c,
                             complex* spectrum,
                             complex* by_theta,
                             complex* by_t,
                             complex* by_c)
{
    if (c != 0)
        return d_chirped->analyse(x, t, theta, c, spectrum, by_theta, by_t, by_c);
    d_plain->analyse(x, t, theta, spectrum, by_theta, by_t);
    if (by_c)
        d_chirped->analyse(x, t, theta, c, nullptr, nullptr, nullptr, by_c);
}

template <class T>
void chirp_dstft<T>::pull_back(const excerpt<T>& x,
                               const position& t,
                               double theta,
                               double c,
                               const complex* G,
                               double* theta_gradient,
                               double* t_gradient,
                               double* c_gradient,
                               T* x_gradient)
{
    if (c != 0)
        return d_chirped->pull_back(
            x, t, theta, c, G, theta_gradient, t_gradient, c_gradient, x_gradient);
    if (theta_gradient || t_gradient || x_gradient)
        d_plain->pull_back(x, t, theta, G, theta_gradient, t_gradient, x_gradient);
    if (c_gradient)
        d_chirped->pull_back(x, t, theta, c, G, nullptr, nullptr, c_gradient, nullptr);
}

template <class T>
void chirp_dstft<T>::overlap_add(const complex* spectrum,
                                 const position& t,
                                 double theta,
                                 double c,
                                 std::int64_t begin,
                                 std::int64_t end,
                                 T* numerator,
                                 real* denominator,
                                 real* peak)
{
    if (c == 0)
        d_plain->overlap_add(spectrum, t, theta, begin, end, numerator, denominator, peak);
    else
        d_chirped->overlap_add(spectrum, t, theta, c, begin, end, numerator, denominator, peak);
}

template class chirp_dstft<float>;
template class chirp_dstft<double>;
template class chirp_dstft<std::complex<float>>;
template class chirp_dstft<std::complex<double>>;

} // namespace gr::stft::kernel
