#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What the suites of blocks build flowgraphs of: sources, tags, messages, streams in pieces, a second run; and that these do so."""
import faulthandler
import itertools
import threading
import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr

PIECES = 1, 2, 3, 17, 1, 250, 64, 5


def tag(offset, key, value):
    """A tag with a value as a PMT, or as Python has it."""
    made = gr.tag_t()
    made.offset, made.key, made.value = offset, pmt.intern(key), value if isinstance(value, pmt.pmt_base) else pmt.to_pmt(value)
    return made


def at_time(seconds, fraction=0.0):
    """The value of a tag rx_time."""
    return pmt.make_tuple(pmt.from_uint64(int(seconds)), pmt.from_double(seconds % 1 + fraction))


def value(tags, key):
    """[(item, value as Python has it)] of the tags with this key."""
    return [(t.offset, pmt.to_python(t.value)) for t in tags if pmt.symbol_to_string(t.key) == key]


class messages(gr.basic_block):
    """Keeps the messages of a port."""

    def __init__(self):
        super().__init__("messages", [], [])
        self.got = []
        self.message_port_register_in(pmt.intern("in"))
        self.set_msg_handler(pmt.intern("in"), self.take)

    def take(self, message):
        self.got.append(message)

    def as_python(self):
        return [pmt.to_python(m) for m in self.got]


class unequal(gr.basic_block):
    """Passes on what it gets in pieces of changing size, and waits between them."""

    def __init__(self, dtype, vlen=1, wait=0.0, pieces=PIECES):
        super().__init__("unequal", [(dtype, vlen)], [(dtype, vlen)])
        self.sizes, self.wait = itertools.cycle(pieces), wait

    def general_work(self, input_items, output_items):
        n = min(next(self.sizes), len(input_items[0]), len(output_items[0]))
        output_items[0][:n] = input_items[0][:n]
        self.consume(0, n)
        time.sleep(self.wait)
        return n


class pausing(gr.sync_block):
    """Gives its items at once, then nothing until it may go on with more, or end."""

    def __init__(self, items, more=()):
        super().__init__("pausing", None, [(items.dtype, items.shape[1]) if items.ndim > 1 else items.dtype])
        self.left, self.more, self.may_go_on = items, np.array(more, items.dtype), threading.Event()

    def work(self, _, output_items):
        if len(self.left) == 0:
            if not self.may_go_on.wait(0.01):
                return 0
            if len(self.more) == 0:
                return -1
            self.left, self.more = self.more, self.more[:0]
        n = min(len(self.left), len(output_items[0]))
        output_items[0][:n] = self.left[:n]
        self.left = self.left[n:]
        return n


def run_to_end(graph):
    """Runs a flowgraph; one that a dead thread keeps from ending ends the suite after a minute, with every thread's place."""
    faulthandler.dump_traceback_later(60, exit=True)
    graph.run()
    faulthandler.cancel_dump_traceback_later()


def run_again(graph, sources, sinks):
    """Runs vectors through a flowgraph once more, into sinks that forget those before."""
    for source in sources:
        source.rewind()
    for sink in sinks:
        sink.reset()
    run_to_end(graph)


def two_runs(*chain):
    """What a chain of blocks, from a source of a vector to a sink of one, gives in a first and in a second run."""
    graph, got = gr.top_block(), []
    graph.connect(*chain)
    for _ in range(2):
        run_again(graph, chain[:1], chain[-1:])
        got.append(np.array(chain[-1].data()))
    if not len(got[0]):
        raise AssertionError("nothing came out")
    return got


class the_parts(unittest.TestCase):
    def test_a_stream_in_pieces_is_whole_and_comes_in_these_sizes(self):
        class sizes(gr.sync_block):
            def __init__(self):
                super().__init__("sizes", [(np.float32, 2)], [])
                self.seen = []

            def work(self, input_items, _):
                self.seen += [len(input_items[0])]
                return len(input_items[0])

        x = np.arange(2000, dtype=np.float32)
        source, cut, sink, seen = blocks.vector_source_f(x.tolist(), False, 2), unequal(np.float32, 2, 0.002), blocks.vector_sink_f(2), sizes()
        graph = gr.top_block()
        graph.connect(source, cut, sink)
        graph.connect(cut, seen)
        run_to_end(graph)
        self.assertEqual(sink.data(), x.tolist())
        self.assertEqual(sum(seen.seen), 1000)
        self.assertGreater(len(seen.seen), 10)
        self.assertGreater(len(set(seen.seen)), 3)

    def test_a_pausing_source_waits_for_its_leave(self):
        for items, more in (np.arange(3), [7]), (np.arange(6).reshape(3, 2), [[8, 9]]), (np.arange(3), []):
            width = items.size // 3
            source, sink, graph = pausing(items.astype(np.float32), more), blocks.vector_sink_f(width), gr.top_block()
            graph.connect(source, sink)
            graph.start()
            deadline = time.monotonic() + 20
            while len(sink.data()) < items.size and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(0.03)
            before = sink.data()
            source.may_go_on.set()
            graph.wait()
            self.assertEqual(before, items.ravel().tolist())
            self.assertEqual(sink.data(), [*items.ravel(), *np.ravel(more)])

    def test_two_runs_tell_a_block_that_remembers(self):
        class counts(gr.sync_block):
            def __init__(self, from_the_first):
                super().__init__("counts", [np.float32], [np.float32])
                self.count, self.from_the_first = 0, from_the_first

            def start(self):
                self.count *= self.from_the_first
                return True

            def work(self, _, output_items):
                output_items[0][:] = self.count + np.arange(len(output_items[0]))
                self.count += len(output_items[0])
                return len(output_items[0])

        source = lambda count: blocks.vector_source_f([0.0] * count)
        first, second = two_runs(source(5), counts(False), blocks.vector_sink_f())
        self.assertEqual(first.tolist(), [0, 1, 2, 3, 4])
        self.assertEqual(second.tolist(), first.tolist())
        first, second = two_runs(source(5), counts(True), blocks.vector_sink_f())
        self.assertEqual(second.tolist(), [5, 6, 7, 8, 9])
        with self.assertRaisesRegex(AssertionError, "nothing came out"):
            two_runs(source(0), blocks.vector_sink_f())

    def test_tags_and_messages_have_values_of_both_kinds(self):
        given = [tag(1, "a", 2.5), tag(1, "b", pmt.from_long(3)), tag(4, "a", "text"), tag(5, "rx_time", at_time(7.5, 0.25))]
        sink, graph = blocks.vector_sink_f(), gr.top_block()
        graph.connect(blocks.vector_source_f([0.0] * 9, False, 1, given), sink)
        run_to_end(graph)
        self.assertEqual(value(sink.tags(), "a"), [(1, 2.5), (4, "text")])
        self.assertEqual(value(sink.tags(), "b"), [(1, 3)])
        self.assertEqual(value(sink.tags(), "rx_time"), [(5, (7, 0.75))])
        self.assertEqual(pmt.to_uint64(pmt.tuple_ref(at_time(2**64 - 1, -1.0), 0)), 2**64 - 1)

        strobe, kept, graph = blocks.message_strobe(pmt.from_long(4), 1), messages(), gr.top_block()
        graph.msg_connect(strobe, "strobe", kept, "in")
        graph.start()
        deadline = time.monotonic() + 20
        while len(kept.got) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        graph.stop()
        graph.wait()
        self.assertEqual(kept.as_python()[:2], [4, 4])


if __name__ == "__main__":
    unittest.main()
