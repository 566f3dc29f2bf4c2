/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_DENOISE_CELL_MASK_H
#define INCLUDED_STFT_KERNEL_DENOISE_CELL_MASK_H

#include <gnuradio/stft/kernel/denoise/gain_settings.h>
#include <gnuradio/stft/kernel/records/event.h>
#include <cstdint>
#include <limits>
#include <vector>

namespace gr::stft::kernel {

//! Cells of an event: frames whose centre lies in a range of samples, and the bins that a range of frequencies touches.
struct STFT_API event_cells {
    std::uint64_t id = 0;                                        //!< number of the event
    std::int64_t first = 0;                                      //!< first sample
    std::int64_t end = std::numeric_limits<std::int64_t>::max(); //!< sample after the last one
    double lower = 0; //!< Hz, 0 where the samples' zero frequency is
    double upper = 0; //!< Hz
};

/*!
 * \brief Effects on the gains of a frame that have the settings keep, reject, mask and events.
 *
 * The gain of cell k becomes 1 if the cell is kept, and else the gain times a factor. Of bands and events, reject wins over keep.
 */
class STFT_API cell_mask
{
public:
    //! \param s checked
    explicit cell_mask(const gain_settings& s);

    //! Takes over other settings; the events stay.
    void change(const gain_settings& s);

    //! An event; one of the same id is replaced. \throws std::invalid_argument if there are 65536 others that are not over
    void add(const event_cells& cells);
    /*!
     * \brief A report of the detector: a burst or carrier that begins acts on all frames from its first sample on until it ends.
     *
     * Other kinds do nothing. \throws std::invalid_argument if its frequencies are unknown
     */
    void take(const event& report);
    //! The event ends with the sample before `end`.
    void end(std::uint64_t id, std::int64_t end);
    //! Forgets an event.
    void remove(std::uint64_t id);
    //! Forgets all events.
    void clear() { d_events.clear(); }
    //! Events that are not over.
    std::size_t size() const { return d_events.size(); }

    /*!
     * \brief The values of a frame: 2 for a cell that is kept, 0 .. 1 for a factor, null if all factors are 1.
     * \param centre sample in the middle of the frame. Events that end before it are forgotten: centres never fall.
     */
    const float* row(std::int64_t centre);

    static constexpr float kept = 2; //!< value of a cell whose gain is 1

private:
    template <class F>
    void for_bins(double lower, double upper, F f) const;

    gain_settings d_settings;
    bool d_plain;                      // all factors are 1 where there is no event
    std::vector<float> d_bins, d_row;  // without events; with those of the present frame
    std::vector<event_cells> d_events; // by their ids
};

} // namespace gr::stft::kernel
#endif
