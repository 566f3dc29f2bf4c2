/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_IMAGE_PARAMETERS2D_H
#define INCLUDED_STFT_KERNEL_IMAGE_PARAMETERS2D_H

#include <gnuradio/stft/kernel/fields.h>
#include <gnuradio/stft/kernel/frames/framing.h>
#include <gnuradio/stft/kernel/frames/window.h>
#include <string>

namespace gr::stft::kernel {

//! Padding outside of an image: zeros, the image mirrored about its outermost sample, or that
//! sample repeated.
enum class pad { constant, reflect, edge };

//! Position of a window shorter than the DFT: at the DFT's start, or (n_fft - win_length) / 2
//! points later.
enum class fill { trailing, centred };

//! \throws std::invalid_argument unless name is "constant", "reflect" or "edge"
STFT_API pad pad_named(const std::string& name);
//! "constant", "reflect" or "edge"
STFT_API const char* name_of(pad outside);

//! \throws std::invalid_argument unless name is "trailing" or "centred" (or "centered")
STFT_API fill fill_named(const std::string& name);
//! "trailing" or "centred"
STFT_API const char* name_of(fill where);

//! Parameters of the STFT on one axis of an image.
struct STFT_API axis_parameters {
    std::size_t win_length;          //!< samples under the window; 0: the taps' number, else n_fft
    std::size_t hop;                 //!< samples between frames
    std::size_t n_fft = 0;           //!< DFT length; 0: win_length
    kernel::window window{ "hann" }; //!< a name (periodic) or taps; real
};

/*!
 * \brief One axis of an image: its frames, its window's values, and what stands outside.
 */
class STFT_API image_axis : public axis_framing
{
public:
    //! Arguments are those of parameters2d. \throws std::invalid_argument as parameters2d::check()
    image_axis(const axis_parameters& p,
               bool win_sqrt,
               bool centred,
               pad outside,
               tail rule,
               fill where);

    //! DFT length.
    std::size_t n_fft() const { return d_n_fft; }

    //! Index in the DFT of the first sample under the window.
    std::size_t offset() const { return d_offset; }

    //! The window that analysis and synthesis use, win_length() values.
    const std::vector<double>& taps() const { return d_taps; }

    //! The sample of an axis of this length that stands at a position, -1 for zero.
    std::int64_t source(std::int64_t position, std::int64_t length) const
    {
        if (position >= 0 && position < length)
            return position;
        if (d_pad == pad::constant)
            return -1;
        if (d_pad == pad::edge)
            return position < 0 ? 0 : length - 1;
        return position < 0 ? -position : 2 * (length - 1) - position;
    }

    //! Padding outside of the image.
    pad outside() const { return d_pad; }

    //! \throws std::invalid_argument naming the axis, if there is no sample or reflection needs more of them
    void check(std::int64_t length, const char* name) const;

    //! Sum at a position of the squared windows of frames 0 .. frames - 1.
    double coverage(std::int64_t position, std::int64_t frames) const;

    /*!
     * 1 / coverage, or 0 where that is not more than threshold times the most that frames of a long axis add up to: what
     * an overlap-added sample is multiplied by.
     */
    double weight(std::int64_t position, std::int64_t frames, double threshold) const;

    //! True if every sample of a long axis can be recovered (NOLA).
    bool invertible(double threshold) const;

    //! How many samples of an axis of this length, transformed whole, have no weight.
    std::int64_t lost(std::int64_t length, double threshold) const;

private:
    std::size_t d_n_fft, d_offset;
    std::vector<double> d_taps;
    pad d_pad;
    double d_most;
};

//! One size for both axes, or one for each.
struct STFT_API axis_sizes {
    std::int64_t height; //!< along the height, in samples
    std::int64_t width;  //!< along the width, in samples

    //! One size for both axes.
    axis_sizes(std::int64_t both) : height(both), width(both) {}
    //! One for each axis.
    axis_sizes(std::int64_t h, std::int64_t w) : height(h), width(w) {}
};

//! One window for both axes, or one for each.
struct STFT_API axis_windows {
    window height; //!< along the height
    window width;  //!< along the width

    //!@{
    //! One window for both axes.
    axis_windows(const window& both) : height(both), width(both) {}
    axis_windows(const char* both) : axis_windows(window(both)) {}
    //!@}
    //! One for each axis.
    axis_windows(const window& h, const window& w) : height(h), width(w) {}
};

//! Parameters of a 2-D STFT and of its inverse.
struct STFT_API parameters2d {
    axis_parameters height;          //!< the one-sided axis, kh = 0 .. n_fft / 2
    axis_parameters width;           //!< the axis with all bins, kw = 0 .. n_fft - 1
    bool win_sqrt = false;           //!< windows are the square roots of the given ones
    bool centred = true;             //!< frame m is centred at sample m hop
    kernel::pad pad = pad::constant; //!< padding outside of the image
    kernel::tail tail = tail::ceil;  //!< how many frames an axis has
    fill offset = fill::trailing;    //!< position of a window shorter than n_fft

    /*!
     * \throws std::invalid_argument naming the parameter, its value and the rule: a length or hop out of the range of
     *         framing, n_fft < win_length or > 2^28, complex taps, negative ones under win_sqrt
     */
    image_axis rows() const;    //!< the axis of the height
    image_axis columns() const; //!< the axis of the width

    //! \throws std::invalid_argument as rows() and columns()
    void check() const;
};

//! Parameters of a 2-D STFT as its users give them, the same for both axes or a pair.
struct STFT_API image_settings {
    axis_sizes win_length{ 0 };      //!< samples under the window; 0: the taps' number, else n_fft
    axis_sizes hop{ 0 };             //!< samples between frames, >= 1
    axis_sizes n_fft{ 0 };           //!< DFT lengths, >= win_length; 0: win_length
    axis_windows window{ "hann" };   //!< names (periodic) or taps; real
    kernel::pad pad = pad::constant; //!< padding outside of the image
    kernel::tail tail = tail::ceil;  //!< how many frames an axis has
    bool win_sqrt = false;           //!< windows are the square roots of the given ones
    bool centre = true;              //!< frame m is centred at sample m hop
    fill offset = fill::trailing;    //!< position of a window shorter than n_fft

    //! Parameters by axes. \throws std::invalid_argument for a negative number
    kernel::parameters2d parameters() const;
};

//! Parameters of image_settings.
template <>
inline constexpr auto
    fields<image_settings> = std::tuple(field("win_length", &image_settings::win_length).required(),
                                        field("hop", &image_settings::hop).required(),
                                        field("n_fft", &image_settings::n_fft).automatic(),
                                        field("window", &image_settings::window),
                                        field("pad", &image_settings::pad, pad_named),
                                        field("tail", &image_settings::tail, tail_named),
                                        field("win_sqrt", &image_settings::win_sqrt),
                                        field("centre", &image_settings::centre),
                                        field("offset", &image_settings::offset, fill_named));

} // namespace gr::stft::kernel
#endif
