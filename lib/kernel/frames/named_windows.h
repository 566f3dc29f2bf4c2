/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_NAMED_WINDOWS_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_NAMED_WINDOWS_H

#include <cstddef>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

namespace gr::stft::kernel {

//! Windows of one name and one list of parameters.
struct named_window {
    using values = std::vector<double>;

    struct rule {
        bool (*holds)(double);
        const char* text;
    };

    struct parameter {
        const char* name;
        const rule& legal;
        //! The default; NaN if the parameter must be given.
        double otherwise = std::numeric_limits<double>::quiet_NaN();
    };

    //! The symmetric window of n >= 2 values, from legal parameters p: the values themselves, or the amplitudes of the
    //! cosines that they are a sum of.
    struct shape_of {
        values (*sampled)(std::size_t n, const values& p) = nullptr;
        values (*cosines)(const values& p) = nullptr;

        template <class F>
        shape_of(F f)
        {
            if constexpr (std::is_invocable_v<F, std::size_t, const values&>)
                sampled = f;
            else
                cosines = f;
        }

        values operator()(std::size_t n, const values& p) const;
    };

    const char* name;
    std::vector<const char*> aliases;
    std::vector<parameter> parameters; //!< the required ones come first
    shape_of shape;
    //! Rule that forbids this length (of the periodic window, one less than n), or nullptr.
    const char* (*obstacle)(std::size_t length, bool symmetric, const values& p) = nullptr;
    bool open_ended = false; //!< the last parameter may be repeated

    bool is_called(const std::string& called) const;
    bool takes(std::size_t n_parameters) const;
    //! `1 parameter (beta)`
    std::string usage() const;

private:
    std::size_t least() const;
};

//! All of them, in the order of their names; exponential stands there twice.
const std::vector<named_window>& named_windows();

//! The value in ten significant digits at most.
std::string ten_digits(double value);

} // namespace gr::stft::kernel
#endif
