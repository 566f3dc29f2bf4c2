/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_STFT_ROUND_TRIP_H
#define INCLUDED_STFT_KERNEL_STFT_ROUND_TRIP_H

#include <gnuradio/stft/kernel/frames/framer.h>
#include <gnuradio/stft/kernel/stft/folded_istft.h>
#include <gnuradio/stft/kernel/stft/istft.h>
#include <gnuradio/stft/kernel/stft/stft.h>
#include <variant>

namespace gr::stft::kernel {

/*!
 * \brief STFT, a change of each spectrum, inverse STFT, in a stream of any length.
 *
 * Any split of the input gives the same bits, which are those of the three one after the other. As many samples leave as came in.
 * T: float, double, or their complex types.
 */
template <class T>
class STFT_API round_trip
{
public:
    using complex = std::complex<real_t<T>>; //!< a bin

    //! Arguments are those of istft; the window may be longer than n_fft. \throws as istft and folded_istft
    explicit round_trip(const parameters& p, const taps_t& synthesis = {}, double threshold = -1);

    //! Bins of a spectrum.
    std::size_t bins() const { return d_stft.bins(); }
    //! Samples taken so far.
    std::int64_t received() const { return d_framer.received(); }

    //!@{
    //! Takes samples, and appends the samples that are ready to the output. change(spectra, count) is called with the next spectra.
    template <class Change>
    void push(const T* samples, std::size_t count, std::vector<T>& output, Change change)
    {
        while (count > 0) {
            const auto taken = d_framer.push(samples, count);
            samples += taken;
            count -= taken;
            take_frames(output, change);
        }
    }
    //! The signal has ended: appends the rest. To be called once.
    template <class Change>
    void finish(std::vector<T>& output, Change change)
    {
        d_framer.finish();
        take_frames(output, change);
        append_rest(output);
    }
    //!@}

private:
    using inverse = std::variant<istft<T>, folded_istft<T>>;
    static inverse inverse_of(const parameters& p, const taps_t& synthesis, double threshold);

    std::size_t analyse();
    void invert(std::size_t count, bool last, std::vector<T>& output);
    void append_rest(std::vector<T>& output);

    template <class Change>
    void take_frames(std::vector<T>& output, Change& change)
    {
        while (d_framer.frame()) {
            const bool last = d_framer.last();
            const auto count = analyse();
            change(d_spectra.data(), count);
            invert(count, last, output);
        }
    }

    static constexpr std::size_t most_in_a_run = 32;
    framer<T> d_framer;
    stft<T> d_stft;
    inverse d_inverse;
    volk::vector<complex> d_spectra;
};

} // namespace gr::stft::kernel
#endif
