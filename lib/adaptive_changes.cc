/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "adaptive_changes.h"
#include "kernel/refuse.h"
#include <filesystem>
#include <fstream>

namespace gr::stft {

std::vector<double> last_item_in(const std::string& path, std::size_t numbers)
{
    // a pipe without a writer would hold up the thread that opens it
    std::error_code unknown;
    const bool is_file = std::filesystem::is_regular_file(path, unknown);
    std::ifstream file;
    if (is_file)
        file.open(path, std::ios::binary | std::ios::ate);
    if (!file.is_open())
        kernel::refuse("load", path, "cannot be read");
    const auto bytes = static_cast<std::streamoff>(numbers * sizeof(float));
    const std::streamoff size = file.tellg();
    if (size < bytes || size % bytes != 0)
        kernel::refuse("load",
                       path,
                       "must hold window lengths, 32-bit floats, in items of " +
                           std::to_string(numbers));
    std::vector<float> item(numbers);
    file.seekg(size - bytes);
    if (!file.read(reinterpret_cast<char*>(item.data()), bytes))
        kernel::refuse("load", path, "cannot be read");
    return { item.begin(), item.end() };
}

} // namespace gr::stft
