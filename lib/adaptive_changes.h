/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_ADAPTIVE_CHANGES_H
#define INCLUDED_STFT_LIB_ADAPTIVE_CHANGES_H

#include "stream/dstft_block.h"
#include <gnuradio/stft/adaptive_stft.h>
#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

namespace gr::stft {

//! Change request from a setter or a message.
struct adaptive_change : kernel::change<adaptive_stft_settings> {
    std::vector<double> theta; // none, one, or one for each bin

    bool operator==(const adaptive_change& other) const
    {
        return kernel::change<adaptive_stft_settings>::operator==(other) && theta == other.theta;
    }
};

/*!
 * \brief Settings as they were given, and as changes have left them.
 *
 * Parameters left at their default are derived again after every change.
 */
class changing_settings
{
public:
    explicit changing_settings(const adaptive_stft_settings& given) : d_given(given) {}

    /*!
     * \brief Changes the settings, and the kernel that has them.
     * \throws std::invalid_argument as the kernel's setters
     */
    template <class T>
    void apply(const adaptive_change& requested, kernel::adaptive_stft<T>& kernel)
    {
        using settings = kernel::adaptive_settings;
        const auto& hop = requested.wanted(&settings::hop);
        const auto& least = requested.wanted(&settings::theta_min);
        const auto& greatest = requested.wanted(&settings::theta_max);
        const auto& freeze = requested.wanted(&settings::freeze);
        // shortest windows keep two hops in between, too
        const bool narrows = hop && filled(*hop) < kernel.settings().hop;
        if (narrows)
            kernel.set_hop(*hop);
        if (least || greatest) {
            const double theta_min = least.value_or(d_given.theta_min),
                         theta_max = greatest.value_or(d_given.theta_max);
            kernel.set_bounds(theta_min, theta_max);
        }
        if (hop && !narrows)
            kernel.set_hop(*hop);
        if (requested.reset)
            kernel.reset();
        if (!requested.theta.empty())
            kernel.set_theta(requested.theta);
        const bool is_frozen = freeze.value_or(d_given.freeze);
        kernel.set_freeze(is_frozen);
        static_cast<settings&>(d_given) = kernel.given();
        d_given.freeze = is_frozen;
    }

    const adaptive_stft_settings& given() const { return d_given; }

    //! Compares the settings that a change can alter.
    bool operator==(const changing_settings& other) const
    {
        const auto changing = [](const kernel::adaptive_settings& s) {
            return std::tie(s.hop, s.theta_min, s.theta_max, s.theta_init, s.freeze);
        };
        return changing(d_given) == changing(other.d_given);
    }

private:
    double filled(double hop) const
    {
        return hop == 0 ? std::max(1.0, static_cast<double>(d_given.n_fft) / 16) : hop;
    }

    adaptive_stft_settings d_given;
};

/*!
 * \brief Last vector of `numbers` float32 values in a binary file.
 * \throws std::invalid_argument if it cannot be read, or holds no whole vectors
 */
std::vector<double> last_item_in(const std::string& path, std::size_t numbers);

} // namespace gr::stft

#endif
