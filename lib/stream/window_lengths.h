/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_WINDOW_LENGTHS_H
#define INCLUDED_STFT_LIB_STREAM_WINDOW_LENGTHS_H

#include "kernel/refuse.h"
#include <algorithm>
#include <cmath>
#include <vector>

namespace gr::stft {

//! A theta that the transform takes, as the transform will use it: rounded to a float that it takes, too.
template <class Transform>
float rounded_theta(double theta, const Transform& transform)
{
    const auto rounded = static_cast<float>(theta);
    if (transform.takes(rounded))
        return rounded;
    return std::nextafter(rounded, rounded < theta ? HUGE_VALF : 0.0f);
}

//! \throws std::invalid_argument unless the transform takes it
template <class Transform>
void check_theta(double theta, const Transform& transform)
{
    if (!transform.takes(theta))
        kernel::refuse(
            "theta", theta, "must be in (0, n_fft = " + std::to_string(transform.n_fft()) + "]");
}

/*!
 * \brief Replaces a chirp rate that a window of length theta does not take by 0, or by its neighbour where only its rounding
 * to a float leads out of the range.
 * \return false if it has become 0
 */
template <class Transform>
bool limit_rate(double& c, double theta)
{
    if (Transform::takes(c, theta))
        return true;
    const double inner = std::nextafter(static_cast<float>(c), 0.0f);
    const bool close = Transform::takes(inner, theta);
    c = close ? inner : 0;
    return close;
}

/*!
 * \brief Window lengths from an input: an item with a value that the transform does not take is
 * replaced by the last valid item.
 */
class window_lengths
{
public:
    explicit window_lengths(std::size_t per_item = 1) : d_present(per_item) {}

    void set(const std::vector<float>& theta) { d_present.assign(theta.begin(), theta.end()); }
    void set(float theta) { std::fill(d_present.begin(), d_present.end(), theta); }

    //! False if the item was replaced.
    template <class Transform>
    bool take(const float* item, const Transform& transform)
    {
        const auto* end = item + d_present.size();
        if (!std::all_of(item, end, [&](double theta) { return transform.takes(theta); }))
            return false;
        std::copy(item, end, d_present.begin());
        return true;
    }

    const double* data() const { return d_present.data(); }
    double least() const { return *std::min_element(d_present.begin(), d_present.end()); }
    double greatest() const { return *std::max_element(d_present.begin(), d_present.end()); }
    std::size_t size() const { return d_present.size(); }

private:
    std::vector<double> d_present;
};

} // namespace gr::stft
#endif
