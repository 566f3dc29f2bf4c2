/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "candidate_bank.h"
#include "chirp_bank.h"
#include "kernel/number_text.h"
#include "kernel/names.h"
#include "kernel/refuse.h"
#include "theta_bounds.h"
#include <gnuradio/stft/kernel/adaptive/adaptive_stft.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t least_n_fft = 8;
constexpr std::int64_t default_bands = 4;
constexpr double most_samples = 1 << 26; // that may wait for the future of their frame
constexpr std::int64_t most_frames = 1 << 16;
constexpr double most_sums = 1 << 24;

constexpr name_table names_of_method{ named_value{ "bank", learning_method::bank },
                                      named_value{ "gradient", learning_method::gradient } };
constexpr name_table names_of_learned{ named_value{ "theta", learned::theta },
                                       named_value{ "t", learned::t },
                                       named_value{ "both", learned::both },
                                       named_value{ "theta_chirp", learned::theta_chirp } };
constexpr name_table names_of_criterion{
    named_value{ "l1l2", adaptive_criterion::l1l2 },
    named_value{ "entropy", adaptive_criterion::entropy },
    named_value{ "renyi", adaptive_criterion::renyi },
    named_value{ "kurtosis", adaptive_criterion::kurtosis },
    named_value{ "magnitude_entropy", adaptive_criterion::magnitude_entropy },
    named_value{ "frame_entropy", adaptive_criterion::frame_entropy },
    named_value{ "automatic", adaptive_criterion::automatic }
};

void refuse_unless(bool holds, const char* name, double value, const std::string& rule)
{
    if (!holds)
        refuse(name, value, rule);
}

//! True if the bank measures window lengths and no positions are learned.
bool only_bank(const adaptive_settings& s)
{
    return s.method == learning_method::bank && !learns_t(s.learn);
}

bool in(double value, double least, double greatest) { return value >= least && value <= greatest; }

//! Fills the hop and the range of window lengths, each of which bounds the other.
void fill_frames(adaptive_settings& s)
{
    const auto N = static_cast<double>(s.n_fft);
    const bool given_least = s.theta_min != 0;
    if (s.hop == 0)
        s.hop = std::max(1.0, N / 16);
    refuse_unless(s.hop >= 1, "hop", s.hop, "must be at least 1 sample");
    pacing(s.hop, s.alpha, s.share);
    refuse_unless(
        s.hop <= most_samples / 4,
        "hop",
        s.hop,
        "must be at most 2^24 samples: those of three frames and more are held until their "
        "frame is decided");

    if (s.theta_max == 0)
        s.theta_max = N;
    refuse_unless(s.theta_max > shortest_window && s.theta_max <= N,
                  "theta_max",
                  s.theta_max,
                  "must be above 4, and at most n_fft");
    refuse_unless(given_least || 2 * s.hop < s.theta_max,
                  "hop",
                  s.hop,
                  "must be below theta_max / 2 = " + number_text(s.theta_max / 2) +
                      ": windows shorter than two hops miss what lies between two frames");
    if (!given_least)
        s.theta_min = std::max(shortest_window, 2 * s.hop);
    refuse_unless(s.theta_min >= shortest_window,
                  "theta_min",
                  s.theta_min,
                  "must be at least 4 samples: shorter windows have no derivative");
    refuse_unless(s.theta_min < s.theta_max,
                  "theta_min",
                  s.theta_min,
                  "must be below theta_max = " + number_text(s.theta_max));
    refuse_unless(!s.invertible || s.theta_min >= 2 * s.hop,
                  "hop",
                  s.hop,
                  "must be at most theta_min / 2 = " + number_text(s.theta_min / 2) +
                      ": the shortest window, missing what lies between two frames, would always "
                      "win (invertible=False takes it)");
    refuse_unless(!s.invertible || s.alpha <= 0.5,
                  "alpha",
                  s.alpha,
                  "must be at most 0.5: with window lengths that change, frames farther apart "
                  "leave gaps (invertible=False takes it)");
    if (s.theta_init == 0)
        s.theta_init = std::sqrt(s.theta_min * s.theta_max);
    refuse_unless(in(s.theta_init, s.theta_min, s.theta_max),
                  "theta_init",
                  s.theta_init,
                  "must be in theta_min .. theta_max = " + number_text(s.theta_min) + " .. " +
                      number_text(s.theta_max));
}

//! Fills the number of bands, and checks it where a theta is shared by the frames of a bin or by none.
void fill_bands(adaptive_settings& s)
{
    const auto most = static_cast<std::int64_t>(dft_length_for(s.theta_min) / 4);
    if (s.bands == -1)
        s.bands = std::min(default_bands, most);
    if (!per_bin(s.share))
        return;
    refuse_unless(s.bands >= 1 && s.bands <= most,
                  "bands",
                  static_cast<double>(s.bands),
                  "must be in 1 .. " + std::to_string(most) +
                      ", so that each has some bins of the shortest window's DFT");
    if (s.method != learning_method::bank)
        refuse("share",
               name_of(s.share),
               "needs method bank, whose bands are where bins and cells start from");
    if (learns_t(s.learn))
        refuse("share", name_of(s.share), "must be constant or frame where t is learned");
}

//! Fills the block of frames that a criterion pools and the lag of the path, which hold samples and sums.
void fill_block(adaptive_settings& s)
{
    const bool bank = s.method == learning_method::bank;
    const auto frames =
        static_cast<std::int64_t>(static_cast<double>(s.n_fft) / (2 * s.hop)); // in half a window
    if (s.block == -1)
        s.block = is_pooled(s.criterion)
                      ? (s.causal ? std::max<std::int64_t>(1, frames / 4) : frames)
                      : 0;
    if (s.lag == -1)
        s.lag = bank && !s.causal ? frames : 0;
    for (const auto& [name, value] : { std::pair{ "block", s.block }, { "lag", s.lag } }) {
        refuse_unless(value >= 0 && value <= most_frames,
                      name,
                      static_cast<double>(value),
                      "must be in 0 .. 65536 frames, or -1");
        refuse_unless(static_cast<double>(value) * s.hop <= most_samples,
                      name,
                      static_cast<double>(value),
                      "must not reach more than 2^26 samples: they are held until their frame is "
                      "decided");
    }
    refuse_unless(!s.causal || s.lag == 0,
                  "lag",
                  static_cast<double>(s.lag),
                  "must be 0 where causal: it looks ahead");
    refuse_unless(bank || s.lag == 0,
                  "lag",
                  static_cast<double>(s.lag),
                  "must be 0 for method gradient, which has no path");
    refuse_unless(static_cast<double>((2 * s.block + s.lag + 2) * s.candidates) *
                          static_cast<double>(per_bin(s.share) ? s.bands : 1) <=
                      most_sums,
                  "block",
                  static_cast<double>(s.block),
                  "needs more than 2^24 sums with this lag and these candidates");
}

//! Fills what belongs to the descent, and checks the costs and the limit of the load.
void fill_descent(adaptive_settings& s)
{
    refuse_unless(in(s.smoothness, 0, 1e6), "smoothness", s.smoothness, "must be in 0 .. 1e6");
    refuse_unless(in(s.prior, 0, 1e6), "prior", s.prior, "must be in 0 .. 1e6");
    refuse_unless(s.whiten == 0 || in(s.whiten, 1e-9, 1e9),
                  "whiten",
                  s.whiten,
                  "must be 0 (no whitening) or in 1e-9 .. 1e9");
    if (s.steps == -1)
        s.steps = only_bank(s) ? 0 : 3;
    refuse_unless(s.steps >= 0 && s.steps <= 1000,
                  "steps",
                  static_cast<double>(s.steps),
                  "must be in 0 .. 1000, or -1");
    refuse_unless(s.steps > 0 || only_bank(s),
                  "steps",
                  static_cast<double>(s.steps),
                  "must be 1 or more for method gradient, and where t is learned");
    refuse_unless(s.steps == 0 || !only_bank(s) || s.share == sharing::frame ||
                      s.share == sharing::cell,
                  "steps",
                  static_cast<double>(s.steps),
                  "must be 0 for share constant and bin, which pool all frames");
    refuse_unless(s.learning_rate == 0 || in(s.learning_rate, 1e-6, 1),
                  "learning_rate",
                  s.learning_rate,
                  "must be 0 (the default) or in 1e-6 .. 1");
    if (s.regularisation == -1)
        s.regularisation = 0.1;
    refuse_unless(in(s.regularisation, 0, 1e6),
                  "regularisation",
                  s.regularisation,
                  "must be in 0 .. 1e6, or -1");
    refuse_unless(in(s.load_limit, 0, 1e6), "load_limit", s.load_limit, "must be in 0 .. 1e6");
}

//! Fills the range of chirp rates.
void fill_chirp(adaptive_settings& s)
{
    const double most_chirp = 0.5 / s.theta_max;
    if (s.chirp_max == 0)
        s.chirp_max = std::min(chirp_grid::usual / (s.theta_max * s.theta_max), most_chirp);
    refuse_unless(in(s.chirp_max, 0, most_chirp) && s.chirp_max > 0,
                  "chirp_max",
                  s.chirp_max,
                  "must be positive, and at most 1 / (2 theta_max) = " + number_text(most_chirp) +
                      ": a faster chirp leaves the band within a window");
    refuse_unless(in(s.chirp_prior, 0, 1e6), "chirp_prior", s.chirp_prior, "must be in 0 .. 1e6");
}

//! Refuses what does not go with chirp rates that are learned.
void check_learned_chirp(const adaptive_settings& s)
{
    if (s.share != sharing::frame)
        refuse("share", name_of(s.share), "must be frame where chirp rates are learned");
    if (!is_pooled(s.criterion))
        refuse("criterion",
               name_of(s.criterion),
               "must be pooled over a block where chirp rates are learned: l1l2, entropy, renyi or "
               "magnitude_entropy");
    refuse_unless(s.alpha == 0,
                  "alpha",
                  s.alpha,
                  "must be 0 where chirp rates are learned: positions are given");
    if (s.causal && s.method == learning_method::bank)
        refuse("causal",
               "True",
               "must be False where a bank learns chirp rates, in stages that look ahead");
    refuse_unless(s.load_limit == 0,
                  "load_limit",
                  s.load_limit,
                  "must be 0 where chirp rates are learned: each stage needs the one before");
    const chirp_grid grid(s);
    refuse_unless(
        static_cast<double>(grid.rates.size()) * grid.coarse_theta <= most_sums,
        "chirp_max",
        s.chirp_max,
        "takes too many rates for this theta_max: their tables hold more than 2^24 numbers");
}

} // namespace

learning_method learning_method_named(const std::string& name)
{
    return names_of_method.value_of("method", name);
}

const char* name_of(learning_method method) { return names_of_method.name_of(method); }

learned learned_named(const std::string& name) { return names_of_learned.value_of("learn", name); }

const char* name_of(learned what) { return names_of_learned.name_of(what); }

adaptive_criterion adaptive_criterion_named(const std::string& name)
{
    return names_of_criterion.value_of("criterion", name);
}

const char* name_of(adaptive_criterion criterion) { return names_of_criterion.name_of(criterion); }

adaptive_settings adaptive_settings::filled() const
{
    auto s = *this;
    checked_n_fft(static_cast<std::int64_t>(n_fft));
    if (n_fft < least_n_fft)
        refuse("n_fft", n_fft, "must be at least 8");
    const bool has_chirp = learns_chirp(learn);
    if (criterion == adaptive_criterion::automatic)
        s.criterion = has_chirp ? adaptive_criterion::entropy : adaptive_criterion::l1l2;
    fill_frames(s);
    if (norm != kernel::norm::l2 && learns_theta(learn))
        refuse("norm",
               name_of(norm),
               "must be l2 where theta varies: others move the level with theta");
    refuse_unless(candidates >= 2 && candidates <= 64,
                  "candidates",
                  static_cast<double>(candidates),
                  "must be in 2 .. 64");
    fill_bands(s);
    if (learns_t(learn) && alpha != 0)
        refuse("alpha", alpha, "must be 0 where t is learned: it makes positions follow theta");
    refuse_unless(criterion != adaptive_criterion::renyi || (order > 0 && order <= 8 && order != 1),
                  "order",
                  order,
                  "must be positive, at most 8, and not 1");
    fill_block(s);
    fill_descent(s);
    fill_chirp(s);
    if (has_chirp)
        check_learned_chirp(s);
    return s;
}

} // namespace gr::stft::kernel
