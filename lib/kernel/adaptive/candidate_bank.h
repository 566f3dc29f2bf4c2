/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_CANDIDATE_BANK_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_CANDIDATE_BANK_H

#include "block_criterion.h"
#include "restart.h"
#include "spectral_whitener.h"
#include <gnuradio/stft/kernel/dstft/dstft.h>
#include <gnuradio/stft/kernel/frames/frame_dft.h>

namespace gr::stft::kernel {

//! Points of the DFT that a window of this length is measured with: the smallest power of two not below it.
STFT_API std::size_t dft_length_for(double theta);

/*!
 * \brief A few window lengths, log-spaced, that are measured at every frame of a grid; sums over bands of the whitened
 * power are kept for as many frames as blocks and the future of a path ask for.
 *
 * Long windows change slowly from frame to frame and are measured at every few frames only; short ones have short
 * DFTs. Frames are numbered absolutely, and so is what a block's sums are made from.
 *
 * Zeros beyond the ends of a signal would look like clicks. Where a window would reach beyond one it is measured at the
 * nearest place where it does not, so that all candidates see samples of the signal only, and each frame counts for
 * each of them. A candidate that is longer than the signal counts like the longest one that is not; if there is none,
 * the frame is as if it were silent.
 */
template <class T>
class STFT_API candidate_bank
{
public:
    using real = real_t<T>;
    using complex = std::complex<real>;

    //! \param theta the candidates, ascending
    candidate_bank(const adaptive_settings& s, const std::vector<double>& theta);

    std::size_t size() const { return d_members.size(); }
    std::size_t bands() const { return d_bands; }
    double log_theta(std::size_t k) const { return d_members[k].log_theta; }

    //! Samples that a candidate's window reaches before and behind the centre.
    std::int64_t reach() const { return d_reach; }

    //! Measures frame p, the successor of the last one.
    //! \param x the signal, but for samples more than 2 reach() away from the frame \param centre its central sample
    void measure(std::int64_t p, const excerpt<T>& x, std::int64_t centre);

    //! Whether the frames' sums are added up over all frames instead of a block.
    bool endless() const { return d_endless; }

    /*!
     * \brief Block n: frames n - h .. n + h that were measured, all of them where endless.
     * \param J [band][candidate] of the criterion and the prior
     * \return for each band whether J is defined: no candidate saw silence only, or nothing
     */
    void evaluate(std::int64_t n);
    const double* J(std::size_t band) const { return d_J.data() + band * size(); }
    bool defined(std::size_t band) const { return d_defined[band]; }

    //! Mean sums of a frame of block n for a window length between the candidates; not silent, or zeros.
    criterion_sums block_mean(std::int64_t n, std::size_t band, double log_theta);

    //! Frames of block n.
    std::int64_t frames_in(std::int64_t n) const;

    //! Starts again at frame p, which is measured next. \param past the totals over all frames, and the whitener
    void restart(std::int64_t p, history past);

    const spectral_whitener<real>& whitener() const { return d_whitener; }
    const block_criterion<real>& criterion() const { return d_criterion; }

    //! 0: all evaluations; 1: long windows half as often; 2: every second candidate as well.
    void set_load(int level) { d_load = level; }

    std::uint64_t evaluations() const { return d_evaluations; }
    std::uint64_t dropped() const { return d_dropped; }
    //! Its spectral envelope, its counts, and what it has added up over the same candidates.
    void take_over(const candidate_bank& other);

private:
    struct member {
        double theta, log_theta;
        std::size_t n;
        std::int64_t every; // frames
        std::int64_t reach; // samples under the window on either side of the centre
        volk::vector<real> window;
        frame_analysis<T> analysis;
        std::vector<bin_band> bands;
        std::size_t weights; // which of d_weights
    };
    struct weight_set {
        std::size_t n;
        volk::vector<real> values;
        std::uint64_t version = 0;
    };

    bool kept(std::size_t k, int load) const;
    bool due(std::size_t k, std::int64_t p, int load) const;
    void measure(std::size_t k, double* row, const T* centre);
    void repeat(std::size_t k, double* row) const;
    double* row(std::int64_t p) { return d_rows.data() + modulo(p, d_slots) * d_row; }
    const double* gather(std::int64_t n);
    criterion_sums mean(const double* block, std::size_t k, std::size_t band) const;

    std::size_t d_bands, d_reference = 0; // the candidate that the whitener looks at
    std::int64_t d_half;
    bool d_endless;
    std::int64_t d_reach = 0;
    block_criterion<real> d_criterion;
    std::vector<member> d_members;
    spectral_whitener<real> d_whitener;
    std::vector<weight_set> d_weights; // one for each length of DFT
    volk::vector<complex> d_spectrum;
    volk::vector<real> d_power, d_q;

    std::size_t d_slots, d_row; // sums first, second, and counts, each [band][candidate]
    volk::vector<double> d_rows, d_total, d_block;
    std::int64_t d_begin = 0, d_end = 0;                // frames measured since the restart
    std::int64_t d_gathered = -1;                       // the block that d_block holds
    std::vector<criterion_sums> d_sums;                 // of each band
    volk::vector<double> d_means, d_pull, d_J, d_flaws; // each [band][candidate], means two of it
    std::vector<char> d_defined;
    int d_load = 0;
    std::uint64_t d_evaluations = 0, d_dropped = 0;
};

} // namespace gr::stft::kernel
#endif
