/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DSTFT_RUN_TRANSFORM_H
#define INCLUDED_STFT_LIB_KERNEL_DSTFT_RUN_TRANSFORM_H

#include <gnuradio/stft/kernel/dstft/dstft.h>
#include <volk/volk_alloc.hh>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief The part of the DSTFT in which runs of neighbouring bins have one window length each, as bands have: an FFT
 * for each length instead of a sum for each bin. Whether FFTs serve a frame depends on its window lengths alone.
 */
template <class T>
class run_transform
{
public:
    using complex = std::complex<real_t<T>>;

    run_transform(std::size_t n_fft, const window_family& window, norm n);

    //! True if FFTs serve all bins faster than a sum for each of them.
    bool serves_all(const double* theta);
    //! True for at most 4 FFTs: cheaper than running_sums as well.
    bool by_few() const { return d_ffts <= 4; }

    //! Returns n such that FFTs are faster for the n lowest and the n highest bins; a multiple of
    //! `granule`, or 0.
    std::size_t serves_outer(const double* theta, std::size_t granule);

    /*
     * The functions below handle the bins chosen by the last call of serves_all() or
     * serves_outer(). Their arguments are those of dstft<T>.
     */

    //! Other bins of the rows stay as they are.
    void analyse(const excerpt<T>& x,
                 const position& t,
                 complex* spectrum,
                 complex* by_theta,
                 complex* by_t);
    //! The gradient of the samples that dstft<T>::pull_back() adds.
    void pull_back(const excerpt<T>& x, const position& t, const complex* G, T* x_gradient);
    void energy(const position& t,
                const real_t<T>* weight,
                std::int64_t begin,
                std::int64_t end,
                double* sum);

private:
    using run = typename dstft<T>::run;

    //! Sorts the runs, which makes neighbours of those with one window length.
    //! \return what FFTs for them cost, in bins times samples of their windows
    double plan();
    //! f(first, last) for the runs of each window length
    template <class F>
    void for_each_theta(F f) const;

    std::size_t d_n_fft, d_bins;
    std::vector<run> d_runs;
    std::size_t d_ffts = 0;
    dstft<T> d_transform;
    volk::vector<real_t<T>> d_weight;
};

} // namespace gr::stft::kernel
#endif
