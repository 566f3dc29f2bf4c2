/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_BINDINGS_ARRAYS_H
#define INCLUDED_STFT_BINDINGS_ARRAYS_H

#include <gnuradio/stft/kernel/dstft/position.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>
#include <cstddef>
#include <optional>
#include <vector>

//! An array whose dtype and layout are the duty of the Python function that calls.
template <class T>
using array = pybind11::array_t<T, pybind11::array::c_style>;
//! An array, or None.
template <class T>
using optional_array = std::optional<array<T>>;

//! The values of an array to be filled; null for None.
template <class T>
T* data_of(optional_array<T>& given)
{
    return given ? given->mutable_data() : nullptr;
}

//! A copy.
template <class T>
array<T> as_array(const std::vector<T>& values)
{
    return array<T>(static_cast<pybind11::ssize_t>(values.size()), values.data());
}

//! base + offset; null stays null.
template <class T>
T* at(T* base, std::size_t offset)
{
    return base ? base + offset : nullptr;
}

//! Positions of frames, in samples.
inline std::vector<gr::stft::kernel::position> positions_of(const array<double>& centres)
{
    std::vector<gr::stft::kernel::position> t;
    for (pybind11::ssize_t n = 0; n < centres.size(); ++n)
        t.push_back(gr::stft::kernel::position::at(centres.data()[n]));
    return t;
}

#endif
