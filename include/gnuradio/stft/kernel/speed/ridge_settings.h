/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_SPEED_RIDGE_SETTINGS_H
#define INCLUDED_STFT_KERNEL_SPEED_RIDGE_SETTINGS_H

#include <gnuradio/stft/api.h>
#include <gnuradio/stft/kernel/fields.h>
#include <vector>

namespace gr::stft::kernel {

//! Parameters of warped_rows.
struct STFT_API warped_rows_settings {
    double samp_rate = 1;  //!< Hz of the samples, > 0
    double f_top = 0;      //!< Hz of the highest frequency that the rows keep, > 0
    double duration = 0.5; //!< s of a frame, T
    double hop = 0;        //!< s from frame to frame; 0: duration / 8
    //! 1/s, relative rates f'/f of the frames, ascending, |rate| duration <= 0.9; none: 0, +-0.05, 0.1, 0.2, 0.4 and
    //! 0.75 / duration.
    std::vector<double> rates;
    double whiten = 30; //!< Hz on either side of a bin whose median is its floor, > 0
    //! Samples are clipped at this multiple of the median of their magnitudes; 0: never.
    double limit = 6;

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! The rates, those of the default too.
    std::vector<double> bank() const;
};

//! Parameters of warped_rows.
template <>
inline constexpr auto fields<warped_rows_settings> =
    std::tuple(field("samp_rate", &warped_rows_settings::samp_rate).required(),
               field("f_top", &warped_rows_settings::f_top).required(),
               field("duration", &warped_rows_settings::duration),
               field("hop", &warped_rows_settings::hop).automatic(),
               field("rates", &warped_rows_settings::rates).automatic(),
               field("whiten", &warped_rows_settings::whiten),
               field("limit", &warped_rows_settings::limit));

//! Parameters of a search for ridges, whatever rows it has.
struct STFT_API ridge_settings {
    double f_min = 0;                //!< Hz of the slowest rotation
    double f_max = 0;                //!< Hz of the fastest one
    std::vector<double> orders{ 1 }; //!< lines that belong together, in multiples of the rotation
    std::vector<double> weights;     //!< weights of the orders in the score; none: all 1
    double max_slew = 60;            //!< Hz/s that the rotation changes at most
    double lag = 1;                  //!< s by which the path looks ahead, >= 0
    std::size_t tracks = 1;          //!< shafts, 1 .. 4
    std::vector<double> reject;      //!< Hz of mains: lines and their multiples that are no orders
    double learn_min = 0;            //!< Hz: while weights are learned the rotation is above
    double learn_max = 0;            //!< Hz: and below; 0: weights are not learned
    double learn_time = 3;           //!< s from the start in which the rotation is known to be so

    //! True if the weights of the orders are learned.
    bool learns() const { return learn_max > 0; }

    //! Hz of the fastest rotation that is tried: f_max, or where the lowest order reaches half the sample rate, nyquist; no order
    //! of a faster one is in the rows.
    double fastest(double nyquist) const;

    /*!
     * \param duration s of a frame
     * \param nyquist Hz
     * \param hop_time s from frame to frame
     * \param row_length values of a frame's rows
     * \param rates number of the rows of a frame
     * \throws std::invalid_argument naming the parameter, its value and the rule
     */
    void check(double duration,
               double nyquist,
               double hop_time,
               double row_length,
               std::size_t rates) const;
};

//! Parameters of ridge_tracker.
struct STFT_API ridge_tracker_settings : ridge_settings {
    double samp_rate = 1;  //!< Hz of the samples, > 0
    double duration = 0.5; //!< s of a frame, T
    double hop = 0;        //!< s from frame to frame; 0: duration / 8
    //! 1/s, relative rates f'/f, as in warped_rows_settings; {0}: frames that are not warped.
    std::vector<double> rates;
    double whiten = 30; //!< see warped_rows_settings
    double limit = 6;   //!< see warped_rows_settings

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! Parameters of the rows.
    warped_rows_settings rows() const;
};

//! Parameters of ridge_tracker.
template <>
inline constexpr auto fields<ridge_tracker_settings> =
    std::tuple(field("samp_rate", &ridge_tracker_settings::samp_rate).required(),
               field("f_min", &ridge_settings::f_min).required(),
               field("f_max", &ridge_settings::f_max).required(),
               field("orders", &ridge_settings::orders),
               field("weights", &ridge_settings::weights),
               field("duration", &ridge_tracker_settings::duration),
               field("hop", &ridge_tracker_settings::hop).automatic(),
               field("rates", &ridge_tracker_settings::rates).automatic(),
               field("max_slew", &ridge_settings::max_slew),
               field("lag", &ridge_settings::lag),
               field("tracks", &ridge_settings::tracks),
               field("reject", &ridge_settings::reject),
               field("learn_min", &ridge_settings::learn_min),
               field("learn_max", &ridge_settings::learn_max),
               field("learn_time", &ridge_settings::learn_time),
               field("whiten", &ridge_tracker_settings::whiten),
               field("limit", &ridge_tracker_settings::limit));

//! Parameters of row_ridge_tracker.
struct STFT_API row_ridge_tracker_settings : ridge_settings {
    double samp_rate = 1;       //!< Hz of the samples that the rows are made from, > 0
    std::size_t n_fft = 1024;   //!< DFT length of the rows, which have n_fft / 2 + 1 bins, >= 16
    std::size_t hop = 512;      //!< samples from row to row, >= 1
    std::size_t win_length = 0; //!< samples under the window; 0: n_fft
    std::vector<double> rates{ 0 }; //!< 1/s, relative rates of the rows that come together
    double whiten = 30; //!< Hz, as in warped_rows_settings; 0: rows are whitened already

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! s under the window.
    double duration() const
    {
        return static_cast<double>(win_length ? win_length : n_fft) / samp_rate;
    }
    //! Values of a row of each rate.
    std::size_t bins() const { return n_fft / 2 + 1; }
};

//! Parameters of row_ridge_tracker.
template <>
inline constexpr auto fields<row_ridge_tracker_settings> =
    std::tuple(field("n_fft", &row_ridge_tracker_settings::n_fft).required(),
               field("hop", &row_ridge_tracker_settings::hop).required(),
               field("samp_rate", &row_ridge_tracker_settings::samp_rate).required(),
               field("f_min", &ridge_settings::f_min).required(),
               field("f_max", &ridge_settings::f_max).required(),
               field("orders", &ridge_settings::orders),
               field("weights", &ridge_settings::weights),
               field("win_length", &row_ridge_tracker_settings::win_length).automatic(),
               field("rates", &row_ridge_tracker_settings::rates),
               field("max_slew", &ridge_settings::max_slew),
               field("lag", &ridge_settings::lag),
               field("tracks", &ridge_settings::tracks),
               field("reject", &ridge_settings::reject),
               field("learn_min", &ridge_settings::learn_min),
               field("learn_max", &ridge_settings::learn_max),
               field("learn_time", &ridge_settings::learn_time),
               field("whiten", &row_ridge_tracker_settings::whiten));

} // namespace gr::stft::kernel
#endif
