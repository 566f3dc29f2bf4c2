/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "adaptive_learner.h"
#include <volk/volk.h>
#include <algorithm>

namespace gr::stft::kernel {

template <class T>
adaptive_stft<T>::adaptive_stft(const adaptive_settings& settings)
    : d_learner(std::make_unique<adaptive_learner<T>>(settings))
{}

template <class T>
adaptive_stft<T>::~adaptive_stft() = default;
template <class T>
adaptive_stft<T>::adaptive_stft(adaptive_stft&&) noexcept = default;
template <class T>
adaptive_stft<T>& adaptive_stft<T>::operator=(adaptive_stft&&) noexcept = default;

template <class T>
const adaptive_settings& adaptive_stft<T>::settings() const
{
    return d_learner->settings();
}

template <class T>
std::size_t adaptive_stft<T>::bins() const
{
    return kernel::bins<T>(settings().n_fft);
}

template <class T>
std::size_t adaptive_stft<T>::thetas() const
{
    return d_learner->thetas();
}

template <class T>
std::int64_t adaptive_stft<T>::latency() const
{
    return d_learner->latency();
}

template <class T>
std::size_t adaptive_stft<T>::push(const T* samples, std::size_t count)
{
    return d_learner->push(samples, count);
}

template <class T>
void adaptive_stft<T>::finish()
{
    d_learner->finish();
}

template <class T>
bool adaptive_stft<T>::finished() const
{
    return d_learner->signal().finished();
}

template <class T>
std::int64_t adaptive_stft<T>::received() const
{
    return d_learner->signal().received();
}

template <class T>
std::int64_t adaptive_stft<T>::wanted()
{
    return d_learner->wanted();
}

template <class T>
bool adaptive_stft<T>::ready()
{
    return d_learner->ready();
}

template <class T>
bool adaptive_stft<T>::over()
{
    return d_learner->over();
}

template <class T>
std::int64_t adaptive_stft<T>::frame() const
{
    return d_learner->frame();
}

template <class T>
position adaptive_stft<T>::centre() const
{
    return d_learner->centre();
}

template <class T>
std::int64_t adaptive_stft<T>::end() const
{
    return d_learner->end();
}

template <class T>
void adaptive_stft<T>::next(complex* spectrum, float* theta, position& t)
{
    const auto& lengths = d_learner->next(spectrum, t);
    std::copy(lengths.begin(), lengths.end(), theta);
}

template <class T>
void adaptive_stft<T>::next(complex* spectrum, double* theta, position& t)
{
    const auto& lengths = d_learner->next(spectrum, t);
    volk_32f_convert_64f(theta, lengths.data(), static_cast<unsigned>(lengths.size()));
}

template <class T>
void adaptive_stft<T>::set_theta(const std::vector<double>& theta)
{
    d_learner->set_theta(theta);
}

template <class T>
void adaptive_stft<T>::set_bounds(double theta_min, double theta_max)
{
    d_learner->set_bounds(theta_min, theta_max);
}

template <class T>
void adaptive_stft<T>::set_hop(double hop)
{
    d_learner->set_hop(hop);
}

template <class T>
void adaptive_stft<T>::set_freeze(bool freeze)
{
    d_learner->set_freeze(freeze);
}

template <class T>
void adaptive_stft<T>::reset()
{
    d_learner->reset();
}

template <class T>
void adaptive_stft<T>::late(bool is_late)
{
    d_learner->late(is_late);
}

template <class T>
std::vector<double> adaptive_stft<T>::theta() const
{
    return d_learner->last_theta();
}

template <class T>
adaptive_report adaptive_stft<T>::report()
{
    return d_learner->report();
}

template class adaptive_stft<float>;
template class adaptive_stft<double>;
template class adaptive_stft<std::complex<float>>;
template class adaptive_stft<std::complex<double>>;

} // namespace gr::stft::kernel
