/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/frames/unfolded.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/stft/averaged_rows.h>
#include <algorithm>
#include <utility>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t frames_at_once = 16;

parameters of_rows(parameters p)
{
    p.where = placement::left;
    p.scale = scaling::psd;
    return p;
}

} // namespace

template <class T>
averaged_rows<T>::averaged_rows(parameters p,
                                const std::vector<std::uint64_t>& averages,
                                std::int64_t first)
    : d_parameters((p = of_rows(std::move(p)), check_unfolded(p), p.template check<T>(), p)),
      d_stft(d_parameters), d_framer(d_parameters.frames()), d_base(first),
      d_spectra(frames_at_once * d_stft.bins()), d_row(d_stft.bins())
{
    if (averages.empty())
        refuse("averages", "none", "must be one at least");
    for (const auto average : averages) {
        power_parameters of_mean;
        of_mean.average = average;
        of_mean.doubled = is_real_v<T>;
        d_reductions.push_back(
            { power<float>(d_parameters.n_fft, d_stft.bins(), of_mean), average, 0, first, {} });
    }
}

template <class T>
void averaged_rows<T>::add(const T* samples, std::size_t count)
{
    while (count) {
        const auto taken = d_framer.push(samples, count);
        samples += taken;
        count -= taken;
        analyse_frames();
    }
}

template <class T>
void averaged_rows<T>::analyse_frames()
{
    while (const T* frame = d_framer.frame()) {
        const auto count = d_framer.run(frames_at_once);
        const auto start = d_framer.start();
        // frames after the end of the signal are padded
        if (start + static_cast<std::int64_t>(d_stft.win_length()) > d_framer.received()) {
            d_framer.advance();
            continue;
        }
        d_stft.analyse_run(frame, start, count, d_spectra.data());
        for (auto& r : d_reductions)
            for (std::size_t p = 0; p < count; ++p) {
                if (r.frames++ == 0)
                    r.first = d_base + start + static_cast<std::int64_t>(p * d_parameters.hop);
                if (r.mean.add(d_spectra.data() + p * bins(), d_row.data()))
                    keep(r, std::exchange(r.frames, 0));
            }
        d_framer.advance(count);
    }
}

//! Keeps d_row, in the order of the frequencies.
template <class T>
void averaged_rows<T>::keep(reduction& r, std::uint64_t frames)
{
    const auto step = static_cast<std::int64_t>(r.average * d_parameters.hop);
    const auto continues = [&](const run& last) {
        return last.frames == frames && frames == r.average &&
               last.first + static_cast<std::int64_t>(last.values.size() / bins()) * step ==
                   r.first;
    };
    if (r.runs.empty() || !continues(r.runs.back()))
        r.runs.push_back({ r.first, frames, {} });
    auto& values = r.runs.back().values;
    const auto lowest = is_real_v<T>
                            ? d_row.begin()
                            : d_row.begin() + static_cast<std::ptrdiff_t>((bins() + 1) / 2);
    values.insert(values.end(), lowest, d_row.end());
    values.insert(values.end(), d_row.begin(), lowest);
}

template <class T>
void averaged_rows<T>::cut(std::int64_t lost)
{
    if (lost < 0 || lost > farthest_start - samples())
        refuse("lost", lost, "must be 0 .. 2^62 samples, with those before");
    d_framer.finish();
    analyse_frames();
    for (auto& r : d_reductions)
        if (r.mean.flush(d_row.data()))
            keep(r, std::exchange(r.frames, 0));
    d_base = samples() + lost;
    d_framer = framer<T>(d_parameters.frames());
}

template <class T>
std::vector<typename averaged_rows<T>::run> averaged_rows<T>::take(std::size_t reduction)
{
    return std::exchange(d_reductions.at(reduction).runs, {});
}

template class averaged_rows<float>;
template class averaged_rows<std::complex<float>>;

} // namespace gr::stft::kernel
