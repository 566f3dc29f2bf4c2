#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The drivers of other libraries, compiled against plain sums with those libraries' interfaces."""

import contextlib
import io
import json
import os
import shutil
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
from gnuradio.stft.app import command
from gnuradio.stft.bench import benchmark_stft, compiled_peers

SUMS = """
#include <cmath>
#include <complex>
#include <cstddef>
#include <vector>
inline void plain_dft(const float* x, std::size_t n, std::complex<float>* bins, float scale = 1)
{
    for (std::size_t k = 0; k <= n / 2; ++k) {
        std::complex<double> sum = 0;
        for (std::size_t i = 0; i < n; ++i)
            sum += double(x[i]) * std::polar(1.0, -6.283185307179586 * double(k * i % n) / double(n));
        bins[k] = std::complex<float>(sum * double(scale));
    }
}
"""
PFFFT_HEADER = """
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
typedef struct PFFFT_Setup PFFFT_Setup;
typedef enum { PFFFT_FORWARD, PFFFT_BACKWARD } pffft_direction_t;
typedef enum { PFFFT_REAL, PFFFT_COMPLEX } pffft_transform_t;
PFFFT_Setup* pffft_new_setup(int n, pffft_transform_t kind);
void pffft_destroy_setup(PFFFT_Setup*);
void pffft_transform_ordered(PFFFT_Setup*, const float* in, float* out, float* work, pffft_direction_t);
void* pffft_aligned_malloc(size_t bytes);
void pffft_aligned_free(void*);
#ifdef __cplusplus
}
#endif
"""
PFFFT_SOURCE = """
#include "pffft.h"
#include <math.h>
#include <stdlib.h>
struct PFFFT_Setup { int n; };
PFFFT_Setup* pffft_new_setup(int n, pffft_transform_t kind)
{
    PFFFT_Setup* made = n % 32 || kind != PFFFT_REAL ? NULL : malloc(sizeof *made);
    if (made)
        made->n = n;
    return made;
}
void pffft_destroy_setup(PFFFT_Setup* s) { free(s); }
void* pffft_aligned_malloc(size_t bytes) { return malloc(bytes); }
void pffft_aligned_free(void* p) { free(p); }
void pffft_transform_ordered(PFFFT_Setup* s, const float* in, float* out, float* work, pffft_direction_t way)
{
    int n = s->n, k, i;
    for (k = 0; k <= n / 2; ++k) {
        double re = 0, im = 0;
        for (i = 0; i < n; ++i) {
            re += SCALE * in[i] * cos(6.283185307179586 * (k * i % n) / n);
            im -= SCALE * in[i] * sin(6.283185307179586 * (k * i % n) / n);
        }
        if (k == n / 2)
            out[1] = (float)re;
        else if (k == 0)
            out[0] = (float)re;
        else
            out[2 * k] = (float)re, out[2 * k + 1] = (float)im;
    }
}
"""
KFR_HEADER = SUMS + """
namespace kfr {
using u8 = unsigned char;
template <class T> using complex = std::complex<T>;
template <class T> using univector = std::vector<T>;
template <class T> struct dft_plan_real {
    std::size_t size, temp_size = 1;
    explicit dft_plan_real(std::size_t n) : size(n) {}
    void execute(complex<T>* out, const T* in, u8*) const { plain_dft(in, size, out); }
};
}
"""
LTFAT_HEADER = SUMS + """
typedef std::ptrdiff_t ltfat_int;
typedef std::complex<float> ltfat_complex_s;
enum ltfat_phaseconvention { LTFAT_FREQINV, LTFAT_TIMEINV };
struct ltfat_dgtreal_fb_plan_s { std::vector<float> g; ltfat_int a; };
inline int ltfat_dgtreal_fb_init_s(const float g[], ltfat_int gl, ltfat_int a, ltfat_int M, const ltfat_phaseconvention phase,
                                   unsigned, ltfat_dgtreal_fb_plan_s** plan)
{
    *plan = new ltfat_dgtreal_fb_plan_s{ { g, g + gl }, a };
    return gl == M && phase == LTFAT_TIMEINV ? 0 : -1;
}
inline int ltfat_dgtreal_fb_execute_s(ltfat_dgtreal_fb_plan_s* p, const float f[], ltfat_int L, ltfat_int, ltfat_complex_s c[])
{
    const ltfat_int M = ltfat_int(p->g.size());
    for (ltfat_int n = 0; n < L / p->a; ++n) {
        std::vector<float> x(M);
        for (ltfat_int i = -M / 2; i < M / 2; ++i)
            x[(i + M) % M] = f[(n * p->a + i + L) % L] * p->g[(i + M) % M];
        plain_dft(x.data(), M, c + n * (M / 2 + 1));
    }
    return 0;
}
inline int ltfat_dgtreal_fb_done_s(ltfat_dgtreal_fb_plan_s** p) { delete *p; *p = nullptr; return 0; }
"""
SIGNALSMITH_HEADER = SUMS + """
namespace signalsmith { namespace linear {
enum { STFT_SPECTRUM_PACKED = 0, STFT_SPECTRUM_MODIFIED = 1, STFT_SPECTRUM_UNPACKED = 2 };
template <class T, bool split, int type> struct DynamicSTFT {
    std::vector<T> window, past, fresh;
    std::vector<std::complex<T>> bins;
    std::size_t centre;
    void configure(std::size_t, std::size_t, std::size_t block, std::size_t, std::size_t)
    {
        window.assign(block, 1);
        centre = block / 2 + 1;
        bins.resize(block / 2 + 1);
        reset();
    }
    std::size_t fftSamples() const { return window.size(); }
    T* analysisWindow() { return window.data(); }
    void analysisOffset(std::size_t offset) { centre = offset; }
    void reset() { past.assign(window.size(), 0); }
    void writeInput(std::size_t, std::size_t length, const T* x) { fresh.assign(x, x + length); }
    void moveInput(std::size_t length)
    {
        past.insert(past.end(), fresh.begin(), fresh.begin() + length);
        past.erase(past.begin(), past.begin() + length);
    }
    void analyse()
    {
        const std::size_t n = window.size();
        std::vector<T> x(n);
        for (std::size_t i = 0; i < n; ++i)
            x[(i + n - centre) % n] = past[i] * window[i];
        plain_dft(x.data(), n, bins.data());
    }
    std::complex<T>* spectrum(std::size_t) { return bins.data(); }
};
} }
"""
FILES = {
    "pffft": {"include/pffft.h": PFFFT_HEADER, "src/pffft.c": PFFFT_SOURCE.replace("SCALE", "1")},
    "kfr": {"include/kfr/base.hpp": "", "include/kfr/dft.hpp": KFR_HEADER},
    "ltfat": {"ltfat.h": LTFAT_HEADER},
    "signalsmith": {"stft.h": SIGNALSMITH_HEADER, "fft.h": ""},
}
SIZE = ["--n-fft", "64", "--hop", "16", "--rounds", "1", "--quick"]


def write(folder, files):
    for name, text in files.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def run_verb(*arguments):
    out, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error), \
            mock.patch.multiple(benchmark_stft, _SECONDS_PER_TURN=1e-5, _SAMPLES=1024):
        status = command.main(["bench", "stft", *SIZE, *arguments])
    return status, out.getvalue(), error.getvalue()


@unittest.skipIf(shutil.which("c++") is None or shutil.which("cc") is None, "g++ is not installed")
class compiled(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def test_peers_agree_and_are_timed(self):
        wanted = []
        for name, files in FILES.items():
            write(f"{self.folder}/{name}", files)
            wanted += ["--peer", f"{name}={self.folder}/{name}"]
        with mock.patch.object(compiled_peers, "_OPTIONS", ("-std=c++17", "-O0", "-fPIC", "-shared")):
            status, text, error = run_verb("--json", *wanted)
        self.assertEqual((status, error), (0, ""))
        cases = [case for case in json.loads(text)["cases"] if "peer" in case]
        self.assertEqual([case["peer"] for case in cases], ["PFFFT", "KFR", "LTFAT", "Signalsmith"])
        self.assertTrue(all(case["peer_over_ours"]["median"] > 0 for case in cases))

    def test_a_peer_that_differs_has_no_ratio(self):
        write(self.folder, {**FILES["pffft"], "src/pffft.c": PFFFT_SOURCE.replace("SCALE", "1.0001")})
        status, _, error = run_verb("--peer", f"pffft={self.folder}")
        self.assertEqual(status, 1)
        self.assertIn("PFFFT differs by 1.0e-04 of the largest value: no ratio without equality", error)

    def test_a_size_that_a_peer_has_not_is_refused(self):
        write(self.folder, FILES["pffft"])
        with self.assertRaisesRegex(RuntimeError, "PFFFT has no transform of 72 points"):
            compiled_peers.CompiledPeer("pffft", Path(self.folder), 72, 8, np.ones(72))

    def test_what_does_not_compile_is_one_line(self):
        write(self.folder, {"ltfat.h": "#error not this one\n"})
        status, _, error = run_verb("--peer", f"ltfat={self.folder}")
        self.assertEqual((status, error.count("\n")), (1, 1))
        self.assertIn("not this one", error)

    def test_a_missing_compiler_is_one_line(self):
        write(self.folder, FILES["signalsmith"])
        with mock.patch.dict(os.environ, {"CXX": "no-such-compiler"}):
            status, _, error = run_verb("--peer", f"signalsmith={self.folder}")
        self.assertEqual((status, error.count("\n")), (1, 1))
        self.assertIn("install Debian's g++", error)


class refused(unittest.TestCase):
    def test_unknown_names_and_folders_without_the_header(self):
        with tempfile.TemporaryDirectory() as folder:
            write(folder, {"stft.h": SIGNALSMITH_HEADER})  # without fft.h it is another library's
            for given, refusal in (("pffft", "must be NAME=PATH"), (f"fftw={folder}", "must be NAME=PATH with a name of pffft"),
                                   (f"pffft={folder}/none", "is no folder"), (f"kfr={folder}", "has no kfr/dft.hpp"),
                                   (f"signalsmith={folder}", "has no stft.h next to fft.h")):
                status, out, error = run_verb("--peer", given)
                self.assertEqual((status, out), (2, ""), given)
                self.assertIn(refusal, error)

    def test_other_subjects_have_no_such_peers(self):
        with contextlib.redirect_stderr(io.StringIO()) as error:
            self.assertEqual(command.main(["bench", "dstft", "--peer", "pffft=."]), 2)
        self.assertIn("--peer: pffft=.: is for stft", error.getvalue())


if __name__ == "__main__":
    unittest.main()
