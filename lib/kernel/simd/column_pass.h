/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* The passes of DFTs along columns, the columns side by side in the lanes of vectors. Included by dft_routines.cc within
 * its namespace. */

//! -j z of vectors of complex numbers, or j z
template <class R>
struct quarter_turn {
    vector<R> sign;
    integers<R> swapped;
    SIMD_INLINE vector<R> operator()(vector<R> z) const { return sign * shuffled<R>(z, swapped); }
    //! (c - j s) z, or (c + j s) z; s_signed is s times `sign`
    SIMD_INLINE vector<R> by(R c, vector<R> s_signed, vector<R> z) const
    {
        return c * z + s_signed * shuffled<R>(z, swapped);
    }
};

//! The DFT of 2 or 4 or 8 points, in place.
template <class R>
SIMD_INLINE void butterfly(vector<R> (&a)[2], const quarter_turn<R>&, const R*, const R*)
{
    const auto b = a[1];
    a[1] = a[0] - b;
    a[0] = a[0] + b;
}

template <class R>
SIMD_INLINE void butterfly(vector<R> (&a)[4], const quarter_turn<R>& turned, const R*, const R*)
{
    const auto even = a[0] + a[2], odd = a[0] - a[2], other = a[1] + a[3];
    const auto rotated = turned(a[1] - a[3]);
    a[0] = even + other;
    a[1] = odd + rotated;
    a[2] = even - other;
    a[3] = odd - rotated;
}

template <class R>
SIMD_INLINE void butterfly(vector<R> (&a)[8], const quarter_turn<R>& turned, const R* c, const R* s)
{
    constexpr R half_root = R(0.70710678118654752440);
    vector<R> even[4] = { a[0], a[2], a[4], a[6] }, odd[4] = { a[1], a[3], a[5], a[7] };
    butterfly<R>(even, turned, c, s);
    butterfly<R>(odd, turned, c, s);
    const auto one = half_root * (odd[1] + turned(odd[1])); // an eighth of a cycle
    const auto two = turned(odd[2]);
    const auto three = half_root * (turned(odd[3]) - odd[3]); // three eighths
    a[0] = even[0] + odd[0];
    a[4] = even[0] - odd[0];
    a[1] = even[1] + one;
    a[5] = even[1] - one;
    a[2] = even[2] + two;
    a[6] = even[2] - two;
    a[3] = even[3] + three;
    a[7] = even[3] - three;
}

//! Four DFTs of 4 points, turned, and four across them.
template <class R>
SIMD_INLINE void
butterfly(vector<R> (&a)[16], const quarter_turn<R>& turned, const R* c, const R* s)
{
    constexpr R half_root = R(0.70710678118654752440);
    constexpr R cosine = R(0.92387953251128675613), sine = R(0.38268343236508977173);
    vector<R> b[4][4];
    for (std::size_t i = 0; i < 4; ++i) {
        for (std::size_t t = 0; t < 4; ++t)
            b[i][t] = a[i + 4 * t];
        butterfly<R>(b[i], turned, c, s);
    }
    const auto cosines = cosine * turned.sign, sines = sine * turned.sign,
               half_roots = half_root * turned.sign;
    const auto one = [&](vector<R> z) SIMD_LAMBDA { return turned.by(cosine, sines, z); };
    const auto two = [&](vector<R> z) SIMD_LAMBDA { return turned.by(half_root, half_roots, z); };
    const auto three = [&](vector<R> z) SIMD_LAMBDA { return turned.by(sine, cosines, z); };
    const auto six = [&](vector<R> z) SIMD_LAMBDA { return turned.by(-half_root, half_roots, z); };
    const auto nine = [&](vector<R> z) SIMD_LAMBDA { return turned.by(-cosine, -sines, z); };
    b[1][1] = one(b[1][1]);
    b[1][2] = two(b[1][2]);
    b[1][3] = three(b[1][3]);
    b[2][1] = two(b[2][1]);
    b[2][2] = turned(b[2][2]);
    b[2][3] = six(b[2][3]);
    b[3][1] = three(b[3][1]);
    b[3][2] = six(b[3][2]);
    b[3][3] = nine(b[3][3]);
    for (std::size_t k = 0; k < 4; ++k) {
        vector<R> across[4] = { b[0][k], b[1][k], b[2][k], b[3][k] };
        butterfly<R>(across, turned, c, s);
        for (std::size_t j = 0; j < 4; ++j)
            a[k + 4 * j] = across[j];
    }
}

//! The DFT of an odd number of points: pairs t and r - t make bins u and r - u.
template <class R, std::size_t r>
SIMD_INLINE void butterfly(vector<R> (&a)[r], const quarter_turn<R>& turned, const R* c, const R* s)
{
    vector<R> sum[r / 2], difference[r / 2];
    auto zero = a[0];
    for (std::size_t t = 1; t <= r / 2; ++t) {
        sum[t - 1] = a[t] + a[r - t];
        difference[t - 1] = turned(a[t] - a[r - t]);
        zero = zero + sum[t - 1];
    }
    for (std::size_t u = 1; u <= r / 2; ++u) {
        auto even = a[0] + c[u] * sum[0], odd = s[u] * difference[0];
        for (std::size_t t = 2; t <= r / 2; ++t) {
            even = even + c[t * u % r] * sum[t - 1];
            odd = odd + s[t * u % r] * difference[t - 1];
        }
        a[u] = even + odd;
        a[r - u] = even - odd;
    }
    a[0] = zero;
}

template <class R, std::size_t r, bool plain>
void column_pass_of(const typename dft_routines<R>::column_pass_shape& shape,
                    std::size_t columns,
                    const R* in,
                    std::size_t in_stride,
                    R* out,
                    std::size_t out_stride)
{
    const complex_orders<R> order;
    const quarter_turn<R> turned{ shape.forward ? -order.minus_plus : order.minus_plus,
                                  order.swapped };
    const auto m = shape.m, s = shape.s;
    const auto apart = 2 * s * m * in_stride, apart_after = 2 * s * out_stride;
    R cosines[r] = {}, sines[r] = {};
    if (r % 2)
        for (std::size_t k = 0; k < r; ++k) {
            cosines[k] = shape.cosines[k];
            sines[k] = shape.sines[k];
        }
    for (std::size_t p = 0; p < m; ++p) {
        vector<R> re[r], im[r];
        if (!plain)
            for (std::size_t u = 1; u < r; ++u) {
                re[u] = all<R>(shape.twiddles[2 * (p * (r - 1) + u - 1)]);
                im[u] = shape.twiddles[2 * (p * (r - 1) + u - 1) + 1] * order.minus_plus;
            }
        for (std::size_t q = 0; q < s; ++q) {
            const R* from = in + 2 * (q + s * p) * in_stride;
            R* to = out + 2 * (q + s * r * p) * out_stride;
            for (std::size_t column = 0; column < 2 * columns; column += width<R>) {
                vector<R> a[r];
                auto at = column;
                for (std::size_t t = 0; t < r; ++t, at = as_it_is(at + apart))
                    a[t] = load<R>(from + at);
                butterfly<R>(a, turned, cosines, sines);
                at = column;
                for (std::size_t u = 0; u < r; ++u, at = as_it_is(at + apart_after))
                    store<R>(to + at,
                             plain || u == 0
                                 ? a[u]
                                 : re[u] * a[u] + im[u] * shuffled<R>(a[u], order.swapped));
            }
        }
    }
}

template <class R>
void column_pass(const typename dft_routines<R>::column_pass_shape& shape,
                 std::size_t columns,
                 const R* in,
                 std::size_t in_stride,
                 R* out,
                 std::size_t out_stride)
{
    const auto run = [&](auto radix) {
        constexpr std::size_t r = decltype(radix)::value;
        if (!shape.twiddles)
            column_pass_of<R, r, true>(shape, columns, in, in_stride, out, out_stride);
        else
            column_pass_of<R, r, false>(shape, columns, in, in_stride, out, out_stride);
    };
    switch (shape.radix) {
    case 2:
        return run(count<2>{});
    case 3:
        return run(count<3>{});
    case 4:
        return run(count<4>{});
    case 5:
        return run(count<5>{});
    case 7:
        return run(count<7>{});
    case 8:
        return run(count<8>{});
    case 11:
        return run(count<11>{});
    case 16:
        return run(count<16>{});
    default:
        return run(count<13>{});
    }
}
