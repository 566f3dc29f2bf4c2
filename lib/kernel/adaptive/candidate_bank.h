/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_CANDIDATE_BANK_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_CANDIDATE_BANK_H

#include "block_criterion.h"
#include "energy_measure.h"
#include "restart.h"
#include "spectral_whitener.h"
#include <gnuradio/stft/kernel/dstft/dstft.h>
#include <gnuradio/stft/kernel/frames/frame_dft.h>

namespace gr::stft::kernel {

//! Number of points of the DFT that measures a window of length theta: the least power of two >=
//! theta, at least 4.
STFT_API std::size_t dft_length_for(double theta);

/*!
 * \brief Measures a few log-spaced window lengths, the candidates, at every grid frame.
 *
 * The bank keeps sums over bands of the whitened power for as many frames as a block and the lag of
 * a path need. Spectra with long windows change slowly from frame to frame, so long windows are
 * measured at every few frames only; short windows have short DFTs. Which frames are measured
 * depends on absolute frame numbers.
 *
 * Zeros beyond the ends of a signal would look like clicks. A window that would reach beyond an end
 * is measured at the nearest position within the signal, so that every candidate sees samples of
 * the signal only, in every frame. A candidate longer than the signal gets the sums of the longest
 * one that is not. If all are longer, the frame counts as silent.
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

    //! Number of samples under the longest candidate's window on either side of its centre.
    std::int64_t reach() const { return d_reach; }

    //! Measures frame p, which follows the last measured one.
    //! \param x the signal, at least up to 2 reach() samples from the centre \param centre central
    //! sample of the frame
    void measure(std::int64_t p, const excerpt<T>& x, std::int64_t centre);

    //! True if sums are added up over all frames instead of a block.
    bool endless() const { return d_endless; }

    /*!
     * \brief Evaluates criterion and prior over block n: the measured ones of the frames n - h .. n
     * + h, or all measured frames if endless(). J() and defined() return the result.
     */
    void evaluate(std::int64_t n);
    //! Criterion plus prior of each candidate in a band.
    const double* J(std::size_t band) const { return d_J.data() + band * size(); }
    //! True if every candidate has finite sums that are not those of silence in the band.
    bool defined(std::size_t band) const { return d_defined[band]; }

    //! Mean sums per frame of block n, interpolated between the candidates next to log_theta; zeros
    //! if there are none.
    criterion_sums block_mean(std::int64_t n, std::size_t band, double log_theta);

    //! Number of measured frames in block n.
    std::int64_t frames_in(std::int64_t n) const;

    //! Starts again at frame p, which is measured next. \param past the totals over all frames, and
    //! the whitener
    void restart(std::int64_t p, history past);

    const spectral_whitener<real>& whitener() const { return d_whitener; }
    const block_criterion<real>& criterion() const { return d_criterion; }

    //! Sets the load level. 0: all evaluations; 1: long windows half as often; 2: also every second
    //! candidate only.
    void set_load(int level) { d_load = level; }

    std::uint64_t evaluations() const { return d_evaluations; }
    std::uint64_t dropped() const { return d_dropped; }
    //! Carries over the whitener, the counters and, if the candidates are equal, the running
    //! totals.
    void take_over(const candidate_bank& other);

private:
    struct member {
        double theta, log_theta;
        std::int64_t every; // frames
        std::int64_t reach; // samples under the window on either side of its centre
        volk::vector<real> window;
        std::vector<bin_band> bands;
        std::size_t spectrum; // index into d_spectra
    };
    //! Common to the candidates with DFTs of the same length, so that it stays in the nearest cache.
    struct spectrum {
        std::size_t n;
        frame_analysis<T> analysis;
        volk::vector<real> weights;
        std::uint64_t version = 0; // of the weights
        std::size_t filled = 0;    // samples in the analysis' buffer, before zeros
    };

    //! Columns of one frame, or of several: first sums, second sums, the number of frames measured and, if there are
    //! energies, their terms; each [band][candidate], and padded.
    template <class Value>
    struct row_view {
        Value* data;
        std::size_t length, candidates; // length: of a column

        Value* column(std::size_t i, std::size_t band) const
        {
            return data + i * length + band * candidates;
        }
        Value* first(std::size_t band) const { return column(0, band); }
        Value* second(std::size_t band) const { return column(1, band); }
        Value* counts(std::size_t band) const { return column(2, band); }
        Value* terms(std::size_t band) const { return column(3, band); }
    };
    using row = row_view<double>;
    using const_row = row_view<const double>;

    std::vector<energy_measure> energies(const adaptive_settings& s,
                                         const std::vector<double>& theta) const;
    std::size_t columns() const { return d_energies.empty() ? 3 : 4; }
    spectrum& spectrum_of(const member& m) { return d_spectra[m.spectrum]; }
    bool kept(std::size_t k, int load) const;
    bool due(std::size_t k, std::int64_t p, int load) const;
    void measure(std::size_t k, const row& to, const T* centre);
    void repeat(std::size_t k, const row& to) const;
    bool finite(const excerpt<T>& x, std::int64_t begin, std::int64_t end);
    //! Row of frame p, one of the last d_slots frames.
    row row_of(std::int64_t p)
    {
        return { d_rows.data() + modulo(p, d_slots) * d_row, d_column, size() };
    }
    const_row gather(std::int64_t n);
    criterion_sums mean(const const_row& block, std::size_t k, std::size_t band) const;

    std::size_t d_bands, d_reference = 0; // candidate whose power updates the whitener
    std::int64_t d_half;
    bool d_endless;
    std::int64_t d_reach = 0;
    block_criterion<real> d_criterion;
    std::vector<member> d_members;
    spectral_whitener<real> d_whitener;
    std::vector<spectrum> d_spectra;
    volk::vector<real> d_power;

    std::size_t d_slots, d_column, d_row; // rows, and padded numbers in a column and in a row
    volk::vector<double> d_rows, d_total, d_block;
    std::int64_t d_begin = 0, d_end = 0; // frames measured since the restart
    std::int64_t d_gathered = -1;        // the block that d_block holds
    // samples looked at for values that are not finite, and the end of those up to the last such value
    std::int64_t d_seen_begin = 0, d_seen_end = 0, d_spoilt_end = 0;
    std::vector<criterion_sums> d_sums;                 // one for each band
    std::vector<energy_measure> d_energies;             // one for each candidate, or none
    volk::vector<double> d_means, d_pull, d_J, d_flaws; // columns; d_J: then J of the energies
    std::vector<char> d_defined;
    int d_load = 0;
    std::uint64_t d_evaluations = 0, d_dropped = 0;
};

} // namespace gr::stft::kernel
#endif
