#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The GRC entries against the blocks, and as GNU Radio Companion shows them."""

import ast
import functools
import inspect
import os
import re
import tempfile
import unittest
from pathlib import Path

import numpy as np
import pmt
import yaml
from gnuradio import gr, stft
from gnuradio.fft import window

try:
    from gnuradio.grc.core.platform import Platform
except ImportError:
    Platform = None

project = Path(__file__).resolve().parents[2]
examples = sorted((project / "examples").glob("*.grc"))


def loaded(path):
    return yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))


folder = tempfile.TemporaryDirectory()  # of files that blocks write
entries = {path.name: loaded(path) for path in sorted((project / "grc").glob("*.block.yml"))}


def parameters(entry):
    return {p["id"]: p for p in entry["parameters"]}


def types(entry):
    """The values of the type chooser, with the block each stands for; None if there is none."""
    name = re.search(r"^stft\.(\w+?)(\$\{type\.fcn\})?\(", entry["templates"]["make"], re.M)
    chooser = parameters(entry).get("type")
    if not chooser:
        return {None: getattr(stft, name[1])}
    letters = chooser["option_attributes"]["fcn"]
    return {t: getattr(stft, name[1] + fcn) for t, fcn in zip(chooser["options"], letters)}


def signature(function):
    """Names and defaults of a function; of a bound one, as written in its docstring."""
    if inspect.isfunction(function):
        given = {k: v.default for k, v in inspect.signature(function).parameters.items() if k != "self"}
        return list(given), {k: v for k, v in given.items() if v is not inspect.Parameter.empty}
    text = re.match(r"__init__\(self: [\w.]+, (.*)\) -> None", function.__doc__)[1]
    untyped = re.sub(r": (Optional\[\w+\]|int|float|str|bool|object)", "", text)
    arguments = ast.parse(f"def f({untyped}): pass").body[0].args
    names = [a.arg for a in arguments.args]
    defaults = [ast.literal_eval(d) for d in arguments.defaults]
    return names, dict(zip(names[len(names) - len(defaults) :], defaults))


def default(parameter):
    """A parameter's default, evaluated as GRC does in a flowgraph whose samp_rate is 1."""
    if parameter["dtype"] == "enum":
        return parameter.get("default", parameter["options"][0])
    if parameter["dtype"] in ("string", "file_save") and parameter["default"][:1] != '"':
        return parameter["default"]
    value = str(parameter.get("default", ""))
    return 1.0 if value == "samp_rate" else ast.literal_eval(value or "None")


def plain(label):
    """A label as it is without the Python package, and so without the values that blocks fill in."""
    return eval(label[2:-1], {}) if label.startswith("${") else label


def refusal(block, values):
    """What a block says to values that it does not take; None if it takes them."""
    try:
        getattr(block, "_check", block)(**{name: values[name] for name in signature(block.__init__)[0]})
        return None
    except ValueError as refused:
        return str(refused)


def expression(value):
    """A value as one would type it."""
    if isinstance(value, (tuple, list)):
        inner = ", ".join(map(expression, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner},)" if value else "()"
    if isinstance(value, float) and not np.isfinite(value):
        return f"float('{value}')"
    if isinstance(value, window.win_type):
        return f"window.{value.name}"
    return repr(value)


@functools.lru_cache(maxsize=None)
class companion:
    """GNU Radio Companion without its window, with a flowgraph for each block of ours: a rate, and the block."""

    def __init__(self):
        self.blocks = {}
        os.environ["GRC_BLOCKS_PATH"] = str(project / "grc")
        parts = gr.major_version(), gr.api_version(), gr.minor_version()
        self.platform = Platform(name="qa_grc", prefs=gr.prefs(), version=gr.version(), version_parts=parts)
        self.platform.build_library()

    def with_block(self, entry, **fields):
        """The block, once each field holds the text given for it, and all others their defaults."""
        if entry["id"] not in self.blocks:
            self.blocks[entry["id"]] = self.placed(entry)
        graph, block, defaults = self.blocks[entry["id"]]
        for name, text in {**defaults, **fields}.items():
            block.params[name].set_value(text)
        graph.rewrite()
        graph.validate()
        return block

    def placed(self, entry):
        """A flowgraph, the block in it, and the texts of its fields."""
        shown = "qt_gui" if entry["label"].startswith("QT GUI") else "no_gui"
        options = dict(parameters=dict(id="one", generate_options=shown), states=dict(state="enabled"))
        graph = self.platform.make_flow_graph()
        graph.import_data(dict(metadata=dict(file_format=1), options=options, blocks=[], connections=[]))
        for key, values in (("variable", dict(id="samp_rate", value="1.0")), (entry["id"], dict(id="tested"))):
            block = graph.new_block(key)
            for name, text in values.items():
                block.params[name].set_value(text)
        graph.rewrite()  # imports what the block needs
        return graph, block, {name: param.value for name, param in block.params.items()}

    @staticmethod
    def complaints(block):
        return [text for text in block.get_error_messages() if "Port is not connected" not in text]


window_or_custom = '${custom_window if str(window()) == "custom" else window}'
framing = [
    dict(n_fft=0),
    dict(n_fft=-1024),
    dict(n_fft=1, hop=1, window="boxcar"),
    dict(n_fft=7, hop=3),
    dict(hop=0),
    dict(hop=-1),
    dict(hop=1),
    dict(win_length=-1),
    dict(win_length=1, hop=1),
    dict(win_length=512),
    dict(win_length=1024),
    dict(win_length=1025),
]
transform = framing + [
    dict(sides="centered"),
    dict(samp_rate=0.0),
    dict(samp_rate=-1.0),
    dict(samp_rate=float("nan")),
    dict(samp_rate=float("inf")),
    dict(samp_rate=1e-3),
    dict(window="haan"),
    dict(window="kaiser"),
    dict(window=("kaiser", 8.6)),
    dict(window=("kaiser", float("nan"))),
    dict(window=("kaiser", 8.6, 1)),
    dict(window=8.6),
    dict(window=8),
    dict(window=window.WIN_HANN),
    dict(window=(window.WIN_KAISER, 8.6)),
    dict(window=window.WIN_KAISER),
    dict(window=("tukey", 2.0)),
    dict(window=()),
    dict(window=[0, 0], hop=1),
    dict(window=[1, float("nan")], hop=1),
    dict(window=[1, 2, 1], hop=1),
    dict(window=np.hanning(1024).tolist()),
    dict(window=[1, 2, 1], hop=1, win_length=3),
    dict(window=[1, 2, 1], hop=1, win_length=4),
    dict(window=[1] * 1025),
    dict(window=[1, 1j], hop=1),
]
one_sample = dict(win_length=1, hop=1, window="boxcar")  # no taps in the way of the buffers' limit
doubling = dict(sides="onesided"), dict(sides="twosided"), dict(sides="centered")
families = (
    [dict(n_fft=n, theta=2.0) for n in (-1, 0, 1, 2, 7)]
    + [dict(window=w) for w in ("hann", "hanning", "nuttall_cfd", "boxcar", "nope", [1, 2, 1], window.WIN_HANN, 1)]
    + [dict(window=("gaussian", rho)) for rho in (0.1, 0.2, -1.0)]
    + [dict(norm=n) for n in ("peak", "l1", "l2", "dcunit", "contract", "loud")]
)
settings = {
    "stft_stft_xvc.block.yml": transform
    + [dict(hop=5000), dict(hop=2**40), dict(hop=2**40 + 1), dict(n_fft=2**26, **one_sample)]
    + [dict(scaling=s) for s in ("none", "magnitude", "psd", "ortho", "loud")]
    + [dict(window=[1, -1], scaling=s) for s in ("none", "magnitude", "psd")],
    "stft_istft_vcx.block.yml": transform
    + [dict(n_fft=2**26, **one_sample)]
    + [dict(hop=512), dict(hop=1024), dict(hop=1024, window="boxcar"), dict(hop=1025, window="boxcar")]
    + [dict(win_length=256), dict(win_length=256, window="boxcar"), dict(hop=5, window=[1, 2, 3])]
    + [dict(scaling=s) for s in ("none", "magnitude", "psd", "ortho", "loud")]
    + [dict(window=[1, -1], hop=1, scaling=s) for s in ("none", "magnitude", "psd")]
    + [dict(synthesis=[1.0] * n) for n in (1, 1023, 1024, 1025)]
    + [dict(synthesis=[v] * 1024) for v in (1j, float("nan"), float("inf"))]
    + [dict(synthesis=[1.0] * 1024, hop=1024), dict(synthesis=[1.0] * 1024, hop=1025)]
    + [dict(synthesis=[1.0] * 3, window=[1, 2, 1], hop=3)]
    + [dict(threshold=t) for t in (None, 0.0, 0.5, 1.0, -0.5, float("nan"), "x")]
    + [dict(hop=h, **more) for h in (1024, 1025) for more in (dict(strict=False), dict(threshold=1e-6))],
    "stft_spectrogram_xvf.block.yml": transform
    + [dict(hop=5000), dict(hop=2**40), dict(hop=2**40 + 1), dict(n_fft=2**27, **one_sample)]
    + [dict(average=n) for n in (-1, 0, 1, 1000)]
    + [dict(window=[1, -1], kind=k) for k in ("psd", "power", "magnitude")],
    "stft_stft_bins_xvc.block.yml": [s for s in transform if "sides" not in s]
    + [dict(bins=b) for b in ([], [0], [512], [512.5], [-1], [-512.0], [-513], [1023.9], [1024], [float("nan")], (3, 0.5))]
    + [dict(n_fft=0, **s) for s in ({}, dict(win_length=64), dict(window=[1, 2, 1], bins=[1]), dict(window=[1], bins=[1]))]
    + [dict(hop=5000), dict(hop=2**40), dict(hop=2**40 + 1), dict(n_fft=2**28, win_length=8), dict(n_fft=2**28 + 1, win_length=8)]
    + [dict(scaling=s) for s in ("none", "magnitude", "psd", "ortho", "loud")]
    + [dict(window=[1, -1], scaling=s) for s in ("none", "magnitude", "psd")],
    "stft_one_integral_vcx.block.yml": [{k: v for k, v in s.items() if k != "hop"} for s in transform if "sides" not in s]
    + [dict(bins=b) for b in ([], [0], [512], [513], [-1], [-512], [512, -512], [3, 3], [2.5], [1024], [float("nan")], (4.0, 3))]
    + [dict(window=w) for w in ([1, 0, 1], [0, 1, 0], [1, 0], [0, 1])]
    + [dict(n_fft=2**26 + 2, win_length=1, window="boxcar"), dict(n_fft=2**20, bins=[5], win_length=1, window="boxcar")]
    + [dict(scaling=s) for s in ("none", "magnitude", "psd", "ortho", "loud")],
    "stft_power_vcvf.block.yml": [dict(n_fft=n) for n in (-1, 0, 1, 7)]
    + [dict(n_fft=n, **sides) for n in (2**25 + 1, 2**26 + 2, 2**29) for sides in doubling]
    + [dict(average=n) for n in (-1, 0, 1, 1000)],
    "stft_phase_reference_vcvc.block.yml": framing
    + [dict(n_fft=2**26 + 2, **sides) for sides in doubling]
    + [dict(hop=2**40), dict(hop=2**40 + 1)],
    "stft_dstft_xvc.block.yml": families
    + [dict(hop=h) for h in (0.0, -1.0, 1e-4, 1e-3, 7.5, 2.0**40, 2.0**41, float("nan"), float("inf"))]
    + [dict(theta=v) for v in (0.0, -1.0, 1e-7, 1e-6, 1023.5, 1024.5, float("nan"))]
    + [dict(alpha=a, hop=0.0) for a in (-0.5, 0.0, 1e-4, 1e-3, 0.25, 1e3, 2e3, float("nan"))]
    + [dict(alpha=a, share=s) for a in (0.0, 0.5) for s in ("constant", "frame", "bin", "cell", "both")]
    + [dict(c=v, share=s) for v in (0.0, 4e-4, -5e-4, 0.1, float("nan")) for s in ("constant", "cell")]
    + [dict(n_fft=2**26 + 2, theta=1.0)],
    "stft_adaptive_stft_xvc.block.yml": families
    + [dict(n_fft=n) for n in (8, 2**26 + 2)]
    + [dict(hop=h) for h in (-1.0, 0.0, 0.5, 1.0, 7.5, 511.0, 513.0, float("nan"))]
    + [dict(alpha=a, learn=what) for a in (0.0, 0.25, 0.7, float("nan")) for what in ("theta", "t", "both", "all")]
    + [dict(method=m, share=s) for m in ("bank", "gradient", "x") for s in ("constant", "frame", "bin", "cell", "x")]
    + [dict(criterion=c, order=1.0) for c in ("l1l2", "entropy", "renyi", "kurtosis", "x")]
    + [dict(theta_min=v) for v in (-1.0, 64.0, 128.0, 300.0, 1024.0)]
    + [dict(theta_max=v) for v in (-1.0, 100.0, 128.0, 300.0, 1024.0, 1025.0)]
    + [dict(theta_init=v) for v in (-1.0, 100.0, 300.0)]
    + [dict(candidates=v) for v in (1, 2, 64, 65)]
    + [dict(bands=v, share="bin", interpolate=i) for v in (0, 1, 32, 33) for i in (True, False)]
    + [{name: v} for name in ("block", "lag", "steps") for v in (-2, -1, 0, 5, 1001, 2**40)]
    + [{name: v} for name in ("smoothness", "prior", "whiten", "learning_rate", "load_limit") for v in (-1.0, 0.0, 0.5, float("nan"))]
    + [dict(regularisation=v, share="cell") for v in (-2.0, -1.0, 0.0, 1.0)]
    + [dict(theta_min=64.0, invertible=v) for v in (True, False)]
    + [dict(learn="theta_chirp", **more) for more in (dict(), dict(causal=True), dict(share="cell"), dict(criterion="kurtosis"))]
    + [dict(learn="theta_chirp", chirp_max=v) for v in (-1.0, 1e-5, 0.1, float("nan"))]
    + [dict(learn="theta_chirp", chirp_prior=v) for v in (-1.0, 0.0, float("nan"))]
    + [dict(warp=True, **more) for more in (dict(), dict(hop=7.5), dict(theta_init=99.0), dict(causal=True), dict(share="cell"))]
    + [dict(freeze=True), dict(samp_rate=0.0), dict(samp_rate=float("inf")), dict(report_interval=0), dict(report_interval=2**31)],
    "stft_idstft_vcx.block.yml": families
    + [dict(share=s) for s in ("constant", "frame", "bin", "cell", "both")]
    + [dict(c=v, share=s) for v in (0.0, 4e-4, -0.5, 0.6, float("nan")) for s in ("constant", "cell")]
    + [dict(n_fft=2**26 + 2)],
}
of_images = (
    [dict(width=w) for w in (-1, 0, 1, 7, 1001, 2**29)]
    + [dict(win_length=v) for v in (-1, 0, 1, 7, (7, 8), (8, 7), (8,), 7.5)]
    + [dict(hop=v) for v in (-1, 0, 1, 9, 17, 33, (5, 40), (40, 5), (0, 5), 2**40, 2**41)]
    + [dict(n_fft=v) for v in (-1, 31, 32, 33, (32, 45), (31, 45), (1, 2, 3), 2**20)]
    + [dict(window=w) for w in ("haan", 8.6, ("kaiser", 8.6), ("hann", "boxcar"), ("hann", ("kaiser", 3.0)), [1, 2], [0.0] * 32)]
    + [dict(window=[1.0] * 32), dict(window=[1.0] * 32, win_length=(32, 8)), dict(window=([1, 2], [1, 2, 3]), win_length=(2, 3), hop=1)]
    + [dict(window=w, win_sqrt=root) for w in ("hamming", "flattop") for root in (False, True)]
    + [dict(pad=p, width=w, tail=t) for p in ("constant", "reflect", "edge", "wrap") for w in (16, 17, 40) for t in ("ceil", "floor", "")]
    + [dict(centre=False, tail=t, width=w) for t in ("ceil", "floor") for w in (31, 32, 40)]
    + [dict(offset=o) for o in ("trailing", "centred", "left")]
)
of_real_numbers = 0.0, -1.0, 1.0, 1e-3, 500.0, float("nan"), float("inf")
settings["stft_detector_vxm.block.yml"] = (
    [s for s in framing if s.get("n_fft") != 1]
    + [dict(n_fft=n, hop=4) for n in (8, 15, 16, 17, 2**24 + 1)]
    + [dict(window=w) for w in ("haan", ("kaiser", 8.6), [1, 2, 1], window.WIN_HANN)]
    + [{name: v} for name in ("false_alarms", "min_snr", "dynamic_range", "min_duration", "min_bandwidth") for v in of_real_numbers]
    + [{name: v} for name in ("samp_rate", "update_interval", "least", "quantile", "adaptation") for v in of_real_numbers]
    + [{name: v} for name in ("gap_rows", "gap_bins", "dc_guard", "max_events", "warm_up", "steady") for v in (-1, 0, 16, 2000, 2**40)]
    + [dict(scales=v) for v in ("1x1", "1x1,4x4", "3x1", "4", "512x1")]
    + [dict(ignore=v) for v in ("-2e5:-1e5,0:1.5e3", "2:1", "x", "1:2:3")]
    + [dict(sides=v, placement=w) for v in ("onesided", "twosided", "centered") for w in ("centred", "left", "full")]
)
settings["stft_spectral_gain_vcvc.block.yml"] = (
    framing
    + [dict(n_fft=n, sides=s, tracking=t) for n in (4, 7, 9, 2**26 + 2) for s in ("onesided", "twosided", "centered") for t in ("automatic", "floor")]
    + [dict(method=v) for v in ("wiener", "log_mmse", "subtraction", "x")]
    + [dict(tracking=v, learn=n) for v in ("automatic", "presence", "floor", "held", "x") for n in (-1, 0, 5, 2**40)]
    + [{name: v} for name in ("gain_floor", "oversubtraction", "memory", "detail_memory", "samp_rate") for v in (-250.0, -25.0, *of_real_numbers)]
    + [dict(smoothing=v) for v in (-1, 0, 1, 2, 63, 65)]
    + [dict(n_fft=4, noise=v, mask=m) for v in ((), (1.0, 2.0, 3.0), (1.0,), (1.0, -1.0, 1.0)) for m in ((), (0.5, 1.0, 0.0), (2.0, 1.0, 1.0))]
    + [{name: v} for name in ("keep", "reject") for v in ("0.1:0.2", "-0.2:-0.1,0.3:0.4", "2:1", "x")]
    + [dict(events=v) for v in ("keep", "reject", "only", "x")]
)
settings["stft_mask_vcvc.block.yml"] = (
    framing
    + [dict(n_fft=n, sides=s, complex_masks=c) for n in (4, 7, 2**26 + 2) for s in ("onesided", "twosided", "centered") for c in (False, True)]
    + [dict(n_fft=4, mask=v, sides=s) for v in ((), (1.0, 2.0, 3.0), (1.0, 2j, -3.0), (1.0,), (1.0, float("inf"), 1.0)) for s in ("onesided", "x")]
)
of_holds = [{name: v} for name in ("t_on", "t_off", "rate", "save_interval") for v in of_real_numbers]
of_levels = of_holds + [dict(levels=n) for n in (-1, 0, 1, 3, 2**17)] + [dict(names=n) for n in ("a,b", "a,,b", ",")] + [dict(source="s")]
settings["stft_band_power_vff.block.yml"] = [
    dict(dict(bands="0.05:0.3"), **change)
    for change in [dict(n_fft=n) for n in (-1, 0, 1, 2, 7, 2**26)]
    + [dict(bands=v) for v in ("", "x", "0:0.5", "0.1:0.2,0.2:0.3", "0.3:0.2", "0.1:0.6", "-0.1:0.2", "0.1:0.2,")]
    + [{name: v} for name in ("factor", "samp_rate") for v in of_real_numbers]
    + [dict(integrate=i, n_fft=n) for i in (-1, 0, 1, 2, 3) for n in (99, 100, 1024)]
    + [dict(win_length=w, integrate=1) for w in (-1, 0, 99, 100, 1025)]
    + [dict(average=v) for v in (-1, 0, 3, 2**41)]
    + [dict(db=v) for v in (False, True)]
]
settings["stft_hpss_vcvc.block.yml"] = (
    [dict(n_fft=n, sides=s) for n in (-1, 0, 1, 7, 2**26) for s in ("onesided", "twosided", "centered")]
    + [{name: v} for name in ("time_kernel", "frequency_kernel") for v in (-1, 0, 1, 4, 4095, 4097, 65537)]
    + [{name: v} for name in ("power", "margin_harmonic", "margin_percussive") for v in of_real_numbers]
    + [dict(hop=v) for v in (-1, 1, 2**41)]
    + [dict(mask=v) for v in (False, True)]
)
settings["stft_band_weights_vfvf.block.yml"] = (
    [dict(n_fft=n) for n in (-1, 0, 1, 2, 7, 2**29)]
    + [{name: v} for name in ("samp_rate", "f_min", "f_max", "reference") for v in of_real_numbers]
    + [dict(f_min=0.3, f_max=f) for f in (0.2, 0.3, 0.4, 0.6)]
    + [dict(bands=v, kind=k) for v in (-1, 0, 1, 12, 2**17) for k in ("mel", "bark", "erb", "linear", "edges", "octave")]
    + [dict(kind="octave", reference=0.1, per_octave=v) for v in (-1, 0, 1, 12, 2000)]
    + [dict(kind="edges", edges=e, shape=s) for e in ([], [0.1], [0.1, 0.2], [0.0, 0.1, 0.5], [0.2, 0.1, 0.3], [0.1, 0.6]) for s in ("automatic", "triangle")]
    + [dict(kind="weights", n_fft=2, weights=w) for w in ([], [1.0], [1.0, 0.0], [1.0, -1.0], [0.0] * 6)]
    + [dict(mel_scale=m, norm=n, shape=s) for m in ("slaney", "htk") for n in ("none", "area", "sum") for s in ("automatic", "rectangle")]
)
settings["stft_spectral_kurtosis_vff.block.yml"] = (
    framing
    + [dict(window=w) for w in ("haan", ("kaiser", 8.6), [1, 2, 1], window.WIN_HANN)]
    + [dict(frames=v) for v in (-1, 1, 2, 2**41)]
    + [dict(sides=s, mean=m) for s in ("onesided", "twosided", "centered") for m in ("blocks", "exponential")]
)
settings["stft_cross_spectrum_vcvc.block.yml"] = (
    framing
    + [dict(window=w) for w in ("haan", ("kaiser", 8.6), [1, 2, 1], window.WIN_HANN)]
    + [{name: v} for name in ("frames", "channels") for v in (-1, 0, 1, 2, 64, 65, 2**41)]
    + [dict(sides=s, mean=m, estimator=e) for s in ("onesided", "twosided", "centered") for m in ("blocks", "exponential") for e in ("h1", "h2")]
)
settings["stft_level_alarm.block.yml"] = (
    of_levels
    + [dict(limits=v) for v in ([], [1.0], [1.0, 2.0], [2.0, 1.0], [-1.0], [float("nan")], [0.0])]
    + [dict(limits=[1.0, 2.0, 3.0, 4.0], zones=z, levels=n) for z in (-1, 0, 1, 2, 4) for n in (1, 2, 4)]
    + [dict(hysteresis=v) for v in of_real_numbers]
)
settings["stft_baseline.block.yml"] = (
    of_levels
    + [{name: v} for name in ("learn_time", "floor", "max_rate", "threshold") for v in of_real_numbers]
    + [dict(f_min=a, f_max=b) for a in (-1.0, 0.0, 10.0) for b in (0.0, 10.0, 20.0, float("inf"))]
    + [dict(speed_bins=v, f_max=10.0) for v in (-1, 0, 1, 2**17)]
    + [dict(least_count=v) for v in (-1, 0, 1, 2**40)]
)
settings["stft_event_to_json.block.yml"] = [{}]
settings["stft_band_envelope_vf.block.yml"] = (
    [dict(n_fft=n) for n in (-1, 0, 3, 4, 63, 2**24 + 1)]
    + [{name: v} for name in ("samp_rate", "f_min", "f_max", "clip") for v in of_real_numbers]
    + [dict(samp_rate=25600.0, f_min=lower, f_max=upper) for lower, upper in ((0.0, 900.0), (2000.0, 12800.0), (12800.0, 0.0), (1001.0, 1100.0))]
    + [dict(constant=v) for v in (-1, 0, 1, 2**40, 2**41)]
)
settings["stft_fault_lines.block.yml"] = (
    [dict(n_fft=n) for n in (-1, 0, 15, 16, 1001, 2**24 + 1)]
    + [dict(win_length=n) for n in (-1, 0, 1, 8192, 8193)]
    + [{name: v} for name in ("samp_rate", "speed", "ball_diameter", "pitch_diameter", "threshold", "tolerance", "whiten") for v in of_real_numbers]
    + [dict(balls=n) for n in (-1, 2, 3, 16, 17)]
    + [dict(contact_angle=v) for v in (-1.0, 0.0, 25.0, 90.0, float("nan"))]
    + [dict(harmonics=n) for n in (-1, 0, 1, 16, 17)]
)
settings["stft_sigmf_annotation_sink.block.yml"] = [
    dict(path="x.sigmf-meta", **{name: value}) for name in ("flush_every", "rotate_every", "most") for value in (-1, 0, 1, 10**8, 10**10)
] + [dict(path=path) for path in ("", "out/", "out")]
settings["stft_event_cutter.block.yml"] = [
    dict(samp_rate=1e6, **{name: value}) for name in ("hop", "pre", "post", "max_clip", "history") for value in (-1, 0, 1, 10**8, 10**10)
] + [dict(samp_rate=rate, shift=shift) for rate in (0, 1e6) for shift in (True, False)]
settings["stft_frame_file_sink.block.yml"] = [
    dict(vlen=64, hop=32, samp_rate=1e6, **given)
    for given in (dict(), dict(name="a/b"), dict(rotate=0), dict(rotate=0.5), dict(max_bytes=10), dict(directory="none"))
] + [dict(vlen=vlen, hop=hop, samp_rate=1.0) for vlen in (0, 1, 2**25) for hop in (0, 1)]
settings["stft_spectrogram_display.block.yml"] = (
    [{name: v} for name in ("n_fft", "hop", "average", "lines") for v in (-1, 0, 1, 7, 65537, 2**24, 2**41)]
    + [{name: v} for name in ("samp_rate", "center_freq", "history", "memory") for v in of_real_numbers]
    + [dict(kind=k, sides=s, db=d) for k in ("psd", "magnitude", "loud") for s in ("onesided", "centered") for d in (True, False)]
    + [dict(lines=n, orders=o) for n in (0, 5, 6, 12) for o in ((), (1.0,), (1.0, 2.0), (0.0,))]
)
settings["stft_tacho_pulses_ff.block.yml"] = (
    [{name: v} for name in ("samp_rate", "f_max", "f_min", "slew", "level_time") for v in of_real_numbers]
    + [{name: v} for name in ("ppr", "hop") for v in (-1, 0, 1, 60, 2**41)]
    + [dict(levels=v) for v in ((0, 5), (5.0, 0.0), [1], [1, 1], "x", [0, float("nan")])]
)
settings["stft_angular_resampler_xx.block.yml"] = (
    [{name: v} for name in ("samp_rate", "f_min") for v in of_real_numbers]
    + [dict(hop=v) for v in (-1, 0, 1, 2**41)]
    + [dict(samples_per_rev=v) for v in (-1, 1, 2, 1000, 2**21)]
)
of_speed = (
    [{}]
    + [{name: v} for name in ("f_min", "f_max", "samp_rate", "max_slew", "lag", "whiten", "limit") for v in of_real_numbers]
    + [dict(orders=v) for v in ((), (2.0, 4.0), [0.5, 1], (1.0, 1.0), (0.0,), (1e4,), range(1, 70))]
    + [dict(orders=(1.0, 2.0), weights=v) for v in ((), (1.0,), (1.0, 0.5), (0.0, 0.0), (-1.0, 1.0))]
    + [dict(duration=v) for v in (0.0, 0.1, 0.3, 2.0, float("nan"))]
    + [dict(rates=v) for v in ((), (0.0,), (-1.0, 0.0, 1.0), (1.0, 0.0), (50.0,), None)]
    + [dict(tracks=v) for v in (-1, 0, 2, 5)]
    + [dict(reject=v) for v in ((50.0,), (50.0, 60.0), (1.0,), (float("inf"),))]
    + [dict(learn_min=v, learn_max=w) for v, w in ((12.0, 20.0), (12.0, 30.0), (5.0, 9.0), (12.0, 0.0), (0.0, 20.0))]
    + [dict(learn_min=12.0, learn_max=20.0, **more) for more in (dict(learn_time=0.0), dict(tracks=2), dict(learn_time=5.0))]
)
settings["stft_ridge_tracker_fvf.block.yml"] = [dict(dict(samp_rate=4096.0), **s) for s in of_speed] + [
    dict(samp_rate=4096.0, hop=v) for v in (-1.0, 1e-9, 0.1, 1.0, float("nan"))
]
settings["stft_ridge_tracker_vfvf.block.yml"] = [dict(dict(samp_rate=4096.0, rates=(0.0,)), **s) for s in of_speed if s.get("rates", 1)] + [
    dict(samp_rate=4096.0, **s) for s in (dict(n_fft=8), dict(n_fft=2**25), dict(hop=0), dict(hop=-1), dict(win_length=2000), dict(n_fft=2000))
]
settings["stft_warped_rows_fvf.block.yml"] = (
    [dict(dict(samp_rate=4096.0), **{name: v}) for name in ("samp_rate", "f_top", "duration", "hop", "whiten", "limit") for v in of_real_numbers]
    + [dict(samp_rate=4096.0, rates=v) for v in ((), (0.0,), (-1.0, 0.0, 1.0), (1.0, 0.0), (50.0,), None)]
)
settings["stft_phase_from_magnitude_vfvc.block.yml"] = (
    framing
    + [dict(n_fft=2**26 + 2, sides=s) for s in ("onesided", "twosided", "centered")]
    + [dict(window=w) for w in ("haan", ("kaiser", 8.6), [1, 2, 1], [1, 1j], window.WIN_HANN)]
    + [dict(tolerance=v) for v in of_real_numbers]
    + [{name: v} for name in ("look_ahead", "iterations", "seed") for v in (-1, 0, 1, 2)]
)
settings["stft_phase_vocoder_vcvc.block.yml"] = (
    framing + [dict(n_fft=2**26 + 2, **sides) for sides in doubling] + [dict(rate=v) for v in (0.01, 100.0, 101.0, *of_real_numbers)]
)
settings["stft_stft2d_vfvc.block.yml"] = settings["stft_istft2d_vcvf.block.yml"] = of_images


class qa_grc(unittest.TestCase):
    def test_a_file_is_named_after_its_block(self):
        for name, entry in entries.items():
            self.assertEqual(name, entry["id"] + ".block.yml")

    def test_the_menu_lists_every_block(self):
        menu = loaded(project / "grc" / "stft.tree.yml")
        self.assertEqual(sorted(menu["[STFT]"]), sorted(entry["id"] for entry in entries.values()))

    def test_parameters_are_the_arguments_of_the_block(self):
        for name, entry in entries.items():
            for block in types(entry).values():
                names, defaults = signature(block.__init__)
                self.assertEqual(set(parameters(entry)) - {"type", "custom_window", "settings", "gui_hint"}, set(names), name)
                for argument, value in defaults.items():
                    value = list(value) if isinstance(value, tuple) else value
                    wanted = (None, 0, -1) if value is None else (value,)  # with these the kernel fills in its default
                    wanted += (1024,) if argument == "n_fft" else ()  # 0 stands for a length that the window's name lacks
                    have = default(parameters(entry)[argument])
                    self.assertIn(list(have) if isinstance(have, tuple) else have, wanted, f"{name}: {argument}")

    def test_callbacks_are_setters_of_the_block(self):
        for name, entry in entries.items():
            callbacks = entry["templates"].get("callbacks", [])
            for block in types(entry).values():
                setters = "set_(bins|hop|window|win_length|scaling|average|bounds|freeze|theta"
                setters += "|false_alarms|min_snr|dynamic_range|min_duration|min_bandwidth|ignore|speed|threshold"
                setters += "|center_freq|samp_rate|limits|hysteresis|t_on|t_off|learn_time|floor|f_min|f_max|max_slew|reject"
                setters += "|limit|levels|slew|method|tracking|gain_floor|oversubtraction|memory|smoothing|refine|detail_memory|keep|events|mask|power|margin_harmonic|margin_percussive"
                setters += "|tolerance|rate|samples_per_rev)$"
                have = {n for n in dir(block) if re.match(setters, n)}
                if "theta" not in parameters(entry):  # it is learned
                    have -= {"set_theta"}
                if "noise" in parameters(entry):  # messages change what goes with it
                    have -= {"set_mask"}
                self.assertEqual(sorted(c.split("(")[0] for c in callbacks), sorted(have), name)
            cpp = entry.get("cpp_templates", entry["templates"]).get("callbacks", [])
            in_cpp = "<%! from gnuradio.stft.grc import cpp_window %>set_window(${cpp_window(window, custom_window)})"
            self.assertEqual([f"set_window({window_or_custom})" if c == in_cpp else c for c in cpp], callbacks)

    def test_the_message_ports_are_those_of_the_block(self):
        for name, entry in entries.items():
            for kind, block in types(entry).items():
                instance = self.block_of(entry, kind, block)
                for side, have in ("inputs", instance.message_ports_in()), ("outputs", instance.message_ports_out()):
                    ports = {p["id"] for p in entry.get(side, []) if p["domain"] == "message"}
                    self.assertEqual(ports, {str(p) for p in pmt.to_python(have)} - {"system"}, name)

    def test_items_are_as_large_as_those_of_the_block(self):
        sizes = {"float": 4, "complex": 8, "f64": 8}
        for name, entry in entries.items():
            for kind, block in types(entry).items():
                of_family = "norm" in parameters(entry)
                learns = "theta_min" in parameters(entry)
                detects = "false_alarms" in parameters(entry)
                of_image = "width" in parameters(entry)
                of_envelope = not {"balls", "clip"}.isdisjoint(parameters(entry))
                watches_speed = not {"max_slew", "f_top"}.isdisjoint(parameters(entry))
                measures = not {"integrate", "per_octave"}.isdisjoint(parameters(entry))
                lengths = (
                    (1024, 2000) if watches_speed else (16, 17, 1024) if detects or of_envelope else (8, 15, 1024) if learns
                    else (2, 7, 1024) if of_family or measures else (1, 7, 40) if of_image else (1, 7, 1024))  # fmt: skip
                for n_fft in lengths:
                    window = "hann" if of_family else "boxcar"
                    given = dict(type=kind, n_fft=n_fft, hop=1, window=window, theta=n_fft, levels=n_fft)
                    if "levels" in parameters(entry) and parameters(entry)["levels"]["dtype"] != "int":
                        del given["levels"]
                    given.update(bands="0:0.1,0.1:0.2,0:0.5" if "integrate" in parameters(entry) else 1)
                    given.update(vlen=n_fft, bins=[0] if "hop" in parameters(entry) else ())
                    if watches_speed:
                        given.update(hop=256 if "n_fft" in parameters(entry) else 0.1, tracks=2, orders=(1, 2, 4.5), rates=(-0.5, 0, 0.5))
                    if of_image:
                        given.update(n_fft=(n_fft, n_fft + 3), win_length=(n_fft, max(1, n_fft - 1)))
                    chooser = "sides" if "sides" in parameters(entry) else "tail" if of_image else "share"
                    choices = parameters(entry).get(chooser, dict(dtype="enum", options=[None]))
                    for choice in choices["options"]:
                        choice = choice if choices["dtype"] == "enum" else ast.literal_eval(choice)
                        if choice == "centered" and kind == "float" and choices["dtype"] == "raw":
                            continue  # of complex samples only
                        values = self.values(entry, **given, **{chooser: choice})
                        instance = self.block_of(entry, kind, block, values)
                        for ports in "inputs", "outputs":
                            have = getattr(instance, ports[:-1] + "_signature")()
                            streams = [port for port in entry.get(ports, []) if port["domain"] == "stream"
                                       and not eval(str(port.get("hide", "${ False }"))[2:-1].strip(), dict(values))]  # fmt: skip
                            times = [eval(str(port.get("multiplicity", 1)).strip("${ }"), {}, values) for port in streams]
                            streams = [port for port, n in zip(streams, times) for _ in range(n)]
                            self.assertEqual(have.max_streams(), len(streams))
                            needed = [port for port in streams if not port.get("optional")]
                            self.assertEqual(have.min_streams(), len(needed))
                            for i, port in enumerate(streams):
                                dtype = port["dtype"].replace("${ type }", str(kind))
                                dtype = eval(dtype[2:-1].strip(), dict(values)) if dtype[0] == "$" else dtype
                                vlen = str(port.get("vlen", 1))
                                vlen = eval(vlen[2:-1].strip() if vlen[0] == "$" else vlen, {**values, "stft": stft})
                                self.assertEqual(sizes[dtype] * vlen, have.sizeof_stream_item(i), f"{name}: {ports}")

    @unittest.skipUnless(Platform, "GNU Radio Companion is not installed (Debian: gnuradio)")
    def test_companion_shows_what_the_block_says_and_complains_of_nothing_else(self):
        grc = companion()
        for name, entry in entries.items():
            verdicts = set()
            fields = parameters(entry)
            for kind, block in types(entry).items():
                for change in settings[name]:
                    change = {k: v for k, v in change.items() if k in fields}
                    choices = {k: fields[k]["options"] for k in change if fields[k]["dtype"] == "enum"}
                    if any(change[k] not in options for k, options in choices.items()):
                        continue  # GRC offers no such choice
                    said = refusal(block, self.values(entry, type=kind, **change))
                    verdicts.add(said is None)
                    text = {k: v if k in choices else expression(v) for k, v in change.items()}
                    if kind:
                        text["type"] = kind
                    shown = grc.complaints(grc.with_block(entry, **text))
                    what = f"{block.__name__} with {change}: {shown}"[:300]
                    if said is None:
                        self.assertEqual(shown, [], what)
                    else:
                        self.assertIn(said, "\n".join(shown).replace("\n\t", "\n"), what)
                        self.assertRegex(said, r"^\w+: ", what)
            self.assertEqual(verdicts, {True, False} if len(fields) > 1 else {True}, name)

    @unittest.skipUnless(Platform, "GNU Radio Companion is not installed (Debian: gnuradio)")
    def test_a_window_is_chosen_from_names_that_need_no_more_or_typed_as_custom(self):
        grc = companion()
        for name, entry in entries.items():
            if "window" not in parameters(entry):
                continue
            chosen = parameters(entry)["window"]
            self.assertEqual(len(chosen["options"]), len(chosen["option_labels"]))
            self.assertEqual(chosen["option_labels"][-1], "Custom")
            for option in chosen["options"][:-1]:
                block = grc.with_block(entry, window=option)
                self.assertEqual(grc.complaints(block), [], f"{name}: {option}")
                self.assertEqual(block.params["custom_window"].hide, "all")
                self.assertIn(option, block.templates.render("make"))
            for typed in "window.WIN_HANN", parameters(entry)["custom_window"]["default"]:
                block = grc.with_block(entry, window='"custom"', custom_window=typed)
                self.assertEqual(grc.complaints(block), [], f"{name}: {typed}")
                self.assertEqual(block.params["custom_window"].hide, "none")
                self.assertIn(typed, block.templates.render("make"))
            block = grc.with_block(entry, window='"custom"', custom_window='"haan"')
            self.assertRegex("".join(grc.complaints(block)), "window: .*'haan'.*is none of")

    @unittest.skipUnless(Platform, "GNU Radio Companion is not installed (Debian: gnuradio)")
    def test_what_is_left_to_the_block_is_shown_as_automatic_with_the_value_that_it_takes(self):
        grc = companion()
        entry = entries["stft_adaptive_stft_xvc.block.yml"]
        block = grc.with_block(entry, n_fft="2048")
        shown = {
            "hop": "Hop (128 samples)",  # n_fft / 16
            "theta_min": "Shortest Window (256 samples)",  # two hops
            "theta_max": "Longest Window (2048 samples)",
            "theta_init": "First Window Length (724.077 samples)",  # sqrt(256 2048)
            "block": "Block (8 frames)",  # n_fft / (2 hop)
            "lag": "Lag (8 frames)",
        }
        for name, text in shown.items():
            self.assertEqual(block.params[name].name, text)
            self.assertEqual(block.params[name].options[block.params[name].get_value()], "automatic")
        self.assertEqual(grc.with_block(entry, hop="50").params["hop"].name, "Hop (samples)")
        self.assertEqual(grc.with_block(entry, hop="5000").params["theta_min"].name, "Shortest Window (samples)")
        length = dict(n_fft="512", window="[1.0]*300")
        for name in ("stft_stft_xvc", "stft_istft_vcx", "stft_one_integral_vcx", "stft_spectrogram_xvf", "stft_stft_bins_xvc"):
            block = grc.with_block(entries[name + ".block.yml"], **length)
            self.assertEqual(block.params["win_length"].name, "Window Length (300 samples)", name)

    def test_the_sample_rate_is_that_of_the_flowgraph_unless_another_is_given(self):
        rates = {name: parameters(entry).get("samp_rate", {}).get("default") for name, entry in entries.items()}
        self.assertEqual(set(rates.values()), {"samp_rate", None})
        for name, entry in entries.items():
            takes = [block for block in types(entry).values() if "samp_rate" in signature(block.__init__)[0]]
            self.assertEqual(bool(takes), rates[name] == "samp_rate", name)

    def test_without_the_python_package_the_settings_are_not_checked(self):
        for name, entry in entries.items():
            hidden = entry["parameters"][-1]  # it comes last, so that the others are evaluated before it
            self.assertEqual((hidden["id"], hidden["hide"]), ("settings", "all"), name)
            self.assertEqual(plain(hidden["dtype"]), "raw", name)

    def test_documentation_names_every_parameter(self):
        for name, entry in entries.items():
            for parameter in parameters(entry).values():
                if parameter["id"] == "settings":
                    continue
                label = plain(parameter["label"]).split(" (")[0]
                self.assertRegex(entry["documentation"], rf"(?m)^[^:\n]*\b{label}\b[^:\n]*:", name)

    def test_every_block_is_in_an_example(self):
        used = {block["id"] for path in examples for block in loaded(path)["blocks"]}
        self.assertEqual({entry["id"] for entry in entries.values()} - used, set())

    def test_rasters_on_the_screen_have_seconds_and_hertz(self):
        rasters = [b["parameters"] for p in examples for b in loaded(p)["blocks"] if b["id"] == "qtgui_time_raster_sink_x"]
        self.assertGreater(len(rasters), 1)
        for raster in rasters:
            self.assertEqual((raster["x_label"], raster["y_label"]), ("Frequency (Hz)", "Age (s)"))
            self.assertRegex(raster["y_end_value"], r"rows\*hop.*/samp_rate")

    def values(self, entry, **changes):
        if "integrate" in parameters(entry):
            changes.setdefault("bands", "0:0.5")  # the default has a sample rate above 2000 Hz in mind
        changes = {name: value for name, value in changes.items() if name in parameters(entry)}
        defaults = {name: default(p) for name, p in parameters(entry).items()}
        if not {"max_slew", "f_top"}.isdisjoint(defaults):  # a rate of 1 Hz would hold no machine
            defaults["samp_rate"] = 4096.0
        return {**defaults, **changes}

    def block_of(self, entry, kind, block, values=None):
        values = values or self.values(entry, type=kind)
        values = {**values, "path": os.path.join(folder.name, "x")} if "path" in values else values
        return block(**{name: values[name] for name in signature(block.__init__)[0]})


if __name__ == "__main__":
    unittest.main()
