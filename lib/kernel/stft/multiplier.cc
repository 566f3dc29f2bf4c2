/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/simd/multiply.h"
#include <gnuradio/stft/kernel/stft/multiplier.h>

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

template <class R>
void apply_mask(const std::complex<R>* spectrum,
                const R* mask,
                std::size_t bins,
                std::complex<R>* masked)
{
    multiply(spectrum, mask, masked, bins);
}

template <class R>
void apply_mask(const std::complex<R>* spectrum,
                const std::complex<R>* mask,
                std::size_t bins,
                std::complex<R>* masked)
{
    multiply(spectrum, mask, masked, bins);
}

template <class T>
typename multiplier<T>::inverse
multiplier<T>::inverse_of(const parameters& p, const taps_t& synthesis, double threshold)
{
    if (p.window_length() > p.n_fft)
        return folded_istft<T>(p, synthesis, threshold);
    return istft<T>(p, synthesis, threshold);
}

template <class T>
multiplier<T>::multiplier(const parameters& p, const taps_t& synthesis, double threshold)
    : d_framer(p.frames()), d_stft(p), d_inverse(inverse_of(p, synthesis, threshold)),
      d_spectra(most_in_a_run * d_stft.bins())
{}

template <class T>
void multiplier<T>::set_masks(const real* rows, std::size_t stride)
{
    d_real_masks = rows;
    d_complex_masks = nullptr;
    d_stride = stride;
    d_frame = 0;
}

template <class T>
void multiplier<T>::set_masks(const complex* rows, std::size_t stride)
{
    d_real_masks = nullptr;
    d_complex_masks = rows;
    d_stride = stride;
    d_frame = 0;
}

template <class T>
void multiplier<T>::push(const T* samples, std::size_t count, std::vector<T>& output)
{
    while (count > 0) {
        const auto taken = d_framer.push(samples, count);
        samples += taken;
        count -= taken;
        take_frames(output);
    }
}

template <class T>
void multiplier<T>::finish(std::vector<T>& output)
{
    d_framer.finish();
    take_frames(output);
    std::visit(
        [&](auto& inverse) {
            inverse.finish(d_framer.received());
            read_ready(inverse, output);
        },
        d_inverse);
}

template <class T>
void multiplier<T>::apply(complex* spectra, std::size_t count)
{
    const auto n = bins();
    for (std::size_t i = 0; i < count; ++i, ++d_frame, spectra += n) {
        if (d_real_masks)
            apply_mask(spectra, d_real_masks + d_frame * d_stride, n, spectra);
        else if (d_complex_masks)
            apply_mask(spectra, d_complex_masks + d_frame * d_stride, n, spectra);
    }
}

template <class T>
void multiplier<T>::take_frames(std::vector<T>& output)
{
    while (const auto* frame = d_framer.frame()) {
        const auto count = d_framer.run(most_in_a_run);
        const bool last =
            d_framer.last(); // then nothing may be read before finish() has the length
        d_stft.analyse_run(frame, d_framer.start(), count, d_spectra.data());
        d_framer.advance(count);
        apply(d_spectra.data(), count);
        const auto* spectrum = d_spectra.data();
        std::visit(
            [&](auto& inverse) {
                for (std::size_t i = 0; i < count;) {
                    const auto* next = spectrum + i * bins();
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
}

template STFT_API void
apply_mask(const std::complex<float>*, const float*, std::size_t, std::complex<float>*);
template STFT_API void
apply_mask(const std::complex<double>*, const double*, std::size_t, std::complex<double>*);
template STFT_API void apply_mask(const std::complex<float>*,
                                  const std::complex<float>*,
                                  std::size_t,
                                  std::complex<float>*);
template STFT_API void apply_mask(const std::complex<double>*,
                                  const std::complex<double>*,
                                  std::size_t,
                                  std::complex<double>*);
template class multiplier<float>;
template class multiplier<double>;
template class multiplier<std::complex<float>>;
template class multiplier<std::complex<double>>;

} // namespace gr::stft::kernel
