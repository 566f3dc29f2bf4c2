/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
// Journals of annotations, as a killed process or a failing disk leaves them: whatever is taken of them gives SigMF metadata that
// is JSON, and a journal that gives the same.
#include "bytes.h"
#include <gnuradio/stft/kernel/records/sigmf_annotations.h>
#define BOOST_BIND_GLOBAL_PLACEHOLDERS // the JSON parser of Boost below 1.83 uses them
#include <boost/property_tree/json_parser.hpp>
#include <cstdlib>
#include <sstream>

using namespace gr::stft;

namespace {

kernel::sigmf_annotations restored(const std::string& journal)
{
    kernel::sigmf_settings settings;
    settings.path = "-";
    kernel::sigmf_annotations contents(settings);
    std::istringstream lines(journal);
    for (std::string line; std::getline(lines, line);)
        contents.restore(line);
    return contents;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    auto contents = restored({ reinterpret_cast<const char*>(data), size });
    const auto text = contents.text();
    std::istringstream stream(text);
    boost::property_tree::ptree tree;
    boost::property_tree::read_json(stream, tree); // throws unless it is JSON
    for (const auto& [unused, object] : tree.get_child("annotations"))
        if (object.get<std::int64_t>("core:sample_start") < 0)
            std::abort();
    if (restored(contents.journal()).text() != text)
        std::abort();

    kernel::event event;
    kernel::event_context context;
    context.samp_rate = 1000;
    contents.add(event, context);
    contents.continue_anew();
    contents.text();
    return 0;
}
