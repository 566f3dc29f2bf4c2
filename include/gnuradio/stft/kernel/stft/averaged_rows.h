/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_STFT_AVERAGED_ROWS_H
#define INCLUDED_STFT_KERNEL_STFT_AVERAGED_ROWS_H

#include <gnuradio/stft/kernel/frames/framer.h>
#include <gnuradio/stft/kernel/stft/power.h>
#include <gnuradio/stft/kernel/stft/stft.h>
#include <volk/volk_alloc.hh>

namespace gr::stft::kernel {

/*!
 * \brief Rows of a spectrogram of an endless signal, reduced in several ways at once: each row is the mean power density of a
 * number of frames.
 *
 * Frames are those of signal_detector: whole ones, the first at the first sample, none that is padded. Bins are in the order of
 * their frequencies. Any split of the samples gives the same rows. T: float or std::complex<float>.
 */
template <class T>
class STFT_API averaged_rows
{
public:
    //! Rows of one reduction, one after the other without a gap.
    struct run {
        std::int64_t first;        //!< sample at which the first row starts
        std::uint64_t frames;      //!< frames of each row
        std::vector<float> values; //!< [row][bin]
    };

    /*!
     * \param p n_fft, hop, window, win_length and samp_rate are used
     * \param averages frames of a row, one number for each reduction; at least one
     * \param first number of the first sample
     * \throws std::invalid_argument as parameters::check() and power_parameters::check()
     */
    averaged_rows(parameters p, const std::vector<std::uint64_t>& averages, std::int64_t first = 0);

    //! The next samples.
    void add(const T* samples, std::size_t count);

    //! Frames begin again, after some lost samples; rows that are not complete are the mean of what they have.
    //! \throws std::invalid_argument unless 0 <= lost, and less than 2^62 samples in all
    void cut(std::int64_t lost = 0);

    //! Rows of one reduction that are complete since the last call.
    std::vector<run> take(std::size_t reduction);

    //! Values of a row.
    std::size_t bins() const { return d_stft.bins(); }
    //! Samples so far, lost ones and those before the first included.
    std::int64_t samples() const { return d_base + d_framer.received(); }

private:
    struct reduction {
        power<float> mean;
        std::uint64_t average, frames; // of a row; of the row that is not complete
        std::int64_t first;            // sample of that row
        std::vector<run> runs;
    };

    void analyse_frames();
    void keep(reduction& r, std::uint64_t frames);

    parameters d_parameters;
    stft<T> d_stft;
    framer<T> d_framer;
    std::int64_t d_base;
    std::vector<reduction> d_reductions;
    volk::vector<std::complex<float>> d_spectra;
    std::vector<float> d_row;
};

} // namespace gr::stft::kernel
#endif
