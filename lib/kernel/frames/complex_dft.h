/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_COMPLEX_DFT_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_COMPLEX_DFT_H

#include "chirp_dft.h"
#include "dft_in_eighths.h"
#include "dft_in_lines.h"
#include "dft_in_parts.h"
#include "fft.h"
#include <functional>

namespace gr::stft::kernel {

//! Ways to compute a DFT.
enum class dft_method {
    plan,    //!< FFTW's
    lines,   //!< dft_in_lines: within the nearest cache
    eighths, //!< dft_in_eighths: about the nearest cache
    parts,   //!< dft_in_parts: beyond the near caches, and for sizes that FFTW has no fast code for
    chirp,   //!< chirp_dft: sizes with a large prime factor
};

/*!
 * \brief DFT of n complex numbers, or its inverse times n, in the quickest way.
 *
 * Which way that is, is measured once for each kind, size and precision in a process, so that whoever transforms the same
 * numbers gets the same bits; with GR_STFT_PLANNER=estimate, and for large n, it is a fixed rule.
 */
template <class R>
class complex_dft
{
public:
    using complex = std::complex<R>;

    //! which: dft_kind::forward or backward
    static std::shared_ptr<const complex_dft> get(dft_kind which, std::size_t n);

    //! One of methods(n): the one for which `seconds` is least, as quickest() decides.
    static std::shared_ptr<const complex_dft>
    quickest_of(dft_kind which,
                std::size_t n,
                const std::function<double(const complex_dft&)>& seconds);

    //! method: one of methods(n), or any that takes n
    complex_dft(dft_kind which, std::size_t n, dft_method method);

    //! Methods that come into question for n, the one that is taken without measuring first.
    static std::vector<dft_method> methods(std::size_t n);

    dft_method method() const;

    //! True if execute() reads its input from front to back and takes any address.
    bool takes_any_address() const { return !d_plan; }

    //! Numbers of scratch that execute() needs.
    std::size_t scratch_size() const;

    //! n numbers -> n others; unless takes_any_address(), both must be dft_plan<R>::aligned(). scratch always.
    void execute(const complex* in, complex* out, complex* scratch) const;

private:
    std::shared_ptr<const dft_plan<R>> d_plan; // one of the five
    std::unique_ptr<const dft_in_lines<R>> d_lines;
    std::unique_ptr<const dft_in_eighths<R>> d_eighths;
    std::unique_ptr<const dft_in_parts<R>> d_parts;
    std::unique_ptr<const chirp_dft<R>> d_chirp;
};

} // namespace gr::stft::kernel
#endif
