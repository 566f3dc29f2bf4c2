/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "bin_routines.h"
#include "dft_routines.h"
#include "dispatch.h"
#include "kernel/refuse.h"
#include <cstdlib>
#include <vector>

namespace gr::stft::kernel::simd {

#define DECLARE(level)                                                                             \
    namespace level {                                                                              \
    const routines<float>& single_precision();                                                     \
    const routines<double>& double_precision();                                                    \
    const bin_routines<float>& bins_in_single_precision();                                         \
    const bin_routines<double>& bins_in_double_precision();                                        \
    const dft_routines<float>& dft_in_single_precision();                                          \
    const dft_routines<double>& dft_in_double_precision();                                         \
    }
DECLARE(generic)
#ifdef GR_STFT_SIMD_X86
DECLARE(avx2)
DECLARE(avx512)
#endif

namespace {

//! Tables of functions compiled for a level.
struct tables {
    level which;
    const routines<float>& single_precision;
    const routines<double>& double_precision;
    const bin_routines<float>& bins_in_single_precision;
    const bin_routines<double>& bins_in_double_precision;
    const dft_routines<float>& dft_in_single_precision;
    const dft_routines<double>& dft_in_double_precision;
};

#define LEVEL(name)                                                                                \
    {                                                                                              \
        level::name, name::single_precision(), name::double_precision(),                           \
            name::bins_in_single_precision(), name::bins_in_double_precision(),                    \
            name::dft_in_single_precision(), name::dft_in_double_precision()                       \
    }

//! Levels that this processor runs, best last.
std::vector<tables> available()
{
    std::vector<tables> levels{ LEVEL(generic) };
#ifdef GR_STFT_SIMD_X86
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        levels.push_back(LEVEL(avx2));
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
        levels.push_back(LEVEL(avx512));
#endif
    return levels;
}

const tables& choice()
{
    static const tables chosen = [] {
        const auto levels = available();
        const char* wanted = std::getenv("GR_STFT_SIMD");
        if (!wanted || !*wanted)
            return levels.back();
        std::string names;
        for (const auto& one : levels) {
            const std::string name = name_of(one.which);
            if (name == wanted)
                return one;
            names += (names.empty() ? "" : ", ") + name;
        }
        refuse("GR_STFT_SIMD", wanted, "this processor has " + names);
    }();
    return chosen;
}

} // namespace

template <>
const routines<float>& chosen<float>()
{
    return choice().single_precision;
}

template <>
const routines<double>& chosen<double>()
{
    return choice().double_precision;
}

template <>
const bin_routines<float>& chosen_for_bins<float>()
{
    return choice().bins_in_single_precision;
}

template <>
const bin_routines<double>& chosen_for_bins<double>()
{
    return choice().bins_in_double_precision;
}

template <>
const dft_routines<float>& chosen_for_dft<float>()
{
    return choice().dft_in_single_precision;
}

template <>
const dft_routines<double>& chosen_for_dft<double>()
{
    return choice().dft_in_double_precision;
}

level chosen_level() { return choice().which; }

level highest_level() { return available().back().which; }

const char* name_of(level which)
{
    switch (which) {
    case level::avx512:
        return "avx512";
    case level::avx2:
        return "avx2";
    default:
        return "generic";
    }
}

} // namespace gr::stft::kernel::simd
