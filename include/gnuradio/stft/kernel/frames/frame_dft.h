/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FRAMES_FRAME_DFT_H
#define INCLUDED_STFT_KERNEL_FRAMES_FRAME_DFT_H

#include <gnuradio/stft/kernel/frames/taper.h>
#include <memory>

namespace gr::stft::kernel {

template <class R>
class complex_dft;
template <class R>
class real_dft;

/*!
 * \brief One frame of samples -> its bins<T>(n_fft) bins.
 *
 * The tapered frame is written to the DFT's input modulo n_fft, its first sample at index `offset`
 * (phase_reference::offset()), so that no phase reference costs a multiplication or a rounding.
 */
template <class T>
class STFT_API frame_analysis
{
public:
    using complex = std::complex<real_t<T>>; //!< a bin

    //! \param n_fft DFT length, 1 .. 2^28
    //! \param shifted bins in the order -n_fft/2 .. (n_fft-1)/2; complex T only
    explicit frame_analysis(std::size_t n_fft, bool shifted = false);

    //! frame: taper.length() samples, anywhere in memory. Those beyond n_fft are added modulo n_fft.
    void analyse(const T* frame, const taper<T>& taper, std::size_t offset, complex* spectrum);

    //! The n_fft points, for a caller who fills all of them and then calls transform().
    T* buffer();
    //! buffer() -> its bins.
    void transform(complex* spectrum);
    //! buffer() -> the squared magnitudes of its bins; not with shifted bins.
    void powers(real_t<T>* power);
    //! First of two steps for a caller who needs only some of the bins, followed by take(); not
    //! with shifted bins.
    void transform();
    //! Bins begin .. end - 1 of the last transform(), to their places in the spectrum.
    void take(std::size_t begin, std::size_t end, complex* spectrum) const;

private:
    std::size_t d_n_fft;
    bool d_shifted;
    std::shared_ptr<const complex_dft<real_t<T>>> d_complex; // of complex samples
    std::shared_ptr<const real_dft<real_t<T>>> d_real;       // instead, of real ones
    volk::vector<T> d_buffer;
    volk::vector<complex> d_spectrum, d_scratch;
    std::size_t d_offset = 0, d_length = 0; // samples in d_buffer; zeros elsewhere
    bool d_foreign = false;                 // unless a caller has filled it
};

/*!
 * \brief bins<T>(n_fft) bins -> n_fft samples, periodic modulo n_fft: the inverse DFT times n_fft.
 *
 * Imaginary parts of bin 0 and, for even n_fft, of bin n_fft/2 are ignored if T is real.
 */
template <class T>
class STFT_API frame_synthesis
{
public:
    using complex = std::complex<real_t<T>>; //!< a bin

    //! Arguments are those of frame_analysis.
    explicit frame_synthesis(std::size_t n_fft, bool shifted = false);

    //! The result lives until the next call.
    const T* synthesise(const complex* spectrum);

    //! The bins, for a caller who fills all of them and then calls transform().
    complex* spectrum() { return d_spectrum.data(); }
    //! spectrum() -> n_fft samples, which live until the next call. The first of them are repeated
    //! after the last ones, for vector loads that run over the end.
    const T* transform();

private:
    std::size_t d_n_fft;
    bool d_shifted;
    std::shared_ptr<const complex_dft<real_t<T>>> d_complex;
    std::shared_ptr<const real_dft<real_t<T>>> d_real;
    volk::vector<complex> d_spectrum, d_scratch;
    volk::vector<T> d_buffer;
};

} // namespace gr::stft::kernel
#endif
