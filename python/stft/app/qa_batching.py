#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""stft.batch(), and gr_stft batch whose processes are killed, on this machine and on a cluster."""

import concurrent.futures
import contextlib
import doctest
import functools
import io
import json
import os
import signal
import subprocess
import sys
import time
import types
import unittest
from unittest import mock

import numpy as np
from qa_batch_command import ESTIMATE, NPZ, lines, make, same, whole_lines
from qa_command import _PACKAGES, InFolder, needs, noise, run, start, unhurried

from gnuradio import stft
from gnuradio.stft import batching


def setUpModule():
    ESTIMATE.start()


def tearDownModule():
    ESTIMATE.stop()


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise AssertionError("waited in vain")
        time.sleep(0.005)
    return found


def is_running(process):
    try:
        with open(f"/proc/{process}/stat", encoding="latin1") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def workers_of(parent):
    """Processes of a pool that have a verb's modules: children of `parent` which were spawned."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError, IndexError):
            with open(f"/proc/{name}/stat", encoding="latin1") as file:
                state, ppid = file.read().rpartition(")")[2].split()[:2]
            with open(f"/proc/{name}/cmdline", "rb") as file:
                if int(ppid) == parent and state not in "ZX" and b"spawn_main" in file.read():
                    found.append(int(name))
    return found


# What workers call


def square(x):
    return x * x


def slow_square(x, seconds):
    time.sleep(seconds if x != 30 else 0.5)
    return x * x, os.getpid()


def pick(x):
    if x == "raise":
        raise KeyError("no such thing")
    if x == "exit":
        sys.exit(3)
    if x == "unsendable":
        return lambda: None
    if x == "odd error":
        raise OddError(1, 2)
    return x


class OddError(Exception):
    """Cannot be rebuilt from what pickle keeps of it."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def die(x, folder):
    """Dies in a call with "kill"; with "once", where that was not called before."""
    if x == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if x == "once":
        with contextlib.suppress(FileExistsError):
            os.close(os.open(os.path.join(folder, "killed"), os.O_CREAT | os.O_EXCL))
            os.kill(os.getpid(), signal.SIGKILL)
    with open(os.path.join(folder, "calls"), "a", encoding="ascii") as file:
        file.write(f"{x}\n")
    return os.getpid()


def wait_for_end(x, folder):
    """Leaves a file as long as it lasts."""
    path = os.path.join(folder, f"{x}.part")
    try:
        with open(path, "w", encoding="ascii"):
            time.sleep(60 if x else 0)
    finally:
        os.unlink(path)


class Function(InFolder):

    def test_outcomes_have_the_order_of_the_files(self):
        seen = []
        got = stft.batch(square, range(50), jobs=2, progress=lambda x, outcome: seen.append((x, outcome.value)))
        self.assertEqual([outcome.value for outcome in got], [x * x for x in range(50)])
        self.assertEqual(sorted(seen), [(x, x * x) for x in range(50)])
        self.assertTrue(all(outcome.done and outcome.seconds >= 0 for outcome in got))
        self.assertEqual(stft.batch(square, []), [])
        late = stft.batch(functools.partial(slow_square, seconds=0), [30, *range(10)], jobs=2)  # the first one ends last
        self.assertEqual([outcome.value[0] for outcome in late], [900, *(x * x for x in range(10))])

    def test_a_call_that_raises_keeps_no_other_from_being_made(self):
        got = stft.batch(pick, ["a", "raise", "exit", "unsendable", "odd error", "b"], jobs=2)
        self.assertEqual([outcome.done for outcome in got], [True, False, False, False, False, True])
        self.assertIsInstance(got[1].error, KeyError)
        self.assertIn("in pick", got[1].traceback)
        self.assertEqual(str(got[2].error), "exit status 3")
        self.assertRegex(str(got[3].error), "pickle|local object")
        self.assertIn("1 and 2", str(got[4].error))

    def test_what_a_killed_process_had_begun_is_done_by_another(self):
        call = functools.partial(die, folder=os.getcwd())
        items = [*"abcd", "once", *"efgh"]
        got = stft.batch(call, items, jobs=2)
        self.assertTrue(all(outcome.done for outcome in got))
        self.assertGreater(len({outcome.value for outcome in got}), 1)
        with open("calls", encoding="ascii") as file:
            self.assertEqual(set(file.read().split()), set(items))

    def test_what_a_broken_pool_has_not_yet_given_up_is_begun_again(self):
        class Crew:
            window, futures, alive = 3, [], False

            def submit(self, item):
                future = concurrent.futures.Future()
                if self.alive:
                    future.set_result(batching.Outcome(item))
                self.futures.append(future)
                if len(self.futures) == 3:  # of the others nothing is heard
                    self.futures[1].set_exception(concurrent.futures.BrokenExecutor())
                return future

            def restart(self):
                self.alive = True

            def look(self):
                pass

        got = [pair for group in batching._ended(Crew(), iter([*"abcd", None, None, None]).__next__, None) for pair in group]
        self.assertEqual(sorted((item, outcome.value) for item, outcome in got), [(x, x) for x in "abcd"])

    def test_an_item_at_which_processes_die_fails_and_the_others_are_done(self):
        got = stft.batch(functools.partial(die, folder=os.getcwd()), [*"abc", "kill", *"defgh"], jobs=2)
        self.assertEqual([outcome.done for outcome in got], [True] * 3 + [False] + [True] * 5)
        self.assertEqual(str(got[3].error), "its worker died, 3 times")

    def test_workers_that_all_die_end_the_batch(self):
        with self.assertRaisesRegex(RuntimeError, "10 workers in a row"):
            stft.batch(functools.partial(die, folder=os.getcwd()), ["kill"] * 10, jobs=1)

    def test_an_error_of_the_caller_ends_the_processes_and_lets_them_clean_up(self):
        generator = batching.outcomes(functools.partial(wait_for_end, folder=os.getcwd()), iter([0, 1, 2, None]).__next__,
                                      jobs=2)
        self.assertEqual(next(generator)[0][0], 0)
        until(lambda: {"1.part", "2.part"} <= set(os.listdir()))
        began = time.monotonic()
        generator.close()
        self.assertLess(time.monotonic() - began, unhurried(3))
        self.assertEqual(os.listdir(), [])
        self.assertEqual(workers_of(os.getpid()), [])

    def test_the_example_of_the_docstring_is_true(self):
        self.assertEqual(doctest.testmod(batching), doctest.TestResults(0, 2))

    def test_an_executor_may_be_given(self):
        with concurrent.futures.ThreadPoolExecutor(2) as threads:
            self.assertEqual([outcome.value for outcome in stft.batch(lambda x: x + 1, range(5), threads)], [1, 2, 3, 4, 5])

    @needs("cloudpickle")
    def test_a_function_of_a_notebook_goes_with_its_code(self):
        notebook = types.ModuleType("__main__")
        exec("def twice(x): return 2 * x", notebook.__dict__)
        with mock.patch.dict(sys.modules, {"__main__": notebook}):
            self.assertEqual([outcome.value for outcome in stft.batch(notebook.twice, [1, 2], jobs=1)], [2, 4])

    def test_arguments_are_refused(self):
        for wrong in (0, -1, 1.5, True, 5000):
            with self.assertRaisesRegex(ValueError, r"\Ajobs: .*1 \.\. 4096"):
                stft.batch(square, [1], jobs=wrong)
        with self.assertRaisesRegex(TypeError, r"\Aclient: str: must be"):
            stft.batch(square, [1], "tcp://x:1")

    def test_the_processes_begin_without_threads_of_this_one(self):
        with mock.patch("os.fork", side_effect=AssertionError("forked")):
            self.assertEqual(stft.batch(square, [3], jobs=1)[0].value, 9)


class Interruption(InFolder):
    """The command as a process that is hit in the middle."""

    count = 200

    def setUp(self):
        super().setUp()
        make(self.count, length=60_000)

    def begin(self, *options):
        process = start("batch", *options, *NPZ, "--n-fft", 256, "--", "in", "-o", "out", stdout=subprocess.PIPE,
                        environment={"GR_STFT_PLANNER": "estimate"})
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        until(lambda: whole_lines("out/manifest.jsonl") >= 10)
        return process

    def assert_all_done_once(self):
        entries = lines()
        self.assertEqual(sorted(entry["input"] for entry in entries),
                         [os.path.abspath(f"in/{n:03}.npy") for n in range(self.count)])
        self.assertEqual({entry["status"] for entry in entries}, {"done"})
        self.assertEqual(sorted(os.listdir("out")), sorted([*(f"{n:03}.npz" for n in range(self.count)), "manifest.jsonl"]))
        os.makedirs("one", exist_ok=True)
        for number in (0, 11, 50, self.count - 1):
            self.assertEqual(run("spectrogram", "--n-fft", 256, "-o", "one/{input}.npz", f"in/{number:03}.npy")[0], 0)
            self.assertTrue(same(f"one/{number:03}.npz", f"out/{number:03}.npz"))

    def test_files_of_killed_workers_are_done_by_others(self):
        process = self.begin("--jobs", 2)
        for _ in range(2):
            before = whole_lines("out/manifest.jsonl")
            victims = until(lambda: workers_of(process.pid))
            os.kill(victims[0], signal.SIGKILL)
            until(lambda: whole_lines("out/manifest.jsonl") > before + 5 and victims[0] not in workers_of(process.pid))
        out, err = process.communicate(timeout=100)
        self.assertEqual((process.returncode, err), (0, ""))
        self.assertIn(f"{self.count} done, 0 failed", out)
        self.assert_all_done_once()

    def test_after_the_first_process_was_killed_a_restart_goes_on(self):
        process = self.begin("--jobs", 2)
        workers = workers_of(process.pid)
        self.assertEqual(len(workers), 2)
        process.kill()
        process.wait()
        until(lambda: not any(map(is_running, workers)), 10)
        before = lines()
        self.assertLess(len(before), self.count)
        with open("out/.199.npz.99999999999.part", "w", encoding="ascii"):
            pass  # as a killed worker leaves it
        status, out, err = run("batch", "--jobs", 2, "--skip-existing", *NPZ, "--n-fft", 256, "--", "in", "-o", "out")
        self.assertEqual((status, err), (0, ""))
        self.assertIn(f"{self.count - len(before)} done, 0 failed, {len(before)} skipped", out)
        self.assertEqual(lines()[:len(before)], before)
        self.assert_all_done_once()

    def test_signals_leave_a_manifest_that_a_restart_continues(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            process = self.begin("--skip-existing", "--jobs", 2)
            until(lambda: whole_lines("out/manifest.jsonl") >= (5 if number == signal.SIGINT else 25))
            workers = workers_of(process.pid)
            began = time.monotonic()
            process.send_signal(number)
            _, err = process.communicate(timeout=30)
            self.assertEqual(process.returncode, status, err)
            self.assertLess(time.monotonic() - began, unhurried(5))
            self.assertRegex(err, r"\Agr_stft batch: warning: stopped with \d+ of \d+ files to do; --skip-existing [^\n]*\n\Z")
            self.assertFalse(any(map(is_running, workers)))
            self.assertEqual([name for name in os.listdir("out") if name.startswith(".")], [])
            self.assertEqual({entry["status"] for entry in lines()}, {"done"})
        self.assertEqual(run("batch", "--skip-existing", *NPZ, "--n-fft", 256, "--", "in", "-o", "out")[0], 0)
        self.assert_all_done_once()


@needs("distributed")
class Cluster(InFolder):
    """A scheduler and two workers as processes, over TCP on loopback."""

    def setUp(self):
        super().setUp()
        self.environment = {**os.environ, "PYTHONPATH": os.pathsep.join([_PACKAGES, os.path.dirname(os.path.abspath(__file__))])}
        self.scheduler = self.begin("scheduler", "--host", "127.0.0.1", "--port", 0, "--no-dashboard", "--scheduler-file",
                                    os.path.abspath("scheduler.json"))
        until(lambda: os.path.exists("scheduler.json") and os.path.getsize("scheduler.json"))
        with open("scheduler.json", encoding="utf-8") as file:
            self.address = json.load(file)["address"]
        self.workers = [self.begin_worker() for _ in range(2)]
        self.client = batching.connect(self.address, 60)
        self.addCleanup(self.client.close)
        self.client.wait_for_workers(2, timeout=60)

    def begin(self, what, *arguments):
        log = open(f"{what}.log", "a", encoding="utf-8")
        self.addCleanup(log.close)
        process = subprocess.Popen([sys.executable, "-m", f"distributed.cli.dask_{what}", *map(str, arguments)],
                                   env=self.environment, stdout=log, stderr=log, cwd="/")
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def begin_worker(self):
        return self.begin("worker", self.address, "--nthreads", 1, "--no-nanny", "--no-dashboard", "--host", "127.0.0.1",
                          "--local-directory", os.path.abspath("dask"))

    def test_the_command_on_two_workers_gives_the_bits_of_one_process(self):
        make(20)
        noise(2_000_000).astype(np.float32).tofile("in/long_8k.f32")
        for out, options in (("out", ("--scheduler", self.address)), ("one", ("--jobs", 1))):
            status, text, err = run("batch", *options, "--piece", 200_000, *NPZ, "--", "in", "-o", out)
            self.assertEqual((status, err), (0, ""))
            self.assertIn("21 files: 21 done", text)
        self.assertEqual(sorted(os.listdir("out")), sorted(os.listdir("one")))
        for name in set(os.listdir("one")) - {"manifest.jsonl"}:
            self.assertTrue(same(f"one/{name}", f"out/{name}"), name)
        self.assertGreater(max(entry["pieces"] for entry in lines()), 3)
        self.assertEqual({entry["parameters"] for entry in lines()}, {entry["parameters"] for entry in lines("one/manifest.jsonl")})

    def test_connections_that_a_client_gives_up_are_no_line(self):
        for error, said in (TimeoutError("Timeout"), ""), (ValueError("wrong"), "ValueError: wrong"):
            abandoned = self.client.loop.asyncio_loop.create_future()
            abandoned.set_exception(error)
            with contextlib.redirect_stderr(io.StringIO()) as err:
                del abandoned
            self.assertEqual(bool(err.getvalue()), bool(said), err.getvalue())
            self.assertIn(said, err.getvalue())

    def test_files_of_a_killed_worker_are_done_by_the_other(self):
        make(100, length=60_000)
        process = start("batch", "--scheduler", self.address, *NPZ, "--n-fft", 256, "--", "in", "-o", "out",
                        stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        until(lambda: whole_lines("out/manifest.jsonl") >= 10)
        self.workers[0].kill()
        out, err = process.communicate(timeout=100)
        self.assertEqual((process.returncode, err), (0, ""))
        self.assertEqual(sorted(entry["input"] for entry in lines()), [os.path.abspath(f"in/{n:03}.npy") for n in range(100)])
        self.assertEqual({entry["status"] for entry in lines()}, {"done"})
        self.assertEqual(self.workers[0].wait(), -signal.SIGKILL)

    def test_the_function_uses_both_workers_and_reports_what_raises(self):
        got = stft.batch(functools.partial(slow_square, seconds=0.05), [*range(20), "x"], self.client)
        self.assertEqual([outcome.value[0] for outcome in got[:-1]], [n * n for n in range(20)])
        self.assertEqual({outcome.value[1] for outcome in got[:-1]}, {worker.pid for worker in self.workers})
        self.assertIsInstance(got[-1].error, TypeError)

    def test_an_item_that_kills_workers_fails(self):
        self.workers += [self.begin_worker() for _ in range(4)]
        self.client.wait_for_workers(6, timeout=60)
        got = stft.batch(functools.partial(die, folder=os.getcwd()), ["a", "kill", "b"], self.client)
        self.assertEqual([outcome.done for outcome in got], [True, False, True])

    def test_a_scheduler_that_is_lost_ends_the_command(self):
        make(400, length=60_000)
        process = start("batch", "--scheduler", self.address, *NPZ, "--n-fft", 256, "--", "in", "-o", "out",
                        stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        until(lambda: whole_lines("out/manifest.jsonl") >= 10)
        self.client.close()
        self.scheduler.kill()
        _, err = process.communicate(timeout=100)
        self.assertEqual(process.returncode, 1, err)
        self.assertRegex(err, r"\Agr_stft batch: warning: stopped with \d+ of 400 files to do; [^\n]*\n"
                              r"gr_stft batch: the (connection to the scheduler is lost|scheduler has cancelled [^\n]*)\n\Z")
        self.assertEqual({entry["status"] for entry in lines()}, {"done"})

    def test_workers_with_threads_are_warned_of(self):
        self.begin("worker", self.address, "--nthreads", 3, "--no-nanny", "--no-dashboard", "--host", "127.0.0.1",
                   "--local-directory", os.path.abspath("dask"))
        self.client.wait_for_workers(3, timeout=60)
        make(30)
        status, _, err = run("batch", "--scheduler", self.address, *NPZ, "--", "in", "-o", "out")
        self.assertEqual(status, 0)
        self.assertRegex(err, r"\Agr_stft batch: warning: worker tcp://\S+ has 3 threads, [^\n]*\n")
        self.assertEqual({entry["status"] for entry in lines()}, {"done"})


if __name__ == "__main__":
    unittest.main()
