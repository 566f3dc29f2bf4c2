/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FRAMES_PHASE_H
#define INCLUDED_STFT_KERNEL_FRAMES_PHASE_H

#include <gnuradio/stft/kernel/fields.h>
#include <gnuradio/stft/kernel/frames/framing.h>
#include <complex>
#include <string>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Sample at which the phase of a spectrum is 0: the r of
 * X[k, p] = sum_m x[s_p + m] conj(w[m]) exp(-2j pi k (m - r) / n_fft).
 *
 * - start: the frame's first sample, r = 0
 * - centre: the window's centre, r = win_length / 2 rounded down ("zero phase")
 * - absolute: sample 0 of the signal, r = -s_p
 * - a fixed r of the user's own
 */
class STFT_API phase_reference
{
public:
    //! \throws std::invalid_argument unless name is "start", "centre" (or "center") or "absolute"
    phase_reference(const std::string& name);
    //! Overload for a string literal.
    phase_reference(const char* name) : phase_reference(std::string(name)) {}

    //! Phase reference with this name(). \throws std::invalid_argument as the constructor, unless name is a whole number
    static phase_reference named(const std::string& name);

    //! Sample r of every frame, which may lie outside of it.
    static phase_reference fixed(std::int64_t r);

    //! r for the frame that starts at start.
    std::int64_t counted_from(std::int64_t start, std::size_t win_length) const;

    //! (-r) mod n_fft for the frame that starts at start: the index of the frame's first sample in
    //! the DFT's input.
    std::size_t offset(std::int64_t start, std::size_t win_length, std::size_t n_fft) const;

    //! "start", "centre", "absolute", or the number.
    std::string name() const;

    //! True if both are of one kind, with the same r.
    bool operator==(const phase_reference& other) const
    {
        return d_kind == other.d_kind && d_r == other.d_r;
    }

private:
    enum class kind { start, centre, absolute, fixed };
    phase_reference(kind k, std::int64_t r) : d_kind(k), d_r(r) {}

    kind d_kind;
    std::int64_t d_r = 0;
};

//! A phase reference is given by its name.
template <>
inline constexpr bool is_named<phase_reference> = true;

//! exp(2j pi j / n), correctly rounded on the axes and diagonals.
STFT_API std::complex<double> unit_root(std::size_t j, std::size_t n);

/*!
 * \brief Turns spectra of one phase reference into those of another, bin by bin. R: float or double.
 *
 * The angle's index is an integer modulo n_fft, so the factor is as exact at sample 10^15 as at sample 0.
 */
template <class R>
class STFT_API phase_converter
{
public:
    //! \param n_fft DFT length of the spectra
    //! \param win_length samples under a frame
    //! \param source reference of the spectra that come in
    //! \param target reference of those that go out
    //! \param shifted whether the n_fft bins come in the order -n_fft/2 .. (n_fft-1)/2
    phase_converter(std::size_t n_fft,
                    std::size_t win_length,
                    const phase_reference& source,
                    const phase_reference& target,
                    bool shifted = false);

    //! One frame: bins of spectrum -> bins of converted (may be the same), for the frame that starts at start.
    void convert(const std::complex<R>* spectrum,
                 std::size_t bins,
                 std::int64_t start,
                 std::complex<R>* converted) const;

private:
    std::size_t d_n_fft, d_win_length;
    phase_reference d_source, d_target;
    std::size_t d_first_bin;
    std::vector<std::complex<R>> d_roots;
};

} // namespace gr::stft::kernel
#endif
