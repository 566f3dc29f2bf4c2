/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_PHASE_PHASE_ROWS_H
#define INCLUDED_STFT_LIB_KERNEL_PHASE_PHASE_ROWS_H

#include "kernel/phase/padded_row.h"
#include "kernel/phase/path_balance.h"
#include "kernel/phase/phase_gradient.h"
#include "kernel/phase/settled_signal.h"
#include <gnuradio/stft/kernel/phase/phase_settings.h>
#include <volk/volk_alloc.hh>
#include <array>
#include <optional>
#include <vector>

namespace gr::stft::kernel {

//! A phase in -1/2 .. 1/2 cycles that depends on seed, frame and bin only.
template <class R>
R random_phase(std::uint64_t seed, std::uint64_t frame, std::uint64_t bin);

//! Magnitudes and phases, counted from the window's centre -> spectra of the settings' reference. Bins that are real
//! for real signals are made so.
template <class R>
class phase_writer
{
public:
    explicit phase_writer(const phase_settings& s);
    void write(const R* magnitudes, R* cycles, std::int64_t start, std::complex<R>* spectrum) const;
    //! A spectrum that counts from the centre -> one of the settings' reference, in place.
    void refer(std::int64_t start, std::complex<R>* spectrum) const;

private:
    std::size_t d_bins;
    bool d_onesided, d_even;
    std::optional<phase_converter<R>> d_converter; // none: spectra count from the centre
};

//! (bin times samples / n_fft) modulo 1, for each bin of a row.
template <class R>
void advances(const phase_settings& s, std::int64_t samples, std::vector<R>& cycles);

//! The neighbours of a row of logarithms: see phase_gradient.h. s points to bin 0, and has room on either side.
template <class R>
void fill_neighbours(R* s, const phase_gradient<R>& g);

/*!
 * \brief Phases of one row from those of the row before and from its own slopes, along the widest paths.
 *
 * Cells whose logarithm is `silent` are left alone.
 */
template <class R>
class row_paths
{
public:
    static constexpr R silent = -std::numeric_limits<R>::infinity();

    row_paths() = default;
    row_paths(std::size_t bins, bool circular);

    /*!
     * \param before logarithms of the row before, silent where no phase leads on
     * \param here logarithms of this row
     * \param from_before phases that the row before gives; seeds overwrite them
     * \param seeds phases of the largest cells of stretches that no path reaches; null: 0
     * \param steps of the phase from each bin of this row to the next one, cycles
     * \param phases of this row, cycles, not wrapped
     */
    void
    integrate(R* before, const R* here, R* from_before, const R* seeds, const R* steps, R* phases);

private:
    void scan(const R* before, const R* here);
    bool seed(R* before, const R* here, R* from_before, const R* seeds) const;

    std::size_t d_bins = 0;
    bool d_circular = false;
    volk::vector<R> d_left,
        d_right;       // widths of the paths that come from the left and from the right
    R d_unreached = 0; // cells that are not silent and get no phase
    volk::vector<R> d_from_left, d_from_right; // where phases come from, see choose()
};

/*!
 * \brief phase_from_magnitude's state.
 *
 * With iterations, the newest frame and one or two before it are pending: they are made to agree with the settled
 * ones and with each other, in turn, and the oldest of them is settled. The phases of the one before the newest are
 * found again first, from both sides in time. What leaves is the newest frame, or with look-ahead the one before it,
 * as it is by then.
 */
template <class R>
class phase_rows
{
public:
    using complex = std::complex<R>;

    explicit phase_rows(const phase_settings& s);

    bool push(const R* magnitudes, complex* spectrum);
    bool finish(complex* spectrum);
    void change(const phase_settings& s, std::int64_t start);

    phase_settings settings;
    std::int64_t start; // of the next frame that goes in

private:
    //! A frame with what is derived from it.
    struct frame {
        padded_row<R> logarithms; // a neighbour on either side
        volk::vector<R> offsets;
        volk::vector<R> magnitudes; // with look-ahead
        volk::vector<R> bounded;    // with iterations, magnitudes whose sums are finite,
        volk::vector<complex> row;  // and these with their phases
        R largest = row_paths<R>::silent;
        std::int64_t start = 0;
        std::int64_t centre = 0; // of the window, from which phases count
        std::uint64_t index = 0; // number of the frame, from 0 on
        R* s() { return logarithms.data(); }
    };

    bool agrees() const { return settings.iterations > 0; }
    //! Samples from the centre of the frame before to that of the frame of this age.
    std::int64_t step_to(std::size_t age) { return older(age).centre - older(age + 1).centre; }
    bool overlaps(std::size_t age);
    void take(const R* magnitudes);
    void take_slopes(std::size_t age);
    void take_advances(std::int64_t step);
    void integrate(std::size_t age);
    void guess();
    void set_phases(frame& f, const volk::vector<R>& cycles);
    void agree();
    bool project(std::size_t age, R beyond);
    std::int64_t start_in_signal(std::size_t age) { return older(age).start - d_signal_start; }
    void lead_from(std::size_t age);
    std::size_t slot_of(const frame& f) const { return f.index % settled_signal<R>::slots; }
    void settle_oldest();
    void settle_all();
    void write(std::size_t age, const R* magnitudes, complex* spectrum);
    template <class F>
    void with_signal(F f)
    {
        if (d_real)
            f(*d_real);
        else
            f(*d_complex);
    }
    frame& older(std::size_t frames)
    {
        return d_frames[(d_newest + d_frames.size() - frames) % d_frames.size()];
    }

    phase_gradient<R> d_gradient;
    phase_writer<R> d_writer;
    row_paths<R> d_paths;
    path_balance<R> d_balance;
    std::optional<settled_signal<R>> d_real; // with iterations, one of the two
    std::optional<settled_signal<complex>> d_complex;
    std::int64_t d_signal_start = 0; // of the frame that the signal begins with
    std::size_t d_pending = 0; // the newest frames, which are not settled, or have not left yet
    std::array<frame, 4> d_frames;
    std::size_t d_newest = 0; // index of the newest frame
    std::size_t d_alike =
        0; // frames in a row, the newest included, whose logarithms may be subtracted
    std::uint64_t d_count = 0; // frames that went in
    std::uint64_t d_begin = 0; // index of the last frame that no phase led on to
    std::int64_t d_step = 0;   // samples that d_advances stands for
    volk::vector<R> d_leading; // phases that lead on to the frame whose phases come next
    volk::vector<R> d_phases;  // phases that were integrated last
    std::vector<R> d_advances;
    volk::vector<R> d_slopes, d_steps, d_before, d_here, d_from_before, d_written;
    volk::vector<complex> d_heard; // the signal's spectrum under a frame
};

} // namespace gr::stft::kernel
#endif
