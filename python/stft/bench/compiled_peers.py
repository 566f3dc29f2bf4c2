# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Libraries in C and C++ that the STFT is compared with, found in a folder that the user names: small drivers, in `drivers/`, are
compiled against them on the spot."""
import ctypes
import os
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DRIVERS = Path(__file__).resolve().parent / "drivers"
_OPTIONS = ("-std=c++17", "-O3", "-march=native", "-fPIC", "-shared")


@dataclass
class Peer:
    """title: its name in print; header: a file that it is known by, given as programs include it; companion: one that stands in
    the same folder; libraries, sources: patterns of what is linked or compiled, libraries first; needs: other libraries;
    phase: of its spectra, as the STFT's argument."""
    title: str
    header: str
    companion: str = ""
    libraries: tuple = ()
    sources: tuple = ()
    needs: tuple = ()
    phase: str = "start"


PEERS = {
    "pffft": Peer("PFFFT", "pffft.h", libraries=("libpffft.so", "libpffft.a"), sources=("pffft.c", "pffft_common.c")),
    "kfr": Peer("KFR", "kfr/dft.hpp", libraries=("libkfr_dft*.so", "libkfr_dft*.a")),
    "ltfat": Peer("LTFAT", "ltfat.h", libraries=("libltfat.so", "libltfatf.so", "libltfat.a", "libltfatf.a"),
                  needs=("-lfftw3f", "-lfftw3", "-lm"), phase="centre"),
    "signalsmith": Peer("Signalsmith", "stft.h", companion="fft.h", phase="centre"),
}


def named(text):
    """(name, folder) of NAME=PATH; ValueError for what is none of PEERS or no folder with its header."""
    name, equals, path = text.partition("=")
    if not equals or name not in PEERS:
        raise ValueError(f"--peer: {text}: must be NAME=PATH with a name of {', '.join(PEERS)}")
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise ValueError(f"--peer: {text}: {path} is no folder")
    _include_folder(name, folder)
    return name, folder


def _include_folder(name, folder):
    """The folder that the compiler shall search for the header."""
    peer = PEERS[name]
    depth = len(Path(peer.header).parts)
    for found in sorted(folder.rglob(Path(peer.header).name), key=lambda path: (len(path.parts), path)):
        if found.parts[-depth:] == Path(peer.header).parts and (not peer.companion or (found.parent / peer.companion).is_file()):
            return found.parents[depth - 1]
    companion = f" next to {peer.companion}" if peer.companion else ""
    raise ValueError(f"--peer: {name}={folder}: has no {peer.header}{companion}")


def _linked(peer, folder):
    """What the driver is linked with: a shared library, else all static ones of a pattern, else sources, compiled with it."""
    for pattern in peer.libraries:
        found = sorted(folder.rglob(pattern))
        if found:
            return ["-Wl,--start-group", *map(str, found), "-Wl,--end-group", *(f"-Wl,-rpath,{path.parent.resolve()}" for path in found)]
    return [str(path) for pattern in peer.sources for path in sorted(folder.rglob(pattern))[:1]]


def _compiler(variable, default, package):
    command = shlex.split(os.environ.get(variable) or default)
    if shutil.which(command[0]) is None:
        raise ImportError(f"--peer needs a compiler, {command[0]}: install Debian's {package}, or name one in {variable}")
    return command


def _run(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if "error" in line or "undefined" in line] or [done.stderr.strip()]
        raise RuntimeError(f"--peer: {command[0]}: {errors[0][:200]}")


def _build(name, folder, into):
    """The driver as a shared object."""
    peer, objects = PEERS[name], []
    where = ["-I", str(DRIVERS), "-I", str(_include_folder(name, folder))]
    for each in _linked(peer, folder):
        if each.endswith(".c"):
            objects.append(str(into / (Path(each).stem + ".o")))
            _run([*_compiler("CC", "cc", "gcc"), "-O3", "-march=native", "-fPIC", *where, "-c", each, "-o", objects[-1]])
        else:
            objects.append(each)
    made = into / f"{name}.so"
    _run([*_compiler("CXX", "c++", "g++"), *_OPTIONS, *where, str(DRIVERS / f"{name}.cc"), *objects, *peer.needs, "-o", str(made)])
    return made


class CompiledPeer:
    """The STFT of real samples by another library: frame p is centred on sample p hop of a signal that is 0 beyond its ends."""

    def __init__(self, name, folder, n_fft, hop, window):
        self.title, self.phase = PEERS[name].title, PEERS[name].phase
        self._n_fft, self._hop = n_fft, hop
        with tempfile.TemporaryDirectory() as into:
            self._library = ctypes.CDLL(str(_build(name, folder, Path(into))))
        self._library.peer_open.restype = ctypes.c_void_p
        self._library.peer_open.argtypes = (ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p)
        self._library.peer_stft.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
        self._library.peer_stft.restype = None
        self._library.peer_close.argtypes = (ctypes.c_void_p,)
        taps = np.ascontiguousarray(window, np.float32)
        self._peer = self._library.peer_open(n_fft, hop, taps.ctypes.data)
        if not self._peer:
            raise RuntimeError(f"--peer: {self.title} has no transform of {n_fft} points")

    def close(self):
        if self._peer:
            self._library.peer_close(self._peer)
            self._peer = None

    def call(self, x):
        """A function without arguments that transforms x, and the rows that it fills, (frames, bins)."""
        frames, edge = len(x) // self._hop, self._n_fft
        padded = np.concatenate((np.zeros(edge, np.float32), x, np.zeros(edge, np.float32)))
        rows = np.zeros((frames, self._n_fft // 2 + 1), np.complex64)
        first = padded.ctypes.data + edge * padded.itemsize

        def transform(alive=padded):
            self._library.peer_stft(self._peer, first, frames, rows.ctypes.data)
            return alive

        return transform, rows
