/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SIMD_DISPATCH_H
#define INCLUDED_STFT_LIB_KERNEL_SIMD_DISPATCH_H

/* Loops that stand where they are used, compiled for each instruction set. A loop is a function declared STFT_LOOP;
 * simd::dispatch<loop>(arguments) runs the copy for chosen_level(), as chosen<R>() of routines.h chooses among the
 * loops written with vectors. What a loop calls must be inlined, or it is compiled for the lowest level. */
namespace gr::stft::kernel::simd {

//! Levels of instruction sets, lowest first.
enum class level { generic, avx2, avx512 };

//! The level for this processor, or the one that GR_STFT_SIMD names: generic, avx2 or avx512.
//! \throws std::invalid_argument if the variable names a level that is unknown or not available here
level chosen_level();

//! The highest level that this processor runs.
level highest_level();

//! The level's name.
const char* name_of(level which);

#if defined(__GNUC__)
#define STFT_INLINE __attribute__((always_inline)) // for a lambda; stands after its parameters
#else
#define STFT_INLINE
#endif
#define STFT_LOOP STFT_INLINE inline

template <auto Loop>
struct dispatched;

template <class Result, class... Arguments, Result (*Loop)(Arguments...)>
struct dispatched<Loop> {
    Result operator()(Arguments... arguments) const
    {
        static const level chosen = chosen_level();
        switch (chosen) {
#ifdef GR_STFT_SIMD_X86
        case level::avx512:
            return avx512(arguments...);
        case level::avx2:
            return avx2(arguments...);
#endif
        default:
            return generic(arguments...);
        }
    }

private:
#ifdef GR_STFT_SIMD_X86
    __attribute__((target("avx512f"))) static Result avx512(Arguments... arguments)
    {
        return Loop(arguments...);
    }

    __attribute__((target("avx2"))) static Result avx2(Arguments... arguments)
    {
        return Loop(arguments...);
    }
#endif

    static Result generic(Arguments... arguments) { return Loop(arguments...); }
};

//! Calls the loop at the chosen level.
template <auto Loop>
constexpr dispatched<Loop> dispatch{};

} // namespace gr::stft::kernel::simd
#endif
