# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What a recording's file name says about it, by the conventions of the programs that write them.

gqrx: gqrx_20230115_183005_433920000_2400000_fc.raw
rtl_433: g001_433.92M_250k.cu8; Universal Radio Hacker: HackRF-...-433_92MHz-2MSps.complex
SDR#, HDSDR, SDRuno, SDR++: SDRSharp_20160101_174523Z_145800000Hz_IQ.wav
GNU Radio, inspectrum: .cfile, .fc32, .cf32, .cs16, ...
"""
import os
import re
from dataclasses import dataclass

from gnuradio.stft.app.files.quantities import hertz

_DTYPES = {
    "cf32_le": ("cfile", "cf32", "fc32", "complex", "c64"),
    "cf64_le": ("cf64", "fc64", "c128"),
    "ci32_le": ("cs32", "sc32", "ci32", "c32"),
    "ci16_le": ("cs16", "sc16", "ci16", "c16", "complex32s"),
    "ci8": ("cs8", "sc8", "ci8", "c8", "complex16s"),
    "cu16_le": ("cu16", "complex32u"),
    "cu8": ("cu8", "uc8", "complex16u"),
    "rf32_le": ("f32", "rf32"),
    "rf64_le": ("f64", "rf64"),
    "ri32_le": ("s32",),
    "ri16_le": ("s16",),
    "ri8": ("s8",),
    "ru16_le": ("u16",),
    "ru8": ("u8",),
}
_BY_EXTENSION = {extension: dtype for dtype, extensions in _DTYPES.items()
                 for extension in extensions}
_NAMED = ("sigmf-meta", "sigmf", "npy", "wav", "wave", "rf64", "w64", "flac", "ogg", "oga", "opus", "mp3", "aif", "aiff",
          "aifc", "au", "snd", "caf")
_SOUND = ("wav", "wave", "rf64", "w64", "flac")
_GQRX = re.compile(r"gqrx_\d{8}_\d{6}_(\d+)_(\d+)_fc\.raw")
_RECEIVER = re.compile(
    r"(?:(?:SDRSharp|HDSDR|SDRuno)_.*|baseband)_(\d+k?)Hz(?:_.*)?\.(?:wav|rf64|w64)", re.IGNORECASE)
# a number and a unit between signs that are neither; an underscore may stand for the point
_QUANTITY = re.compile(
    r"(?<![A-Za-z0-9.])(\d+(?:[._]\d+)?)([kKMG]?)(Hz|[Ss][Pp][Ss]|(?<=[kKMG])[Ss])?(?![A-Za-z0-9])")


def names_a_recording(path):
    """Whether a name says that a file is a recording; many others are."""
    extension = os.path.splitext(path)[1][1:].lower()
    return extension in _NAMED or hints_of_name(path).dtype is not None


@dataclass
class Hints:
    """What a name says; None where it is silent."""
    dtype: str = None
    rate: float = None
    centre: float = None
    iq: bool = None


def hints_of_name(path):
    """dtype of bare samples, sampling rate, centre frequency, and whether two channels are I and Q.

    An extension that libsndfile reads is never bare samples, and .raw is only gqrx's.
    """
    name = os.path.basename(path)
    gqrx = _GQRX.fullmatch(name)
    if gqrx:
        return Hints("cf32_le", float(gqrx[2]), float(gqrx[1]))
    receiver = _RECEIVER.fullmatch(name)
    if receiver:
        return Hints(centre=hertz(receiver[1]), iq=True)
    stem, dot, extension = name.rpartition(".")
    dtype = _BY_EXTENSION.get(extension.lower()) if dot else None
    if dtype is None or extension.lower() in _SOUND:
        return Hints()
    return Hints(dtype, *_rate_and_centre(stem))


def _rate_and_centre(stem):
    """As rtl_433 has it: M alone or Hz is the centre, k alone or sps the rate; a second M alone
    is the rate where nothing else is."""
    rate = centre = second = None
    for number, prefix, unit in _QUANTITY.findall(stem):
        if unit == "Hz":
            centre = hertz(number.replace("_", ".") + prefix)
        elif unit:
            rate = hertz(number.replace("_", ".") + prefix)
        elif prefix in ("M", "G"):
            value = hertz(_last_number(number) + prefix)
            centre, second = (value, second) if centre is None else (centre, value)
        elif prefix:
            rate = hertz(_last_number(number) + prefix)
    return rate if rate is not None else second, centre


def _last_number(number):
    """Without a unit an underscore parts two tokens: of "001_250" it is "250"."""
    return number.rpartition("_")[2]
