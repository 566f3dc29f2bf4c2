#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What blocks take from Python: wrong types are named, and GNU Radio's numbers of windows stand for windows."""

import contextlib
import inspect
import os
import random
import re
import resource
import tempfile
import unittest
from pathlib import Path

import numpy as np
import pmt
from gnuradio import blocks as blocks_of_gnu_radio
from gnuradio import gr, stft
from gnuradio.fft import window

blocks = {
    name: value
    for name, value in vars(stft.stft_python).items()
    if inspect.isclass(value) and hasattr(value, "message_ports_in")
}
folder = tempfile.TemporaryDirectory()  # of files that blocks write
# what there is no default for
needed = dict(n_fft=16, hop=4, theta=8.0, bins=[1, 2], width=16, win_length=16, source="start", target="centre",
              balls=8, ball_diameter=0.235, pitch_diameter=1.245,
              bands="0.1:0.4", levels=2, limits=[1.0],
              directory=folder.name, vlen=16, path=os.path.join(folder.name, "x"))  # fmt: skip
needed.update(samp_rate=1000.0, f_min=130.0, f_max=200.0, f_top=100.0)
wrong = {
    "int": ["x", 2.5, None, True, 1j, [3], 2**63, np.float64(4.0)],
    "float": ["x", None, True, 1j, [3.0, 4.0]],
    "bool": ["x", None, 2, 0.0],
    "str": [3, None, ["centred"]],
    "List[float]": ["x", 3, None, ["x"], [1j]],
    "Optional[int]": ["x", 2.5, True],
    "Optional[float]": ["x", True, 1j],
}


def arguments(block):
    """The types of a constructor's arguments by name, in their order, and those without a default or with one that needs another."""
    text = re.match(r"__init__\(self: [\w.]+, (.*)\) -> None", block.__init__.__doc__)[1]
    found = re.findall(r"(\w+): ([\w\[\]]+)( = )?", text)
    of_hearing = any(name == "mel_scale" for name, _, _ in found)  # which a rate of 1 Hz has nothing for
    return {name: kind for name, kind, _ in found}, [n for n, _, default in found if not default or (of_hearing and n == "samp_rate")]


class block_arguments(unittest.TestCase):
    def test_a_wrong_type_is_refused_by_name_value_and_rule_in_every_constructor(self):
        self.assertGreater(len(blocks), 10)
        for name, block in blocks.items():
            kinds, without_default = arguments(block)
            good = {n: needed[n] for n in {*without_default, "n_fft"} if n in kinds}
            block(**good)
            for argument, kind in kinds.items():
                for value in wrong.get(kind, []):
                    with self.subTest(block=name, argument=argument, value=value):
                        # of the whole argument, or of the item that is wrong
                        item = value[0] if kind == "List[float]" and isinstance(value, list) else value
                        shown = re.escape(repr(item.item() if isinstance(item, np.generic) else item))
                        with self.assertRaisesRegex(ValueError, rf"^{argument}: {shown}: must be \S"):
                            block(**{**good, argument: value})

    def test_a_wrong_type_is_refused_by_name_value_and_rule_in_every_setter(self):
        given = dict(n_fft=16, hop=4, theta=8.0, bins=[1, 2])
        for name, block in blocks.items():
            kinds, without_default = arguments(block)
            instance = block(**{n: given.get(n, needed.get(n)) for n in {*without_default, "n_fft"} if n in kinds})
            for method in ("set_hop", "set_win_length", "set_scaling", "set_bins", "set_average", "set_theta", "set_freeze"):
                if hasattr(instance, method):
                    argument, value = method[4:], 3 if method in ("set_scaling", "set_freeze") else "x"
                    with self.assertRaisesRegex(ValueError, rf"^{argument}: {value!r}: must be \S", msg=name):
                        getattr(instance, method)(value)

    def test_numbers_of_numpy_are_numbers(self):
        block = stft.spectrogram_fvf(np.int64(16), np.uint8(4), samp_rate=np.float32(2), max_hold=np.bool_(False))
        self.assertEqual((block.hop(), block.win_length()), (4, 16))
        self.assertEqual(stft.dstft_fvc(16, np.int32(4), np.float64(7)).theta(), 7)

    def test_a_nul_is_refused_with_the_whole_text(self):
        where = self.enterContext(tempfile.TemporaryDirectory())
        for make, argument, value in (
            (lambda v: stft.stft_fvc(16, 4, v), "window", "ha\0nn"),
            (lambda v: stft.stft_fvc(16, 4, (v, 3.0)), "window", "kai\0ser"),
            (lambda v: stft.dstft_fvc(16, 4, 8.0, window=v), "window", "ha\0nn"),
            (lambda v: stft.stft_fvc(16, 4, placement=v), "placement", "left\0"),
            (lambda v: stft.stft_fvc(16, 4, phase=v), "phase", "\0start"),
            (lambda v: stft.frame_file_sink(vlen=16, samp_rate=1.0, directory=v), "directory", os.path.join(where, "a\0b")),
            (lambda v: stft.level_alarm(2, [1.0], state=v), "state", os.path.join(where, "x\0y")),
            (lambda v: stft.adaptive_stft_fvc(64, 16).load_theta(v), "path", os.path.join(where, "x\0y")),
            (lambda v: stft.stft_fvc(16, 4).set_scaling(v), "scaling", "psd\0"),
            (lambda v: stft.stft(np.zeros(100), v, hop=4, n_fft=16), "window", "ha\0nn"),
        ):
            with self.subTest(argument=argument), self.assertRaises(ValueError) as refused:
                make(value)
            self.assertEqual(str(refused.exception), f"{argument}: {value!r}: must hold no NUL character")
        with self.assertRaisesRegex(ValueError, r"^'a\\x00b': 3: is no parameter"):
            stft.stft_fvc(16, 4, **{"a\0b": 3})
        self.assertEqual(os.listdir(where), [])

    def test_a_long_value_is_shown_by_its_ends(self):
        with self.assertRaises(ValueError) as refused:
            stft.stft_fvc(16, "h" + 500 * "\N{GREEK SMALL LETTER THETA}" + "t")
        self.assertRegex(str(refused.exception), r"^hop: 'h\u03b8{20,}\.\.\.\u03b8{10,}t': must be an integer$")


class hops(unittest.TestCase):
    def test_one_of_any_size_asks_for_few_buffers(self):
        run = []
        for name, block in blocks.items():
            kinds, without_default = arguments(block)
            if "hop" not in kinds:
                continue
            good = {n: needed[n] for n in {*without_default, "n_fft"} if n in kinds}
            for hop in 2049, 2**20, 2**40:
                try:
                    made = block(**{**good, "hop": hop})
                except ValueError as refusal:
                    self.assertRegex(str(refusal), r"^\w+: \d+: ")
                    continue
                run.append(name)
                with self.subTest(block=name, hop=hop), memory_limited_to(2 << 30):  # each thread reserves about 100 MiB
                    run_on_zeros(made, 40)
        self.assertGreater(len(set(run)), 20, run)


@contextlib.contextmanager
def memory_limited_to(more):
    """Address space of this process is what it has now, and `more` bytes."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def run_on_zeros(block, count):
    """Runs a block alone, all of its ports connected, on `count` items at each input."""
    top, inputs, outputs = gr.top_block(), block.input_signature(), block.output_signature()
    for port in range(inputs.max_streams()):
        size = inputs.sizeof_stream_item(port)
        top.connect(blocks_of_gnu_radio.null_source(size), blocks_of_gnu_radio.head(size, count), (block, port))
    for port in range(outputs.max_streams()):
        top.connect((block, port), blocks_of_gnu_radio.null_sink(outputs.sizeof_stream_item(port)))
    top.run()


class keywords(unittest.TestCase):
    """A keyword is one of the parameters, and given once."""

    def made(self, name, **more):
        kinds, without_default = arguments(blocks[name])
        return blocks[name](**{**{n: needed[n] for n in {*without_default, "n_fft"} if n in kinds}, **more})

    def test_an_unknown_one_is_refused_with_those_that_there_are(self):
        for name, block in blocks.items():
            names = ", ".join(block._arguments)
            if not names:
                continue  # it has no parameters
            with self.assertRaisesRegex(ValueError, f"^hopp: 3: is no parameter; there are {names}$", msg=name):
                self.made(name, hopp=3)

    def test_a_missing_or_surplus_argument_is_refused(self):
        for name, block in blocks.items():
            _, without_default = arguments(block)
            if without_default:
                with self.assertRaisesRegex(ValueError, f"^{block._arguments[0]}: missing: must be given$", msg=name):
                    block()
                self.assertIn(block._arguments[0], without_default)
            count = len(block._arguments)
            with self.assertRaisesRegex(ValueError, f"^arguments: {count + 1}: must be at most {count}$", msg=name):
                block(*range(count + 1))

    def test_one_that_is_also_given_by_position_is_refused(self):
        with self.assertRaisesRegex(ValueError, "^hop: 5: must be given once$"):
            stft.stft_fvc(16, 4, hop=5)
        with self.assertRaisesRegex(ValueError, "^samp_rate: 5: must be given once$"):
            stft.stft_fvc(16, 4, samp_rate=4.0, fs=5)

    def test_the_spellings_of_others_are_taken(self):
        for name in "stft_fvc", "spectrogram_cvf", "adaptive_stft_fvc", "stft_bins_fvc":
            with self.assertRaisesRegex(ValueError, "^samp_rate: -?1(.0)?: must be positive", msg=name):
                self.made(name, fs=-1)
        with self.assertRaisesRegex(ValueError, "^centre: 'x': must be True or False$"):
            stft.stft2d_vfvc(16, 4, 2, center="x")

    def test_none_stands_for_what_follows_from_the_others(self):
        self.assertEqual(stft.stft_fvc(16, 4, win_length=None).win_length(), 16)
        self.assertEqual(stft.adaptive_stft_fvc(64, hop=None, block=None).hop(), 4)


class changes(unittest.TestCase):
    """Every parameter that may change has a setter, a getter, and a place in change()."""

    values = dict(hop=3, window="hamming", win_length=11, scaling="psd", average=5, bins=[3.0, 2.5],
                  theta_min=20.0, theta_max=50.0, freeze=True, false_alarms=2.5, min_snr=3.0,
                  dynamic_range=40.0, min_duration=0.25, min_bandwidth=0.125, ignore="0:1", speed=12.5,
                  limits=[2.0], hysteresis=0.25, t_on=3.0, t_off=4.0, learn_time=5.0, floor=0.5, threshold=6.0)  # fmt: skip
    values.update(f_min=140.0, max_slew=30.0, reject=[600.0], limit=3.0, power=1.5, margin_harmonic=2.0, margin_percussive=3.0)
    own_values = {"tacho_pulses_ff": dict(f_min=0.015625), "angular_resampler_ff": dict(f_min=0.125), "angular_resampler_cc": dict(f_min=0.125),
                  "spectral_gain_vcvc": dict(reject="0.1:0.2"),
                  "band_weights_vfvf": dict(f_min=0.0625, f_max=0.25),
                  "phase_from_magnitude_vfvc": dict(tolerance=0.5), "phase_vocoder_vcvc": dict(rate=0.5),
                  "mask_vcvc": dict(mask=[0.5, 2j, -1.0] * 11)}  # fmt: skip
    given = dict(n_fft=64, hop=4, theta=8.0, bins=[1, 2])

    def of_all_blocks(self):
        for name, block in blocks.items():
            kinds, without_default = arguments(block)
            made = {n: self.given.get(n, needed.get(n)) for n in {*without_default, "n_fft"} if n in kinds}
            values = {n: value for n, value in {**self.values, **self.own_values.get(name, {})}.items()
                      if n in block._arguments and hasattr(block, f"set_{n}")}  # fmt: skip
            yield name, block, made, values

    def test_a_getter_gives_what_its_setter_took(self):
        count = 0
        for name, block, made, values in self.of_all_blocks():
            self.assertEqual(bool(values), hasattr(block, "change"), name)
            for n, value in values.items():
                with self.subTest(block=name, parameter=n):
                    instance = block(**made)
                    getattr(instance, f"set_{n}")(value)
                    self.assertEqual(getattr(instance, n)(), value)
                    count += 1
        self.assertGreater(count, 20)

    def test_several_change_at_once(self):
        for name, block, made, values in self.of_all_blocks():
            if values:
                instance = block(**made)
                instance.change(**values)
                self.assertEqual({n: getattr(instance, n)() for n in values}, values, name)

    def test_several_are_refused_together(self):
        block = stft.stft_fvc(16, 4)
        for wrong in dict(hop=0), dict(win_length=-1), dict(scaling="loud"), dict(window="haan"), dict(hop="x"):
            with self.subTest(**wrong), self.assertRaisesRegex(ValueError, f"^{next(iter(wrong))}: "):
                block.change(**{**dict(hop=2, win_length=7, scaling="psd", window="hamming"), **wrong})
            self.assertEqual((block.hop(), block.win_length(), block.scaling(), block.window()), (4, 16, "none", "hann"))
        with self.assertRaisesRegex(ValueError, "^n_fft: 8: is no parameter; there are hop, window, win_length, scaling$"):
            block.change(n_fft=8)

    def test_at_names_the_sample_of_the_change(self):
        x = np.random.default_rng(3).standard_normal(400).astype(np.float32)
        block, sink = stft.stft_fvc(16, 4, placement="left"), blocks_of_gnu_radio.vector_sink_c(9)
        block.change(window="hamming", scaling="ortho", at=100)
        graph = gr.top_block()
        graph.connect(blocks_of_gnu_radio.vector_source_f(x.tolist()), block, sink)
        graph.run()
        S = np.reshape(sink.data(), (-1, 9)).T
        before = stft.stft(x, "hann", hop=4, n_fft=16, placement="left")
        after = stft.stft(x, "hamming", hop=4, n_fft=16, placement="left", scaling="ortho")
        np.testing.assert_array_equal(S[:, :25], before[:, :25])
        np.testing.assert_array_equal(S[:, 25:], after[:, 25:])


    def test_a_window_comes_back_as_it_can_be_set_again(self):
        block = stft.stft_fvc(16, 4)
        for given in "hamming", ("kaiser", 5.0), [1.0, 2.0, 0.5]:
            block.set_window(given)
            np.testing.assert_array_equal(stft.sample_window(block.window(), 3), stft.sample_window(given, 3))
            block.set_window(block.window())

    def test_at_and_reset_are_refused_like_any_argument(self):
        block = stft.stft_fvc(16, 4)
        for wrong, rule in ((1.5, "1.5: must be an integer"), (True, "True: must be an integer"), (2**70, ".*: must be an integer")):
            with self.assertRaisesRegex(ValueError, f"^at: {rule}"):
                block.change(hop=2, at=wrong)
        with self.assertRaisesRegex(ValueError, "^reset: True: there is nothing that this block can forget$"):
            block.change(reset=True)
        for name in "spectrogram_fvf", "power_vcvf", "adaptive_stft_fvc":
            blocks[name](**{n: needed[n] for n in ("n_fft", "hop") if n in blocks[name]._arguments}).change(reset=True)
        with self.assertRaisesRegex(ValueError, "^at: 5: must not be given: a change takes effect at once$"):
            stft.power_vcvf(16).change(average=2, at=5)

    def test_theta_changes_with_the_others(self):
        block = stft.dstft_fvc(64, 4.0, 8.0, share="bin")
        block.change(theta=20.5, hop=7.0)
        np.testing.assert_array_equal(block.theta(), np.full(33, 20.5))
        self.assertEqual(block.hop(), 7)
        with self.assertRaisesRegex(ValueError, "^theta: 65: "):
            block.change(theta=65.0)


class sequences_of_changes(unittest.TestCase):
    """Any sequence of changes is taken or refused, and the stream goes on to its end, on a second run, too."""

    choices = dict(
        hop=[1, 2, 5, 16, 60, 100], window=["hann", "hamming", ("kaiser", 5.0), [1.0, 2.0, 1.0]], win_length=[None, 3, 32, 65],
        scaling=["none", "psd"], average=[1, 3, 50], bins=[[1.0, 2.0], [0.5, 30.0], [3.0]], theta=[5.0, 20.5, 64.0, 70.0],
        theta_min=[None, 8.0, 40.0], theta_max=[None, 20.0, 64.0], freeze=[True, False], reset=[True, False],
        at=[None, -5, 100, 500, 10**6],
    )  # fmt: skip
    makers = (
        lambda: stft.stft_fvc(64, 16),
        lambda: stft.spectrogram_fvf(64, 16, average=2),
        lambda: stft.stft_bins_fvc([1, 2], 16, n_fft=64),
        lambda: stft.dstft_fvc(64, 8.0, 30.0),
        lambda: stft.dstft_fvc(64, 8.0, 30.0, share="bin"),
        lambda: stft.adaptive_stft_fvc(64, 4.0, theta_init=30.0),
        lambda: stft.adaptive_stft_fvc(64, freeze=True, theta_init=30.0),
        lambda: stft.adaptive_stft_fvc(64, share="cell", bands=2),
    )

    def changed(self, block, draw):
        names = [n for n in self.choices if n in ("at", "reset") or hasattr(block, f"set_{n}")]
        requested = {n: draw.choice(self.choices[n]) for n in draw.sample(names, draw.randint(1, 4))}
        try:
            if draw.random() < 0.5:
                block.change(**requested)
            else:
                for name, value in requested.items():
                    if name not in ("at", "reset"):
                        getattr(block, f"set_{name}")(value)
        except ValueError as refused:
            self.assertRegex(str(refused), r"^\w+: ")
        return requested

    def test_never_end_a_stream(self):
        for seed in range(int(os.environ.get("GR_STFT_CHANGES", 160))):
            draw = random.Random(seed)
            block = self.makers[seed % len(self.makers)]()
            history = [self.changed(block, draw) for _ in range(draw.randint(1, 6))]
            with self.subTest(seed=seed, changes=history):
                for _ in range(2):
                    sink = blocks_of_gnu_radio.vector_sink_b(block.output_signature().sizeof_stream_item(0))
                    graph = gr.top_block()
                    graph.connect(blocks_of_gnu_radio.vector_source_f([1.0, -0.5] * 1000), (block, 0))
                    graph.connect((block, 0), sink)
                    graph.run()
                    lengths = [pmt.to_python(t.value) for t in sink.tags() if pmt.eq(t.key, pmt.intern("stft_length"))]
                    self.assertEqual(lengths, [2000])
                    graph.disconnect_all()
                    history.append(self.changed(block, draw))


class qa_win_types(unittest.TestCase):
    same = {
        "WIN_HAMMING": "hamming", "WIN_HANN": "hann", "WIN_BLACKMAN": "blackman", "WIN_RECTANGULAR": "boxcar",
        "WIN_BLACKMAN_hARRIS": "blackmanharris", "WIN_BARTLETT": "bartlett", "WIN_NUTTALL": "nuttall",
        "WIN_NUTTALL_CFD": "nuttall_cfd", "WIN_WELCH": "welch",
    }  # fmt: skip

    def test_they_stand_for_the_windows_that_gnu_radio_builds(self):
        for name in self.same:
            built = window.build(getattr(window, name), 17)  # symmetric; Parzen's of odd lengths is another there
            np.testing.assert_allclose(stft.sample_window(getattr(window, name), 17, True), built, atol=2e-7)
        for name, parameter in ("WIN_KAISER", 8.6), ("WIN_GAUSSIAN", 3.0), ("WIN_TUKEY", 0.3):
            kind = getattr(window, name)
            built = window.build(kind, 16, parameter)
            np.testing.assert_allclose(stft.sample_window((kind, parameter), 16, True), built, atol=2e-7)
        np.testing.assert_allclose(stft.sample_window(window.WIN_PARZEN, 16, True), window.build(window.WIN_PARZEN, 16), atol=2e-7)

    def test_every_one_is_taken_or_refused_by_name(self):
        for name in (n for n in dir(window) if n.startswith("WIN_")):
            kind = getattr(window, name)
            if name in ("WIN_KAISER", "WIN_GAUSSIAN", "WIN_EXPONENTIAL"):
                with self.assertRaisesRegex(ValueError, f"^window: {name}|^window: {name[4:].lower()}"):
                    stft.sample_window(kind, 16)
            else:
                self.assertEqual(len(stft.sample_window(kind, 16)), 16, name)

    def test_they_are_taken_by_functions_on_arrays(self):
        x, hann, made = np.random.default_rng(1).standard_normal(64), window.WIN_HANN, dict(hop=4, n_fft=16)
        spectra = stft.stft(x, hann, **made)
        np.testing.assert_array_equal(spectra, stft.stft(x, "hann", **made))
        np.testing.assert_allclose(stft.istft(spectra, hann, length=64, **made), x, atol=1e-12)
        for f in stft.spectrogram, stft.reassigned_spectrogram:
            np.testing.assert_array_equal(f(x, hann, **made), f(x, "hann", **made))
        for first, second in zip(stft.stft2d(x.reshape(8, 8), window=(hann, (window.WIN_KAISER, 3.0)), win_length=4, hop=2),
                                 stft.stft2d(x.reshape(8, 8), window=("hann", ("kaiser", 3.0)), win_length=4, hop=2)):  # fmt: skip
            np.testing.assert_array_equal(first, second)
        np.testing.assert_array_equal(
            stft.adapt(x, n_fft=16, window=window.WIN_PARZEN)[0], stft.adapt(x, n_fft=16, window="parzen")[0]
        )

    def test_they_are_taken_by_every_block_that_has_a_window(self):
        for name, block in blocks.items():
            kinds, without_default = arguments(block)
            if "window" in kinds:
                instance = block(**{n: needed[n] for n in {*without_default, "n_fft"} if n in kinds}, window=window.WIN_HANN)
                if hasattr(instance, "set_window"):
                    instance.set_window((window.WIN_KAISER, 5.0))

    def test_none_is_no_window(self):
        for name, block in blocks.items():
            kinds, without_default = arguments(block)
            if "window" in kinds:
                with self.subTest(name), self.assertRaisesRegex(ValueError, "^window: None: must be a name"):
                    block(**{n: needed[n] for n in {*without_default, "n_fft"} if n in kinds}, window=None)

    def test_messages_take_the_numbers_of_window_types(self):
        x = np.random.default_rng(2).standard_normal(500).astype(np.float32)
        kaiser = pmt.make_tuple(pmt.from_long(window.WIN_KAISER.value), pmt.from_double(5.0))
        for sent, meant in (pmt.from_long(window.WIN_BLACKMAN.value), "blackman"), (kaiser, ("kaiser", 5.0)):
            block, sink = stft.stft_fvc(16, 4), blocks_of_gnu_radio.vector_sink_c(9)
            block.to_basic_block()._post(pmt.intern("cmd"), pmt.cons(pmt.intern("window"), sent))
            graph = gr.top_block()
            graph.connect(blocks_of_gnu_radio.vector_source_f(x.tolist()), block, sink)
            graph.run()
            np.testing.assert_array_equal(np.reshape(sink.data(), (-1, 9)).T, stft.stft(x, meant, hop=4, n_fft=16))

    def test_an_integer_is_neither_one_of_them_nor_kaisers_beta(self):
        x = np.zeros(64)
        for integer in 1, 8, np.int64(8), True, int(window.WIN_HANN.value):
            for take in (
                lambda w: stft.stft_fvc(16, 4, w),
                lambda w: stft.stft_fvc(16, 4).set_window(w),
                lambda w: stft.dstft_fvc(16, 4, 8, w),
                lambda w: stft.stft2d_vfvc(16, 4, 2, window=w),
                lambda w: stft.stft(x, w, hop=4, n_fft=16),
                lambda w: stft.sample_window(w, 16),
            ):
                shown = integer if isinstance(integer, bool) else int(integer)
                with self.assertRaisesRegex(ValueError, f"^window: {shown}: must be a name"):
                    take(integer)
        np.testing.assert_array_equal(stft.sample_window(8.0, 16), stft.sample_window(("kaiser", 8.0), 16))


if __name__ == "__main__":
    unittest.main()
