/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/frames/unfolded.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/dstft/dstft.h>
#include <gnuradio/stft/kernel/frames/window_derivative.h>
#include <gnuradio/stft/kernel/frames/threshold.h>
#include <gnuradio/stft/kernel/reassign/reassign.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

constexpr double cycles_per_radian = 1 / (2 * M_PI);
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr double largest = std::numeric_limits<double>::max();

template <class R>
std::complex<double> ratio(const std::complex<R>& of, const std::complex<double>& inverse)
{
    return std::complex<double>(of) * inverse;
}

template <class T>
std::vector<std::complex<double>> checked_taps(const reassignment_parameters& p)
{
    p.check<T>();
    return p.analysis_taps<T>();
}

} // namespace

template <class T>
void reassignment_parameters::check() const
{
    check_unfolded(*this);
    parameters::check<T>();
    if (order != 1 && order != 2)
        refuse("order", order, "must be 1 or 2");
    checked_threshold(threshold, 0);
}

template <class T>
reassignment<T>::reassignment(const reassignment_parameters& p)
    : d_parameters(p), d_taps(checked_taps<T>(p)), d_taper(d_taps), d_dft(p.n_fft, p.centered()),
      d_frame(d_taps.size() + 2 * derivative_reach), d_product(d_frame.size())
{
    d_parameters.threshold = checked_threshold(p.threshold, magnitude_threshold<real_t<T>>);
    d_least = d_parameters.threshold * d_parameters.threshold;
    d_moment.resize(d_taps.size());
    d_slope.resize(d_frame.size());
    d_norms.resize(bins());
    for (std::size_t row = 0; row < bins(); ++row)
        d_own.push_back(static_cast<double>(bin(row)) / static_cast<double>(p.n_fft));
    set_taps();
}

template <class T>
void reassignment<T>::set_taps()
{
    const auto put = [this](std::vector<moment>& moments, std::size_t at, const auto& values) {
        if (at == moments.size())
            moments.push_back({ taper<T>(values), volk::vector<complex>(bins()) });
        else
            moments[at].taper.assign(values);
    };
    d_taper.assign(d_taps);
    d_moment = d_taps;
    const auto c = static_cast<double>(d_taps.size() / 2);
    for (std::size_t power = 0; power < static_cast<std::size_t>(d_parameters.order); ++power) {
        differentiate(d_moment.data(), d_moment.size(), d_slope.data());
        put(d_slopes, power, d_slope);
        for (std::size_t m = 0; m < d_moment.size(); ++m)
            d_moment[m] *= static_cast<double>(m) - c;
        put(d_moments, power, d_moment);
    }
}

template <class T>
void reassignment<T>::set_window(const window_family& family, double theta)
{
    if (!(theta >= least_theta && theta <= static_cast<double>(win_length())))
        refuse("theta", theta, "must be in (0, n_fft = " + std::to_string(win_length()) + "]");
    if (theta == d_theta)
        return;
    const auto c = static_cast<double>(d_taps.size() / 2);
    for (std::size_t m = 0; m < d_taps.size(); ++m)
        d_taps[m] = family.evaluate(static_cast<double>(m) - c, theta);
    const auto g = gain(d_parameters.scale, d_taps, d_parameters.n_fft, d_parameters.samp_rate);
    for (auto& w : d_taps)
        w *= g;
    set_taps();
    d_theta = theta;
}

template <class T>
std::int64_t reassignment<T>::bin(std::size_t row) const
{
    const auto n = static_cast<std::int64_t>(d_parameters.n_fft);
    const auto k = static_cast<std::int64_t>(row);
    if (is_real_v<T>)
        return k;
    return d_parameters.centered() ? k - n / 2 : k < n - n / 2 ? k : k - n;
}

template <class T>
void reassignment<T>::transform(moment& m, const T* frame, std::size_t offset)
{
    const auto size = m.taper.length(), n_fft = d_parameters.n_fft;
    if (size <= n_fft) {
        d_dft.analyse(frame, m.taper, offset, m.spectrum.data());
        return;
    }
    // longer than n_fft by at most twice derivative_reach: modulo n_fft its ends overlap
    m.taper.multiply(frame, 0, size, d_product.data());
    T* buffer = d_dft.buffer();
    std::fill(buffer, buffer + n_fft, T(0));
    for (std::size_t i = 0, at = offset; i < size; ++i) {
        buffer[at] += d_product[i];
        if (++at == n_fft)
            at = 0;
    }
    d_dft.transform(m.spectrum.data());
}

//! The samples from `derivative_reach` before a frame to as many after it; zeros where the signal has none.
template <class T>
const T* reassignment<T>::excerpt(const T* x, std::int64_t length, std::int64_t begin)
{
    const auto end = begin + static_cast<std::int64_t>(d_frame.size());
    if (begin >= 0 && end <= length)
        return x + begin;
    const auto from = std::clamp<std::int64_t>(begin, 0, length);
    const auto to = std::clamp<std::int64_t>(end, 0, length);
    std::fill(d_frame.begin(), d_frame.end(), T(0));
    if (from < to)
        std::copy(x + from, x + to, d_frame.begin() + (from - begin));
    return d_frame.data();
}

//! Takes |X|^2 of each bin; returns the value that it must exceed for the bin to move.
template <class T>
double reassignment<T>::take_norms(const complex* spectrum)
{
    double peak = 0;
    for (std::size_t row = 0; row < bins(); ++row) {
        d_norms[row] = std::norm(std::complex<double>(spectrum[row]));
        peak = d_norms[row] > peak ? d_norms[row] : peak;
    }
    return d_least * peak;
}

//! The first order: k / n_fft - Im b / (2 pi). Sets d_norms to 0 where a cell keeps its place.
template <class T>
void reassignment<T>::move_frequencies(const complex* spectrum, double least, double* frequencies)
{
    const auto* slope = d_slopes[0].spectrum.data();
    for (std::size_t row = 0; row < bins(); ++row) {
        const std::complex<double> X(spectrum[row]), Y(slope[row]);
        const double radians = (Y.imag() * X.real() - Y.real() * X.imag()) / d_norms[row];
        const double frequency = d_own[row] - radians * cycles_per_radian;
        const bool moves = d_norms[row] > least && std::abs(frequency) <= largest;
        frequencies[row] = moves ? frequency : d_parameters.mark ? unknown : d_own[row];
        d_norms[row] = moves ? d_norms[row] : 0;
    }
}

//! Re a, from the frame's centre.
template <class T>
void reassignment<T>::move_times(const complex* spectrum, double* times) const
{
    const auto* moment = d_moments[0].spectrum.data();
    for (std::size_t row = 0; row < bins(); ++row) {
        const std::complex<double> X(spectrum[row]), Y(moment[row]);
        const double time = (Y.real() * X.real() + Y.imag() * X.imag()) / d_norms[row];
        times[row] = d_norms[row] > 0 && std::abs(time) <= largest ? time
                     : d_parameters.mark                           ? unknown
                                                                   : 0;
    }
}

//! The second order: less Im(p a) / (2 pi), where that is finite.
template <class T>
void reassignment<T>::add_second_order(const complex* spectrum, double* frequencies) const
{
    for (std::size_t row = 0; row < bins(); ++row) {
        if (!(d_norms[row] > 0))
            continue;
        const auto inverse = std::conj(std::complex<double>(spectrum[row])) / d_norms[row];
        const auto a = ratio(d_moments[0].spectrum[row], inverse),
                   b = ratio(d_slopes[0].spectrum[row], inverse),
                   c = ratio(d_slopes[1].spectrum[row], inverse),
                   d = ratio(d_moments[1].spectrum[row], inverse);
        const double frequency =
            frequencies[row] - ((c - a * b) / (a * a - d) * a).imag() * cycles_per_radian;
        frequencies[row] = std::abs(frequency) <= largest ? frequency : frequencies[row];
    }
}

template <class T>
void reassignment<T>::analyse(const T* x,
                              std::int64_t length,
                              std::int64_t start,
                              complex* spectrum,
                              double* frequencies,
                              double* times)
{
    const auto reach = static_cast<std::int64_t>(derivative_reach);
    const T* frame = excerpt(x, length, start - reach);
    const auto n_fft = d_parameters.n_fft;
    const auto offset = d_parameters.phase.offset(start, win_length(), n_fft);
    d_dft.analyse(frame + reach, d_taper, offset, spectrum);
    for (auto& m : d_slopes)
        transform(m, frame, modulo(static_cast<std::int64_t>(offset) - reach, n_fft));
    const auto moments = d_parameters.order == 2 ? 2 : times ? 1 : 0;
    for (int i = 0; i < moments; ++i)
        transform(d_moments[i], frame + reach, offset);

    move_frequencies(spectrum, take_norms(spectrum), frequencies);
    if (times)
        move_times(spectrum, times);
    if (d_parameters.order == 2)
        add_second_order(spectrum, frequencies);
}

frequency_rows::frequency_rows(std::size_t n_fft, bool onesided, bool shifted)
    : d_n_fft(n_fft), d_first(shifted ? n_fft / 2 : 0), d_size(static_cast<double>(n_fft)),
      d_onesided(onesided)
{}

frequency_grid::frequency_grid(const std::vector<double>& frequencies, bool onesided)
    : d_onesided(onesided)
{
    if (frequencies.empty())
        refuse("grid", "0 frequencies", "must be one or more");
    const double least = onesided ? 0 : -1, most = onesided ? 0.5 : 1;
    const auto refuse_frequency = [](double f, const char* rule) {
        refuse("grid", number_text(f) + " of the sampling rate", rule); // who gave Hz knows it so
    };
    for (std::size_t i = 0; i < frequencies.size(); ++i) {
        const auto f = frequencies[i];
        if (!(f >= least && f <= most))
            refuse_frequency(f, onesided ? "must be 0 .. 1/2 of it" : "must be -1 .. 1 of it");
        if (i > 0 && !(f > frequencies[i - 1]))
            refuse_frequency(f, "must rise");
        if (i > 0)
            d_limits.push_back((frequencies[i - 1] + f) / 2);
    }
    d_first = frequencies.front();
    d_last = frequencies.back();
    d_lowest = (d_last - 1 + d_first) / 2;
    if (!(d_last - d_first < 1))
        refuse_frequency(d_last, "must be less than 1 of it above the first one");
}

bool frequency_grid::nearest(double frequency, frequency_rows::arrival& to) const
{
    if (!(std::abs(frequency) < 4294967296.0)) // beyond, there are no places within a cycle
        return false;
    const auto row_at = [this](double f) {
        return static_cast<std::size_t>(std::upper_bound(d_limits.begin(), d_limits.end(), f) -
                                        d_limits.begin());
    };
    if (!d_onesided) {
        to = { row_at(frequency - std::floor(frequency - d_lowest)), false, false };
        return true;
    }
    const auto f = frequency - std::round(frequency);
    to.row = row_at(std::abs(f));
    to.conjugate = f < 0;
    const auto middle = to.row == 0 ? d_first : to.row + 1 == rows() ? d_last : 0.25;
    to.real_part = middle == 0 || middle == 0.5; // both sides meet there
    return true;
}

template void reassignment_parameters::check<float>() const;
template void reassignment_parameters::check<double>() const;
template void reassignment_parameters::check<std::complex<float>>() const;
template void reassignment_parameters::check<std::complex<double>>() const;
template class reassignment<float>;
template class reassignment<double>;
template class reassignment<std::complex<float>>;
template class reassignment<std::complex<double>>;

} // namespace gr::stft::kernel
