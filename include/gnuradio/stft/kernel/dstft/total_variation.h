/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_DSTFT_TOTAL_VARIATION_H
#define INCLUDED_STFT_KERNEL_DSTFT_TOTAL_VARIATION_H

#include <gnuradio/stft/api.h>
#include <cstddef>

namespace gr::stft::kernel {

/*!
 * \brief The cells that a cell is compared with.
 *
 * - nonlocal4: its four neighbours, those inside the field.
 * - forward: the next bin and the next frame; cells without both are left out. Along an axis of one cell only
 *   there is nothing to compare, and nothing is left out for it.
 */
enum class neighbourhood { nonlocal4, forward };

/*!
 * \brief Total variation of a field of window lengths, (28) of Leiber et al., "Learnable adaptive time-frequency
 * representation via differentiable STFT", IEEE Trans. Signal Process., 2025:
 *
 *     sum over cells of sqrt(eps + gamma sum over neighbours of (theta - theta')^2)
 *
 * \param theta [frame][bin]. R: float or double
 * \param frames, bins >= 1
 * \param neighbours that a cell is compared with
 * \param eps positive, in samples^2: rounds the corner at equal neighbours, where there is no derivative else
 * \param gamma weight of the differences, not negative
 * \param gradient of theta's size, or null
 * \throws std::invalid_argument for other sizes, eps or gamma
 */
template <class R>
STFT_API double total_variation(const R* theta,
                                std::size_t frames,
                                std::size_t bins,
                                neighbourhood neighbours,
                                double eps,
                                double gamma = 1,
                                R* gradient = nullptr);

} // namespace gr::stft::kernel
#endif
