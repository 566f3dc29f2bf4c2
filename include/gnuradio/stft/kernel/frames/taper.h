/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FRAMES_TAPER_H
#define INCLUDED_STFT_KERNEL_FRAMES_TAPER_H

#include <gnuradio/stft/kernel/frames/parameters.h>
#include <volk/volk_alloc.hh>

namespace gr::stft::kernel {

/*!
 * \brief A window's values, rounded once from double, ready to multiply samples of type T.
 */
template <class T>
class STFT_API taper
{
public:
    //! \throws std::invalid_argument if T is real and a value is not, or one overflows T
    explicit taper(const std::vector<std::complex<double>>& values) { assign(values); }

    //! Other values, as for the constructor. Allocates only if there are more of them than ever before.
    void assign(const std::vector<std::complex<double>>& values);

    //! Number of values.
    std::size_t length() const { return d_length; }

    //! product[i] = samples[i] values[from + i], i = 0 .. count - 1
    void multiply(const T* samples, std::size_t from, std::size_t count, T* product) const;

    //! sum[i] += samples[i] values[from + i], i = 0 .. count - 1
    void multiply_add(const T* samples, std::size_t from, std::size_t count, T* sum) const;

    /*!
     * \brief The overlap-add of samples begin .. end - 1 of a frame, of which each gives hop results, 2 hop <= length()
     *
     * With s = sum[i] + samples[i - begin] values[i], without sum[i] in the last hop, result[i] = s weights[i] for i < hop, and
     * sum[i - hop] = s for the others: after all of a frame, the next one's first sample is at sum[0].
     */
    void overlap_add(const T* samples,
                     std::size_t begin,
                     std::size_t end,
                     std::size_t hop,
                     T* sum,
                     const real_t<T>* weights,
                     T* result) const;

private:
    using real = real_t<T>;

    std::size_t d_length;
    volk::vector<real> d_reals;
    volk::vector<T> d_values; // instead, if the window is complex
};

} // namespace gr::stft::kernel
#endif
