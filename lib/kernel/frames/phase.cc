/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "quarter_cycles.h"
#include <gnuradio/stft/kernel/frames/phase.h>
#include <charconv>

namespace gr::stft::kernel {

phase_reference::phase_reference(const std::string& name)
{
    if (name == "start")
        d_kind = kind::start;
    else if (name == "centre" || name == "center")
        d_kind = kind::centre;
    else if (name == "absolute")
        d_kind = kind::absolute;
    else
        refuse("phase", name, "must be start, centre or absolute");
}

phase_reference phase_reference::named(const std::string& name)
{
    std::int64_t r = 0;
    const auto* end = name.data() + name.size();
    const auto read = std::from_chars(name.data(), end, r);
    return read.ec == std::errc() && read.ptr == end ? fixed(r) : phase_reference(name);
}

phase_reference phase_reference::fixed(std::int64_t r) { return { kind::fixed, r }; }

std::int64_t phase_reference::counted_from(std::int64_t start, std::size_t win_length) const
{
    switch (d_kind) {
    case kind::start:
        return 0;
    case kind::centre:
        return static_cast<std::int64_t>(win_length / 2);
    case kind::absolute:
        return -start;
    default:
        return d_r;
    }
}

std::size_t
phase_reference::offset(std::int64_t start, std::size_t win_length, std::size_t n_fft) const
{
    const auto from = counted_from(start, win_length);
    const bool within = from >= 0 && from < static_cast<std::int64_t>(n_fft); // spares a division
    const auto shift = within ? static_cast<std::size_t>(from) : modulo(from, n_fft);
    return shift == 0 ? 0 : n_fft - shift;
}

std::string phase_reference::name() const
{
    switch (d_kind) {
    case kind::start:
        return "start";
    case kind::centre:
        return "centre";
    case kind::absolute:
        return "absolute";
    default:
        return std::to_string(d_r);
    }
}

std::complex<double> unit_root(std::size_t j, std::size_t n)
{
    // in quarters of a cycle, 4 j / n = quarter + rest / n, rest in -n/2 .. n/2: an eighth of a cycle at most
    const std::size_t quarter = (4 * j + n / 2) / n;
    const double rest = static_cast<double>(static_cast<std::int64_t>(4 * j) -
                                            static_cast<std::int64_t>(quarter * n));
    const double angle = M_PI_2 * rest / static_cast<double>(n);
    return cisoid_of(quarter, angle);
}

template <class R>
phase_converter<R>::phase_converter(std::size_t n_fft,
                                    std::size_t win_length,
                                    const phase_reference& source,
                                    const phase_reference& target,
                                    bool shifted)
    : d_n_fft(n_fft), d_win_length(win_length), d_source(source), d_target(target),
      d_first_bin(shifted ? n_fft - n_fft / 2 : 0)
{
    if (n_fft < 1)
        refuse("n_fft", n_fft, "must be 1 or more");
    if (win_length < 1)
        refuse("win_length", win_length, "must be 1 or more");
    d_roots.resize(n_fft);
    for (std::size_t j = 0; j < n_fft; ++j)
        d_roots[j] = std::complex<R>(unit_root(j, n_fft));
}

template <class R>
void phase_converter<R>::convert(const std::complex<R>* spectrum,
                                 std::size_t bins,
                                 std::int64_t start,
                                 std::complex<R>* converted) const
{
    // from offset a to offset b is a delay by b - a modulo n_fft
    const auto a = d_source.offset(start, d_win_length, d_n_fft);
    const auto b = d_target.offset(start, d_win_length, d_n_fft);
    const auto step = (a + d_n_fft - b) % d_n_fft;
    auto j = static_cast<std::size_t>(static_cast<unsigned __int128>(step) * d_first_bin % d_n_fft);
    for (std::size_t k = 0; k < bins; ++k) {
        converted[k] = spectrum[k] * d_roots[j];
        j += step;
        if (j >= d_n_fft)
            j -= d_n_fft;
    }
}

template class phase_converter<float>;
template class phase_converter<double>;

} // namespace gr::stft::kernel
