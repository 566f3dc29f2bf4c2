/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* The adjoint of the direct sums of cells.h, and energies and sums of the windows of its bins. Included after cell_windows.h. */
namespace gr::stft::kernel::simd::SIMD_LEVEL {

//! Sums of the columns of scratch, [r][lane], into totals.
template <class R>
void collect(const R* scratch, std::size_t end, double* totals)
{
    for (std::size_t r = 0; r < end; ++r)
        totals[r] += sum<R>(load<R>(scratch + r * width<R>));
}

//! The largest distance under the windows of all bins, rounded up to whole pairs.
template <class R>
SIMD_INLINE std::size_t extent(const folded_frame<R>& frame, const bin_group<R>& bins)
{
    return even_below(bins.reach + frame.fraction + 3);
}

/*!
 * \brief Adds to totals of samples after and before the centre what the bins of a group sum up, a vector of bins at a time.
 * \param scratch room for two arrays [r][lane]
 * \param add adds the bins from at on to such arrays: add(at, end, lanes_after, lanes_before)
 */
template <class R, class Add>
SIMD_INLINE void add_bins(const folded_frame<R>& frame,
                          const bin_group<R>& bins,
                          R* scratch,
                          double* after,
                          double* before,
                          Add add)
{
    const auto end = extent(frame, bins);
    R* const lanes_after = scratch;
    R* const lanes_before = scratch + end * width<R>;
    std::memset(scratch, 0, 2 * end * width<R> * sizeof(R));
    for (std::size_t at = 0; at < bins.count; at += width<R>)
        add(at, end, lanes_after, lanes_before);
    collect(lanes_after, end, after);
    collect(lanes_before, end, before);
}

/*!
 * \brief Adds to [r][lane] of two arrays, samples after and before the centre, what value(w, cosine, sine) makes
 * of a window and a phasor for each set of bins.
 */
template <class R, class Window, int Sets, class Value>
SIMD_INLINE void accumulate_lanes(double rho,
                                  const folded_frame<R>& frame,
                                  const bin_group<R>& bins,
                                  std::size_t at,
                                  std::size_t total,
                                  R* after,
                                  R* before,
                                  Value value)
{
    bin_rotator<R> phasor;
    phasor.begin(bins, at);
    Window window[Sets][2];
    R farthest = 0;
#pragma GCC unroll 2
    for (int set = 0; set < Sets; ++set) {
        const auto theta = load<R>(bins.theta[set] + at);
        window[set][0].begin(rho, theta);
        window[set][1].begin(rho, theta);
        farthest = largest<R>(theta) > farthest ? largest<R>(theta) : farthest;
    }
    const auto end = even_below(farthest / 2.0 + frame.fraction + 3);
    const auto sample = [&](std::size_t r, auto odd) __attribute__((always_inline))
    {
        const auto cosine = phasor.c;
        const auto sine = phasor.step();
        auto sum_after = load<R>(after + r * width<R>), sum_before = load<R>(before + r * width<R>);
#pragma GCC unroll 2
        for (int set = 0; set < Sets; ++set) {
            const auto a = window[set][0].template step<true>(frame.x_after[r]).g;
            const auto b = window[set][1].template step<true>(frame.x_before[r]).g;
            value(set, odd, a, b, cosine, sine, sum_after, sum_before);
        }
        store<R>(after + r * width<R>, sum_after);
        store<R>(before + r * width<R>, sum_before);
    };
    for_stretches(
        end < total ? end : total,
        [&](std::size_t from, std::size_t to) __attribute__((always_inline)) {
            phasor.restart_here();
#pragma GCC unroll 2
            for (int set = 0; set < Sets; ++set) {
                window[set][0].start(frame.x_after[from]);
                window[set][1].start(frame.x_before[from]);
            }
            for (auto r = from; r < to; r += 2) {
                sample(r, no);
                sample(r + 1, yes);
            }
        });
}

template <class R>
void spread(shape what,
            double rho,
            const folded_frame<R>& frame,
            const bin_group<R>& bins,
            const R* const re[2],
            const R* const im[2],
            R* scratch,
            double* after,
            double* before)
{
    const auto add = [&](std::size_t at, std::size_t end, R * lanes_after, R * lanes_before)
        __attribute__((always_inline))
    {
        const auto sine_scale = load<R>(bins.sine_scale + at);
        with_window<R>(what, bins, at, [&](auto recurrent, auto which) {
            using window =
                typename window_of<R, decltype(recurrent)::value, decltype(which)::value>::type;
            const auto run = [&](auto paired) {
                constexpr int s = decltype(paired)::value ? 2 : 1;
                vector<R> x[s], y[s];
                for (int set = 0; set < s; ++set) {
                    x[set] = load<R>(re[set] + at);
                    y[set] = load<R>(im[set] + at) * sine_scale;
                }
                accumulate_lanes<R, window, s>(
                    rho,
                    frame,
                    bins,
                    at,
                    end,
                    lanes_after,
                    lanes_before,
                    [&](int set,
                        auto odd,
                        auto a,
                        auto b,
                        auto cosine,
                        auto sine,
                        auto& sum_after,
                        auto& sum_before) __attribute__((always_inline)) {
                        const auto even_part = x[set] * cosine, odd_part = y[set] * sine;
                        if (set == 0) {
                            sum_after += a * (even_part - odd_part);
                            sum_before += b * (even_part + odd_part);
                        } else if (decltype(odd)::value) {
                            sum_after -= a * (even_part + odd_part);
                            sum_before -= b * (even_part - odd_part);
                        } else {
                            sum_after += a * (even_part + odd_part);
                            sum_before += b * (even_part - odd_part);
                        }
                    });
            };
            bins.sets == 1 ? run(no) : run(yes);
        });
    };
    add_bins(frame, bins, scratch, after, before, add);
}

template <class R>
void energy(shape what,
            double rho,
            const folded_frame<R>& frame,
            const bin_group<R>& bins,
            const R* const weight[2],
            R* scratch,
            double* after,
            double* before)
{
    const auto add = [&](std::size_t at, std::size_t end, R * lanes_after, R * lanes_before)
        __attribute__((always_inline))
    {
        for (int set = 0; set < bins.sets; ++set) {
            auto one = bins;
            one.sets = 1;
            one.theta[0] = bins.theta[set];
            const auto share = load<R>(weight[set] + at);
            with_window<R>(what, one, at, [&](auto recurrent, auto which) {
                using window =
                    typename window_of<R, decltype(recurrent)::value, decltype(which)::value>::type;
                accumulate_lanes<R, window, 1>(
                    rho,
                    frame,
                    one,
                    at,
                    end,
                    lanes_after,
                    lanes_before,
                    [&](int, auto, auto a, auto b, auto, auto, auto& sum_after, auto& sum_before)
                        __attribute__((always_inline)) {
                            sum_after += share * a * a;
                            sum_before += share * b * b;
                        });
            });
        }
    };
    add_bins(frame, bins, scratch, after, before, add);
}

template <class R>
void window_sums(shape what,
                 double rho,
                 double fraction,
                 const R* theta,
                 std::size_t count,
                 double reach,
                 R* g,
                 R* ug,
                 R* slope)
{
    const auto last = static_cast<std::ptrdiff_t>(reach + fraction + 2);
    dispatch(what, [&](auto which) {
        for (std::size_t at = 0; at < count; at += width<R>) {
            evaluated_window<R, decltype(which)::value> window;
            window.begin(rho, load<R>(theta + at));
            vector<R> sums[3] = {};
            for (std::ptrdiff_t r = -last; r <= last; ++r) {
                const auto w =
                    window.template step<true>(static_cast<R>(static_cast<double>(r) - fraction));
                sums[0] += w.g;
                sums[1] += w.ug;
                sums[2] += w.slope;
            }
            store<R>(g + at, sums[0]);
            store<R>(ug + at, sums[1]);
            store<R>(slope + at, sums[2]);
        }
    });
}

} // namespace gr::stft::kernel::simd::SIMD_LEVEL
