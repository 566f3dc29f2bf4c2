#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings that come through a pipe or by standard input: what the file gives, and how reading ends."""

import array
import contextlib
import fcntl
import os
import random
import signal
import subprocess
import termios
import threading
import time
import unittest
from unittest import mock

import numpy as np
from qa_command import InFolder, complex_noise, needs, noise, run, start
from qa_inputs_command import patched
from qa_sigmf_inputs_command import write_archive


def write_slowly(data, fifo, chosen):
    """Writes to a named pipe in pieces of any size, with pauses."""
    def write():
        with open(fifo, "wb", buffering=0) as pipe:
            at = 0
            while at < len(data):
                piece = data[at:at + chosen.randrange(1, 3000)]
                pipe.write(piece)
                at += len(piece)
                if chosen.random() < 0.1:
                    time.sleep(0.001)
    thread = threading.Thread(target=write)
    thread.start()
    return thread


class Pipes(InFolder):

    def through_a_pipe(self, data, *options, name="pipe"):
        os.mkfifo(name)
        thread = write_slowly(data, name, random.Random(len(data)))
        out = run("spectrogram", name, "-o", "pipe.npz", *options)
        thread.join()
        os.remove(name)
        return out

    def wait_until_read(self, pipe):
        """Until all that was written to the pipe has been read."""
        waiting, deadline = array.array("i", [1]), time.monotonic() + 60
        while waiting[0]:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
            fcntl.ioctl(pipe, termios.FIONREAD, waiting)

    def assert_same(self, path, *options):
        """A file and the same through a pipe give the same spectrogram."""
        with open(path, "rb") as file:
            status, _, err = self.through_a_pipe(file.read(), *options)
        self.assertEqual(status, 0, err)
        run("spectrogram", path, "-o", "file.npz", *options)
        with np.load("pipe.npz") as piped, np.load("file.npz") as read:
            np.testing.assert_array_equal(piped["power"], read["power"])
            np.testing.assert_array_equal(piped["frequencies"], read["frequencies"])
        return err

    def test_pipe_of_bare_samples_gives_what_the_file_gives(self):
        complex_noise(5003).astype("c8").tofile("x.raw")
        self.assert_same("x.raw", "--dtype", "cf32_le", "--rate", "250k", "--center", "433.92M")

    def test_last_sample_that_is_cut(self):
        with open("x.raw", "wb") as file:
            file.write(bytes(40003))
        self.assertIn("file ends 3 bytes into a sample of 4", self.assert_same("x.raw", "--dtype", "ci16", "--rate", 1000))

    def test_arrays_and_archives_are_known_by_their_first_bytes(self):
        np.save("x.npy", noise(3000))
        self.assert_same("x.npy", "--rate", 1000)
        write_archive("x.sigmf", complex_noise(2000).astype("c8").tobytes())
        self.assert_same("x.sigmf")

    @needs("soundfile")
    def test_sound_whose_writer_did_not_know_the_length(self):
        import soundfile
        soundfile.write("x.wav", noise(3000), 8000)
        with open("x.wav", "rb") as file:
            data = file.read()
        for unknown in (0, 2**32 - 1, 2**31 - 1):
            with open("x.wav", "wb") as file:
                file.write(patched(patched(data, 4, unknown, 4, "little"), 40, unknown, 4, "little"))
            self.assert_same("x.wav")

    def test_dash_reads_standard_input(self):
        x = np.arange(2000, dtype="u1")
        process = start("spectrogram", "-", "--dtype", "ru8", "--rate", "1k", "-o", "x.npz", stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE)
        for piece in np.array_split(x, 7):
            process.stdin.buffer.write(piece.tobytes())
            process.stdin.flush()
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err), (0, ""))
        self.assertIn("file:        standard input", out)
        self.assertIn("2000 samples", out)

    def assert_leaves_an_endless_pipe(self, header, *options):
        process = start("spectrogram", "-", "--stop", "0:20", "--n-fft", 64, "-o", "x.npz", *options, stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE)
        self.addCleanup(process.kill)
        for byte in header:
            process.stdin.buffer.write(bytes([byte]))
            process.stdin.flush()
        with self.assertRaises(BrokenPipeError):
            for _ in range(1000):
                process.stdin.buffer.write(bytes(2**16))
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.stdin = None
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err), (0, ""))
        self.assertIn("20000 samples from 0", out)

    def test_stop_leaves_an_endless_pipe(self):
        self.assert_leaves_an_endless_pipe(b"", "--dtype", "ru8", "--rate", "1k")

    @needs("soundfile")
    def test_stop_leaves_endless_sound_without_a_word_of_damage(self):
        import soundfile
        for promised in (0, 10**9, 2**31 - 1, 2**32 - 1):
            soundfile.write("x.wav", np.zeros((9, 2)), 1000)
            with open("x.wav", "rb") as file:
                header = file.read()[:44]
            self.assert_leaves_an_endless_pipe(patched(patched(header, 40, promised, 4, "little"), 4, promised, 4, "little"))

    def test_file_on_standard_input_is_read_where_it_is(self):
        np.save("x.npy", noise(3000))
        with open("x.npy", "rb") as file:
            process = start("spectrogram", "-", "--rate", "1k", "-o", "x.npz", stdin=file, stdout=subprocess.PIPE,
                            environment={"TMPDIR": "/nowhere"})
            out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err), (0, ""))
        self.assertIn("3000 samples", out)

    def test_terminal_is_no_recording(self):
        ours, terminal = os.openpty()
        process = start("spectrogram", "-", "--dtype", "cu8", stdin=terminal, stdout=subprocess.PIPE)
        _, err = process.communicate(timeout=60)
        os.close(ours)
        os.close(terminal)
        self.assertEqual((process.returncode, err), (2, "gr_stft spectrogram: standard input: is a terminal: must be a pipe or a file\n"))

    def test_context_behind_stop_comes_through_the_pipe(self):
        x = noise(3000).astype("f4")
        x.tofile("x.raw")
        self.assert_same("x.raw", "--dtype", "rf32", "--rate", 1000, "--start", 0.5, "--stop", 1.5, "--n-fft", 512)

    def test_interruption_ends_the_reading_and_keeps_what_came(self):
        process = start("spectrogram", "-", "--dtype", "ru8", "--rate", 1000, "-o", "x.npz", stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        self.addCleanup(process.kill)
        process.stdin.buffer.write(bytes(5000))
        process.stdin.flush()
        self.wait_until_read(process.stdin)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=30), 130)
        out = process.stdout.read()
        self.assertIn("5000 samples", out)
        self.assertEqual(os.listdir(), ["x.npz"])
        process.stdin.close()
        process.stdout.close()
        process.stderr.close()

    def test_empty_pipe_is_refused(self):
        status, out, err = self.through_a_pipe(b"", "--dtype", "cu8")
        self.assertEqual((status, out, err), (2, "", "gr_stft spectrogram: pipe: is empty: there is nothing to analyse\n"))

    def test_no_room_for_what_comes(self):
        with mock.patch.dict(os.environ, {"TMPDIR": "/nowhere"}):
            status, _, err = self.through_a_pipe(b"", "--dtype", "cu8")
        self.assertEqual((status, err.count("\n")), (1, 1))
        self.assertIn("pipe, kept in /nowhere: No such file", err)

    def test_name_of_a_pipe_counts_as_a_file_s(self):
        complex_noise(3000).astype("c8").tofile("x.raw")
        with open("x.raw", "rb") as file:
            status, out, err = self.through_a_pipe(file.read(), name="x_433.92M_250k.cf32")
        self.assertEqual((status, err), (0, ""))
        self.assertIn("250 kHz, centre 433.92 MHz", out)


if __name__ == "__main__":
    unittest.main()
