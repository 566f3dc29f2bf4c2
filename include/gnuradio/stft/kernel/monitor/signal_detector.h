/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_MONITOR_SIGNAL_DETECTOR_H
#define INCLUDED_STFT_KERNEL_MONITOR_SIGNAL_DETECTOR_H

#include <gnuradio/stft/kernel/frames/framer.h>
#include <gnuradio/stft/kernel/monitor/detector.h>
#include <gnuradio/stft/kernel/stft/power.h>
#include <gnuradio/stft/kernel/stft/stft.h>

namespace gr::stft::kernel {

/*!
 * \brief A detector of samples: STFT, power spectral density and detector, in one.
 *
 * Row p is that of samples p hop .. p hop + win_length - 1. Only frames without padding are used: one that hangs over an
 * end of the signal has another window, and another floor. Samples may come in chunks of any size, with the same events.
 * T: float (one-sided rows) or std::complex<float> (two-sided ones).
 */
template <class T>
class STFT_API signal_detector
{
public:
    //! \param s parameters; `sides` is not used
    //! \throws std::invalid_argument as detector_settings::check()
    explicit signal_detector(const detector_settings& s);

    //! The next samples. \throws std::invalid_argument after finish(), as skip() and retune() do
    void add(const T* samples, std::size_t count);

    //! Lost samples: events go on over a gap of at most gap_rows rows, else they end. There are less than 2^62 in all.
    void skip(std::int64_t count);

    //! Another centre frequency from the next sample on: all events end.
    void retune(double freq_center);

    //! No more samples.
    void finish();

    //! Reports since the last call, oldest first.
    std::vector<event> take();

    //! Samples so far, lost ones included.
    std::int64_t samples() const { return d_base - d_left_out + d_framer.received(); }

    //! Rows that are not searched, since they hold NaN, infinity, or powers that are too large or too small for single precision.
    std::uint64_t unusable() const { return d_unusable; }

    //! The detector of the rows.
    const kernel::detector& rows() const { return d_detector; }

private:
    void require_open() const;
    void search_frames();
    void restart(std::int64_t next);

    kernel::detector d_detector;
    parameters d_parameters;
    stft<T> d_stft;
    power<float> d_power;
    framer<T> d_framer;
    std::int64_t d_base = 0;     // sample at which the framer began, or will begin
    std::int64_t d_left_out = 0; // samples before it that have not come yet
    std::int64_t d_rows = 0;     // rows that the detector has been given
    bool d_finished = false;
    std::uint64_t d_unusable = 0;
    std::vector<event> d_reports; // reports before the last retune
    std::vector<std::complex<float>> d_spectra;
    std::vector<float> d_row;
};

} // namespace gr::stft::kernel
#endif
