/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums under Hann windows that move with the frames, bins in the lanes of vectors. Included after cell_windows.h. */
namespace gr::stft::kernel::simd::SIMD_LEVEL {

template <class R>
SIMD_INLINE vector<double> load_wide(const R* from)
{
    return __builtin_convertvector(load_as<typename narrowed<R>::vector>(from), vector<double>);
}

constexpr double to_integer = 6755399441055744; // 1.5 2^52: a double's last bit is 1

//! The nearest integer, |v| < 2^51
SIMD_INLINE vector<double> nearest(vector<double> v) { return (v + to_integer) - to_integer; }

SIMD_INLINE vector<double> floor_of(vector<double> v)
{
    const auto whole = nearest(v);
    return whole > v ? whole - 1 : whole;
}

SIMD_INLINE integers<double> as_integer(vector<double> whole)
{
    return reinterpret_cast<integers<double>>(whole + to_integer) -
           reinterpret_cast<integers<double>>(all<double>(to_integer));
}

SIMD_INLINE vector<double> as_double(integers<double> whole)
{
    return reinterpret_cast<vector<double>>(
               whole + reinterpret_cast<integers<double>>(all<double>(to_integer))) -
           to_integer;
}

SIMD_INLINE vector<double> without_whole_cycles(vector<double> f) { return f - nearest(f); }

//! The integers under windows about a centre: first .. end - 1, relative to the centre's whole part.
struct reach_of {
    vector<double> first, end;

    SIMD_INLINE reach_of(double fraction, vector<double> theta)
    {
        const auto half = theta * 0.5;
        first = floor_of(fraction - half) + 1;
        end = -floor_of(-fraction - half);
    }
};

template <class R, bool Complex>
struct sample_vector {
    vector<double> re, im;

    //! One sample to a lane
    SIMD_INLINE sample_vector(const R* samples, integers<double> at)
    {
        re = im = vector<double>{};
        for (std::size_t l = 0; l < width<double>; ++l) {
            const R* one = samples + (Complex ? 2 * at[l] : at[l]);
            re[l] = one[0];
            if (Complex)
                im[l] = one[1];
        }
    }
};

//! A block's sums in vectors.
struct running_vectors {
    using v = vector<double>;
    v re, im, cosine_re, cosine_im, sine_re, sine_im;
    v cosine_moment_re, cosine_moment_im, sine_moment_re, sine_moment_im;

    //! f(vector, its row in a block) for all of them, or those without moments
    template <bool Moments, class Totals, class F>
    SIMD_INLINE void with(Totals& row, F f)
    {
        f(re, row.re);
        f(im, row.im);
        f(cosine_re, row.cosine_re);
        f(cosine_im, row.cosine_im);
        f(sine_re, row.sine_re);
        f(sine_im, row.sine_im);
        if constexpr (Moments) {
            f(cosine_moment_re, row.cosine_moment_re);
            f(cosine_moment_im, row.cosine_moment_im);
            f(sine_moment_re, row.sine_moment_re);
            f(sine_moment_im, row.sine_moment_im);
        }
    }
};

//! A vector of bins of a block, while a frame is summed.
template <class R, bool Complex, bool Moments>
struct running_lanes {
    using v = vector<double>;
    struct phasors {
        v re, im, c, s;
    };

    const running_frame<R>& frame;
    running_block& block;
    std::size_t lane;
    double from_anchor; // of the centre's whole part
    v per_theta, twiddle_cosine, twiddle_sine, window_cosine, window_sine;
    running_vectors total;
    v top;

    SIMD_INLINE running_lanes(const running_frame<R>& f, running_block& b, std::size_t at)
        : frame(f), block(b), lane(at), per_theta(load<double>(b.per_theta + at)),
          twiddle_cosine(load<double>(b.twiddle_cosine + at)),
          twiddle_sine(load<double>(b.twiddle_sine + at)),
          window_cosine(load<double>(b.window_cosine + at)),
          window_sine(load<double>(b.window_sine + at))
    {}

    SIMD_INLINE void begin(bool from_zero)
    {
        from_anchor = static_cast<double>(frame.sample - block.anchor);
        top = from_zero ? v{} : load<double>(block.top + lane);
        total.template with<Moments>(
            block.total, [&](v & one, const double* from) __attribute__((always_inline)) {
                one = from_zero ? v{} : load<double>(from + lane);
            });
    }

    SIMD_INLINE void end()
    {
        store<double>(block.top + lane, top);
        total.template with<Moments>(
            block.total, [&](v one, double* to) __attribute__((always_inline)) {
                store<double>(to + lane, one);
            });
    }

    //! Exact phasors of the samples at `at`, from integers
    SIMD_INLINE phasors exact(v at) const
    {
        phasors p;
        const auto product =
            load_as<integers<double>>(block.bin + lane) * (as_integer(at) + frame.offset);
        const auto whole_cycles = nearest(__builtin_convertvector(product, v) * frame.per_n_fft);
        const auto rest = product - as_integer(whole_cycles) * frame.n_fft;
        circle_point<double>(as_double(rest) * frame.per_n_fft, p.re, p.im);
        p.im = -p.im;
        circle_point<double>(without_whole_cycles((at + from_anchor) * per_theta), p.c, p.s);
        return p;
    }

    /*!
     * \brief Adds samples from `at` on to the sums (Entering), or takes them away; counts[l] of them in lane l.
     * \param restarted whether the phasors start from integers
     */
    template <bool Entering>
    SIMD_INLINE void take(v at, v counts, running_phasors& kept, bool restarted)
    {
        const auto most = static_cast<std::size_t>(largest<double>(counts)),
                   least = static_cast<std::size_t>(smallest<double>(counts));
        phasors p{ load<double>(kept.re + lane),
                   load<double>(kept.im + lane),
                   load<double>(kept.c + lane),
                   load<double>(kept.s + lane) };
        const auto start = as_integer(at) - frame.begin;
        const auto one = [&](std::size_t i, auto masked) __attribute__((always_inline))
        {
            constexpr bool m = decltype(masked)::value;
            const v step = all<double>(static_cast<double>(i));
            const auto under = step < counts;
            const auto index = start + static_cast<std::int64_t>(i);
            // a lane that takes nothing reads the first sample: where its window ends there may be none
            const sample_vector<R, Complex> x(frame.samples,
                                              m ? (under ? index : integers<double>{}) : index);
            v re = x.re, im = x.im;
            if constexpr (m) {
                re = under ? re : v{};
                im = under ? im : v{};
            }
            if constexpr (Entering) {
                const auto a = magnitude<double>(re), b = magnitude<double>(im);
                top = top < a ? a : top;
                if constexpr (Complex)
                    top = top < b ? b : top;
            }
            if constexpr (!Entering) {
                re = -re;
                im = -im;
            }
            const v y_re = Complex ? re * p.re - im * p.im : re * p.re;
            const v y_im = Complex ? re * p.im + im * p.re : re * p.im;
            total.re += y_re;
            total.im += y_im;
            total.cosine_re += y_re * p.c;
            total.cosine_im += y_im * p.c;
            total.sine_re += y_re * p.s;
            total.sine_im += y_im * p.s;
            if constexpr (Moments) {
                const auto k = at + (step + from_anchor);
                const auto k_re = k * y_re, k_im = k * y_im;
                total.cosine_moment_re += k_re * p.c;
                total.cosine_moment_im += k_im * p.c;
                total.sine_moment_re += k_re * p.s;
                total.sine_moment_im += k_im * p.s;
            }
            const phasors next{ p.re * twiddle_cosine + p.im * twiddle_sine,
                                p.im * twiddle_cosine - p.re * twiddle_sine,
                                p.c * window_cosine - p.s * window_sine,
                                p.s * window_cosine + p.c * window_sine };
            if constexpr (m)
                p = { under ? next.re : p.re,
                      under ? next.im : p.im,
                      under ? next.c : p.c,
                      under ? next.s : p.s };
            else
                p = next;
        };
        if (restarted)
            p = exact(at);
        for (std::size_t i0 = 0; i0 < most; i0 += restart) {
            if (i0 > 0)
                p = exact(at + static_cast<double>(i0));
            const auto stop = most < i0 + restart ? most : i0 + restart;
            auto i = i0;
            for (; i < stop && i < least; ++i)
                one(i, no);
            for (; i < stop; ++i)
                one(i, yes);
        }
        store<double>(kept.re + lane, p.re);
        store<double>(kept.im + lane, p.im);
        store<double>(kept.c + lane, p.c);
        store<double>(kept.s + lane, p.s);
    }

    //! Re and Im of the sums with g, u g' and g', from those with the window's cosine and sine about the anchor.
    SIMD_INLINE void evaluate(v sums[3][2]) const
    {
        constexpr double pi = 3.14159265358979323846;
        const double distance = from_anchor + frame.fraction;
        v c, s;
        circle_point<double>(without_whole_cycles(distance * per_theta), c, s);
        const auto odd_re = c * total.sine_re - s * total.cosine_re;
        const auto odd_im = c * total.sine_im - s * total.cosine_im;
        sums[0][0] = 0.5 * (total.re + (c * total.cosine_re + s * total.sine_re));
        sums[0][1] = 0.5 * (total.im + (c * total.cosine_im + s * total.sine_im));
        if constexpr (Moments) {
            const auto scale = -pi * per_theta;
            sums[1][0] = scale * ((c * total.sine_moment_re - s * total.cosine_moment_re) -
                                  distance * odd_re);
            sums[1][1] = scale * ((c * total.sine_moment_im - s * total.cosine_moment_im) -
                                  distance * odd_im);
        }
        sums[2][0] = -pi * odd_re;
        sums[2][1] = -pi * odd_im;
    }
};

//! Complex numbers a x + b y to the lanes of a row; the row ends after `left` bins.
template <class R>
SIMD_INLINE void write_lanes(R* to,
                             std::size_t left,
                             vector<double> a,
                             const vector<double> x[2],
                             vector<double> b,
                             const vector<double> y[2])
{
    write_pairs<R>(to, left, a * x[0] + b * y[0], a * x[1] + b * y[1]);
}

//! True if the sums need a restart by running_frame::tolerance.
template <class R>
bool outgrown(const running_frame<R>& frame, const running_block& block)
{
    for (std::size_t l = 0; l < block_lanes; ++l) {
        const double within = block.theta[l] / 2 - frame.fraction; // distances r < within
        auto r = static_cast<std::int64_t>(within);
        r -= static_cast<double>(r) < within ? 0 : 1;
        if (block.top[l] * frame.tolerance > (within > 0 ? frame.largest[r] : 0))
            return true;
    }
    return false;
}

template <class R, bool Complex, bool Moments>
double run_blocks(const running_frame<R>& frame,
                  running_block* blocks,
                  std::size_t bins,
                  const running_results<R>& to)
{
    using v = vector<double>;
    const auto moved = frame.sample - frame.previous_sample;
    const auto steps = static_cast<std::size_t>(moved) + // samples that may enter a window
                       (frame.fraction == frame.previous_fraction ? 0 : 1);
    const auto count = (bins + block_lanes - 1) / block_lanes;
    const bool repeated = frame.update == running_update::repeat;
    v top{};
    for (std::size_t b = 0; b < count; ++b) {
        auto& block = blocks[b];
        // blocks take turns, so that no frame bears the work of all
        auto offset = frame.previous_offset + block.offset;
        offset -= offset >= frame.n_fft ? frame.n_fft : 0;
        const bool from_zero =
            !repeated &&
            (frame.update == running_update::restart || block.brief ||
             block.longest <= 2.0 * static_cast<double>(steps) + 16 ||
             offset + moved >= frame.n_fft || (frame.largest && outgrown(frame, block)));
        const bool restarted = from_zero || block.age + steps > restart;
        if (from_zero)
            block.anchor = frame.sample + (frame.fraction >= 0.5 ? 1 : 0);
        for (std::size_t lane = 0; lane < block_lanes; lane += width<double>) {
            const auto at = b * block_lanes + lane;
            if (at >= bins)
                break;
            running_lanes<R, Complex, Moments> lanes(frame, block, lane);
            lanes.begin(from_zero);
            const auto theta = load<double>(block.theta + lane);
            const reach_of now(frame.fraction, theta);
            if (from_zero) {
                lanes.template take<true>(now.first, now.end - now.first, block.entering, true);
            } else if (!repeated) {
                const reach_of before(frame.previous_fraction, theta);
                const auto end = before.end - static_cast<double>(moved),
                           first = before.first - static_cast<double>(moved);
                lanes.template take<true>(end, now.end - end, block.entering, restarted);
                lanes.template take<false>(first, now.first - first, block.leaving, restarted);
            }
            if (!repeated)
                lanes.end();
            top = top < lanes.top ? lanes.top : top;

            v sums[3][2];
            lanes.evaluate(sums);
            const auto slope = load_wide<R>(to.slope + at);
            const auto left = bins - at;
            if (to.spectrum)
                write_lanes<R>(
                    to.spectrum + 2 * at, left, load_wide<R>(to.value + at), sums[0], v{}, sums[0]);
            if constexpr (Moments)
                if (to.by_theta)
                    write_lanes<R>(to.by_theta + 2 * at,
                                   left,
                                   load_wide<R>(to.length_g + at),
                                   sums[0],
                                   slope,
                                   sums[1]);
            if (to.by_t)
                write_lanes<R>(to.by_t + 2 * at,
                               left,
                               load_wide<R>(to.position_g + at),
                               sums[0],
                               slope,
                               sums[2]);
        }
        if (!repeated)
            block.age = from_zero ? restart : restarted ? steps : block.age + steps;
    }
    return largest<double>(top);
}

template <class R>
double run(const running_frame<R>& frame,
           running_samples samples,
           running_moments moments,
           running_block* blocks,
           std::size_t bins,
           const running_results<R>& to)
{
    const bool with_moments = moments == running_moments::wanted;
    if (samples == running_samples::complex)
        return with_moments ? run_blocks<R, true, true>(frame, blocks, bins, to)
                            : run_blocks<R, true, false>(frame, blocks, bins, to);
    return with_moments ? run_blocks<R, false, true>(frame, blocks, bins, to)
                        : run_blocks<R, false, false>(frame, blocks, bins, to);
}

} // namespace gr::stft::kernel::simd::SIMD_LEVEL
