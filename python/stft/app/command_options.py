# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Options that verbs share, and their checks."""
import argparse
import contextlib
import math
import os
import re

import numpy as np

from gnuradio import stft
from gnuradio.stft.app.files.quantities import hertz, seconds
from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.pictures.frequency_scales import SCALES
from gnuradio.stft.app.pictures.picture_axes import DEFAULT_CMAP

LARGEST_N_FFT = 2**20
_AUDIO_RATE = 200e3     # samples/s from which on a recording is taken for radio
_AUDIO_RESOLUTION = 22  # Hz from bin to bin in audio and vibration


def add_input_arguments(parser, *, channel=0):
    """INPUT, and which part of it to take as what. channel: the default; None stands for all of them at once."""
    parser.add_argument("input", metavar="INPUT", nargs="+",
                        help="WAV, RF64, W64, AIFF, FLAC, OGG, SigMF, NPY; raw with --dtype, or by "
                             "its name; - is standard input")
    source = parser.add_argument_group("input")
    source.add_argument("--start", type=seconds, metavar="TIME", default=0.0,
                        help="where to begin, seconds or h:mm:ss (default: 0)")
    source.add_argument("--stop", type=seconds, metavar="TIME",
                        help="where to end (default: the end of the recording)")
    add_rate_argument(source, "sampling rate, instead of the recording's own: 48000, 250k, 2.4M")
    source.add_argument("--center", "--centre", type=hertz, metavar="HZ", action=EitherName,
                        help="frequency of the samples' zero frequency, instead of the recording's own")
    source.add_argument("--dtype", metavar="FORMAT",
                        help="INPUT is raw samples of this SigMF type: cf32_le, ci16_le, cu8, ...")
    source.add_argument("--channel", type=_channel, metavar="N", default=channel,
                        help="channel, counted from 0, or all, one after another (default: "
                             f"{'all at once' if channel is None else channel})")
    source.add_argument("--iq", action=argparse.BooleanOptionalAction, default=None,
                        help="two channels of a sound file are I and Q, or are not "
                             "(default: as its name says)")
    source.add_argument("--strict", action="store_true",
                        help="refuse a file that is damaged instead of reading what there is")


def add_rate_argument(parser, words):
    parser.add_argument("--rate", "--samp-rate", "--fs", type=hertz, metavar="HZ", action=EitherName, help=words)


class EitherName(argparse.Action):
    """Stores the value of an option that has several names, and refuses another value by another name."""

    def __call__(self, parser, namespace, value, name=None):
        first, already = getattr(namespace, f"_{self.dest}_given", (name, value))
        if name != first and value != already:
            parser.error(f"{name[2:]}: {value:g}: is given already, as {first} {already:g}")
        setattr(namespace, f"_{self.dest}_given", (name, value))
        setattr(namespace, self.dest, value)


def _channel(text):
    try:
        return text if text == "all" else int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: must be a number, counted from 0, or all") from None


def check_input(arguments):
    """ValueError for what can be refused before the recording is opened."""
    require_positive("rate", arguments.rate)
    require_finite("center", arguments.center)
    if arguments.channel != "all":
        require_range("channel", arguments.channel, 0, 2**16)
    for name in ("start", "stop"):
        require_finite(name, getattr(arguments, name))
    if arguments.start < 0:
        refuse("start", arguments.start, "must be at least 0 s")
    if arguments.stop is not None and arguments.stop <= arguments.start:
        refuse("stop", arguments.stop, f"must be greater than start = {arguments.start:g} s")


def automatic_n_fft(fs, length, rate_known=True):
    """n_fft by the sampling rate: about 22 Hz from bin to bin in audio, 1024 bins in radio.

    A power of two in 256 .. 4096, less for a recording so short that its picture would have
    few columns.
    """
    n_fft = 2**round(math.log2(fs / _AUDIO_RESOLUTION)) if fs < _AUDIO_RATE else 1024
    n_fft = min(max(n_fft, 256), 4096) if rate_known else 1024
    shortest = 2**max(3, math.floor(math.log2(length)) - 4)
    return min(n_fft, shortest)


def suffix(path):
    return os.path.splitext(path)[1].lower()


def files_of(inputs):
    """The files of inputs, both of SigMF's."""
    for path in inputs:
        yield path
        stem, ending = os.path.splitext(path)
        if ending.lower() in (".sigmf-meta", ".sigmf-data"):
            yield from (stem + ".sigmf-meta", stem + ".sigmf-data")


def check_outputs(sources, outputs, suffixes):
    """ValueError unless each output is a file of its own with one of these suffixes."""
    seen = set()
    inputs = {os.path.realpath(source) for source in files_of(sources)}
    for path in outputs:
        if suffix(path) not in suffixes:
            refuse("output", path, f"must end in {', '.join(suffixes)}")
        if os.path.isdir(path):
            refuse("output", path, "is a directory; give a file name")
        real = os.path.realpath(path)
        if real in inputs:
            refuse("output", path, "is the input")
        if real in seen:
            refuse("output", path, "is given twice")
        seen.add(real)


def add_picture_arguments(parser, *, height):
    picture = parser.add_argument_group("picture")
    picture.add_argument("--zmin", type=float, metavar="DB",
                         help="level of the darkest colour (default: by the recording)")
    picture.add_argument("--zmax", type=float, metavar="DB",
                         help="level of the brightest colour (default: by the recording)")
    picture.add_argument("--cmap", default=DEFAULT_CMAP, metavar="NAME",
                         help="matplotlib's name of the colours (default: %(default)s)")
    picture.add_argument("--title", metavar="TEXT", help="title (default: INPUT's name)")
    picture.add_argument("--frequency-scale", choices=SCALES, default="linear",
                         help="of the picture (default: linear)")
    picture.add_argument("--width", type=int, metavar="PIXELS", default=1600,
                         help="of the picture (default: 1600)")
    picture.add_argument("--height", type=int, metavar="PIXELS", default=height,
                         help="of the picture (default: %(default)s)")
    return picture


def add_framing_arguments(parser, *, n_fft, longest="n_fft"):
    """--n-fft, --win-length, --hop, --overlap and --window; `n_fft` describes its default, `longest` the largest win_length."""
    group = parser.add_argument_group("frames")
    group.add_argument("--n-fft", type=int, metavar="N",
                       help=f"DFT length, 1 .. {LARGEST_N_FFT} (default: {n_fft})",
                       default=None)
    group.add_argument("--win-length", type=int, metavar="N", default=None,
                       help=f"window length in samples, 1 .. {longest} (default: n_fft)")
    step = group.add_mutually_exclusive_group()
    step.add_argument("--hop", type=int, metavar="N", default=None,
                      help="samples from frame to frame (default: win_length / 4)")
    step.add_argument("--overlap", type=float, metavar="FRACTION", default=None,
                      help="instead of --hop: part of the window that two frames share, 0 .. <1")
    group.add_argument("--window", default="hann", metavar="NAME",
                       help="window by its SciPy name, parameters after colons: kaiser:8.6")


def check_framing(arguments, longest=None):
    """ValueError for whatever can be refused before n_fft, which may be automatic, is known. longest: largest win_length; default: n_fft."""
    require_range("n_fft", arguments.n_fft, 1, LARGEST_N_FFT)
    require_range("win_length", arguments.win_length, 1, longest or arguments.n_fft or LARGEST_N_FFT)
    require_range("hop", arguments.hop, 1, 2**31 - 1)
    if arguments.overlap is not None and not 0 <= arguments.overlap < 1:
        refuse("overlap", arguments.overlap, "must be at least 0 and less than 1")
    window = named_window(arguments.window)
    sample_window(window, arguments.win_length or arguments.n_fft or 16)


def named_window(text):
    """The window named on the command line: "hann", or ("kaiser", 8.6) for "kaiser:8.6"."""
    name, *parameters = text.split(":")
    try:
        values = [float(parameter) for parameter in parameters]
    except ValueError:
        refuse("window", repr(text), "must be a name, or a name and numbers: kaiser:8.6")
    if not all(map(math.isfinite, values)):
        refuse("window", repr(text), "its parameters must be finite")
    return (name, *values) if values else name


def sample_window(window, length):
    """The window's taps, refused where no spectrum can be scaled by them."""
    taps = np.asarray(stft.sample_window(window, length))
    if not (np.all(np.isfinite(taps)) and np.any(taps)):
        refuse("window", window, f"has no finite, non-zero taps at length {length}")
    return taps


def hop_of(arguments, win_length, default):
    """The hop in samples that --hop or --overlap asks for, else `default`."""
    if arguments.hop is not None:
        return arguments.hop
    if arguments.overlap is not None:
        return max(1, round(win_length * (1 - arguments.overlap)))
    return default


@contextlib.contextmanager
def as_options(**names):
    """Makes a refusal of the library inside name what the user has written: names[parameter] is the option, or the file, that gave it."""
    try:
        yield
    except (ValueError, RuntimeError) as refusal:
        name, colon, rest = str(refusal).partition(": ")
        written = [parameter for parameter in names if len(parameter) > 1]  # x and y are words of rules, too
        rest = re.sub(rf"\b({'|'.join(written)})\b", lambda found: names[found[1]], rest) if written else rest
        raise type(refusal)(f"{names.get(name, name)}{colon}{rest}") from None


def require_range(name, value, smallest, largest):
    if value is not None and not smallest <= value <= largest:
        refuse(name, value, f"must be {smallest} .. {largest}")


def require_finite(name, value):
    if value is not None and not math.isfinite(value):
        refuse(name, value, "must be finite")


def require_positive(name, value):
    if value is not None and not (math.isfinite(value) and value > 0):
        refuse(name, value, "must be positive and finite")
