/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/durable_file.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/monitor/sigmf_annotations.h>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>

namespace gr::stft::kernel {

namespace {

constexpr const char* ending = ".sigmf-meta";

std::string with_ending(const std::string& path)
{
    const std::string wanted = ending;
    const bool has = path.size() > wanted.size() &&
                     path.compare(path.size() - wanted.size(), wanted.size(), wanted) == 0;
    return has ? path : path + wanted;
}

template <class Map>
std::string json_list(const Map& items)
{
    std::string text;
    for (const auto& item : items)
        text += (text.empty() ? "\n    " : ",\n    ") + item.second;
    return text.empty() ? "[]" : "[" + text + "\n  ]";
}

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

} // namespace

void sigmf_settings::check() const
{
    if (path.empty() || path.back() == '/')
        refuse("path", "'" + path + "'", "must be the name of a file");
    if (flush_every < 1 || flush_every > 1000000000)
        refuse("flush_every", flush_every, "must be 1 .. 10^9");
    if (most < 1 || most > 100000000)
        refuse("most", most, "must be 1 .. 10^8");
    if (datatype.empty())
        refuse("datatype", "''", "must be one of SigMF's, such as cf32_le");
}

sigmf_annotations::sigmf_annotations(const sigmf_settings& s) : d_settings((s.check(), s)) {}

void sigmf_annotations::begin_capture(std::int64_t sample, const event_context& context)
{
    const auto start = std::max<std::int64_t>(sample, 0);
    json_object object;
    object.add("core:sample_start", std::to_string(start));
    if (context.freq_center)
        object.add("core:frequency", json_number(*context.freq_center));
    const auto time = time_of(start, context);
    if (const auto text = time ? iso8601(*time) : ""; !text.empty())
        object.add("core:datetime", json_string(text));
    d_captures[start] = object.text();
    ++d_additions;
}

void sigmf_annotations::begin(const event_context& context)
{
    d_samp_rate = context.samp_rate;
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
        d_annotations.emplace(std::max<std::int64_t>(e.sample_start, 0), annotation(e, context));
        ++d_additions;
    }
}

std::string sigmf_annotations::text() const
{
    json_object about;
    about.add("core:datatype", json_string(d_settings.datatype));
    about.add("core:version", json_string("1.2.0"));
    if (d_samp_rate > 0)
        about.add("core:sample_rate", json_number(d_samp_rate));
    if (!d_settings.description.empty())
        about.add("core:description", json_string(d_settings.description));
    about.add("core:recorder", json_string("gr_stft"));
    if (d_settings.metadata_only)
        about.add("core:metadata_only", "true");
    about.add("core:extensions", R"([{"name": "stft", "version": "1.0.0", "optional": true}])");
    return "{\n  \"global\": " + about.text() + ",\n  \"captures\": " + json_list(d_captures) +
           ",\n  \"annotations\": " + json_list(d_annotations) + "\n}\n";
}

sigmf_file::sigmf_file(const sigmf_settings& s)
    : d_settings(s), d_path(with_ending(s.path)), d_contents(s)
{
    write();
}

void sigmf_file::add(const event& e, const event_context& context)
{
    d_contents.add(e, context);
    const auto count = d_contents.count();
    if (count - d_tried >= std::max(d_settings.flush_every, count / 10))
        write();
}

void sigmf_file::flush()
{
    if (d_written != d_contents.additions())
        write();
}

void sigmf_file::write()
{
    d_tried = d_contents.count(); // a folder that is gone is not tried again for each event
    write_durably(d_path, d_contents.text());
    d_written = d_contents.additions();
}

} // namespace gr::stft::kernel
