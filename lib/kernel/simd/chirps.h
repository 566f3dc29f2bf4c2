/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* The phasors of chirps. Included after lanes.h. */
namespace gr::stft::kernel::simd::SIMD_LEVEL {

//! cos and sin of pi rate (x0 + j)^2. Cycles are counted in double precision, and only what is left of them modulo 1 is
//! rounded to R: a chirp over n_fft samples makes thousands of them.
template <class R>
void chirp(double x0, double rate, std::size_t count, R* cosine, R* sine)
{
    constexpr double to_whole =
        3.0 * (std::int64_t(1) << 51); // the low bits of a sum hold the integer
    const auto away = iota<double>();
    using narrow = typename narrowed<R>::vector;
    for (std::size_t j = 0; j < count; j += width<R>) {
        vector<R> rest;
        for (std::size_t part = 0; part < width<R>; part += width<double>) {
            const auto u = (x0 + static_cast<double>(j + part)) + away;
            const auto cycles = (0.5 * rate) * u * u;
            const auto whole = (cycles + to_whole) - to_whole;
            const auto fraction = __builtin_convertvector(cycles - whole, narrow);
            std::memcpy(
                reinterpret_cast<char*>(&rest) + part * sizeof(R), &fraction, sizeof fraction);
        }
        vector<R> c, s;
        circle_point<R>(rest, c, s);
        store<R>(cosine + j, c);
        store<R>(sine + j, s);
    }
}

} // namespace gr::stft::kernel::simd::SIMD_LEVEL
