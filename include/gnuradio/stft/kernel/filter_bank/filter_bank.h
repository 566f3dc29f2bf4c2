/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FILTER_BANK_H
#define INCLUDED_STFT_KERNEL_FILTER_BANK_H

#include <gnuradio/stft/kernel/frames/frame_dft.h>

namespace gr::stft::kernel {

/*!
 * \brief The STFT at hop 1 and centre phase as filters: row k is the signal convolved with
 *
 *     h_k[j] = g conj(w[c - j]) exp(2j pi k j / n_fft),    j = -(win_length - 1 - c) .. c,  c = win_length / 2
 *
 * with the factor g of the scaling. Other hops decimate it, other phase references turn it.
 */
class STFT_API filter_bank
{
public:
    using complex = std::complex<double>; //!< a filter's value

    /*!
     * \param p hop, placement and phase do not matter; all n_fft filters exist, in the order that p.sides says
     * \throws std::invalid_argument as parameters::check()
     */
    explicit filter_bank(const parameters& p);

    //! Filters, one for each of the n_fft bins.
    std::size_t bins() const { return d_n_fft; }
    //! Values of a filter, as many as samples under the window.
    std::size_t win_length() const { return d_taps.size(); }

    //! j of a filter's first value, -(win_length - 1 - c).
    std::int64_t first() const;

    //! h_k, win_length() values; k is the index of a row, 0 .. bins() - 1.
    void filter(std::size_t row, complex* h) const;

    //! filters [row][j] -> the DFT over length points of h_k laid out modulo length, responses [row][q].
    void
    respond(const complex* filters, std::size_t rows, std::size_t length, complex* responses) const;

private:
    std::size_t d_n_fft, d_first_bin;
    std::vector<complex> d_taps; // as frames are multiplied by
};

} // namespace gr::stft::kernel
#endif
