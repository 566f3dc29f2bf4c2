/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include <gnuradio/stft/kernel/stft/round_trip.h>

namespace gr::stft::kernel {

namespace {

template <class T, class Inverse>
void read_ready(Inverse& inverse, std::vector<T>& output)
{
    const auto count = inverse.ready(), before = output.size();
    output.resize(before + count);
    inverse.read(output.data() + before, count);
}

//! Inverts frames as long as each gives hop samples; their number.
template <class T>
std::size_t add_run(istft<T>& inverse,
                    const std::complex<real_t<T>>* spectra,
                    std::size_t frames,
                    std::vector<T>& output)
{
    const auto before = output.size(), hop = inverse.design().hop;
    output.resize(before + frames * hop);
    const auto taken = inverse.add_run(spectra, frames, output.data() + before);
    output.resize(before + taken * hop);
    return taken;
}

template <class T>
std::size_t add_run(folded_istft<T>&, const std::complex<real_t<T>>*, std::size_t, std::vector<T>&)
{
    return 0;
}

} // namespace

template <class T>
typename round_trip<T>::inverse
round_trip<T>::inverse_of(const parameters& p, const taps_t& synthesis, double threshold)
{
    if (p.window_length() > p.n_fft)
        return folded_istft<T>(p, synthesis, threshold);
    return istft<T>(p, synthesis, threshold);
}

template <class T>
round_trip<T>::round_trip(const parameters& p, const taps_t& synthesis, double threshold)
    : d_framer(p.frames()), d_stft(p), d_inverse(inverse_of(p, synthesis, threshold)),
      d_spectra(most_in_a_run * d_stft.bins())
{}

//! The spectra of the next frames; their number.
template <class T>
std::size_t round_trip<T>::analyse()
{
    const auto count = d_framer.run(most_in_a_run);
    d_stft.analyse_run(d_framer.frame(), d_framer.start(), count, d_spectra.data());
    d_framer.advance(count);
    return count;
}

//! Inverts the spectra; nothing is read once the last frame is there, before append_rest() has the length.
template <class T>
void round_trip<T>::invert(std::size_t count, bool last, std::vector<T>& output)
{
    const auto* spectra = d_spectra.data();
    const auto n = bins();
    std::visit(
        [&](auto& inverse) {
            for (std::size_t i = 0; i < count;) {
                const auto* next = spectra + i * n;
                const auto taken = last ? 0 : add_run(inverse, next, count - i, output);
                i += taken;
                if (taken > 0)
                    continue;
                inverse.expect_next();
                read_ready(inverse, output);
                inverse.add(next);
                if (!last)
                    read_ready(inverse, output);
                ++i;
            }
        },
        d_inverse);
}

template <class T>
void round_trip<T>::append_rest(std::vector<T>& output)
{
    std::visit(
        [&](auto& inverse) {
            inverse.finish(d_framer.received());
            read_ready(inverse, output);
        },
        d_inverse);
}

template class round_trip<float>;
template class round_trip<double>;
template class round_trip<std::complex<float>>;
template class round_trip<std::complex<double>>;

} // namespace gr::stft::kernel
