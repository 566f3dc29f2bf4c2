/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_FRAME_SYMBOL_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_FRAME_SYMBOL_H

#include <gnuradio/stft/kernel/frames/gabor.h>
#include <utility>

namespace gr::stft::kernel {

/*!
 * \brief The frame operator, divided by n_fft, on signals that change by a factor exp(2j pi f) after each period lcm(hop, n_fft): a
 * Hermitian matrix of hop / gcd(hop, n_fft) rows for each frequency f and each chain of samples n_fft apart.
 */
class frame_symbol
{
public:
    frame_symbol(const taps_t& window, std::size_t hop, std::size_t n_fft);

    //! Extreme eigenvalues over all chains and frequencies; over multiples of 1 / periods only if that is not 0.
    gabor_bounds extremes(std::size_t periods = 0);

private:
    //! An entry of a matrix: value exp(-2j pi f turns) in a row and a column, column <= row or a turn before.
    struct entry {
        std::size_t row, column, turns;
        std::complex<double> value;
    };
    struct chain {
        std::vector<entry> entries;
        std::vector<double> diagonal;
        double curvature; // bound on the second derivative of eigenvalues by f
    };
    struct extreme { // of a chain's eigenvalues on a grid of frequencies
        double value, frequency;
        double slack; // by which an eigenvalue between the grid's points may pass it
        std::size_t residue = 0;
    };

    chain chain_of(std::size_t residue) const;
    std::vector<double> values_of(const chain& c, std::size_t points) const;
    std::pair<extreme, extreme> on_grid(const chain& c, std::size_t points, const taps_t& roots);
    double refined(std::vector<extreme>& all, bool lower, double spacing);
    void turn_to(double frequency);
    gabor_bounds eigenvalues(const chain& c);
    void fill(const chain& c);
    bool is_definite(double sign, double x);

    std::size_t d_hop, d_n_fft, d_width, d_common, d_size;
    taps_t d_rows; // steady_rows()
    std::vector<std::complex<double>> d_phases;
    std::vector<std::size_t> d_begins,
        d_firsts; // of a row below the diagonal: its place, and its first column
    taps_t d_matrix, d_factor;
    std::vector<double> d_diagonal, d_radii, d_inverses;
};

} // namespace gr::stft::kernel
#endif
