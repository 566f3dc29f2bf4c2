/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/records/json_tree.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/records/sigmf_annotations.h>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <sstream>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t captures_carried = 16; // an event of an older one has long been reported

void add_item(std::string& list, const std::string& item)
{
    list += list.empty() ? "[\n    " : ",\n    ";
    list += item;
}

std::string closed(std::string list) { return list.empty() ? "[]" : std::move(list += "\n  ]"); }

std::string annotation(const event& e, const event_context& context)
{
    thread_local boost::uuids::random_generator make_uuid;
    const auto start = std::max<std::int64_t>(e.sample_start, 0);
    const auto end = std::max(e.sample_start + std::max<std::int64_t>(e.sample_count, 0), start);
    const auto centre = context.freq_center.value_or(0);
    const auto thousandths = [](double db) { return json_number(std::round(db * 1000) / 1000); };
    const auto kind = json_string(name_of(e.kind));
    char comment[40];
    std::snprintf(comment, sizeof comment, "%.1f dB", e.snr_db);
    json_object object;
    object.add("core:sample_start", std::to_string(start));
    object.add("core:sample_count", std::to_string(end - start));
    if (std::isfinite(e.freq_lower) && std::isfinite(e.freq_upper)) {
        object.add("core:freq_lower_edge", json_number(centre + e.freq_lower));
        object.add("core:freq_upper_edge", json_number(centre + e.freq_upper));
    }
    object.add("core:label", kind);
    object.add("core:generator", json_string("gr_stft"));
    object.add("core:uuid", json_string(boost::uuids::to_string(make_uuid())));
    object.add("core:comment", json_string(comment));
    object.add("stft:snr_db", thousandths(e.snr_db));
    object.add("stft:power_db", thousandths(e.power_db));
    object.add("stft:kind", kind);
    object.add("stft:cut", e.cut == event_cut::none ? "null" : json_string(name_of(e.cut)));
    return object.text();
}

std::string capture(std::int64_t start, const event_context& context)
{
    json_object object;
    object.add("core:sample_start", std::to_string(start));
    if (context.freq_center)
        object.add("core:frequency", json_number(*context.freq_center));
    const auto time = time_of(start, context);
    if (const auto text = time ? iso8601(*time) : ""; !text.empty())
        object.add("core:datetime", json_string(text));
    return object.text();
}

//! Lines of a journal: "rate HZ", "from SAMPLE", "capture SAMPLE HZ CENTRE SECONDS FRACTION SAMPLE", nan and - for what is unknown,
//! "carried NUMBER", and "annotation SAMPLE OBJECT".
std::string capture_line(std::int64_t start, const event_context& c)
{
    return "capture " + std::to_string(start) + ' ' + json_number(c.samp_rate) + ' ' +
           (c.freq_center ? json_number(*c.freq_center) : "-") + ' ' +
           (c.time ? std::to_string(c.time->seconds) + ' ' + json_number(c.time->fraction)
                   : "- -") +
           ' ' + std::to_string(c.time_sample) + '\n';
}

std::string annotation_line(std::int64_t start, const std::string& object)
{
    return "annotation " + std::to_string(start) + ' ' + object + '\n';
}

//! Reads an integer, or a finite number, that is the whole word; else the value stays.
template <class T>
bool read(const std::string& word, T& value)
{
    T found{};
    const auto* end = word.data() + word.size();
    const auto result = std::from_chars(word.data(), end, found);
    if (result.ec != std::errc() || result.ptr != end)
        return false;
    if constexpr (std::is_floating_point_v<T>)
        if (!std::isfinite(found))
            return false;
    value = found;
    return true;
}

//! Reads the number of a sample, of which 0 is the first.
bool read_sample(const std::string& word, std::int64_t& sample)
{
    std::int64_t found = 0;
    if (!read(word, found) || found < 0)
        return false;
    sample = found;
    return true;
}

//! True for JSON of an annotation that begins at a sample, as annotation() has it.
bool is_annotation(const std::string& object, std::int64_t start)
{
    const auto beginning = "{\"core:sample_start\": " + std::to_string(start) + ", ";
    if (object.compare(0, beginning.size(), beginning) != 0)
        return false;
    try {
        json_tree_of("journal", object);
    } catch (const std::invalid_argument&) {
        return false;
    }
    return true;
}

std::optional<std::pair<std::int64_t, event_context>> captured(std::istream& words)
{
    std::string start, rate, centre, seconds, fraction, time_sample;
    words >> start >> rate >> centre >> seconds >> fraction >> time_sample;
    std::pair<std::int64_t, event_context> found;
    auto& c = found.second;
    if (!read_sample(start, found.first) || !read(rate, c.samp_rate) ||
        !read(time_sample, c.time_sample))
        return std::nullopt;
    if (centre != "-" && !read(centre, c.freq_center.emplace()))
        return std::nullopt;
    if (seconds != "-") {
        auto& time = c.time.emplace();
        if (!read(seconds, time.seconds) || !read(fraction, time.fraction))
            return std::nullopt;
    }
    return found;
}

} // namespace

void sigmf_settings::check() const
{
    if (path.empty() || path.back() == '/')
        refuse("path", "'" + path + "'", "must be the name of a file");
    if (flush_every < 1 || flush_every > 1000000000)
        refuse("flush_every", flush_every, "must be 1 .. 10^9");
    if (rotate_every > 1000000000)
        refuse("rotate_every", rotate_every, "must be 0 .. 10^9");
    if (most < 1 || most > 100000000)
        refuse("most", most, "must be 1 .. 10^8");
    if (datatype.empty())
        refuse("datatype", "''", "must be one of SigMF's, such as cf32_le");
}

sigmf_annotations::sigmf_annotations(const sigmf_settings& s) : d_settings((s.check(), s)) {}

void sigmf_annotations::begin_capture(std::int64_t sample, const event_context& context)
{
    const auto start = std::max<std::int64_t>(sample, 0);
    d_captures.insert_or_assign(start, context);
    d_latest = std::max(d_latest, start);
    note(capture_line(start, context));
    ++d_additions;
}

void sigmf_annotations::begin(const event_context& context)
{
    d_samp_rate = context.samp_rate;
    note("rate " + json_number(d_samp_rate) + '\n');
    begin_capture(0, context);
}

void sigmf_annotations::add(const event& e, const event_context& context)
{
    if (!(context.samp_rate > 0 && std::isfinite(context.samp_rate)))
        return;
    if (d_captures.empty()) {
        auto first = context;
        if (e.kind == event_kind::retune) // it tells the frequency of what follows
            first.freq_center.reset();
        begin(first);
    }
    if (e.state != event_state::end || e.cut == event_cut::withdrawn)
        return;
    if (context.samp_rate != d_samp_rate) {
        ++d_left_out;
        return;
    }
    if (e.kind == event_kind::retune || e.kind == event_kind::gap)
        begin_capture(e.sample_start + (e.kind == event_kind::gap ? e.sample_count : 0), context);
    else if (d_annotations.size() == d_settings.most)
        ++d_left_out;
    else {
        const auto start = std::max<std::int64_t>(e.sample_start, 0);
        const auto added = d_annotations.emplace(start, annotation(e, context));
        d_latest = std::max(d_latest, start);
        note(annotation_line(start, added->second));
        ++d_additions;
    }
}

void sigmf_annotations::continue_anew()
{
    d_annotations.clear();
    while (d_captures.size() > captures_carried)
        d_captures.erase(d_captures.begin());
    d_carried = d_captures.size();
    d_from = d_latest;
    d_continues = true;
    if (d_news)
        d_news->clear();
}

std::string sigmf_annotations::text() const
{
    auto first = d_continues ? d_from : 0;
    if (d_continues && !d_annotations.empty())
        first = std::min(first, d_annotations.begin()->first);
    json_object about;
    about.add("core:datatype", json_string(d_settings.datatype));
    about.add("core:version", json_string("1.2.0"));
    if (d_samp_rate > 0)
        about.add("core:sample_rate", json_number(d_samp_rate));
    if (d_continues)
        about.add("core:offset", std::to_string(first));
    if (!d_settings.description.empty())
        about.add("core:description", json_string(d_settings.description));
    about.add("core:recorder", json_string("gr_stft"));
    if (d_settings.metadata_only)
        about.add("core:metadata_only", "true");
    about.add("core:extensions", R"([{"name": "stft", "version": "1.0.0", "optional": true}])");
    std::string captures, annotations;
    auto next = d_captures.upper_bound(first);
    if (next != d_captures.begin()) // that in force
        add_item(captures, capture(first, std::prev(next)->second));
    for (; next != d_captures.end(); ++next)
        add_item(captures, capture(next->first, next->second));
    for (const auto& [start, object] : d_annotations)
        add_item(annotations, object);
    return "{\n  \"global\": " + about.text() + ",\n  \"captures\": " + closed(captures) +
           ",\n  \"annotations\": " + closed(annotations) + "\n}\n";
}

std::string sigmf_annotations::journal() const
{
    std::string lines;
    if (d_samp_rate > 0)
        lines += "rate " + json_number(d_samp_rate) + '\n';
    for (const auto& [start, context] : d_captures)
        lines += capture_line(start, context);
    if (d_continues)
        lines += "carried " + std::to_string(d_carried) + "\nfrom " + std::to_string(d_from) + '\n';
    for (const auto& [start, object] : d_annotations)
        lines += annotation_line(start, object);
    return lines;
}

std::string sigmf_annotations::take_news()
{
    if (!d_news)
        d_news.emplace();
    return std::exchange(*d_news, {});
}

void sigmf_annotations::note(const std::string& line)
{
    if (d_news)
        *d_news += line;
}

bool sigmf_annotations::restore(const std::string& line)
{
    std::istringstream words(line);
    std::string word;
    words >> word;
    std::string value;
    std::int64_t start = 0;
    if (word == "rate")
        return words >> value && read(value, d_samp_rate);
    if (word == "carried")
        return words >> value && read(value, d_carried);
    if (word == "from") {
        if (!(words >> value) || !read_sample(value, d_from))
            return false;
        return d_continues = true;
    }
    if (word == "capture") {
        const auto found = captured(words);
        if (found)
            d_captures.insert_or_assign(found->first, found->second);
        return found.has_value();
    }
    if (word != "annotation" || !(words >> value) || !read_sample(value, start))
        return false;
    std::string object;
    std::getline(words >> std::ws, object);
    if (!is_annotation(object, start))
        return false;
    d_annotations.emplace(start, object);
    ++d_additions;
    return true;
}

} // namespace gr::stft::kernel
