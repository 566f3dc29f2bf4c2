/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "chirp_dft.h"
#include "complex_dft.h"
#include "kernel/simd/dft_routines.h"
#include "reals.h"
#include <gnuradio/stft/kernel/frames/phase.h>
#include <algorithm>

namespace gr::stft::kernel {

namespace {

//! Smallest size of at least n that is a power of two, or 3 or 5 times one.
std::size_t longer_than(std::size_t n)
{
    std::size_t power = 1;
    while (power < n)
        power *= 2;
    for (auto shorter : { power / 8 * 5, power / 4 * 3 })
        if (power >= 8 && shorter >= n)
            return shorter;
    return power;
}

} // namespace

template <class R>
chirp_dft<R>::chirp_dft(bool forward, std::size_t n)
    : d_n(n), d_longer(longer_than(2 * n - 1)),
      d_dft(complex_dft<R>::get(dft_kind::forward, d_longer))
{
    std::vector<std::complex<double>> filter(d_longer);
    for (std::size_t j = 0; j < n; ++j) {
        const auto root = unit_root(j * j % (2 * n), 2 * n);
        const auto chirp = forward ? std::conj(root) : root;
        d_chirp.push_back(complex(chirp));
        d_conjugate.push_back(complex(std::conj(chirp)));
        filter[j] = filter[j == 0 ? 0 : d_longer - j] = std::conj(chirp);
    }
    for (const auto& bin : dft_once(filter))
        d_filter.push_back(complex(bin / static_cast<double>(d_longer)));
}

template <class R>
std::size_t chirp_dft<R>::scratch_size() const
{
    return 2 * d_longer + d_dft->scratch_size();
}

template <class R>
void chirp_dft<R>::execute(const complex* in, complex* out, complex* scratch) const
{
    const auto& simd = simd::chosen_for_dft<R>();
    complex *const a = scratch, *const b = a + d_longer, *const more = b + d_longer;
    simd.multiply(reals(in), reals(d_chirp.data()), d_n, false, reals(a));
    std::fill(a + d_n, b, complex(0));
    d_dft->execute(a, b, more);
    // the inverse is the conjugate of the DFT of the conjugate
    simd.multiply(reals(b), reals(d_filter.data()), d_longer, true, reals(a));
    d_dft->execute(a, b, more);
    simd.multiply(reals(b), reals(d_conjugate.data()), d_n, true, reals(out));
}

template class chirp_dft<float>;
template class chirp_dft<double>;

} // namespace gr::stft::kernel
