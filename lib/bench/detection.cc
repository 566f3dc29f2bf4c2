/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "detection.h"
#include "harness.h"
#include <gnuradio/stft/kernel/monitor/detector.h>
#include <random>
#include <stdexcept>
#include <string>

namespace gr::stft::bench {

namespace {

constexpr std::size_t tones = 60;

//! Rows of a band whose noise has mean 1.
class band
{
public:
    band(std::size_t bins, std::size_t rows) : d_bins(bins), d_rows(rows), d_power(bins * rows)
    {
        std::exponential_distribution<float> power;
        for (auto& each : d_power)
            each = power(d_generator);
    }

    //! 10 .. 30 dB in single bins all the time; then bursts of 5 .. 30 dB, of 2 .. 120 rows and 1 .. 24 bins.
    void fill()
    {
        for (std::size_t i = 0; i < tones; ++i)
            raise(0, d_rows, number(0, d_bins - 1), 1, 10);
        for (std::size_t filled = 0; filled < d_power.size() / 10;) {
            const auto rows = number(2, std::min<std::size_t>(120, d_rows));
            const auto bins = number(1, 24);
            raise(number(0, d_rows - rows), rows, number(0, d_bins - bins), bins, 5);
            filled += rows * bins;
        }
    }

    std::size_t rows() const { return d_rows; }
    const float* row(std::size_t r) const { return &d_power[r % d_rows * d_bins]; }

private:
    std::size_t number(std::size_t least, std::size_t greatest)
    {
        return std::uniform_int_distribution<std::size_t>(least, greatest)(d_generator);
    }
    void raise(std::size_t first_row,
               std::size_t rows,
               std::size_t first_bin,
               std::size_t bins,
               double least_db)
    {
        const auto db = std::uniform_real_distribution<double>(least_db, 30)(d_generator);
        const auto factor = static_cast<float>(std::pow(10, db / 10));
        for (auto r = first_row; r < first_row + rows; ++r)
            for (auto k = first_bin; k < first_bin + bins; ++k)
                d_power[r * d_bins + k] *= factor;
    }

    std::size_t d_bins, d_rows;
    std::vector<float> d_power;
    std::mt19937 d_generator{ 1 };
};

//! A detector that has warmed up on a band, and sees it again and again.
class subject
{
public:
    subject(const kernel::detector_settings& s, const band& rows) : d_detector(s), d_band(rows)
    {
        for (std::size_t r = 0; r < s.warm_up + s.steady; ++r)
            d_detector.add(d_band.row(r));
    }

    void run()
    {
        d_detector.take();
        for (std::size_t r = 0; r < d_band.rows(); ++r)
            d_detector.add(d_band.row(r));
    }

    std::size_t ended()
    {
        const auto reports = d_detector.take();
        return static_cast<std::size_t>(
            std::count_if(reports.begin(), reports.end(), [](const kernel::event& e) {
                return e.state == kernel::event_state::end;
            }));
    }

private:
    kernel::detector d_detector;
    const band& d_band;
};

} // namespace

detection detect(std::size_t n_fft, std::size_t rows, std::size_t rounds)
{
    if (n_fft < 64)
        throw std::invalid_argument("n_fft: " + std::to_string(n_fft) + ": must be 64 at least");
    if (rows < 2)
        throw std::invalid_argument("rows: " + std::to_string(rows) + ": must be 2 at least");
    kernel::detector_settings s;
    s.n_fft = n_fft;
    s.hop = n_fft / 2;
    const band noise(n_fft, rows);
    auto full = noise;
    full.fill();
    subject in_noise(s, noise), in_full(s, full);
    const auto times = interleaved({ [&] { in_noise.run(); }, [&] { in_full.run(); } }, rounds, 0);
    detection result{ times[0], times[1], in_full.ended() };
    for (auto* list : { &result.noise, &result.busy })
        for (auto& each : *list)
            each /= static_cast<double>(rows * n_fft);
    return result;
}

} // namespace gr::stft::bench
