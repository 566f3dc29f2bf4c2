/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "stream_tags.h"
#include <algorithm>
#include <cmath>

namespace gr::stft {

namespace {

const pmt::pmt_t first_key = pmt::mp("stft_first"), hop_key = pmt::mp("stft_hop"),
                 n_fft_key = pmt::mp("stft_n_fft"), win_length_key = pmt::mp("stft_win_length"),
                 scaling_key = pmt::mp("stft_scaling"), window_key = pmt::mp("stft_window"),
                 length_key = pmt::mp("stft_length"), family_key = pmt::mp("stft_family"),
                 norm_key = pmt::mp("stft_norm"), theta_key = pmt::mp("stft_theta"),
                 share_key = pmt::mp("stft_share"), step_key = pmt::mp("stft_step"),
                 alpha_key = pmt::mp("stft_alpha"), bins_key = pmt::mp("stft_bins");

constexpr std::int64_t farthest = std::int64_t(1) << 62; // sums of two positions fit into 64 bits

//! \throws std::invalid_argument unless the tag holds an integer in least .. greatest
std::int64_t integer(const gr::tag_t& tag, std::int64_t least, std::int64_t greatest)
{
    const bool fits = pmt::is_uint64(tag.value)
                          ? pmt::to_uint64(tag.value) <= static_cast<std::uint64_t>(farthest)
                          : pmt::is_integer(tag.value);
    const auto value = !fits ? greatest
                       : pmt::is_uint64(tag.value)
                           ? static_cast<std::int64_t>(pmt::to_uint64(tag.value))
                           : pmt::to_long(tag.value);
    if (!fits || value < least || value > greatest)
        kernel::refuse(pmt::write_string(tag.key),
                       pmt::write_string(tag.value),
                       "must be an integer in " + std::to_string(least) + " .. " +
                           std::to_string(greatest));
    return value;
}

std::size_t size(const gr::tag_t& tag, std::size_t greatest)
{
    return static_cast<std::size_t>(integer(tag, 1, static_cast<std::int64_t>(greatest)));
}

//! \throws std::invalid_argument unless the tag holds a number in (0, greatest]
double positive(const gr::tag_t& tag, double greatest)
{
    const auto value = real_number(tag.value);
    if (!(value && *value > 0 && *value <= greatest))
        kernel::refuse(pmt::write_string(tag.key),
                       pmt::write_string(tag.value),
                       "must be a positive number, at most " + std::to_string(greatest));
    return *value;
}

kernel::window_family family_in(const pmt::pmt_t& value)
{
    if (pmt::is_symbol(value))
        return { pmt::symbol_to_string(value) };
    std::vector<double> parameters;
    for (std::size_t i = 1; i < pmt::length(value); ++i)
        parameters.push_back(pmt::to_double(pmt::tuple_ref(value, i)));
    return { pmt::symbol_to_string(pmt::tuple_ref(value, 0)), parameters };
}

kernel::window taps_in(const pmt::pmt_t& value)
{
    if (pmt::is_c64vector(value))
        return kernel::window(pmt::c64vector_elements(value));
    return kernel::window(pmt::f64vector_elements(value));
}

pmt::pmt_t taps_as_pmt(const kernel::parameters& p)
{
    const auto taps = p.taps();
    if (!p.window.is_real())
        return pmt::init_c64vector(taps.size(), taps);
    std::vector<double> reals;
    for (const auto& w : taps)
        reals.push_back(w.real());
    return pmt::init_f64vector(reals.size(), reals);
}

} // namespace

const pmt::pmt_t packet_length_key = pmt::mp("packet_len"), rx_time_key = pmt::mp("rx_time"),
                 rx_rate_key = pmt::mp("rx_rate"), phase_key = pmt::mp("stft_phase"),
                 samp_rate_key = pmt::mp("stft_samp_rate");

bool ends_here(const pmt::pmt_t& key)
{
    for (const auto& known : { packet_length_key,
                               first_key,
                               hop_key,
                               n_fft_key,
                               win_length_key,
                               phase_key,
                               scaling_key,
                               window_key,
                               samp_rate_key,
                               length_key,
                               family_key,
                               norm_key,
                               share_key,
                               theta_key,
                               step_key,
                               alpha_key,
                               bins_key })
        if (pmt::eq(key, known))
            return true;
    return false;
}

bool stream_description::read(const gr::tag_t& tag)
{
    if (pmt::eq(tag.key, first_key))
        first = integer(tag, -farthest, farthest);
    else if (pmt::eq(tag.key, hop_key))
        hop = size(tag, kernel::longest_hop);
    else if (pmt::eq(tag.key, n_fft_key))
        n_fft = size(tag, kernel::longest_window);
    else if (pmt::eq(tag.key, win_length_key))
        win_length = size(tag, kernel::longest_window);
    else if (pmt::eq(tag.key, phase_key))
        phase = pmt::symbol_to_string(tag.value);
    else if (pmt::eq(tag.key, scaling_key))
        scaling = pmt::symbol_to_string(tag.value);
    else if (pmt::eq(tag.key, window_key))
        window = taps_in(tag.value);
    else if (pmt::eq(tag.key, samp_rate_key))
        samp_rate = rate_in(tag.value);
    else if (pmt::eq(tag.key, family_key))
        family = family_in(tag.value);
    else if (pmt::eq(tag.key, norm_key))
        norm = kernel::norm_named(pmt::symbol_to_string(tag.value));
    else if (pmt::eq(tag.key, share_key))
        share = kernel::sharing_named(pmt::symbol_to_string(tag.value));
    else if (pmt::eq(tag.key, theta_key))
        theta = positive(tag, static_cast<double>(kernel::longest_window));
    else if (pmt::eq(tag.key, step_key))
        step = positive(tag, static_cast<double>(kernel::longest_hop));
    else if (pmt::eq(tag.key, alpha_key))
        alpha = positive(tag, 1e3); // as kernel::pacing
    else if (pmt::eq(tag.key, bins_key))
        bins = pmt::f64vector_elements(tag.value);
    else if (pmt::eq(tag.key, length_key))
        length = integer(tag, 0, farthest);
    else
        return false;
    return true;
}

std::optional<double> rate_in(const pmt::pmt_t& value)
{
    constexpr double least = 1e-30, greatest = 1e30; // densities fit into single precision, too
    const auto rate = real_number(value);
    return rate && *rate >= least && *rate <= greatest ? rate : std::nullopt;
}

std::optional<double> real_number(const pmt::pmt_t& value)
{
    if (pmt::is_uint64(value))
        return static_cast<double>(pmt::to_uint64(value));
    if (pmt::is_number(value) && !pmt::is_complex(value))
        return pmt::to_double(value);
    return {};
}

bool stream_description::describes_frames() const
{
    return first || hop || n_fft || win_length || phase || scaling || window || samp_rate;
}

kernel::parameters stream_description::applied_to(kernel::parameters p) const
{
    p.n_fft = n_fft.value_or(p.n_fft);
    p.hop = hop.value_or(p.hop);
    if (window)
        p.window = *window;
    if (window || win_length)
        p.win_length = win_length.value_or(window ? window->length() : 0);
    if (phase)
        p.phase = kernel::phase_reference(*phase);
    if (scaling)
        p.scale = kernel::scaling_named(*scaling);
    p.samp_rate = samp_rate.value_or(p.samp_rate);
    return p;
}

kernel::bins_parameters stream_description::applied_to(kernel::bins_parameters p) const
{
    static_cast<kernel::parameters&>(p) = applied_to(static_cast<const kernel::parameters&>(p));
    p.bins = bins.value_or(p.bins);
    return p;
}

std::vector<key_value> description_tags(const kernel::parameters& p, std::int64_t first)
{
    return { { first_key, pmt::from_long(first) },
             { hop_key, pmt::from_long(static_cast<long>(p.hop)) },
             { n_fft_key, pmt::from_long(static_cast<long>(p.n_fft)) },
             { win_length_key, pmt::from_long(static_cast<long>(p.window_length())) },
             { phase_key, pmt::mp(p.phase.name()) },
             { scaling_key, pmt::mp(name_of(p.scale)) },
             { window_key, taps_as_pmt(p) },
             { samp_rate_key, pmt::from_double(p.samp_rate) } };
}

std::vector<key_value> description_tags(const kernel::bins_parameters& p, std::int64_t first)
{
    auto tags = description_tags(static_cast<const kernel::parameters&>(p), first);
    tags.emplace_back(bins_key, pmt::init_f64vector(p.bins.size(), p.bins));
    return tags;
}

std::vector<key_value> image_tags(const kernel::image_axis& rows)
{
    return { { first_key, pmt::from_long(static_cast<long>(rows.start(0))) },
             { hop_key, pmt::from_long(static_cast<long>(rows.hop())) },
             { n_fft_key, pmt::from_long(static_cast<long>(rows.n_fft())) },
             { win_length_key, pmt::from_long(static_cast<long>(rows.win_length())) },
             { window_key, pmt::init_f64vector(rows.taps().size(), rows.taps()) } };
}

std::vector<key_value> dstft_tags(std::size_t n_fft,
                                  const kernel::window_family& window,
                                  kernel::norm norm,
                                  const kernel::pacing* pace,
                                  kernel::sharing share,
                                  double theta)
{
    auto family = pmt::mp(window.name());
    if (window.name() == "gaussian")
        family = pmt::make_tuple(family, pmt::from_double(window.rho()));
    std::vector<key_value> tags{ { n_fft_key, pmt::from_long(static_cast<long>(n_fft)) },
                                 { phase_key, pmt::mp("absolute") },
                                 { family_key, family },
                                 { norm_key, pmt::mp(kernel::name_of(norm)) },
                                 { share_key, pmt::mp(kernel::name_of(share)) } };
    if (pace && pace->fixed_overlap())
        tags.emplace_back(alpha_key, pmt::from_double(pace->alpha()));
    else if (pace)
        tags.emplace_back(step_key, pmt::from_double(pace->hop()));
    if (theta > 0)
        tags.emplace_back(theta_key, pmt::from_double(theta));
    return tags;
}

key_value length_tag(std::int64_t length)
{
    return { length_key, pmt::from_uint64(static_cast<std::uint64_t>(length)) };
}

void sort_by_sample(std::vector<gr::tag_t>& tags)
{
    std::stable_sort(tags.begin(), tags.end(), [](const auto& a, const auto& b) {
        if (a.offset != b.offset)
            return a.offset < b.offset;
        return pmt::eq(a.key, rx_rate_key) && !pmt::eq(b.key, rx_rate_key);
    });
}

pmt::pmt_t shifted_time(const pmt::pmt_t& rx_time, double seconds)
{
    constexpr double most = 4e18; // seconds: two of them fit into 64 bits
    if (!pmt::is_tuple(rx_time) || pmt::length(rx_time) < 2)
        return rx_time;
    const auto full = pmt::tuple_ref(rx_time, 0), fraction = pmt::tuple_ref(rx_time, 1);
    if (!pmt::is_uint64(full) || !pmt::is_real(fraction) || !(std::abs(seconds) < most))
        return rx_time;
    const double whole = std::floor(seconds);
    double rest = pmt::to_double(fraction) + (seconds - whole);
    const double carry = std::floor(rest);
    rest -= carry;
    if (!(std::abs(carry + whole) < most) || pmt::to_uint64(full) > std::uint64_t(most))
        return rx_time;
    const auto moved = static_cast<std::int64_t>(pmt::to_uint64(full)) +
                       static_cast<std::int64_t>(whole) + static_cast<std::int64_t>(carry);
    if (moved < 0) // before the epoch there is no such tag
        return pmt::make_tuple(pmt::from_uint64(0), pmt::from_double(0));
    return pmt::make_tuple(pmt::from_uint64(static_cast<std::uint64_t>(moved)),
                           pmt::from_double(rest));
}

} // namespace gr::stft
