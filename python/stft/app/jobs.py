# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""One analysis for each input and each channel that the command line names."""
import os
import signal
from dataclasses import dataclass

from gnuradio.stft.app.command import DONE, attempt
from gnuradio.stft.app.files.piped_input import STANDARD_INPUT, source_of
from gnuradio.stft.app.files.raw_files import SampleFormat
from gnuradio.stft.app.files.recording_base import Recording, Source, refuse
from gnuradio.stft.app.files.recording_names import hints_of_name
from gnuradio.stft.app.files.recordings import open_recording, sample_at
from gnuradio.stft.app.files.sound_headers import bytes_of_wave

INTERRUPTED = 128 + signal.SIGINT
_LONGEST_REACH = 2**13  # samples after --stop that an automatic window reaches


@dataclass
class Job:
    """A recording that is open, what it is called in a title, and the files to write."""
    recording: Recording
    title: str
    outputs: list
    source: Source = None  # of the recording, for a verb that opens other channels of it


def output_templates(arguments, default_endings):
    """Names of the outputs, in which {input} and {channel} may stand; ValueError where several
    results would have one name."""
    every = arguments.channel == "all"
    templates = arguments.output or [
        "{input}" + ("-channel{channel}" if every else "") + ending for ending in default_endings]
    for template in templates:
        for word, several, why in (("{input}", len(arguments.input) > 1, "with several inputs"),
                                   ("{channel}", every, "with --channel all")):
            if several and word not in template:
                refuse("output", template, f"must hold {word} {why}")
    return templates


def planned_outputs(arguments, templates):
    """All names of outputs, of channel 0 where all channels are asked for."""
    channel = 0 if arguments.channel == "all" else arguments.channel
    return [_filled(arguments, template, path, channel) for path in arguments.input for template in templates]


def _filled(arguments, template, path, channel):
    stem = "stdin" if path == STANDARD_INPUT else \
        os.path.splitext(os.path.basename(os.path.normpath(path)))[0]
    name = template.replace("{channel}", str(channel)).replace("{input}", stem)
    return os.path.join(vars(arguments).get("folder", ""), name)  # of a batch


def run_jobs(arguments, templates, analyse, pieces=None):
    """Calls analyse(job) for each; the exit status. Of several, one that fails does not keep the
    others from being done.

    pieces: how a batch divides a long recording, an object with count(job, samples), compute(job, number, count,
        path), which writes what piece `number` gives to `path` and returns a note for join(job, paths, notes), which
        writes the outputs; they are to the bit those of analyse(job). None: a recording is one piece.
    """
    driver = vars(arguments).get("driver")
    if driver is not None:
        return driver(arguments, templates, analyse, pieces)
    several = len(arguments.input) > 1 or arguments.channel == "all"
    runner = _Runner(f"gr_stft {arguments.verb}", several, analyse)
    for path in arguments.input:
        runner.attempt(lambda: run_input(arguments, path, templates, runner))
        if runner.status == INTERRUPTED:
            break
    return runner.status


class _Runner:
    """Keeps the worst exit status of what it has attempted."""

    def __init__(self, label, several, analyse):
        self.status = DONE
        self._label, self._several, self._analyse = label, several, analyse
        self._done = 0

    def attempt(self, action):
        status = attempt(self._label, action) if self._several else action()
        self.status = max(self.status, status or DONE)

    def analyse(self, job):
        if self._done:
            print()
        self._done += 1
        return self._analyse(job)


def run_input(arguments, path, templates, runner):
    """Has runner.attempt() call runner.analyse(job) for each channel of an input, as long as runner.status allows."""
    with source_of(path, _needed_of_a_pipe(arguments, path)) as (source, interrupted):
        title = arguments.title if arguments.title is not None else os.path.basename(source.name)
        for channel in _channels(arguments, source):
            outputs = [_filled(arguments, template, path, channel) for template in templates]
            words = f"{title}, channel {channel}" if arguments.channel == "all" else title

            def analyse_one():
                with open_input(arguments, source, channel) as recording:
                    return runner.analyse(Job(recording, words, outputs, source))

            runner.attempt(analyse_one)
            if runner.status == INTERRUPTED:
                break
    return INTERRUPTED if interrupted else DONE


def _channels(arguments, source):
    if arguments.channel != "all":
        return [arguments.channel]
    with open_input(arguments, source, 0) as recording:
        return range(recording.selectable_channels)


def open_input(arguments, source, channel):
    """The recording that the arguments describe."""
    return open_recording(source, dtype=arguments.dtype, rate=arguments.rate, channel=channel,
                          iq=arguments.iq, center=arguments.center, strict=arguments.strict)


def _needed_of_a_pipe(arguments, path):
    """A function of a pipe's first bytes: how many bytes there are up to --stop and what a window
    reaches after it; None where that is not known."""
    hints = hints_of_name(path)
    dtype = arguments.dtype or hints.dtype
    reach = max(_LONGEST_REACH, 2 * (arguments.n_fft or 0),
                2 * (getattr(arguments, "win_length", None) or 0))

    def samples(rate):
        return sample_at(arguments.stop, arguments.rate or rate) + reach

    def needed(start):
        if arguments.stop is None:
            return None
        if dtype is None:
            return bytes_of_wave(start, samples)
        return samples(hints.rate or 1.0) * SampleFormat(dtype).size

    return needed
