/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_SPEED_TACHO_ORDERS_H
#define INCLUDED_STFT_KERNEL_SPEED_TACHO_ORDERS_H

#include <gnuradio/stft/kernel/fields.h>
#include <cstdint>
#include <memory>
#include <vector>

namespace gr::stft::kernel {

//! Parameters of tacho_orders.
struct STFT_API tacho_orders_settings {
    double samp_rate = 1;       //!< Hz, > 0
    std::vector<double> orders; //!< orders whose amplitude is measured
    std::size_t ppr = 1;        //!< pulses per revolution
    std::vector<double> levels; //!< base and top of the pulses; none: found in the signal
    double f_max = 0;           //!< Hz, highest speed; 0: samp_rate / (8 ppr)
    std::size_t turns = 16;     //!< revolutions of a frame

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
};

//! Parameters of tacho_orders_settings.
template <>
inline constexpr auto fields<tacho_orders_settings> =
    std::tuple(field("samp_rate", &tacho_orders_settings::samp_rate),
               field("orders", &tacho_orders_settings::orders),
               field("ppr", &tacho_orders_settings::ppr),
               field("levels", &tacho_orders_settings::levels).automatic(),
               field("f_max", &tacho_orders_settings::f_max).automatic(),
               field("turns", &tacho_orders_settings::turns));

//! Speed and amplitudes at one revolution.
struct STFT_API tacho_frame {
    std::int64_t sample = 0; //!< nearest to the frame's centre
    double frequency = 0;    //!< Hz
    //! Amplitudes of cosines, one for each order; NaN where it lies too high.
    std::vector<double> amplitudes;
};

/*!
 * \brief The speed of a machine from its tacho, and the amplitudes of its orders in another channel.
 *
 * tacho_pulses gives the speed, and order_map the orders in frames of `turns` revolutions, one centred at each revolution; those
 * that a standstill cuts are left out. Samples may come
 * in chunks of any size, with the same frames. R: float or double.
 */
template <class R>
class STFT_API tacho_orders
{
public:
    //! \throws std::invalid_argument as tacho_orders_settings::check()
    explicit tacho_orders(const tacho_orders_settings& s);
    ~tacho_orders();
    //!@{
    //! Takes another one's state, which can only be destroyed or assigned to from then on.
    tacho_orders(tacho_orders&&) noexcept;
    tacho_orders& operator=(tacho_orders&&) noexcept;
    //!@}

    //! The next samples of the machine and of its tacho, as many of both.
    void push(const R* samples, const R* tacho, std::size_t count);
    //! Samples of both were lost: nothing is known of the pulses before.
    void skip(std::uint64_t count);
    //! No more samples.
    void finish();

    //! Frames since the last call, oldest first.
    std::vector<tacho_frame> take();
    //! No frame centred before this sample comes any more.
    std::int64_t known() const;
    //! The parameters.
    const tacho_orders_settings& design() const;

private:
    class parts;
    std::unique_ptr<parts> d;
};

} // namespace gr::stft::kernel
#endif
