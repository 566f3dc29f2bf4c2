/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DENOISE_PRESENCE_FOLLOWER_H
#define INCLUDED_STFT_LIB_KERNEL_DENOISE_PRESENCE_FOLLOWER_H

#include <gnuradio/stft/kernel/denoise/gain_settings.h>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Noise that follows the cells in which a signal is improbable, after Gerkmann and Hendriks (IEEE Trans. ASLP 20, 2012).
 *
 * With the ratio g of a cell to the noise N of its bin and the mean m of g over 17 bins, a signal is there with probability p(max(g, 1.5 m)),
 * presence_of_signal(): where neighbours are strong, a weak cell may be signal, too. Two estimates follow the cells with weight 1 - p: F
 * quickly, and S slowly, at first as the mean of what it has seen. F wanders around S where the noise is steady, so
 *
 *     N = S exp(w e),    e = log(F / S),    w = max(0, 1 - v0 / v)
 *
 * with the mean v of e^2 over 17 bins, and v0 half of what it is in steady white noise. R: float or double.
 */
template <class R>
class presence_follower
{
public:
    //! \param s checked
    explicit presence_follower(const gain_settings& s);

    //! Other frames.
    void change(const gain_settings& s);
    //! Rows have this factor times the power that they had.
    void scale(R factor);
    //! The noise is known from elsewhere, as the mean of `rows` rows.
    void begin(std::size_t rows);
    //! The next row -> the noise in each bin, which holds what it was.
    void follow(const R* row, R* noise);

    static constexpr std::size_t many_rows = 1000000000; //!< the noise is known exactly

private:
    std::size_t d_bins;
    bool d_circular, d_begun = false;
    double d_rows = 0;                           // number of rows whose mean the first noise is
    R d_keep_fast, d_keep_slow, d_keep_presence; // weights of what was before
    R d_steady;                                  // 17 v0
    std::vector<R> d_presence, d_fast, d_slow, d_count; // count: rows that S has seen
    std::vector<R> d_values, d_sum, d_log;              // g, then e^2, and neighbours; e
};

} // namespace gr::stft::kernel
#endif
