/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_MACHINE_BASELINE_H
#define INCLUDED_STFT_KERNEL_MACHINE_BASELINE_H

#include <gnuradio/stft/kernel/machine/level_alarm.h>
#include <memory>

namespace gr::stft::kernel {

//! Parameters of baseline.
struct STFT_API baseline_settings {
    std::size_t levels = 1;          //!< levels of a row, >= 1: of orders or bands
    double f_min = 0;                //!< Hz, slowest speed
    double f_max = 0;                //!< Hz, fastest one; both 0: there is no speed, and one bin
    std::size_t speed_bins = 16;     //!< equal parts of f_min .. f_max
    double learn_time = 7 * 86400.0; //!< s of rows that were learned until learning ends
    double rate = 1;                 //!< rows per second
    double floor = 0.3;              //!< dB, smallest spread
    std::size_t least_count = 30;    //!< rows in a speed bin without which it has no verdict
    double max_rate = 0.05;          //!< 1/s, largest |f'| / f of a speed that counts as steady
    double threshold = 3;            //!< spreads over the median above which an alarm is raised
    double t_on = 300;               //!< s above the threshold until then
    double t_off = 900;              //!< s below it until it is cleared

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! Speed bins: one where there is no speed.
    std::size_t bins() const { return f_max > 0 ? speed_bins : 1; }
};

//! Parameters of baseline_settings.
template <>
inline constexpr auto
    fields<baseline_settings> = std::tuple(field("levels", &baseline_settings::levels).required(),
                                           field("f_min", &baseline_settings::f_min),
                                           field("f_max", &baseline_settings::f_max),
                                           field("speed_bins", &baseline_settings::speed_bins),
                                           field("learn_time", &baseline_settings::learn_time),
                                           field("rate", &baseline_settings::rate),
                                           field("floor", &baseline_settings::floor),
                                           field("least_count", &baseline_settings::least_count),
                                           field("max_rate", &baseline_settings::max_rate),
                                           field("threshold", &baseline_settings::threshold),
                                           field("t_on", &baseline_settings::t_on),
                                           field("t_off", &baseline_settings::t_off));

class level_histogram;

/*!
 * \brief Levels of a healthy machine at each speed, and the deviations from them.
 *
 * Levels are in dB. Within a speed bin a level may depend on the speed, as near a resonance: `slope` says how much, by least squares in
 * which no level pulls by more than 2 dB, and one that is 10 dB off not at all. What is left has a histogram of 64 classes of 1 dB, from
 * which follow the median and 1.4826 times the median of the distances from it. The deviation of a level, d Hz from the middle of the
 * bin, is that from what the line predicts, in spreads of such a prediction:
 *
 *     z = (level - median - slope d) / (s sqrt(1 + 1 / n + (d - m)^2 / (S + W))),   s = max(spread, typical, floor)
 *
 * n rows of the cell lie m Hz from the middle in the mean, and S is the sum of the squares of their distances from there. typical is
 * the median of the level's spreads in all speed bins that have a verdict: a bin in which the machine ran once has seen less
 * than the others, such as one time of the day only. Slopes are drawn to 0 by the weight W = s^2 / (variance of the level's slopes
 * in these bins, by expectation and maximisation): a bin that was seen at one speed only says little about its other speeds where
 * slopes of other bins are steep.
 *
 * and NaN where it has no verdict: in a cell with fewer than least_count rows, at a speed that is not finite, not in
 * f_min .. f_max, or not steady (its relative change from the row before exceeds max_rate), and for a level that is not finite, or
 * beyond 10^4 dB.
 *
 * Rows are learned, after their deviation is known, for learn_time of rows that can be learned; then the baseline is frozen
 * for ever, or until relearn(): a fault that grows slowly must not be learned. While it is held, as while an alarm is raised,
 * nothing is learned.
 *
 * Once it is frozen, a level_alarm watches the deviations. Its events are those of baseline, with z as their values, the level as
 * `measured` and what the line predicts as `expected`; "learned" tells
 * that learning has ended, with the first level and the rows that were learned, and "not learned", once for each speed bin, that the
 * machine runs in it and level `level` has no baseline there.
 */
class STFT_API baseline
{
public:
    //! \throws std::invalid_argument as baseline_settings::check()
    explicit baseline(const baseline_settings& s);
    ~baseline();
    //!@{
    //! Takes another baseline's state, which can only be destroyed or assigned to from then on.
    baseline(baseline&&) noexcept;
    baseline& operator=(baseline&&) noexcept;
    //!@}

    //!@{
    /*!
     * \brief The next row.
     * \param levels dB, as many as the settings say
     * \param speed Hz; not used where there is none
     * \param deviations z of each level
     */
    void add(const float* levels, double speed, float* deviations);
    void add(const double* levels, double speed, double* deviations);
    //!@}

    //! Rows were lost: they count as rows without data, and the next one has no speed before it.
    void skip(std::uint64_t rows);

    //! z of levels at a speed that counts as steady. Nothing is learned, and no row is counted.
    void deviation(const double* levels, double speed, double* deviations) const;

    //! While it is held, nothing is learned: to be said while an alarm is raised anywhere.
    void hold(bool held) { d_held = held; }
    //! Learning ends here.
    void freeze();
    //! Forgets everything and learns again; an alarm that is raised is cleared.
    void relearn();
    //! True once learning has ended.
    bool frozen() const { return d_frozen; }
    //! Rows that were learned.
    std::uint64_t learned() const { return d_learned; }
    //! True if the alarm of any level is raised.
    bool raised() const { return d_alarm.raised(); }

    //! Statistics of one level in one speed bin.
    struct cell {
        std::uint64_t count; //!< rows
        double median;       //!< dB, in the middle of the bin; NaN without rows
        double spread;       //!< dB, without the floor; NaN without rows
        double slope;        //!< dB / Hz, about the middle of the bin
    };
    //! \param level,speed_bin below design().levels, design().bins()
    cell at(std::size_t level, std::size_t speed_bin) const;

    //! Events since the last call, oldest first.
    std::vector<level_event> take();
    //! True if events wait.
    bool waiting() const { return !d_events.empty(); }
    //! Rows so far.
    std::uint64_t rows() const { return d_rows; }
    //! The parameters in force.
    const baseline_settings& design() const { return d_settings; }

    /*!
     * \brief Another threshold, floor, time ..., from the next row on.
     * \throws std::invalid_argument as check(), or if levels, f_min, f_max or speed_bins differ
     */
    void change(const baseline_settings& s);

    //! Arrays from which restore() goes on.
    state_section state() const;
    /*!
     * \brief Goes on from a state.
     * \param state of a baseline with the same parameters
     * \param may_differ parameters that may have other values: all but levels, f_min, f_max and speed_bins
     * \throws std::invalid_argument naming parameters that differ, or what is missing
     */
    void restore(const state_section& state, const std::vector<std::string>& may_differ = {});

private:
    template <class R>
    void add_row(const R* levels, double speed, R* deviations);
    //! A speed bin, and where in it a speed lies.
    struct place {
        std::size_t bin;
        double distance; // Hz from the bin's middle
    };
    //! How a level depends on the speed within a bin, by recursive least squares.
    struct trend {
        double mean = 0;   // Hz, of the distances from the bin's middle
        double slope = 0;  // dB / Hz
        double weight = 0; // Hz^2, sum of the squared distances from the mean, and the prior's
    };
    double bin_width() const;
    std::optional<place> place_of(double speed) const;
    bool is_steady(double speed);
    double deviation_at(const place& at, std::size_t level, double value) const;
    //! Statistics of a level over all speed bins.
    struct level_usual {
        bool known = false;
        double spread = 0;         // dB, median of the bins'; the floor at least
        double slope_variance = 0; // (dB / Hz)^2; 0: unknown
    };
    //! The line that a healthy level follows within a bin.
    struct line {
        double middle, slope; // dB in the middle of the bin; dB / Hz
        double mean, weight;  // Hz; Hz^2: scale^2 / weight is the variance of the slope
        double scale;         // dB
        double at(double distance) const { return middle + slope * distance; } // dB
    };
    double prior_weight() const;
    double weight_of(const trend& line) const;
    line line_of(std::size_t level, std::size_t speed_bin) const;
    const level_usual& usual(std::size_t level) const;
    void forget_usual();
    void learn(std::size_t level, const place& at, double value);
    const cell& filled(std::size_t level, std::size_t speed_bin) const;
    void tell(std::size_t speed_bin, double speed);
    void end_learning();

    baseline_settings d_settings;
    std::vector<level_histogram> d_histograms; // [level][speed bin]
    std::vector<trend> d_trends;               // [level][speed bin]
    mutable std::vector<cell> d_cells; // results of those whose count is that of their histogram
    std::vector<std::uint8_t> d_told;  // speed bins that are reported as not learned
    level_alarm d_alarm;
    mutable std::vector<level_usual> d_usual; // one for each level
    mutable std::vector<double> d_spreads;    // of the speed bins of one level
    std::vector<double> d_z;
    std::vector<level_event> d_events;
    std::uint64_t d_rows = 0, d_learned = 0;
    double d_last; // speed of the row before; NaN: there was none
    bool d_held = false, d_frozen = false;
};

} // namespace gr::stft::kernel
#endif
