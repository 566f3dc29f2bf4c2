# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of docs/monitoring.md."""
import contextlib
import io
import pathlib
import tempfile
from typing import Iterator

from gnuradio.stft.app import command
from gnuradio.stft.bench import band_scenes, benchmark_detection
from gnuradio.stft.optional_modules import load


def draw_all(folder: pathlib.Path, results: list) -> Iterator[pathlib.Path]:
    folder.mkdir(parents=True, exist_ok=True)
    yield scene(folder / "detection_scene.png")
    if any(case["part"] == "sensitivity" for case in results):
        yield sensitivity(folder / "detection_sensitivity.png", results)


def scene(path: pathlib.Path) -> pathlib.Path:
    """The spectrogram of a scene with the boxes of its events, by the command."""
    made = band_scenes.scene("full", 12, seconds=1.2, bursts=24)
    with tempfile.TemporaryDirectory() as folder:
        name = pathlib.Path(folder) / "scene.cf32"
        made.samples.tofile(name)
        with contextlib.redirect_stdout(io.StringIO()):
            status = command.main(["detect", str(name), "--dtype", "cf32_le", "--rate", "1M", "--center", "433.9M",
                                   "--title", "Bursts, carriers, clicks and steps of the receiver's gain",
                                   "--width", "1200", "--height", "700", "-o", str(path)])
    if status:
        raise RuntimeError(f"gr_stft detect: status {status}")
    return path


def sensitivity(path: pathlib.Path, results: list) -> pathlib.Path:
    """Share of bursts found against their SNR, by each rule."""
    load("matplotlib", "drawing pictures")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 5.6), dpi=100, layout="constrained")
    panels = figure.subplots(2, 3, sharex=True, sharey=True).flat
    cases = [case for case in results if case["part"] == "sensitivity"]
    for axes, (kind, width, duration) in zip(panels, benchmark_detection.SIZES):
        for rule, style in zip(benchmark_detection.RULES, ("o-C0", "s--C1", "^:C2")):
            chosen = sorted((c["snr"], c["found"]) for c in cases
                            if (c["kind"], c["width"], c["duration"], c["rule"]) == (kind, width, duration, rule))
            if chosen:
                axes.plot(*zip(*chosen), style, label=rule, markersize=4)
        axes.set_title(f"{kind}, {width / 1e3:g} kHz, {duration * 1e3:g} ms", fontsize="medium", loc="left")
        axes.grid(alpha=0.3)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.axes[-1].axis("off")
    figure.axes[-1].legend(handles, labels, loc="center")
    figure.supxlabel("SNR in the burst's own time and band (dB)")
    figure.supylabel("Share of bursts found")
    figure.savefig(path)
    return path
