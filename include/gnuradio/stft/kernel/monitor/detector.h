/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_MONITOR_DETECTOR_H
#define INCLUDED_STFT_KERNEL_MONITOR_DETECTOR_H

#include <gnuradio/stft/kernel/monitor/detector_settings.h>
#include <gnuradio/stft/kernel/records/event.h>
#include <memory>
#include <optional>
#include <vector>

namespace gr::stft::kernel {

//! Samples that did not come.
struct STFT_API lost_samples {
    std::int64_t start; //!< the first of them
    std::int64_t count; //!< how many
};

/*!
 * \brief Finds events in rows of power spectral density, at a stated rate of false alarms.
 *
 * The noise is followed by noise_floor. Each row over its floor is searched in boxes of several sizes, fine to coarse,
 * whose thresholds follow from the rate of false alarms by box_statistics. Found cells that touch, or are no
 * more than a gap apart, are an event. It ends when its bins have been silent for a gap, with certainty, or no found cell
 * has followed for as many rows as its coarsest box has. Lines that stay are carriers: they have a floor of their own, so
 * that bursts on them are seen.
 *
 * Rows are power spectral densities (unit^2 / Hz) of frames a hop apart; row p is that of the samples
 * first + p hop .. + n_fft. A row that is lost, not finite, above 1e25 in sum, all zero or below 1e-41 in mean holds nothing: no event is
 * found in it, and the floor does not follow it. No event is reported before `warm_up` rows, or finish(); these rows are kept, and
 * searched then. Fewer than 16 rows have no floor, and no events.
 *
 * Memory: 256 rows, and what max_events says. Rows are counted in 64 bits.
 */
class STFT_API detector
{
public:
    //! \param s the parameters \param first sample of row 0 \param first_id id of the first event
    //! \throws std::invalid_argument as detector_settings::check()
    explicit detector(const detector_settings& s,
                      std::int64_t first = 0,
                      std::uint64_t first_id = 0);
    ~detector();
    //!@{
    //! Takes another detector's state, which can only be destroyed or assigned to from then on.
    detector(detector&&) noexcept;
    detector& operator=(detector&&) noexcept;
    //!@}

    //! Before the first row: the sample that it begins with, and the id of the first event, as the constructor takes them.
    //! \throws std::invalid_argument after it
    void begin_at(std::int64_t first, std::uint64_t first_id);

    //! The next row, design().bins() values; null for one that is lost.
    void add(const float* row);

    /*!
     * \brief Rows were lost. Events go on over gap_rows of them; more are a gap: all events end with cut gap, an event of
     * kind gap is reported, and the floor is kept.
     * \param rows that are missing
     * \param lost what the event tells; none: the samples from the first of these rows on, a hop for each
     * \throws std::invalid_argument if a sample number would reach 2^62
     */
    void skip(std::uint64_t rows, std::optional<lost_samples> lost = std::nullopt);

    //! All events end here, for this reason, and the floor is kept.
    void cut(event_cut why);

    /*!
     * \brief The next row has another centre frequency.
     *
     * All events end with cut retune, and an event of kind retune is reported, the whole band wide, at the next row's first
     * sample, of 0 samples. The floors of the last 64 frequencies are kept, so a receiver that comes back to one of them
     * finds events from its first row on; at a new one it warms up. Before the first row, the first call tells the
     * frequency, and reports nothing.
     * \param freq_center Hz
     * \throws std::invalid_argument unless it is finite
     */
    void retune(double freq_center);

    //! No more rows: all events end with cut stop. Rows that come nevertheless are those after a cut.
    void finish();

    //! Reports since the last call of take(), oldest first.
    std::vector<event> take();

    //! Number of reports that wait.
    std::size_t waiting() const;

    //! Rows so far, the lost ones, too.
    std::uint64_t rows() const;
    //! Groups of found cells that were not followed, since max_events were open.
    std::uint64_t refused() const;
    //! The floor.
    const noise_floor& floor() const;
    //! The parameters.
    const detector_settings& design() const;

private:
    class parts;
    std::unique_ptr<parts> d;
};

} // namespace gr::stft::kernel
#endif
