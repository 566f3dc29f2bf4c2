# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Random flowgraphs over every block: they end, say nothing of errors, and give the same whatever the split of their input."""

import contextlib
import os
import sys
import tempfile
import threading
import time

import numpy as np
import pmt
from gnuradio import blocks, gr, stft
from tables import BLOCKS, REFUSED, arguments_of_blocks, draw_settings, message_for, patience, tags, value_of

KEPT = 4_000_000  # bytes that a probe keeps
PATIENCE = 15.0  # seconds without an item
FATAL = "thread-per-block", "terminate called", "caught unrecognized"  # what GNU Radio says of a block's thread that ends
MOST_LINES = 2000  # of one flowgraph
MORE_KEYS = ["overflow", "rx_overflow", "rx_freq", "speed", "angle_turn", "angle_gap", "revolutions"]


def floats(chance, count):
    """Samples of any quality."""
    generator = np.random.default_rng(chance.getrandbits(32))
    kind = chance.choice(["noise", "noise", "noise", "tone", "constant", "zero", "steps", "gain", "nan", "bits"])
    x = generator.standard_normal(count).astype(np.float32)
    if kind == "tone":
        x = np.sin(np.arange(count) * chance.uniform(0, 3.2)).astype(np.float32)
    elif kind in ("constant", "zero"):
        x[:] = kind == "constant"
    elif kind == "steps":
        x = np.float32(np.arange(count) // max(1, count // 7) % 2 * 5)
    elif kind == "gain":
        x *= np.float32(10 ** chance.choice([-38, -20, -6, 6, 18, 37]))
    elif kind == "nan" and count:
        x[generator.integers(0, count, max(1, count // 50))] = chance.choice([np.nan, np.inf, -np.inf, 3e38])
    elif kind == "bits":
        x = generator.integers(0, 2**32, count, np.uint32).view(np.float32)
        x[np.isnan(x)] = np.nan  # a signalling one does not survive a Python list
    return x


class Source:
    """Data of a stream, and the tags on it."""

    def __init__(self, chance, size, items, hostile):
        self.values = floats(chance, size // 4 * items)
        self.length = size // 4
        self.tags = []
        if hostile and items:
            keys = tags.TAG_KEYS + MORE_KEYS
            self.tags = [(chance.randrange(items), chance.choice(keys), tags.hostile_value(chance)) for _ in range(chance.randint(1, 8))]

    def made(self):
        placed = [tags.tag(*one) for one in sorted(self.tags, key=lambda t: t[0])]
        return blocks.vector_source_f(self.values.tolist(), False, self.length, placed)


class Unfit(Exception):
    """GNU Radio cannot run it with these limits."""


class slow_reader(gr.sync_block):
    """A reader in Python that takes few items at a time, and its time."""

    def __init__(self, size, pause):
        super().__init__("slow_reader", [(np.float32, size // 4)], None)
        self.pause, self.count = pause, 0

    def work(self, input_items, output_items):
        self.count += 1
        if self.count < 50:
            time.sleep(self.pause)
            return 1
        return len(input_items[0])


def item_bytes(signature):
    """Of the first stream; 0 without streams, where GNU Radio 3.10.12 must not be asked."""
    return signature.sizeof_stream_item(0) if signature.max_streams() else 0


class Graph:
    """A description of blocks in a row, drawn from a seed; assemble() makes it as often as needed."""

    def __init__(self, chance, folder):
        self.folder, self.nodes = folder, []
        n_fft = chance.choice([1, 2, 3, 7, 8, 15, 16, 16, 16, 32, 64, 64, 100, 256, 500, 1024])
        self.frame = dict(n_fft=n_fft, hop=chance.choice([1, 2, 3, max(1, n_fft // 4), max(1, n_fft // 2), n_fft, 2 * n_fft + 1]))
        self.hostile_tags = chance.random() < 0.3
        self.with_messages = chance.random() < 0.3
        self.changing = chance.random() < 0.25
        items = chance.choice([0, 1, 2, chance.randint(3, 40), chance.randint(40, 3000), chance.randint(3000, 30000)])
        name = chance.choice(list(BLOCKS))
        for depth in range(chance.choice([1, 1, 2, 2, 3, 4])):
            drawn = self.draw(chance, name if depth == 0 else None, items)
            if drawn is None and depth == 0:  # of this n_fft there is none
                self.frame = dict(n_fft=16, hop=4)
                drawn = self.draw(chance, name, items)
            if drawn is None:
                break
            self.nodes.append(drawn)
            if drawn["outputs"] == 0:
                break
        self.seed = chance.getrandbits(32)

    def draw(self, chance, name, items):
        """A block with its settings, and what its inputs are connected to; None if none fits to the block before it."""
        last = self.nodes[-1] if self.nodes else None
        given = {} if last is None or chance.random() < 0.2 else last["settings"]
        if last is not None:
            port = chance.randrange(last["outputs"])
            wanted = last["sizes"][port]
        for _ in range(1 if name else 25):
            drawn = name or chance.choice(list(BLOCKS))
            frame = dict(self.frame)
            if last is not None:
                frame.update(vlen=wanted // 4, levels=wanted // 4, width=wanted // 4)
            settings = draw_settings(chance, drawn, frame, given)
            if settings is None:
                continue
            settings.update(self.places(drawn))
            if drawn == "frame_file_sink":
                settings["rotate"] = 1e7  # s: with the default, rows at the lowest rate have a file each
            block = BLOCKS[drawn](**settings)
            inputs, outputs = block.input_signature(), block.output_signature()
            if last is not None and item_bytes(inputs) != wanted:
                continue
            if max(item_bytes(inputs), item_bytes(outputs)) > 1 << 18:
                continue
            count = chance.randint(inputs.min_streams(), inputs.max_streams())
            from_outside = [None] * count
            for i in range(0 if last is None else 1, count):
                size = inputs.sizeof_stream_item(i)
                enough = max(1, min(items, 3_000_000 // size)) if items else 0
                from_outside[i] = Source(chance, size, enough if chance.random() < 0.8 else chance.randint(0, 50), self.hostile_tags)
            ports = chance.randint(max(1, outputs.min_streams()), outputs.max_streams()) if outputs.max_streams() else 0
            messages = []
            if self.with_messages:
                messages = [(p, message_for(chance, drawn, p)) for p in self.ports_of(block) for _ in range(chance.randint(0, 3))]
            return dict(name=drawn, settings=settings, sources=from_outside, before=None if last is None else port, outputs=ports,
                        sizes=[outputs.sizeof_stream_item(i) for i in range(ports)], messages=messages)
        return None

    def places(self, name):
        kinds, required = arguments_of_blocks.arguments(BLOCKS[name])
        places = dict(directory=self.folder, path=os.path.join(self.folder, "x"))
        return {n: place for n, place in places.items() if n in required}

    @staticmethod
    def ports_of(block):
        return [str(p) for p in pmt.to_python(block.message_ports_in()) if str(p) != "system"]

    def __str__(self):
        words = []
        for node in self.nodes:
            lengths = ", ".join("-" if s is None else str(len(s.values) // s.length) for s in node["sources"])
            words.append(f"{node['name']}(**{node['settings']!r}) of {lengths} items, {node['outputs']} outputs")
        marks = [word for word, on in (("tags", self.hostile_tags), ("messages", self.with_messages), ("changes", self.changing)) if on]
        return " -> ".join(words) + (f", with {', '.join(marks)}" if marks else "")

    def inputs_end_together(self):
        for node in self.nodes:
            lengths = {None if s is None else len(s.values) // s.length for s in node["sources"]}
            if len(lengths) > 1:
                return False
        return True

    def same_in_every_run(self):
        """Whether nothing in it depends on the time."""
        return not self.changing and not any(node["settings"].get("load_limit") for node in self.nodes)


class Assembled:
    """Blocks of a description, connected; dressed: with limits of buffers and further readers, drawn from a chance."""

    def __init__(self, graph, dress=None):
        self.graph, self.top, self.sources, self.probes, self.instances = graph, gr.top_block(), [], [], []
        before, self.kept, self.strobe, self.limits, self.ends_early = None, [], None, [], False
        for node in graph.nodes:
            block = BLOCKS[node["name"]](**node["settings"])
            self.instances.append(block)
            for port, source in enumerate(node["sources"]):
                if source is not None:
                    made = source.made()
                    self.sources.append(made)
                    chain = [made]
                    if dress is not None and dress.random() < 0.5:  # a source with tags gives all of its items at once
                        chain.append(blocks.copy(4 * source.length))
                        chain[-1].set_max_noutput_items(dress.choice([1, 2, 3, 17, 250]))
                    if graph.changing:
                        chain.append(blocks.throttle(4 * source.length, max(1.0, len(source.values) / source.length / 0.05)))
                    self.top.connect(*chain, (block, port))
                else:
                    self.join((before, node["before"]), (block, port), dress)
            for port in range(node["outputs"]):
                self.probe(block, port, node["sizes"][port], dress)
            for port in pmt.to_python(block.message_ports_out()):
                store = blocks.message_debug()
                self.kept.append(store)
                self.top.msg_connect(block, str(port), store, "store")
                for other in self.instances:
                    if dress is not None and other is not block and "events" in Graph.ports_of(other) and dress.random() < 0.3:
                        self.top.msg_connect(block, str(port), other, "events")
            for port, message in node["messages"]:
                block.to_basic_block()._post(pmt.intern(port), message)
            if not node["sources"] and not node["outputs"]:  # of messages only: it ends with the one that sends them
                self.strobe = blocks.message_strobe(pmt.PMT_T, 20)
                self.top.msg_connect(self.strobe, "strobe", block, Graph.ports_of(block)[0])
            before = block
        if dress is not None:
            self.limit(dress)

    def join(self, output, reader, dress):
        size = output[0].output_signature().sizeof_stream_item(output[1])
        if dress is not None and dress.random() < 0.3:
            self.top.connect(output, blocks.copy(size), reader)
        else:
            self.top.connect(output, reader)

    def probe(self, block, port, size, dress):
        if size % 4:
            self.top.connect((block, port), blocks.null_sink(size))
            return
        head, sink = blocks.head(size, KEPT // size), blocks.vector_sink_f(size // 4)
        self.top.connect((block, port), head, sink)
        self.probes.append((head, sink))
        while dress is not None and dress.random() < 0.4:
            way = dress.choice(["null", "copy", "slow", "head", "one_in_n", "power"])
            if way == "null":
                self.top.connect((block, port), blocks.null_sink(size))
            elif way == "copy":
                self.top.connect((block, port), blocks.copy(size), blocks.null_sink(size))
            elif way == "slow":
                self.kept.append(slow_reader(size, dress.choice([0, 0.0003, 0.002])))  # the scheduler keeps no Python block
                self.top.connect((block, port), self.kept[-1])
            elif way == "head":
                self.ends_early = True  # one reader that ends tells the block that it has
                self.top.connect((block, port), blocks.head(size, dress.choice([1, 5, 1000])), blocks.null_sink(size))
            elif way == "one_in_n":
                self.top.connect((block, port), blocks.keep_one_in_n(size, dress.randint(1, 5)), blocks.null_sink(size))
            elif size % 8 == 0:
                self.top.connect((block, port), stft.power_vcvf(size // 8, "twosided"), blocks.null_sink(size // 2))

    def limit(self, dress):
        def one(block, method, values):
            value = dress.choice(values)
            if method == "set_max_noutput_items":
                value = max(value, block.output_multiple())  # GNU Radio never calls a block that may write less
            elif method == "set_max_output_buffer" and block in self.sources:
                value = max(value, 4 * block.output_multiple())  # and a call gets half of the buffer at most
            getattr(block, method)(value)
            self.limits.append(f"{block.identifier()}.{method}({value})")

        for block in self.sources + self.instances:
            with_outputs = block.output_signature().max_streams() != 0
            if dress.random() < 0.35:
                one(block, "set_max_noutput_items", [1, 2, 7, 100, 4096])
            if with_outputs and dress.random() < 0.3:
                one(block, "set_max_output_buffer", [1, 2, 16, 64, 512, 8192])
            elif with_outputs and dress.random() < 0.15:
                one(block, "set_min_output_buffer", [2, 64, 1000])

    def written(self):
        return [block.nitems_written(0) for block in self.sources] + [
            block.nitems_read(0) if block.input_signature().max_streams() else 0 for block in self.instances] + [
            block.nitems_written(0) if block.output_signature().max_streams() else 0 for block in self.instances]  # fmt: skip

    def run(self, threads=()):
        """Runs to the end, or until each probe has what it keeps; a flowgraph that no longer moves raises."""
        try:
            self.top.start()
        except RuntimeError as error:
            if "max output buffer constraint" in str(error):  # GNU Radio's rule
                raise Unfit from error
            raise
        ended = threading.Thread(target=self.top.wait, daemon=True)
        ended.start()
        over = threading.Event()
        started = [threading.Thread(target=thread, args=(over,), daemon=True) for thread in threads]
        for thread in started:
            thread.start()
        seen, since, stopped = None, time.monotonic(), False
        if self.strobe is not None:
            time.sleep(0.05)
            self.strobe.to_basic_block()._post(pmt.intern("system"), pmt.cons(pmt.intern("done"), pmt.from_long(1)))
        while True:
            ended.join(0.01 if seen is None else 0.2)
            if not ended.is_alive():
                break
            now = self.written()
            if now != seen:
                seen, since = now, time.monotonic()
            full = self.probes and all(is_full(head) for head, _ in self.probes)
            if full and not stopped:
                self.top.stop()
                stopped, since = True, time.monotonic()
            if time.monotonic() - since > patience(PATIENCE):
                raise AssertionError(f"it hangs{' after stop()' if stopped else ''}: items {now}, {self.limits}")
        over.set()
        for thread in started:
            thread.join(patience(PATIENCE))
            if thread.is_alive():
                raise AssertionError("a thread that changes settings hangs")
        self.endless = any(is_full(head) for head, _ in self.probes)
        return self

    def results(self):
        """What the probes hold."""
        found = []
        for _, sink in self.probes:
            marks = sorted((t.offset, pmt.symbol_to_string(t.key), pmt.write_string(t.value)) for t in sink.tags())
            found.append((np.array(sink.data(), np.float32), marks))
        return found

    def again(self):
        for source in self.sources:
            source.rewind()
        for head, sink in self.probes:
            head.reset()
            sink.reset()
        return self.run()


def is_full(head):
    """Whether a probe has what it keeps: the block before it then ends, whatever it has left."""
    return head.nitems_written(0) >= KEPT // head.output_signature().sizeof_stream_item(0)


def check_equal(got, expected, of):
    for number, ((x, marks), (y, other)) in enumerate(zip(got, expected)):
        if len(x) != len(y):
            raise AssertionError(f"{of}: probe {number} holds {len(x)} floats, not {len(y)}")
        wrong = np.flatnonzero(~((x == y) | (np.isnan(x) & np.isnan(y))))
        if len(wrong):
            raise AssertionError(f"{of}: probe {number}: {len(wrong)} of {len(x)} floats differ, at {wrong[:5]}: {x[wrong[:5]]}, {y[wrong[:5]]}")
        if marks != other:
            ours, theirs = [m for m in marks if m not in other], [m for m in other if m not in marks]
            raise AssertionError(f"{of}: probe {number}: tags {ours[:4]} ({len(marks)}) in place of {theirs[:4]} ({len(other)})")


def check_lengths(graph, assembled, results):
    """The inverse of what stands before it gives as many samples as went in; other blocks as many rows as they read."""
    if assembled.endless or graph.hostile_tags or graph.with_messages:
        return
    first = graph.nodes[0]
    if len(graph.nodes) > 1 and first["name"][:-4] == "stft" and graph.nodes[1]["name"][:-4] == "istft" and first["sources"][0]:
        second = graph.nodes[1]["settings"]
        same = all(second.get(key) == value for key, value in first["settings"].items())
        if same and first["name"][-3] == graph.nodes[1]["name"][-1]:
            given, back = len(first["sources"][0].values), len(results[first["outputs"]][0])
            if given != back:
                raise AssertionError(f"{back} floats came back of {given}")


def keywords_of_arrays(settings):
    names = {"samp_rate": "fs"}
    return {names.get(name, name): value for name, value in settings.items() if name not in ("win_length", "n_fft") or value}  # 0: automatic


def samples(node):
    x = node["sources"][0].values
    return x.view(np.complex64) if "c" in node["name"].rsplit("_", 1)[1][:1] else x


def rows_of(node):
    source = node["sources"][0]
    return source.values.reshape(-1, source.length).T


TWINS = {
    "stft": lambda n: stft.stft(samples(n), **keywords_of_arrays(n["settings"])).T,
    "spectrogram": lambda n: stft.spectrogram(samples(n), **keywords_of_arrays(n["settings"])).T,
    "stft_bins": lambda n: stft.stft_bins(samples(n), **keywords_of_arrays(n["settings"])).T,
    "band_power": lambda n: stft.band_power(rows_of(n), **keywords_of_arrays(n["settings"])).T,
}


def check_twin(graph, results):
    node = graph.nodes[0]
    twin = TWINS.get(node["name"].rsplit("_", 1)[0])
    if twin is None or graph.hostile_tags or graph.with_messages or not len(node["sources"][0].values):
        return
    got = results[0][0]
    try:
        expected = np.ascontiguousarray(twin(node))
    except ValueError as refused:
        raise AssertionError(f"the array function refuses what the block takes: {refused}") from refused
    expected = expected.view(expected.real.dtype).ravel()
    check_equal([(got, [])], [(expected, [])], "the array function")


def changer(graph, assembled, seed):
    """A thread that calls setters and change(), and reads getters."""
    import random

    chance = random.Random(seed)

    def body(over):
        until = time.monotonic() + 1
        while not over.is_set() and time.monotonic() < until:
            time.sleep(0.001)
            number = chance.randrange(len(assembled.instances))
            block, name = assembled.instances[number], graph.nodes[number]["name"]
            kinds, _ = arguments_of_blocks.arguments(BLOCKS[name])
            setters = [n for n in kinds if f"set_{n}" in vars(BLOCKS[name])]  # a block of GNU Radio has some, too
            if not setters:
                time.sleep(0.002)
                continue
            n = chance.choice(setters)
            value = value_of(chance, name, n, kinds[n])
            try:
                if chance.random() < 0.3:
                    block.change(**{n: value, **({"at": chance.randint(-5, 30000)} if chance.random() < 0.3 else {})})
                else:
                    getattr(block, f"set_{n}")(value)
                getattr(block, n)()
            except ValueError as refused:
                if not REFUSED.match(str(refused)):
                    complaints.append(f"{name}.set_{n}({value!r}): {refused}")
            except Exception as error:  # pylint: disable=broad-except
                complaints.append(f"{name}.set_{n}({value!r}): {error!r}")

    complaints = []
    body.complaints = complaints
    return body


def poster(graph, assembled, seed):
    """A thread that sends messages of any kind to every port."""
    import random

    chance = random.Random(seed)

    def body(over):
        until = time.monotonic() + 1
        while not over.is_set() and time.monotonic() < until:  # a block may wait for the last messages
            number = chance.randrange(len(assembled.instances))
            block, name = assembled.instances[number], graph.nodes[number]["name"]
            for port in Graph.ports_of(block):
                block.to_basic_block()._post(pmt.intern(port), message_for(chance, name, port))
            time.sleep(0.0005)

    body.complaints = []
    return body


@contextlib.contextmanager
def standard_error():
    """What is written to standard error meanwhile, as a function."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            def text():
                size = os.fstat(file.fileno()).st_size
                return os.pread(file.fileno(), size, 0).decode(errors="replace")
            yield text
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def attack(chance):
    """Makes and runs one; raises AssertionError with what is wrong."""
    import random

    with tempfile.TemporaryDirectory() as folder, standard_error() as text:
        graph = Graph(chance, folder)
        if not graph.nodes:
            return
        try:
            if graph.changing:
                assembled = Assembled(graph, random.Random(graph.seed))
                threads = [changer(graph, assembled, graph.seed + i) for i in range(2)] + [poster(graph, assembled, graph.seed + i) for i in range(2)]
                assembled.run(threads).again()  # with the settings as they are by then
                complaints = [line for thread in threads for line in thread.complaints]
                if complaints:
                    raise AssertionError(complaints[0])
            else:
                plain = Assembled(graph).run()
                results = plain.results()
                plain.endless = plain.endless or ":error:" in text()  # a block has said why it ends
                if not plain.endless and graph.inputs_end_together():
                    check_lengths(graph, plain, results)
                    check_twin(graph, results)
                if graph.same_in_every_run() and not plain.endless:
                    dressed = Assembled(graph, random.Random(graph.seed)).run()
                    if dressed.ends_early or not graph.inputs_end_together() or ":error:" in text():
                        return  # how far the others came by then is open
                    check_equal(dressed.results(), results, f"other buffers and readers {dressed.limits}")
                    if not graph.with_messages:
                        check_equal(dressed.again().results(), results, f"a second run {dressed.limits}")
            lines = text().splitlines()
            errors = [line for line in lines if any(words in line for words in FATAL)]
            if errors:
                raise AssertionError(errors[0])
            if len(lines) > MOST_LINES and not graph.changing:
                raise AssertionError(f"{len(lines)} lines on standard error, the last {lines[-1][:200]}")
        except Unfit:
            return
        except Exception as error:
            raise AssertionError(f"{graph}: {error}") from error
