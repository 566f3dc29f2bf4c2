# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft denoise: a recording without its noise, all channels of it, as a sound file, SigMF or NPY."""
import contextlib
import csv
import json

import numpy as np

from gnuradio import stft
from gnuradio.stft.app.command import warn
from gnuradio.stft.app.command_options import (add_framing_arguments, add_input_arguments, as_options, automatic_n_fft,
                                               check_framing, check_input, check_outputs, hop_of, named_window, suffix)
from gnuradio.stft.app.denoised_files import SOUNDS, TABLES, check_writable, sigmf_data, writer_of
from gnuradio.stft.app.detection_options import refuse_argument
from gnuradio.stft.app.files.quantities import hertz, seconds
from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.files.recordings import portion_of, sample_at
from gnuradio.stft.app.jobs import open_input, output_templates, planned_outputs, run_jobs
from gnuradio.stft.app.progress_bar import progress_bar
from gnuradio.stft.npy_files import load_array
from gnuradio.stft.optional_modules import require
from gnuradio.stft.stft_python import kernels

_METHODS, _TRACKINGS = ("wiener", "log_mmse", "subtraction"), ("automatic", "presence", "floor", "held")
_USES = ("keep", "reject", "only")
_SAMPLES_AT_ONCE = 2**18
_LONGEST_NOISE = 2**26  # samples


def add_arguments(parser):
    add_input_arguments(parser, channel=None)
    parser.add_argument("-o", "--output", action="append", metavar="FILE",
                        help="where to: .wav, .flac, .sigmf-meta, .npy, repeatable; {input} and {channel} in it are INPUT's name "
                             "and the channel")
    noise = parser.add_argument_group("noise")
    noise.add_argument("--noise", type=_stretch, metavar="START:END",
                       help="a stretch of INPUT that holds noise alone: 0:0.5, 1:30:1:31.5 (default: the noise is tracked)")
    noise.add_argument("--tracking", choices=_TRACKINGS, default="automatic",
                       help="presence: what lasts for a second is noise; floor: what stands out of its neighbours in frequency is "
                            "signal; held: as in --noise, or in the first frames (default: held with --noise, else presence for "
                            "real and floor for complex samples)")
    gain = parser.add_argument_group("gain")
    gain.add_argument("--method", choices=_METHODS, default="wiener", help="rule for the gains (default: wiener)")
    gain.add_argument("--floor", type=float, metavar="DB", default=-35.0, help="least gain, -200 .. 0 (default: -35)")
    gain.add_argument("--oversubtraction", type=float, metavar="FACTOR", default=1.0,
                      help="on the power of the noise, 0.1 .. 100 (default: 1)")
    gain.add_argument("--smoothing", type=int, metavar="BINS", default=3,
                      help="over which power is averaged against musical noise, odd, 1 .. 63 (default: 3)")
    gain.add_argument("--keep", type=_band, metavar="F0:F1", action="append", default=[],
                      help="frequencies that stay as they are: 300:3.4k; repeatable")
    gain.add_argument("--reject", type=_band, metavar="F0:F1", action="append", default=[],
                      help="frequencies that are removed; repeatable")
    gain.add_argument("--mask", metavar="FILE", help="NPY of a factor of 0 .. 1 for each bin, in the order of stft()")
    events = gain.add_mutually_exclusive_group()
    for use, words in zip(_USES, ("stay as they are", "are removed", "alone are left")):
        events.add_argument(f"--{use}-events", metavar="FILE",
                            help=f"the times and bands of events {words}: .csv or .jsonl of gr_stft detect")
    add_framing_arguments(parser, n_fft="by the sampling rate")
    parser.set_defaults(title=None)  # of run_jobs()


def _stretch(text):
    parts = text.split(":")
    middle = len(parts) // 2
    if len(parts) % 2:
        refuse_argument(text, "must be two times: 0:0.5, 1:30:1:31.5")
    return seconds(":".join(parts[:middle])), seconds(":".join(parts[middle:]))


def _band(text):
    lower, colon, upper = text.partition(":")
    if not colon:
        refuse_argument(text, "must be two frequencies: 300:3.4k")
    edges = hertz(lower), hertz(upper)
    if not edges[0] < edges[1]:
        refuse_argument(text, "the first frequency must be less than the second")
    return edges


def run(arguments):
    templates = _check(arguments)
    together = arguments.channel is None
    arguments.channel = arguments.channel or 0
    return run_jobs(arguments, templates, lambda job: _denoise(arguments, job, together))


def _check(arguments):
    """Names of the outputs; ValueError for what can be refused before the recording is opened."""
    check_input(arguments)
    check_framing(arguments)
    if not arguments.output:
        refuse("output", "missing", "must be given: -o FILE")
    templates = output_templates(arguments, ())
    outputs = planned_outputs(arguments, templates)
    data = [path for path in map(sigmf_data, outputs) if path]
    check_outputs(arguments.input, outputs, (*SOUNDS, *TABLES))
    check_outputs(arguments.input, data, (".sigmf-data",))
    if any(suffix(template) in SOUNDS for template in templates):
        require("soundfile", "writing sound files")
    if arguments.noise is not None and not 0 <= arguments.noise[0] < arguments.noise[1]:
        refuse("noise", ":".join(f"{edge:g}" for edge in arguments.noise), "must be two times, the second after the first")
    if arguments.noise is not None and arguments.tracking == "floor":
        refuse("tracking", "floor", "finds the noise by itself; give presence or held with --noise")
    with as_options(gain_floor="floor"):
        kernels.check_gain(n_fft=16, hop=4, **{**_gain(arguments), "tracking": "held"})
    return templates


def _gain(arguments):
    """Settings of the gains that do not depend on the recording."""
    return dict(method=arguments.method, tracking=arguments.tracking, gain_floor=arguments.floor,
                oversubtraction=arguments.oversubtraction, smoothing=arguments.smoothing)


def _denoise(arguments, job, together):
    recording = job.recording
    for warning in recording.warnings:
        warn("denoise", f"{recording.path}: {warning}")
    with contextlib.ExitStack() as opened:
        recordings = [recording]
        if together:
            recordings += [opened.enter_context(open_input(arguments, job.source, number))
                           for number in range(1, recording.selectable_channels)]
        for path in job.outputs:
            check_writable(path, recording, len(recordings))
        portions = [portion_of(one, arguments.start, arguments.stop) for one in recordings]
        design = _design(arguments, recording)
        denoisers = [_denoiser(arguments, one, design) for one in recordings]
        events = _events(arguments, recording, portions[0].start)
        for one in denoisers:
            one.add(events)
        levels, clipped, unusable = _write(job, portions, denoisers)
    if unusable:
        warn("denoise", f"{recording.path}: {unusable} samples are NaN or infinite; so is what the windows around them hold")
    if clipped:
        warn("denoise", f"{recording.path}: {clipped} values are clipped or not finite; .wav would hold them")
    job.outputs += [path for path in map(sigmf_data, job.outputs) if path]  # for who counts them
    print("\n".join(_words(arguments, recording, portions, design, levels, job.outputs)))


def _design(arguments, recording):
    n_fft = arguments.n_fft or max(arguments.win_length or 0, automatic_n_fft(recording.fs, recording.length, recording.rate_known))
    win_length = arguments.win_length or n_fft
    return dict(window=named_window(arguments.window), n_fft=n_fft, win_length=win_length,
                hop=hop_of(arguments, win_length, max(1, win_length // 4)))


def _denoiser(arguments, recording, design):
    def relative(bands):
        return [(lower - recording.zero_frequency, upper - recording.zero_frequency) for lower, upper in bands]

    frames = {name: value for name, value in design.items() if name != "window"}
    settings = dict(_gain(arguments), keep=relative(arguments.keep), reject=relative(arguments.reject),
                    events=next((use for use in _USES if getattr(arguments, f"{use}_events")), "keep"))
    if arguments.mask:
        settings["mask"] = _mask(arguments.mask)
    if arguments.noise is not None:
        settings["noise"] = stft.noise_power(_noise_in(arguments.noise, recording, design["win_length"]), design["window"], **frames)
    return stft.Denoiser(design["window"], dtype=recording.dtype, fs=recording.fs, **frames, **settings)


def _noise_in(stretch, recording, win_length):
    """The samples of the stretch."""
    words = ":".join(f"{edge:g}" for edge in stretch)
    begin, end = (sample_at(edge, recording.fs) for edge in stretch)
    if end > recording.length:
        refuse("noise", words, f"must lie in the recording, 0 .. {recording.duration:g}")
    if end - begin < win_length:
        refuse("noise", words, f"must hold a window, {win_length / recording.fs:g}")
    if end - begin > _LONGEST_NOISE:
        refuse("noise", words, f"must hold {_LONGEST_NOISE} samples at most")
    samples = recording.read(begin, end - begin)
    if not np.all(np.isfinite(samples)):
        refuse("noise", words, "holds NaN or infinity")
    return samples


def _mask(path):
    try:
        with open(path, "rb") as file:
            return load_array(file)
    except OSError as error:
        raise ValueError(f"mask: {path}: {error.strerror or error}") from None
    except ValueError:
        refuse("mask", path, "must be a NumPy array of a factor for each bin")


def _events(arguments, recording, start):
    """Events of the file, counted from the portion's first sample, with frequencies as the recording has them."""
    name = next((f"{use}_events" for use in _USES if getattr(arguments, f"{use}_events")), None)
    if name is None:
        return []
    path = getattr(arguments, name)
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file)) if suffix(path) == ".csv" else [json.loads(line) for line in file if line.strip()]
    except OSError as error:
        raise ValueError(f"{name}: {path}: {error.strerror}") from None
    except (ValueError, RecursionError, csv.Error) as error:
        refuse(name, path, f"must be a .csv or .jsonl of gr_stft detect: {error}")
    events = []
    for number, row in enumerate(rows, 1):
        try:
            event = dict(kind=row["kind"], cut=row.get("cut"), sample_start=int(row["sample_start"]) - start,
                         sample_count=int(row["sample_count"]), freq_lower=float(row["freq_lower"]) - recording.zero_frequency,
                         freq_upper=float(row["freq_upper"]) - recording.zero_frequency)
            if not (abs(event["sample_start"]) < 2**62 and 0 <= event["sample_count"] < 2**62
                    and event["freq_lower"] <= event["freq_upper"]):
                raise ValueError
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            refuse(name, path, f"line {number} is no event of gr_stft detect")
        events.append(event)
    return events


def _write(job, portions, denoisers):
    """Levels (dB of the mean power) before and after, how many values were clipped, and how many samples are not finite."""
    recording, length = portions[0].recording, portions[0].length
    unusable, power, unit = 0, np.zeros(2), "s" if recording.rate_known else "samples"
    with contextlib.ExitStack() as files, \
            progress_bar("denoise", "{percentage:3.0f} %|{bar}| {n:.1f}/{total:.1f} {unit} [{elapsed} < {remaining}]",
                         length / recording.fs, unit) as bar:
        writers = [files.enter_context(writer_of(path, recording, length, len(portions), portions[0].start))
                   for path in job.outputs]
        for begin in range(0, length, _SAMPLES_AT_ONCE):
            end = min(length, begin + _SAMPLES_AT_ONCE)
            pieces = []
            for portion, denoiser in zip(portions, denoisers):
                x = portion.read(begin, end)
                y = denoiser.push(x)
                if end == length:
                    y = np.concatenate([y, denoiser.finish()])
                pieces.append(y)
                power += [_energy(x), _energy(y)]
                unusable += np.count_nonzero(~np.isfinite(x))
            samples = np.stack(pieces, 1)
            for writer in writers:
                writer.write(samples)
            bar.update((end - begin) / recording.fs)
    with np.errstate(divide="ignore"):
        levels = 10 * np.log10(power / (length * len(portions)))
    return levels, sum(writer.clipped for writer in writers), unusable


def _energy(samples):
    finite = samples[np.isfinite(samples)]
    return np.vdot(finite.astype(np.result_type(finite, np.float64)), finite).real


def _words(arguments, recording, portions, design, levels, outputs):
    unit = "s" if recording.rate_known else "samples"
    channels = f", {len(portions)} channels" if len(portions) > 1 else ""
    yield (f"{recording.path}: {portions[0].length / recording.fs:g} {unit}{channels}, {levels[0]:.1f} dB -> {levels[1]:.1f} dB "
           f"({arguments.method}, n_fft {design['n_fft']}, hop {design['hop']})")
    yield from (f"  {path}" for path in outputs)
