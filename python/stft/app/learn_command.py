# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft learn: window lengths, chirp rates, positions or a hop learned from a recording."""
import contextlib
import io
import json
import math
import os
import time
from dataclasses import dataclass

import numpy as np

from gnuradio import stft
from gnuradio.stft import learning, learning_criteria, learning_problem
from gnuradio.stft.app.command import warn
from gnuradio.stft.app.command_options import (LARGEST_N_FFT, add_input_arguments,
                                               add_picture_arguments, automatic_n_fft, check_input,
                                               check_outputs, named_window, require_positive,
                                               require_range, suffix)
from gnuradio.stft.app.files.quantities import in_units
from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.files.recordings import portion_of
from gnuradio.stft.app.files.spectrogram_files import named, replaced_when_whole
from gnuradio.stft.app.jobs import INTERRUPTED, output_templates, planned_outputs, run_jobs
from gnuradio.stft.app.pictures.frequency_scales import check_scale
from gnuradio.stft.app.pictures.learn_picture import BeforeAfter
from gnuradio.stft.app.pictures.learned_panel import rate_unit
from gnuradio.stft.app.pictures.picture_axes import PICTURES, check_cmap, check_picture
from gnuradio.stft.app.progress_bar import progress_bar
from gnuradio.stft.interruption import interruption_noted

PROGRESS = "{n} evaluations{postfix} [{elapsed}]"
_SUFFIXES = (".npz", ".csv", *PICTURES)
_ENDINGS = ("-theta.npz", "-theta.csv", "-theta.png")
_LARGEST_MEMORY = 2**32  # bytes
_BYTES_PER_CELL = {4: 40, 8: 80}  # of a bin in a frame while learning, by the bytes of a real
_BYTES_PER_OWN_THETA = 600        # in addition, for each theta, mostly in the method's history
_LENGTHS_OF_SPREAD = 7   # from the shortest window to the longest, of which the loss is taken


def add_arguments(parser):
    add_input_arguments(parser)
    parser.add_argument("-o", "--output", action="append", metavar="FILE",
                        help="where to: .npz (theta), .csv (loss) or .png, .svg, .pdf (before and "
                             "after), repeatable; {input} and {channel} in it are INPUT's name and "
                             "the channel (default: {input}-theta.npz, .csv and .png, in the current "
                             "directory)")
    frames = parser.add_argument_group("frames")
    frames.add_argument("--n-fft", type=int, metavar="N",
                        help=f"DFT length and longest window, 2 .. {LARGEST_N_FFT} (default: twice "
                             "that of gr_stft spectrogram)")
    frames.add_argument("--hop", type=float, metavar="SAMPLES",
                        help=f"from frame to frame, need not be whole; at the start, if it is "
                             "learned (default: n_fft / 16)")
    frames.add_argument("--alpha", type=float, metavar="FRACTION", default=0.0,
                        help="the hop as a fraction of the window, which the frames then follow "
                             "(default: 0, frames at every hop)")
    frames.add_argument("--window", default="hann", metavar="NAME",
                        help="family of windows, parameter after a colon: gaussian:0.15 "
                             "(default: hann)")
    frames.add_argument("--norm", default="l2", metavar="NAME",
                        help="l2, l1, peak, dcunit or contract (default: l2)")
    learned = parser.add_argument_group("learning")
    learned.add_argument("--share", default="frame", metavar="WHAT",
                         help="what has a theta of its own: frame, constant (nothing), bin or cell "
                              "(default: frame)")
    learned.add_argument("--learn", default="theta", metavar="NAMES",
                         help="what is learned, with commas: theta, t, hop, chirp (default: theta)")
    learned.add_argument("--criterion", metavar="NAME",
                         help="loss, or losses with weights: kurtosis=1,coverage=10 "
                              "(default: magnitude_entropy for one theta, else l1l2)")
    learned.add_argument("--regularisation", type=float, metavar="WEIGHT",
                         help="of the mean total variation of ln theta, of several thetas "
                              f"(default: {learning_problem.REGULARISATION})")
    learned.add_argument("--theta-min", type=float, metavar="SAMPLES",
                         help="least theta (default: 2 hop)")
    learned.add_argument("--theta-max", type=float, metavar="SAMPLES",
                         help="greatest theta (default: n_fft)")
    learned.add_argument("--hop-min", type=float, metavar="SAMPLES",
                         help="least hop, if it is learned (default: n_fft / 64)")
    learned.add_argument("--hop-max", type=float, metavar="SAMPLES",
                         help="greatest hop, if it is learned (default: n_fft / 2)")
    learned.add_argument("--chirp-max", type=float, metavar="RATE",
                         help="bound of chirp rates, if they are learned, cycles per sample squared "
                              "(default: 94 / theta_max^2, at most 1 / (2 theta_max))")
    learned.add_argument("--theta-init", type=float, metavar="SAMPLES",
                         help="where theta begins (default: the best constant one)")
    learned.add_argument("--method", default="lbfgs", metavar="NAME",
                         help="lbfgs or adam (default: lbfgs)")
    learned.add_argument("--max-iterations", type=int, metavar="N", default=100,
                         help="of the method (default: 100)")
    learned.add_argument("--tol", type=float, metavar="RATIO", default=1e-4,
                         help="accuracy, see the manual (default: 1e-4)")
    learned.add_argument("--learning-rate", type=float, metavar="RATE", default=0.05,
                         help="of adam, in units of ln theta (default: 0.05)")
    add_picture_arguments(parser, height=1200)


@dataclass
class Outcome:
    """What was learned from the samples of a portion, and what the files tell about it.

    x: the portion and what windows reach around it, from sample `x_start` of the recording
    theta in samples; t in samples of x
    before: the window that gr_stft spectrogram would take, at the hop of the start
    spread: losses of windows from the shortest to the longest that theta may be, {length: loss}
    """
    x: np.ndarray
    x_start: int
    portion: object
    problem: dict
    learned: learning.Learned
    before: learning.Start
    spread: dict

    @property
    def fs(self):
        return self.portion.recording.fs

    @property
    def time_unit(self):
        return "s" if self.portion.recording.rate_known else "samples"

    @property
    def centres(self):
        """Centres of the frames, in samples of the recording."""
        return self.x_start + self.learned.t

    @property
    def hop(self):
        """Mean distance of two frames, in samples."""
        t = self.learned.t
        return float(t[-1] - t[0]) / (len(t) - 1) if len(t) > 1 else float(self.problem["hop"])


def run(arguments):
    return run_jobs(arguments, _check(arguments), lambda job: _learn_one(arguments, job))


def _learn_one(arguments, job):
    began = time.monotonic()
    recording = job.recording
    portion = portion_of(recording, arguments.start, arguments.stop)
    problem = _problem(arguments, portion)
    _check_theta(arguments.theta_init, problem)
    _require_memory(portion, problem)
    if any(suffix(path) in PICTURES for path in job.outputs):
        lowest = recording.zero_frequency - (recording.fs / 2 if recording.is_complex else 0)
        check_scale(arguments.frequency_scale, lowest, recording.rate_known)
    x, x_start = _samples(portion, problem)
    problem["part"] = (portion.start - x_start, portion.start - x_start + portion.length)
    before = learning.start_at(_usual_window(arguments, portion), x, **problem)
    for warning in recording.warnings:
        warn("learn", f"{recording.path}: {warning}")
    with contextlib.ExitStack() as files:
        temporary = {path: files.enter_context(replaced_when_whole(path)) for path in job.outputs}
        learned, interrupted = _learn(arguments, x, problem)
        outcome = Outcome(x, x_start, portion, problem, learned, before,
                          {} if interrupted else _losses_of_lengths(x, problem))
        for path in job.outputs:
            _WRITERS[suffix(path)](path, temporary[path], outcome, arguments, job.title)
    if interrupted:
        warn("learn", f"interrupted after {len(learned.history)} evaluations; what was learned "
             "so far is written")
    if learned.advice:
        warn("learn", learned.advice)
    print(_summary(outcome, job.outputs, time.monotonic() - began))
    return INTERRUPTED if interrupted else None


def _samples(portion, problem):
    """The samples that windows reach, and the number of the first of them in the recording."""
    reach = 2 * problem["n_fft"] + 2 * math.ceil(problem["hop"])
    before, after = min(reach, portion.before), min(reach, portion.after)
    x = portion.read(-before, portion.length + after)
    start = portion.start - before
    bad = np.flatnonzero(~np.isfinite(x))
    if len(bad):
        refuse(portion.recording.path, f"{len(bad)} samples are NaN or infinite, the first is "
               f"{start + bad[0]}", "--start and --stop can leave them out")
    if not np.any(x[before:before + portion.length]):
        refuse(portion.recording.path, f"all of {portion.length} samples are 0",
               "nothing is learned from silence")
    return x, start


def _losses_of_lengths(x, problem):
    """The loss with one window for all, of lengths from the least theta to the greatest."""
    ends = _theta_bounds(problem)
    return {float(length): learning.start_at(length, x, **problem).loss
            for length in np.clip(np.geomspace(*ends, _LENGTHS_OF_SPREAD), *ends)}


def _check(arguments):
    """Names of the outputs; ValueError for what can be refused before anything is read or written."""
    check_input(arguments)
    check_picture(arguments)
    require_range("n_fft", arguments.n_fft, 2, LARGEST_N_FFT)
    require_positive("hop", arguments.hop)
    for name in ("theta_min", "theta_max", "theta_init", "hop_min", "hop_max", "chirp_max"):
        require_positive(name, getattr(arguments, name))
    templates = output_templates(arguments, _ENDINGS)
    check_outputs(arguments.input, planned_outputs(arguments, templates), _SUFFIXES)
    if any(suffix(template) in PICTURES for template in templates):
        check_cmap(arguments.cmap)
    _criterion(arguments.criterion)
    return templates


def _problem(arguments, portion):
    """Arguments of stft.learn() that say what is sought."""
    n_fft = arguments.n_fft or 2 * _usual_window(arguments, portion)
    regularisation = arguments.regularisation
    names = arguments.learn.split(",")
    return {"n_fft": n_fft, "hop": learning_problem.hop_of(n_fft, arguments.hop),
            "share": arguments.share, "learn": learning_problem.learned_of(names if len(names) > 1 else names[0]),
            "criterion": _criterion(arguments.criterion),
            "theta_min": arguments.theta_min, "theta_max": arguments.theta_max,
            "hop_min": arguments.hop_min, "hop_max": arguments.hop_max, "chirp_max": arguments.chirp_max,
            "regularisation": learning_problem.REGULARISATION if regularisation is None else regularisation,
            "alpha": arguments.alpha, "window": named_window(arguments.window), "norm": arguments.norm}


def _theta_bounds(problem):
    return learning_problem.theta_bounds(*(problem[name] for name in ("n_fft", "hop", "theta_min", "theta_max")))


def _check_theta(theta, problem):
    """ValueError for a --theta-init out of bounds, before the recording is read."""
    least, greatest = _theta_bounds(problem)
    if theta is not None and least < greatest and not least <= theta <= greatest:
        refuse("theta_init", f"{theta:g}", f"must be in theta_min .. theta_max = {least:g} .. {greatest:g}")


def _usual_window(arguments, portion):
    """The window that gr_stft spectrogram would take, in samples."""
    recording = portion.recording
    return arguments.n_fft or automatic_n_fft(recording.fs, portion.length, recording.rate_known)


def _criterion(text):
    """The criterion named on the command line: "l1l2", or {"kurtosis": 1.0, "coverage": 9.0}."""
    if text is None or "=" not in text and "," not in text:
        return text
    weights = {}
    for part in text.split(","):
        name, _, weight = part.partition("=")
        try:
            weights[name] = float(weight or 1)
        except ValueError:
            refuse("criterion", repr(part), "must be a name, or a name=weight")
    return weights


def _require_memory(portion, problem):
    """ValueError for a recording of which the spectra would need too much."""
    n_fft = problem["n_fft"]
    is_complex = portion.recording.is_complex or "chirp" in problem["learn"]  # of the analytic signal
    double = portion.recording.dtype in (np.float64, np.complex128)
    shortest = problem["hop"]
    if problem["alpha"] > 0:
        shortest = problem["alpha"] * _theta_bounds(problem)[0]
    if "hop" in problem["learn"]:
        shortest = learning_problem.hop_bounds(n_fft, problem["hop_min"], problem["hop_max"])[0]
    frames = 1 + portion.length / max(shortest, 1e-9)
    cells = frames * (n_fft if is_complex else n_fft // 2 + 1)
    own = frames if problem["share"] == "frame" else cells if problem["share"] == "cell" else 0
    if learning_problem.by_segments(problem["share"], problem["learn"], problem["criterion"]):
        own = min(own, learning_problem.SEGMENT_CELLS)
    needed = cells * _BYTES_PER_CELL[8 if double else 4] + own * _BYTES_PER_OWN_THETA
    if needed > _LARGEST_MEMORY:
        refuse(portion.recording.path, f"{portion.length} samples in frames every {shortest:g}",
               f"would need {needed / 2**30:.1f} of at most {_LARGEST_MEMORY / 2**30:g} GiB: give "
               "--start and --stop, a longer --hop or a smaller --n-fft")


def _learn(arguments, x, problem):
    """What stft.learn() returns, and whether it was interrupted."""
    with interruption_noted() as interruption, progress_bar("learn", PROGRESS) as bar:

        def progress(_, loss):
            bar.set_postfix_str(f"loss {loss:.6g}")
            bar.update(1)
            if interruption.noted:
                raise StopIteration

        learned = stft.learn(x, **problem, theta_init=arguments.theta_init, method=arguments.method,
                             max_iterations=arguments.max_iterations, tol=arguments.tol,
                             learning_rate=arguments.learning_rate, progress=progress)
    return learned, interruption.noted


# Files


def _write_npz(path, temporary, outcome, *_):
    learned, problem, fs = outcome.learned, outcome.problem, outcome.fs
    recording = outcome.portion.recording
    frequencies = recording.zero_frequency + np.asarray(stft.frequencies(
        problem["n_fft"], fs, "twosided" if recording.is_complex else "onesided"))
    meta = {"theta_samples": "window lengths, samples, (1 or bins, 1 or frames)",
            "t_samples": "centres of the frames, samples of the recording, (frames,)",
            "theta_seconds": "s", "t_seconds": "s",
            "hop_samples": "samples, mean", "hop_seconds": "s",
            "frequencies": "Hz, (bins,)" if recording.rate_known else "cycles/sample, (bins,)",
            "samp_rate": "samples/s", "first_sample": "samples",
            "loss_of_lengths": "with one window for all, (length in samples, loss)",
            "loss": "at theta and t", "loss_before": "of one window of theta_before",
            "theta_before": "samples", "c": "chirp rates, cycles/sample^2, (1, 1 or frames)", "c_per_second": "Hz/s",
            "source": os.path.basename(recording.path).encode("utf-8", "replace").decode(),
            "format": recording.format, "channel": recording.channel,
            "rate_known": recording.rate_known, "centre_frequency": recording.centre_frequency,
            "software": "gr-stft"}
    bounds = dict(zip(("theta_min", "theta_max"), _theta_bounds(problem)))
    if "hop" in problem["learn"]:
        bounds.update(zip(("hop_min", "hop_max"), learning_problem.hop_bounds(
            problem["n_fft"], problem["hop_min"], problem["hop_max"])))
    rates = {} if learned.c is None else {"c": learned.c, "c_per_second": learned.c * fs**2}
    members = io.BytesIO()  # a disk that fills up under an open archive would raise twice
    np.savez(members, theta_samples=learned.theta, t_samples=outcome.centres,
             theta_seconds=learned.theta / fs, t_seconds=outcome.centres / fs,
             hop_samples=outcome.hop, hop_seconds=outcome.hop / fs,
             frequencies=frequencies, samp_rate=fs, first_sample=outcome.portion.start,
             samples=outcome.portion.length, loss=learned.loss,
             loss_of_lengths=np.array(sorted(outcome.spread.items())).reshape(-1, 2),
             loss_before=outcome.before.loss, theta_before=outcome.before.theta.flat[0],
             evaluations=len(learned.history), n_fft=problem["n_fft"], hop=problem["hop"],
             share=problem["share"], **bounds, **rates, learn=np.array(problem["learn"]),
             window=_window_words(problem["window"]), norm=problem["norm"],
             alpha=problem["alpha"], regularisation=problem["regularisation"],
             criterion=_criterion_words(problem), meta=np.array(json.dumps(meta)))
    with named(path), open(temporary, "wb") as file:
        file.write(members.getbuffer())


def _write_csv(path, temporary, outcome, *_):
    with named(path), open(temporary, "w", encoding="ascii") as file:
        file.write("evaluation,loss\n")
        for number, loss in enumerate(outcome.learned.history, 1):
            file.write(f"{number},{loss!r}\n")


def _write_picture(path, temporary, outcome, arguments, title):
    BeforeAfter(outcome, arguments, title).write(path, temporary)


_WRITERS = {".npz": _write_npz, ".csv": _write_csv, **dict.fromkeys(PICTURES, _write_picture)}


# Words


def _window_words(window):
    return window if isinstance(window, str) else ":".join(map(str, window))


def _criterion_words(problem):
    criterion = learning_criteria.criterion_of(problem["criterion"], problem["share"], problem["learn"])
    if isinstance(criterion, str):
        return criterion
    return ",".join(f"{name}={weight:g}" for name, weight in criterion.items())


def length_words(samples, fs, rate_known):
    """Window lengths: "512.3 samples (11.62 ms)"; of several the range and the median."""
    ends = np.unique((np.min(samples), np.max(samples)))
    words = " .. ".join(f"{value:.5g}" for value in ends) + " samples"
    if rate_known:
        words += f" ({' .. '.join(in_units(value / fs, 's') for value in ends)})"
    if len(ends) > 1:
        middle = np.median(samples)
        words += f", median {middle:.5g}"
        words += f" ({in_units(middle / fs, 's')})" if rate_known else ""
    return words


def rate_words(c, fs, rate_known):
    """Chirp rates: "8e-05 cycles/sample^2 (80 Hz/s)"; of several the range and the median."""
    ends = np.unique((np.min(c), np.max(c)))
    values = ends if len(ends) == 1 else np.append(ends, np.median(c))
    unit, factor = rate_unit(c, fs) if rate_known else ("", 1)
    per_sample, per_second = ([f"{value * scale:.4g}" for value in values] for scale in (1, factor))
    words = " .. ".join(per_sample[:2]) + " cycles/sample^2"
    if rate_known:
        words += f" ({' .. '.join(per_second[:2])} {unit})"
    if len(ends) > 1:
        words += f", median {per_sample[2]}" + (f" ({per_second[2]} {unit})" if rate_known else "")
    return words


def _summary(outcome, outputs, elapsed):
    recording, portion = outcome.portion.recording, outcome.portion
    learned, before, problem, fs = outcome.learned, outcome.before, outcome.problem, outcome.fs
    known = recording.rate_known
    duration = portion.length / fs
    lines = [
        ("file", recording.path),
        ("format", recording.format),
        ("rate", in_units(recording.fs, "Hz", 7) if known else "unknown"),
        ("analysed", f"{portion.length} samples from {portion.start}"
                     + (f", {in_units(duration, 's', 6)}" if known else "")
                     + f"; channel {recording.channel} of {recording.channels}, "
                     f"{'complex' if recording.is_complex else 'real'}"),
        ("parameters", f"n_fft {problem['n_fft']}, hop {problem['hop']:g}, window "
                       f"{_window_words(problem['window'])}, norm {problem['norm']}"
                       + (f", alpha {problem['alpha']:g}" if problem["alpha"] else "")),
        ("learned", f"{', '.join(problem['learn'])}; share {problem['share']}, criterion "
                    f"{_criterion_words(problem)}"),
        ("theta", length_words(learned.theta, fs, known)),
    ]
    if learned.c is not None:
        lines.append(("chirp", rate_words(learned.c, fs, known)))
    if "hop" in problem["learn"] or problem["alpha"]:
        lines.append(("hop", length_words(outcome.hop, fs, known)))
    if "t" in problem["learn"]:
        begin, _ = problem["part"]
        moved = np.abs(learned.t - begin - np.arange(len(learned.t)) * problem["hop"])
        lines.append(("t", f"moved by {np.mean(moved):.3g} samples on average, {np.max(moved):.3g} "
                           "at most"))
    lines += [
        ("loss", f"{learned.loss:.6g}, {before.loss:.6g} before, with one window of "
                 f"{length_words(before.theta.flat[0], fs, known)}"),
        *_meaning(outcome),
        ("evaluations", f"{len(learned.history)}"),
        ("written", ", ".join(outputs)),
        ("elapsed", f"{elapsed:.2f} s"),
    ]
    return "\n".join(f"{name + ':':<13}{text}" for name, text in lines)


def _meaning(outcome):
    """What the difference of the losses before and after amounts to."""
    if not outcome.spread:
        return []
    losses = list(outcome.spread.values())
    spread = max(losses) - min(losses)
    lengths = f"one window of {min(outcome.spread):.5g} to {max(outcome.spread):.5g} samples"
    if not spread > 1e-9 * max(map(abs, losses)):
        return [("gain", f"cannot be measured: {lengths} has the same loss at any length")]
    gain = 100 * (outcome.before.loss - outcome.learned.loss) / spread
    return [("gain", f"{gain:.3g} % of the spread of the loss with {lengths}")]
