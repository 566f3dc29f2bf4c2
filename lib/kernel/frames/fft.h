/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_FFT_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_FFT_H

#include <complex>
#include <cstddef>
#include <memory>
#include <vector>

namespace gr::stft::kernel {

//! False if GR_STFT_PLANNER is estimate: then rules decide what would otherwise be measured.
//! \throws std::invalid_argument if GR_STFT_PLANNER is none of estimate, measure, patient
bool dft_planner_measures();

//! The forward DFT of numbers that are transformed but once, by a plan that is not kept.
std::vector<std::complex<double>> dft_once(const std::vector<std::complex<double>>& x);

enum class dft_kind {
    forward,       //!< n complex -> n complex
    backward,      //!< n complex -> n complex, not divided by n
    forward_real,  //!< n real -> n / 2 + 1 complex
    backward_real, //!< n / 2 + 1 complex -> n real, not divided by n; overwrites its input
};

//! Transforms of one size that one plan does together: number k of transform i is at i distance + k stride.
struct dft_batch {
    std::size_t count = 1;
    std::size_t in_stride = 1, in_distance = 0;
    std::size_t out_stride = 1, out_distance = 0;

    bool operator<(const dft_batch& other) const;
};

/*!
 * \brief An FFTW plan: out of place, one for each kind, size, batch and precision in a process, so that whoever
 * transforms the same numbers gets the same bits.
 *
 * Planning takes from microseconds (GR_STFT_PLANNER=estimate) to two seconds (measure, the default, for
 * the largest sizes) and happens once. Wisdom files are neither read nor written. execute() is thread-safe.
 */
template <class R>
class dft_plan
{
public:
    using complex = std::complex<R>;

    //! \throws std::invalid_argument if GR_STFT_PLANNER is none of estimate, measure, patient
    static std::shared_ptr<const dft_plan>
    get(dft_kind kind, std::size_t n, const dft_batch& batch = {});

    dft_plan(dft_kind kind, std::size_t n, const dft_batch& batch);
    ~dft_plan();
    dft_plan(const dft_plan&) = delete;
    dft_plan& operator=(const dft_plan&) = delete;

    //! True if execute() may be given this address.
    static bool aligned(const void* address);

    //! The kind decides which overload may be called.
    void execute(const complex* in, complex* out) const;
    void execute(const R* in, complex* out) const;
    void execute(complex* in, R* out) const;

private:
    struct handle;
    std::unique_ptr<handle> d_plan;
};

} // namespace gr::stft::kernel
#endif
