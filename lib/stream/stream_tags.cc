/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "stream_tags.h"
#include <algorithm>
#include <cmath>

namespace gr::stft {

namespace {

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

//! \throws std::invalid_argument unless the tag holds a number in least .. greatest
double number(const gr::tag_t& tag, double least, double greatest)
{
    const auto value = real_number(tag.value);
    if (!(value && *value >= least && *value <= greatest))
        kernel::refuse(pmt::write_string(tag.key),
                       pmt::write_string(tag.value),
                       "must be a positive number, at most " + kernel::number_text(greatest));
    return *value;
}

//! True if chirp rates are a stream of their own.
template <class Field>
bool each_frame_has_its_own(const Field& field, const gr::tag_t& tag)
{
    return std::string(field.name) == "c" &&
           pmt::eq(tag.value, pmt::mp(name_of(kernel::sharing::frame)));
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

//! The value of a tag, as its field says. \throws pmt::wrong_type, std::invalid_argument
template <class Field>
typename Field::value_type value_in(const Field& field, const gr::tag_t& tag)
{
    using value_type = typename Field::value_type;
    if constexpr (std::is_same_v<typename Field::given_type, std::string>)
        return field.value_of(pmt::symbol_to_string(tag.value));
    else if constexpr (std::is_integral_v<value_type>)
        return static_cast<value_type>(integer(tag,
                                               static_cast<std::int64_t>(field.least),
                                               static_cast<std::int64_t>(field.greatest)));
    else if constexpr (std::is_same_v<value_type, double>)
        return each_frame_has_its_own(field, tag) ? NAN : number(tag, field.least, field.greatest);
    else if constexpr (std::is_same_v<value_type, std::vector<double>>)
        return pmt::f64vector_elements(tag.value);
    else if constexpr (std::is_same_v<value_type, kernel::window>)
        return taps_in(tag.value);
    else {
        static_assert(std::is_same_v<value_type, kernel::window_family>,
                      "no tag holds such a value");
        return family_in(tag.value);
    }
}

//! Reads the tag if a field of this kind of change has it. \throws as value_in()
template <class Settings>
bool read_into(kernel::change<Settings>& change, const gr::tag_t& tag)
{
    bool known = false;
    change.for_each([&](const auto& field, auto& value) {
        if constexpr (std::decay_t<decltype(field)>::has_tag)
            if (pmt::eq(tag.key, pmt::mp(field.tag))) {
                value = value_in(field, tag);
                known = true;
            }
    });
    return known;
}

template <class Settings>
bool has_tag(const pmt::pmt_t& key)
{
    bool known = false;
    kernel::for_each_field<Settings>([&](const auto& field) {
        if constexpr (std::decay_t<decltype(field)>::has_tag)
            known = known || pmt::eq(key, pmt::mp(field.tag));
    });
    return known;
}

pmt::pmt_t as_pmt(std::size_t value) { return pmt::from_long(static_cast<long>(value)); }
template <class Enum>
std::enable_if_t<std::is_enum_v<Enum>, pmt::pmt_t> as_pmt(Enum value)
{
    return pmt::mp(name_of(value));
}
pmt::pmt_t as_pmt(double value)
{
    return std::isnan(value) ? as_pmt(kernel::sharing::frame) : pmt::from_double(value);
}
pmt::pmt_t as_pmt(const kernel::phase_reference& value) { return pmt::mp(value.name()); }
pmt::pmt_t as_pmt(const std::vector<double>& value)
{
    return pmt::init_f64vector(value.size(), value);
}
pmt::pmt_t as_pmt(const kernel::window_family& family)
{
    const auto name = pmt::mp(family.name());
    return family.name() == "gaussian" ? pmt::make_tuple(name, pmt::from_double(family.rho()))
                                       : name;
}
pmt::pmt_t as_pmt(const kernel::window& window) // given by taps
{
    const auto taps = window.sample(window.length());
    if (!window.is_real())
        return pmt::init_c64vector(taps.size(), taps);
    std::vector<double> reals;
    for (const auto& w : taps)
        reals.push_back(w.real());
    return as_pmt(reals);
}

template <class Settings>
std::vector<key_value> tags_of(Settings p, std::int64_t first)
{
    p.window = kernel::window(p.taps());
    p.win_length = p.window.length();
    std::vector<key_value> tags{ { first_key, pmt::from_long(first) } };
    kernel::for_each_field<Settings>([&](const auto& field) {
        if constexpr (std::decay_t<decltype(field)>::has_tag)
            tags.emplace_back(pmt::mp(field.tag), as_pmt(p.*field.member));
    });
    return tags;
}

} // namespace

const pmt::pmt_t first_key = pmt::mp("stft_first"), hop_key = pmt::mp(kernel::stft_fields::hop.tag),
                 length_key = pmt::mp("stft_length");
const pmt::pmt_t packet_length_key = pmt::mp("packet_len"), rx_time_key = pmt::mp("rx_time"),
                 rx_rate_key = pmt::mp("rx_rate");

bool ends_here(const pmt::pmt_t& key)
{
    return pmt::eq(key, packet_length_key) || pmt::eq(key, first_key) || pmt::eq(key, length_key) ||
           has_tag<kernel::bins_parameters>(key) || has_tag<dstft_frames>(key);
}

bool stream_description::read(const gr::tag_t& tag)
{
    if (pmt::eq(tag.key, first_key))
        first = integer(tag, -farthest, farthest);
    else if (pmt::eq(tag.key, length_key))
        length = integer(tag, 0, farthest);
    else
        return read_into(frames, tag) || read_into(varying, tag);
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
    return first || !(frames == kernel::change<kernel::bins_parameters>());
}

void stream_description::check_n_fft(std::size_t n_fft) const
{
    if (const auto told = frames.wanted(&kernel::parameters::n_fft).value_or(n_fft); told != n_fft)
        kernel::refuse("stft_n_fft", told, "must be that of the items, " + std::to_string(n_fft));
}

void stream_description::check_bins(kernel::sides sides, std::size_t bins) const
{
    const auto& told = frames.wanted(&kernel::parameters::n_fft);
    if (told && kernel::bins(sides, *told) != bins)
        kernel::refuse(
            "stft_n_fft", *told, "must have as many bins as the items, " + std::to_string(bins));
}

kernel::parameters stream_description::applied_to(kernel::parameters p) const
{
    return applied_to(kernel::bins_parameters{ p, {} });
}

kernel::bins_parameters stream_description::applied_to(kernel::bins_parameters p) const
{
    return changed(p, frames);
}

std::vector<key_value> description_tags(const kernel::parameters& p, std::int64_t first)
{
    return tags_of(p, first);
}

std::vector<key_value> description_tags(const kernel::bins_parameters& p, std::int64_t first)
{
    return tags_of(p, first);
}

std::vector<key_value> image_tags(const kernel::image_axis& rows)
{
    using namespace kernel::stft_fields;
    return { { first_key, pmt::from_long(static_cast<long>(rows.start(0))) },
             { pmt::mp(hop.tag), as_pmt(rows.hop()) },
             { pmt::mp(n_fft.tag), as_pmt(rows.n_fft()) },
             { pmt::mp(win_length.tag), as_pmt(rows.win_length()) },
             { pmt::mp(window.tag), as_pmt(rows.taps()) } };
}

std::vector<key_value> dstft_tags(std::size_t n_fft,
                                  const kernel::window_family& window,
                                  kernel::norm norm,
                                  const kernel::pacing* pace,
                                  kernel::sharing share,
                                  double theta,
                                  double c)
{
    kernel::change<dstft_frames> told;
    told.wanted(&dstft_frames::family) = window;
    told.wanted(&dstft_frames::norm) = norm;
    told.wanted(&dstft_frames::share) = share;
    if (pace && pace->fixed_overlap())
        told.wanted(&dstft_frames::alpha) = pace->alpha();
    else if (pace)
        told.wanted(&dstft_frames::step) = pace->hop();
    if (theta > 0)
        told.wanted(&dstft_frames::theta) = theta;
    if (c != 0)
        told.wanted(&dstft_frames::c) = c;

    std::vector<key_value> tags{ { pmt::mp(kernel::stft_fields::n_fft.tag), as_pmt(n_fft) },
                                 { pmt::mp(kernel::stft_fields::phase.tag), pmt::mp("absolute") } };
    told.for_each([&](const auto& field, const auto& value) {
        if (value)
            tags.emplace_back(pmt::mp(field.tag), as_pmt(*value));
    });
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
