/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "theta_tally.h"
#include <cmath>
#include <sstream>

namespace gr::stft::kernel {

namespace {

constexpr double too_many = 0.5; // share of frames at one bound that calls for another bound

std::string advice_for(const adaptive_report& r, std::size_t bands, const adaptive_settings& s)
{
    std::ostringstream text;
    const auto most = [&](const char* bound, double value, double share) {
        text << "theta is within 1 % of " << bound << " = " << value << " samples in "
             << std::lround(100 * share) << " % of the " << (bands > 1 ? "bands of " : "")
             << "frames: ";
    };
    if (r.at_theta_max > too_many) {
        most("theta_max", s.theta_max, r.at_theta_max);
        text << "longer windows may suit the signal better: raise "
             << (s.theta_max < static_cast<double>(s.n_fft) ? "theta_max, to n_fft at most"
                                                            : "n_fft");
    } else if (r.at_theta_min > too_many && s.theta_min > shortest_window) {
        most("theta_min", s.theta_min, r.at_theta_min);
        text << "shorter windows may suit the signal better: lower theta_min"
             << (s.invertible ? ", and hop to half of it at most" : "");
    }
    return text.str();
}

} // namespace

void theta_tally::report_to(adaptive_report& report,
                            std::size_t bands,
                            const adaptive_settings& s,
                            advice wanted)
{
    report.frames = d_frames;
    if (d_frames > 0) {
        const auto seen = static_cast<double>(d_frames * bands);
        report.at_theta_min = static_cast<double>(d_at_least) / seen;
        report.at_theta_max = static_cast<double>(d_at_greatest) / seen;
        report.theta_mean = d_sum / static_cast<double>(d_frames);
        report.theta_least = d_least;
        report.theta_greatest = d_greatest;
        if (wanted == advice::given)
            report.advice = advice_for(report, bands, s);
    }
    *this = {};
}

} // namespace gr::stft::kernel
