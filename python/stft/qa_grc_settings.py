#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that each GRC entry is tried with: GNU Radio Companion shows what the block says to them."""

import unittest

import numpy as np
from gnuradio.fft import window

from qa_grc import Platform, companion, entries, parameters, signature, types, values_of


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
settings["stft_band_weights_vfvf.block.yml"] = [
    dict(dict(samp_rate=4096.0), **given)
    for given in (
        *(dict(n_fft=n) for n in (-1, 0, 1, 2, 7, 2**29)),
        *({name: v} for name in ("samp_rate", "f_min", "f_max", "reference") for v in of_real_numbers),
        *(dict(samp_rate=fs, kind=k) for fs in (1.0, 40.0, 41.0) for k in ("mel", "bark", "erb", "octave")),
        *(dict(f_min=1000.0, f_max=f) for f in (500.0, 1000.0, 2000.0, 4096.0)),
        *(dict(bands=v, kind=k) for v in (-1, 0, 1, 12, 2**17) for k in ("mel", "bark", "erb", "linear", "edges", "octave")),
        *(dict(kind="octave", per_octave=v) for v in (-1, 0, 1, 12, 2000)),
        *(dict(kind="edges", edges=e, shape=s) for e in ([], [500.0], [500.0, 600.0], [0.0, 500.0, 2048.0], [500.0, 400.0, 600.0], [500.0, 3000.0])
          for s in ("automatic", "triangle")),
        *(dict(kind="weights", n_fft=2, weights=w) for w in ([], [1.0], [1.0, 0.0], [1.0, -1.0], [0.0] * 6)),
        *(dict(mel_scale=m, norm=n, shape=s) for m in ("slaney", "htk") for n in ("none", "area", "sum") for s in ("automatic", "rectangle")),
    )
]  # fmt: skip
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
    + [dict(needs_speed=v) for v in (True, False)]
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


class qa_grc_settings(unittest.TestCase):
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
                    said = refusal(block, values_of(entry, type=kind, **change))
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


if __name__ == "__main__":
    unittest.main()
