/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DSTFT_BAND_PLAN_H
#define INCLUDED_STFT_LIB_KERNEL_DSTFT_BAND_PLAN_H

#include <array>
#include <cstddef>

namespace gr::stft::kernel {

//! Neighbouring bins begin .. end - 1 that share a window length.
struct band {
    std::size_t begin, end;
    double theta;
};

/*!
 * \brief The bins of one frame for which an FFT per window length is faster than a sum per bin. A plan follows from the
 * window lengths alone, and is empty where sums are faster.
 */
class band_plan
{
public:
    //! Returns a plan for all bins, or an empty one.
    //! \param theta a window length for each of `bins` bins
    static band_plan of_all_bins(const double* theta, std::size_t bins, std::size_t n_fft);

    //! Returns a plan for the n lowest and the n highest bins, or an empty one. The n lowest share a
    //! window length, and the n highest do; n is the largest possible multiple of `granule`.
    static band_plan
    of_outer_bins(const double* theta, std::size_t bins, std::size_t n_fft, std::size_t granule);

    bool empty() const { return d_bands == 0; }
    //! Number of different window lengths, each of which takes one FFT.
    std::size_t ffts() const { return d_ffts; }
    //! Number of bins planned at each end of the spectrum by of_outer_bins().
    std::size_t outer() const { return d_outer; }

    //! Calls f(first, last) for the bands first .. last - 1 of each window length, longest first.
    template <class F>
    void for_each_theta(F f) const
    {
        const band* const end = d_band.data() + d_bands;
        for (const band *first = d_band.data(), *last = first; first != end; first = last) {
            while (last != end && last->theta == first->theta)
                ++last;
            f(first, last);
        }
    }

private:
    static constexpr std::size_t most_bands = 16;

    void add(const band& one) { d_band[d_bands++] = one; }
    void clear();
    //! Sorts the bands, which makes neighbours of those with one window length, and keeps them if
    //! their FFTs cost less than `sums`, in bins times samples of their windows.
    void keep_if_cheaper_than(double sums, std::size_t n_fft);

    std::array<band, most_bands> d_band; // the first d_bands of them
    std::size_t d_bands = 0, d_ffts = 0, d_outer = 0;
};

} // namespace gr::stft::kernel
#endif
