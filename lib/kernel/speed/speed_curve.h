/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SPEED_SPEED_CURVE_H
#define INCLUDED_STFT_LIB_KERNEL_SPEED_SPEED_CURVE_H

#include <gnuradio/stft/kernel/speed/angular_resampler.h>
#include <vector>

namespace gr::stft::kernel {

//! A number of revolutions: an integer, and a fraction in [0, 1).
struct revolutions {
    std::int64_t number = 0;
    double fraction = 0;

    double after(const revolutions& other) const
    {
        return static_cast<double>(number - other.number) + (fraction - other.fraction);
    }
    //! Moves on by some revolutions, of either sign.
    void add(double more);
};

//! A speed and its slope at an instant: revolutions per sample, and per sample^2.
struct speed_end {
    double speed, slope;
};

//! The speed between two instants: a cubic in u = 0 .. 1.
class speed_piece
{
public:
    //! A piece that turns. \param from where it begins \param length samples \param a,b its ends; speeds are positive
    speed_piece(const sample_instant& from, double length, const speed_end& a, const speed_end& b);
    //! A piece without an end, of constant speed, which may be 0. \param turns false: it begins as a gap
    speed_piece(const sample_instant& from, double speed, bool turns);
    //! A gap. \param total revolutions that pass in it
    static speed_piece gap(const sample_instant& from, double length, double total);

    const sample_instant& from() const { return d_from; }
    double length() const { return d_length; }
    bool is_gap() const { return d_slowest == 0; }
    double total() const { return d_total; } //!< revolutions
    bool is_last() const { return d_length >= endless; }
    //! The lower one of the speeds at its ends, revolutions per sample; 0 in a gap.
    double slowest() const { return d_slowest; }
    //! The constant speed of a piece without an end.
    double last_speed() const { return d_c[0]; }
    //! A piece without an end is no gap any more.
    void turn() { d_slowest = d_c[0]; }

    //! Revolutions from the beginning to u.
    double revolutions_at(double u) const
    {
        return d_length * u * (d_c[0] + u * (d_c[1] / 2 + u * (d_c[2] / 3 + u * d_c[3] / 4)));
    }
    double speed_at(double u) const { return d_c[0] + u * (d_c[1] + u * (d_c[2] + u * d_c[3])); }

    /*!
     * \brief The instant at which the machine has made some revolutions more than at the beginning.
     * \param more revolutions, 0 .. total() \param speed at that instant, revolutions per sample
     */
    sample_instant find(double more, double& speed) const;

private:
    static constexpr double endless = 0x1p62;
    speed_piece() = default;

    sample_instant d_from;
    double d_length = 0, d_total = 0, d_slowest = 0;
    double d_c[4] = {};
};

/*!
 * \brief Pieces of speed between instants at which the speed is known.
 *
 * The slope at an instant is that of the polynomial through it and two speeds on either side; fewer at the ends and next
 * to a gap.
 */
class speed_curve
{
public:
    //! \param first where the curve begins \param lowest revolutions per sample below which there is a gap
    speed_curve(const sample_instant& first, double lowest) : d_first(first), d_lowest(lowest) {}

    //! The speed at an instant, revolutions per sample. False if it does not lie after the one before.
    bool add(const sample_instant& at, double speed);

    //! Another lowest speed for pieces that begin at this sample or later, none of which has been made.
    void set_lowest(std::int64_t from, double lowest) { d_changes.push_back({ from, lowest }); }

    //! True if no speed has come.
    bool is_new() const { return d_knots.empty() && !d_finished; }
    //! The instant of the last speed; where the curve begins if there is none.
    const sample_instant& known() const { return d_knots.empty() ? d_first : d_knots.back().at; }

    //! No more speeds: the last one holds for ever.
    void finish();

    bool finished() const { return d_finished; }
    bool empty() const { return d_front == d_pieces.size(); }
    const speed_piece& front() const { return d_pieces[d_front]; }
    //! The last piece, which has no end, turns from now on.
    void let_last_turn() { d_pieces.back().turn(); }
    void pop();
    //! The revolutions at the beginning of front(), relative to those at the instant where the curve begins.
    double before_first() const { return d_before_first; }

private:
    struct knot {
        sample_instant at;
        double speed;
    };
    struct lowest_speed {
        std::int64_t from;
        double lowest;
    };
    bool turns(const knot& k) const { return k.speed >= d_lowest; }
    speed_end end_at(std::size_t i) const;
    void obey_changes(std::int64_t sample);
    void make(std::size_t i);
    void put(const speed_piece& piece);

    sample_instant d_first;
    double d_lowest;
    std::vector<lowest_speed> d_changes; // of pieces that are not made yet
    double d_before_first = 0;
    std::vector<knot> d_knots; // six at most
    std::size_t d_next = 0;    // index of the knot at which the next piece begins
    bool d_started = false, d_finished = false;
    std::vector<speed_piece> d_pieces;
    std::size_t d_front = 0; // index of the first one that is left
};

} // namespace gr::stft::kernel
#endif
