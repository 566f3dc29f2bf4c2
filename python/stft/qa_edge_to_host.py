#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The example edge_to_host as two processes, with a link between them that is cut.

GR_STFT_LINK_CUT=10 cuts it for ten seconds instead of less than one.
"""
import importlib.util
import json
import math
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pmt
from gnuradio import blocks, gr

CUT = float(os.environ.get("GR_STFT_LINK_CUT", 0.7))
folder = Path(__file__).resolve().parents[2] / "examples" / "edge_to_host"
without_zeromq = importlib.util.find_spec("gnuradio.zeromq") is None


def loaded(name):
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Link(threading.Thread):
    """Passes on connections to a port. `state`: "on"; "stalled", nothing passes; "broken", connections are reset and refused.

    on_its_way: seconds of what was sent before it breaks that do not arrive.
    """

    def __init__(self, port, to, on_its_way=0.0):
        super().__init__(daemon=True)
        self.to, self.on_its_way, self.state, self.pairs = to, on_its_way, "on", []
        self.listener = socket.create_server(("127.0.0.1", port))
        self.caught_up = threading.Event()  # nothing was waiting when it looked last

    def run(self):
        while self.state != "ended":
            if self.state == "on":
                self.serve()
                continue
            if self.state == "broken":
                self.swallow()
                for pair in self.pairs:
                    self.reset(pair)
                self.pairs = []
                if select.select([self.listener], [], [], 0)[0]:
                    self.listener.accept()[0].close()
            time.sleep(0.01)
        for pair in self.pairs:
            self.reset(pair)
        self.listener.close()

    def serve(self):
        ends = {end: (pair, pair[end is pair[0]]) for pair in self.pairs for end in pair}
        ready = select.select([self.listener, *ends], [], [], 0.01)[0]
        if not ready:
            self.caught_up.set()
        for end in ready:
            if end is self.listener:
                near = end.accept()[0]
                try:
                    self.pairs.append((near, socket.create_connection(("127.0.0.1", self.to))))
                except OSError:  # nobody is there yet
                    near.close()
                continue
            pair, other = ends[end]
            try:
                data = end.recv(1 << 16)
                other.sendall(data)
            except OSError:
                data = b""
            if not data and pair in self.pairs:
                self.pairs.remove(pair)
                self.reset(pair)

    def swallow(self):
        until = time.monotonic() + self.on_its_way
        ends = [end for pair in self.pairs for end in pair]
        while ends and time.monotonic() < until:
            for end in select.select(ends, [], [], 0.01)[0]:
                end.recv(1 << 16)

    @staticmethod
    def reset(pair):
        for end in pair:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            end.close()


def utc(text):
    whole, _, fraction = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp(), float(f"0.{fraction or 0}")


@unittest.skipIf(without_zeromq, "gr-zeromq is not installed (Debian: gnuradio)")
class qa_edge_to_host(unittest.TestCase):
    def run_both(self, seconds, script, late=0.0):
        """What host.py has stored of what edge.py sent, the links' state changed as script says: [(s, state)]."""
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        scratch = Path(self.scratch.name)
        (scratch / "stored").mkdir()
        rows, events, near_rows, near_events = free_ports(4)
        links = [Link(near_rows, rows, on_its_way=0.1), Link(near_events, events)]
        for link in links:
            link.start()
        at = "tcp://127.0.0.1:{}".format
        cut = sum(b - a for (a, _), (b, _) in zip(script[::2], script[1::2]))
        edge = [folder / "edge.py", "--rows", at(rows), "--events", at(events), "--seconds", seconds, "--keep", scratch / "kept.f32"]
        edge += ["--hold", seconds + cut + 10, "--linger", 0.7]
        host = [folder / "host.py", "--rows", at(near_rows), "--events", at(near_events), "--directory", scratch / "stored", "--no-window"]
        begin = lambda command: subprocess.Popen([sys.executable, *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        one = begin(edge)
        self.addCleanup(one.kill)
        while "begins" not in one.stdout.readline():
            self.assertIsNone(one.poll())
        start = time.monotonic()
        time.sleep(late)
        two = begin(host)
        self.addCleanup(two.kill)
        for when, state in script:
            time.sleep(max(0, start + when - time.monotonic()))
            if state == "broken":  # what piles up while the machine is busy is not what is on its way
                for link in links:
                    link.caught_up.clear()
                    link.caught_up.wait(30)
            for link in links:
                link.state = state
        said = [one.communicate(timeout=120)[0]]
        self.assertEqual(one.returncode, 0, said)
        time.sleep(0.5)
        two.send_signal(signal.SIGTERM)
        said.append(two.communicate(timeout=30)[0])
        self.assertEqual(two.returncode, 0, said)
        for link in links:
            link.state = "ended"
            link.join()
        self.kept = np.fromfile(scratch / "kept.f32", np.float32).reshape(-1, 1024)
        self.files = [(json.loads(p.read_text()), np.load(p.with_suffix(".npy"))) for p in sorted((scratch / "stored").glob("*.json"))]
        self.annotations = json.loads((scratch / "stored" / "edge.sigmf-meta").read_text())
        self.said = said

    def missing(self):
        """Rows that are not stored, each of the others found at the place that its time gives, to the bit."""
        first = utc(self.files[0][0]["time"])
        stored = np.zeros(len(self.kept), bool)
        for about, rows in self.files:
            self.assertEqual((about["hop"], about["samp_rate"], about["freq_center"]), (512, 250_000, 433.5e6))
            seconds = utc(about["time"])
            place = (seconds[0] - first[0] + seconds[1] - first[1]) * about["row_rate"]
            self.assertAlmostEqual(place, round(place), delta=1e-3)
            places = np.arange(round(place), round(place) + len(rows))
            np.testing.assert_array_equal(rows, self.kept[places], f"{self.said} {about}")
            self.assertFalse(stored[places].any())
            stored[places] = True
        whole = len(self.kept) // 16 * 16  # messages
        return np.flatnonzero(~stored[:whole])

    def assert_events(self):
        starts = [a["core:sample_start"] for a in self.annotations["annotations"]]
        sent = int((len(self.kept) - 1) * 512 / 250e3 / 0.25)
        self.assertEqual(len(starts), len(set(starts)))
        near = [min(starts, key=lambda s: abs(s - 25_000 - 62_500 * n)) - 25_000 - 62_500 * n for n in range(1, sent)]
        self.assertLess(max(map(abs, near)), 1024)

    def test_nothing_is_lost_while_the_link_stalls_and_what_was_on_its_way_at_most_when_it_breaks(self):
        stall, on, broken, again = 1.0, 1 + CUT, 2 + CUT, 2 + 2 * CUT
        self.run_both(again + 1, [(stall, "stalled"), (on, "on"), (broken, "broken"), (again, "on")], late=0.3)
        missing = self.missing()
        self.assertLessEqual(len(missing), 10 * 16)
        self.assertGreater(len(self.kept), 1400)
        self.assertGreater(min(missing, default=math.inf), on * 250_000 / 512)
        gaps = int((np.diff(missing, prepend=-2) > 1).sum())
        ends = [about["ended_by"] for about, _ in self.files]
        minutes = [utc(about["time"])[0] // 60 for about, _ in self.files]  # a file ends where a minute begins, too
        turns = [n for n in range(len(ends) - 1) if ends[n] == "rotation"]
        self.assertTrue(all(minutes[n + 1] == minutes[n] + 1 for n in turns), minutes)
        # times are right from the first row that comes again
        self.assertEqual([end for n, end in enumerate(ends) if n not in turns], ["gap"] * gaps + ["stop"])
        self.assert_events()

    def test_repeated_tags_go_on_with_the_rows(self):
        edge = loaded("edge")
        repeated, sink = edge.repeated_tags(4, 16), blocks.vector_sink_f(4)
        given = dict(rx_rate=1e5 / 32, rx_freq=1e8, stft_samp_rate=1e5, stft_hop=32, stft_first=-32)
        tags = []
        for offset, key, value in [(0, k, v) for k, v in given.items()] + [(40, "rx_freq", 2e8), (0, "stft_length", 5), (50, "rx_overflow", 9)]:
            tags.append(gr.tag_utils.python_to_tag((offset, pmt.intern(key), pmt.to_pmt(value), pmt.PMT_NIL)))
        time_tag = pmt.make_tuple(pmt.from_uint64(1_700_000_000), pmt.from_double(0.999))
        tags.append(gr.tag_utils.python_to_tag((0, pmt.intern("rx_time"), time_tag, pmt.PMT_NIL)))
        for _ in range(2):
            graph = gr.top_block()
            graph.connect(blocks.vector_source_f(list(range(4 * 200)), False, 4, tags), repeated, sink)
            graph.run()
            got = {}
            for tag in sink.tags():
                got.setdefault(tag.offset, {})[str(tag.key)] = pmt.to_python(tag.value)
            self.assertEqual(sorted(got), sorted({*range(0, 200, 16), 40, 50}))
            self.assertEqual([n for n in got if "stft_length" in got[n] or "rx_overflow" in got[n]], [0, 50])
            for row in range(0, 200, 16):
                self.assertEqual(got[row]["stft_first"], -32 + 32 * row)
                self.assertEqual(got[row]["rx_freq"], 1e8 if row < 40 else 2e8)
                seconds, fraction = got[row]["rx_time"]
                self.assertTrue(0 <= fraction < 1)
                self.assertAlmostEqual(seconds - 1_700_000_000 + fraction, 0.999 + row * 32e-5, places=9)
            self.assertEqual(sink.data(), tuple(map(float, range(800))) if isinstance(sink.data(), tuple) else list(map(float, range(800))))
            sink.reset()
            graph.disconnect_all()

    def test_lines_that_are_broken_are_left_out(self):
        host = loaded("host")
        block, got = host.lines_to_events(), blocks.message_debug()
        text = b'"half of a line"}\n{"kind": "burst", "id": 1}\n\n[3]\n{"id": \n{"kind": "gap", "freq": null}\n{"rest'
        graph = gr.top_block()
        graph.connect(blocks.vector_source_b(list(text)), block)
        graph.msg_connect(block, "events", got, "store")
        graph.run()
        found = [pmt.to_python(got.get_message(n)) for n in range(got.num_messages())]
        self.assertEqual(found, [dict(kind="burst", id=1), dict(kind="gap", freq=None)])

    @unittest.skipUnless(shutil.which("grcc"), "grcc is not installed (Debian: gnuradio)")
    def test_the_flowgraphs_of_companion_do_the_same(self):
        with tempfile.TemporaryDirectory() as scratch:
            environment = {**os.environ, "GRC_BLOCKS_PATH": str(folder.parents[1] / "grc"), "HOME": scratch}
            made = subprocess.run(["grcc", "-o", scratch, *map(str, sorted(folder.glob("*.grc")))], env=environment, capture_output=True, text=True)
            self.assertEqual(made.returncode, 0, made.stdout)
            edge = Path(scratch, "edge_to_host_grc.py")
            edge.write_text(edge.read_text().replace("seconds = 5", "seconds = 1"))
            compile(Path(scratch, "host_of_edge_grc.py").read_text(), "host", "exec")
            if importlib.util.find_spec("pyqtgraph") is None:
                return
            begin = lambda name: subprocess.Popen([sys.executable, name], cwd=scratch, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                                  stderr=subprocess.STDOUT, env={**environment, "QT_QPA_PLATFORM": "offscreen"}, text=True)  # fmt: skip
            one, two = begin("edge_to_host_grc.py"), begin("host_of_edge_grc.py")
            self.addCleanup(one.kill)
            self.addCleanup(two.kill)
            until = time.monotonic() + 60
            while not list(Path(scratch).glob("*.npy.part")) and time.monotonic() < until:
                time.sleep(0.2)
            time.sleep(1.2)
            two.send_signal(signal.SIGTERM)
            one.send_signal(signal.SIGKILL)
            said = [process.communicate(timeout=30)[0] for process in (one, two)]
            rows = [np.load(path) for path in Path(scratch).glob("*.npy")]
            self.assertGreaterEqual(sum(map(len, rows)), 160, said)
            annotations = json.loads(Path(scratch, "edge.sigmf-meta").read_text())["annotations"]
            self.assertGreaterEqual(len(annotations), 1, said)


if __name__ == "__main__":
    unittest.main()
