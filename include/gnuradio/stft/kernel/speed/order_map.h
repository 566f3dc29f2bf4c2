/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_SPEED_ORDER_MAP_H
#define INCLUDED_STFT_KERNEL_SPEED_ORDER_MAP_H

#include <gnuradio/stft/kernel/frames/parameters.h>
#include <gnuradio/stft/kernel/speed/angular_resampler.h>
#include <memory>
#include <vector>

namespace gr::stft::kernel {

//! Parameters of order_map.
struct STFT_API order_map_settings : angular_settings {
    std::size_t turns = 64;          //!< revolutions of a frame, >= 1; an order is turns bins wide
    double frame_hop = 0;            //!< revolutions from frame to frame; 0: turns / 16
    kernel::window window{ "hann" }; //!< window of the frames
    std::vector<double> orders;      //!< orders whose level is computed
    double width = 0.05;             //!< fraction of an order on either side that belongs to it
    bool scale_ends = false;         //!< frames that hang over an end are scaled up

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! Samples of a frame.
    std::size_t frame_length() const { return turns * samples_per_rev; }
    //! Samples from frame to frame.
    std::size_t frame_step() const;
    //! Bins of a row; bin m is order m / turns.
    std::size_t bins() const { return frame_length() / 2 + 1; }
};

//! Parameters of order_map_settings.
template <>
inline constexpr auto fields<order_map_settings> =
    std::tuple(field("samp_rate", &order_map_settings::samp_rate),
               field("hop", &order_map_settings::hop),
               field("samples_per_rev", &order_map_settings::samples_per_rev),
               field("f_min", &order_map_settings::f_min).automatic(),
               field("turns", &order_map_settings::turns),
               field("frame_hop", &order_map_settings::frame_hop).automatic(),
               field("window", &order_map_settings::window),
               field("orders", &order_map_settings::orders),
               field("width", &order_map_settings::width),
               field("scale_ends", &order_map_settings::scale_ends));

//! The orders of one frame.
template <class R>
struct order_row {
    angle_position centre; //!< centre of the frame
    bool cut = false;     //!< true: a standstill or the end lies within the frame, after its centre
    std::vector<R> power; //!< unit^2, mean square of each bin; their sum is that of the signal
    std::vector<R> levels; //!< unit^2, mean square of each of the orders; NaN above 0.4 samp_rate
};

/*!
 * \brief Orders of a machine against its speed: spectra of the samples at equal angles.
 *
 * Frames are centred on the first sample after a standstill or the beginning, and on every frame_step()-th after it. Around
 * what is known there are zeros, so the first and the last frame have half of their power, unless scale_ends divides them
 * by the fraction of the squared window that is known; one of less than a quarter is left out. The level of order k is the
 * sum of the bins within k (1 -+ width), 2 bins on either side at least; a bin that is partly within counts in proportion.
 *
 * T: float or double. Samples and speeds are added as to angular_resampler.
 */
template <class T>
class STFT_API order_map
{
public:
    //! \throws std::invalid_argument as order_map_settings::check()
    explicit order_map(const order_map_settings& s);
    ~order_map();
    //!@{
    //! Takes another one's state, which can only be destroyed or assigned to from then on.
    order_map(order_map&&) noexcept;
    order_map& operator=(order_map&&) noexcept;
    //!@}

    //! The resampler, which takes samples and speeds.
    angular_resampler<T>& resampler();

    //! Computes the next row; false if it is not known yet. After the last samples and speeds, all rows follow.
    bool next(order_row<real_t<T>>& row);

    //! The parameters.
    const order_map_settings& design() const;

private:
    class parts;
    std::unique_ptr<parts> d;
};

} // namespace gr::stft::kernel
#endif
