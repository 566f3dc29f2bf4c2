#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The GRC entries against the blocks, and as GNU Radio Companion shows them."""

import ast
import functools
import inspect
import os
import re
import tempfile
import unittest
from pathlib import Path

import pmt
import yaml
from gnuradio import gr, stft

try:
    from gnuradio.grc.core.platform import Platform
except ImportError:
    Platform = None

project = Path(__file__).resolve().parents[2]
examples = sorted((project / "examples").glob("*.grc"))


def loaded(path):
    return yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))


folder = tempfile.TemporaryDirectory()  # of files that blocks write
entries = {path.name: loaded(path) for path in sorted((project / "grc").glob("*.block.yml"))}


def parameters(entry):
    return {p["id"]: p for p in entry["parameters"]}


def types(entry):
    """The values of the type chooser, with the block each stands for; None if there is none."""
    name = re.search(r"^stft\.(\w+?)(\$\{type\.fcn\})?\(", entry["templates"]["make"], re.M)
    chooser = parameters(entry).get("type")
    if not chooser:
        return {None: getattr(stft, name[1])}
    letters = chooser["option_attributes"]["fcn"]
    return {t: getattr(stft, name[1] + fcn) for t, fcn in zip(chooser["options"], letters)}


def signature(function):
    """Names and defaults of a function; of a bound one, as written in its docstring."""
    if inspect.isfunction(function):
        given = {k: v.default for k, v in inspect.signature(function).parameters.items() if k != "self"}
        return list(given), {k: v for k, v in given.items() if v is not inspect.Parameter.empty}
    text = re.match(r"__init__\(self: [\w.]+, (.*)\) -> None", function.__doc__)[1]
    untyped = re.sub(r": (Optional\[\w+\]|int|float|str|bool|object)", "", text)
    arguments = ast.parse(f"def f({untyped}): pass").body[0].args
    names = [a.arg for a in arguments.args]
    defaults = [ast.literal_eval(d) for d in arguments.defaults]
    return names, dict(zip(names[len(names) - len(defaults) :], defaults))


def default(parameter):
    """A parameter's default, evaluated as GRC does in a flowgraph whose samp_rate is 1."""
    if parameter["dtype"] == "enum":
        return parameter.get("default", parameter["options"][0])
    if parameter["dtype"] in ("string", "file_save") and parameter["default"][:1] != '"':
        return parameter["default"]
    value = str(parameter.get("default", ""))
    return 1.0 if value == "samp_rate" else ast.literal_eval(value or "None")


def plain(label):
    """A label as it is without the Python package, and so without the values that blocks fill in."""
    return eval(label[2:-1], {}) if label.startswith("${") else label


def values_of(entry, **changes):
    """A value for each parameter of an entry: its default, or what is given."""
    if "integrate" in parameters(entry):
        changes.setdefault("bands", "0:0.5")  # the default has a sample rate above 2000 Hz in mind
    changes = {name: value for name, value in changes.items() if name in parameters(entry)}
    defaults = {name: default(p) for name, p in parameters(entry).items()}
    if not {"max_slew", "f_top", "mel_scale"}.isdisjoint(defaults):  # a rate of 1 Hz would hold no machine, and nothing to hear
        defaults["samp_rate"] = 4096.0
    return {**defaults, **changes}


def block_of(entry, kind, block, values=None):
    """A block of the entry, with these values or the defaults."""
    values = values or values_of(entry, type=kind)
    values = {**values, "path": os.path.join(folder.name, "x")} if "path" in values else values
    return block(**{name: values[name] for name in signature(block.__init__)[0]})


@functools.lru_cache(maxsize=None)
class companion:
    """GNU Radio Companion without its window, with a flowgraph for each block of ours: a rate, and the block."""

    def __init__(self):
        self.blocks = {}
        os.environ["GRC_BLOCKS_PATH"] = str(project / "grc")
        parts = gr.major_version(), gr.api_version(), gr.minor_version()
        self.platform = Platform(name="qa_grc", prefs=gr.prefs(), version=gr.version(), version_parts=parts)
        self.platform.build_library()

    def with_block(self, entry, **fields):
        """The block, once each field holds the text given for it, and all others their defaults."""
        if entry["id"] not in self.blocks:
            self.blocks[entry["id"]] = self.placed(entry)
        graph, block, defaults = self.blocks[entry["id"]]
        for name, text in {**defaults, **fields}.items():
            block.params[name].set_value(text)
        graph.rewrite()
        graph.validate()
        return block

    def placed(self, entry):
        """A flowgraph, the block in it, and the texts of its fields."""
        shown = "qt_gui" if entry["label"].startswith("QT GUI") else "no_gui"
        options = dict(parameters=dict(id="one", generate_options=shown), states=dict(state="enabled"))
        graph = self.platform.make_flow_graph()
        graph.import_data(dict(metadata=dict(file_format=1), options=options, blocks=[], connections=[]))
        for key, values in (("variable", dict(id="samp_rate", value="1.0")), (entry["id"], dict(id="tested"))):
            block = graph.new_block(key)
            for name, text in values.items():
                block.params[name].set_value(text)
        graph.rewrite()  # imports what the block needs
        return graph, block, {name: param.value for name, param in block.params.items()}

    @staticmethod
    def complaints(block):
        return [text for text in block.get_error_messages() if "Port is not connected" not in text]


window_or_custom = '${custom_window if str(window()) == "custom" else window}'
class qa_grc(unittest.TestCase):
    def test_a_file_is_named_after_its_block(self):
        for name, entry in entries.items():
            self.assertEqual(name, entry["id"] + ".block.yml")

    def test_the_menu_lists_every_block(self):
        menu = loaded(project / "grc" / "stft.tree.yml")
        self.assertEqual(sorted(menu["[STFT]"]), sorted(entry["id"] for entry in entries.values()))

    def test_parameters_are_the_arguments_of_the_block(self):
        for name, entry in entries.items():
            for block in types(entry).values():
                names, defaults = signature(block.__init__)
                self.assertEqual(set(parameters(entry)) - {"type", "custom_window", "settings", "gui_hint"}, set(names), name)
                for argument, value in defaults.items():
                    value = list(value) if isinstance(value, tuple) else value
                    wanted = (None, 0, -1) if value is None else (value,)  # with these the kernel fills in its default
                    wanted += (1024,) if argument == "n_fft" else ()  # 0 stands for a length that the window's name lacks
                    have = default(parameters(entry)[argument])
                    self.assertIn(list(have) if isinstance(have, tuple) else have, wanted, f"{name}: {argument}")

    def test_callbacks_are_setters_of_the_block(self):
        for name, entry in entries.items():
            callbacks = entry["templates"].get("callbacks", [])
            for block in types(entry).values():
                setters = "set_(bins|hop|window|win_length|scaling|average|bounds|freeze|theta"
                setters += "|false_alarms|min_snr|dynamic_range|min_duration|min_bandwidth|ignore|speed|threshold"
                setters += "|center_freq|samp_rate|limits|hysteresis|t_on|t_off|learn_time|floor|f_min|f_max|max_slew|reject"
                setters += "|limit|levels|slew|method|tracking|gain_floor|oversubtraction|memory|smoothing|refine|detail_memory|keep|events|mask|power|margin_harmonic|margin_percussive"
                setters += "|tolerance|rate|samples_per_rev)$"
                have = {n for n in dir(block) if re.match(setters, n)}
                if "theta" not in parameters(entry):  # it is learned
                    have -= {"set_theta"}
                if "noise" in parameters(entry):  # messages change what goes with it
                    have -= {"set_mask"}
                self.assertEqual(sorted(c.split("(")[0] for c in callbacks), sorted(have), name)
            cpp = entry.get("cpp_templates", entry["templates"]).get("callbacks", [])
            in_cpp = "<%! from gnuradio.stft.grc import cpp_window %>set_window(${cpp_window(window, custom_window)})"
            self.assertEqual([f"set_window({window_or_custom})" if c == in_cpp else c for c in cpp], callbacks)

    def test_the_message_ports_are_those_of_the_block(self):
        for name, entry in entries.items():
            for kind, block in types(entry).items():
                instance = block_of(entry, kind, block)
                for side, have in ("inputs", instance.message_ports_in()), ("outputs", instance.message_ports_out()):
                    ports = {p["id"] for p in entry.get(side, []) if p["domain"] == "message"}
                    self.assertEqual(ports, {str(p) for p in pmt.to_python(have)} - {"system"}, name)

    def test_items_are_as_large_as_those_of_the_block(self):
        sizes = {"float": 4, "complex": 8, "f64": 8}
        for name, entry in entries.items():
            for kind, block in types(entry).items():
                of_family = "norm" in parameters(entry)
                learns = "theta_min" in parameters(entry)
                detects = "false_alarms" in parameters(entry)
                of_image = "width" in parameters(entry)
                of_envelope = not {"balls", "clip"}.isdisjoint(parameters(entry))
                watches_speed = not {"max_slew", "f_top"}.isdisjoint(parameters(entry))
                measures = not {"integrate", "per_octave"}.isdisjoint(parameters(entry))
                lengths = (
                    (1024, 2000) if watches_speed else (16, 17, 1024) if detects or of_envelope else (8, 15, 1024) if learns
                    else (2, 7, 1024) if of_family or measures else (1, 7, 40) if of_image else (1, 7, 1024))  # fmt: skip
                for n_fft in lengths:
                    window = "hann" if of_family else "boxcar"
                    given = dict(type=kind, n_fft=n_fft, hop=1, window=window, theta=n_fft, levels=n_fft)
                    if "levels" in parameters(entry) and parameters(entry)["levels"]["dtype"] != "int":
                        del given["levels"]
                    given.update(bands="0:0.1,0.1:0.2,0:0.5" if "integrate" in parameters(entry) else 1)
                    given.update(vlen=n_fft, bins=[0] if "hop" in parameters(entry) else ())
                    if watches_speed:
                        given.update(hop=256 if "n_fft" in parameters(entry) else 0.1, tracks=2, orders=(1, 2, 4.5), rates=(-0.5, 0, 0.5))
                    if of_image:
                        given.update(n_fft=(n_fft, n_fft + 3), win_length=(n_fft, max(1, n_fft - 1)))
                    chooser = "sides" if "sides" in parameters(entry) else "tail" if of_image else "share"
                    choices = parameters(entry).get(chooser, dict(dtype="enum", options=[None]))
                    for choice in choices["options"]:
                        choice = choice if choices["dtype"] == "enum" else ast.literal_eval(choice)
                        if choice == "centered" and kind == "float" and choices["dtype"] == "raw":
                            continue  # of complex samples only
                        values = values_of(entry, **given, **{chooser: choice})
                        instance = block_of(entry, kind, block, values)
                        for ports in "inputs", "outputs":
                            have = getattr(instance, ports[:-1] + "_signature")()
                            streams = [port for port in entry.get(ports, []) if port["domain"] == "stream"
                                       and not eval(str(port.get("hide", "${ False }"))[2:-1].strip(), dict(values))]  # fmt: skip
                            times = [eval(str(port.get("multiplicity", 1)).strip("${ }"), {}, values) for port in streams]
                            streams = [port for port, n in zip(streams, times) for _ in range(n)]
                            self.assertEqual(have.max_streams(), len(streams))
                            needed = [port for port in streams if not port.get("optional")]
                            self.assertEqual(have.min_streams(), len(needed))
                            for i, port in enumerate(streams):
                                dtype = port["dtype"].replace("${ type }", str(kind))
                                dtype = eval(dtype[2:-1].strip(), dict(values)) if dtype[0] == "$" else dtype
                                vlen = str(port.get("vlen", 1))
                                vlen = eval(vlen[2:-1].strip() if vlen[0] == "$" else vlen, {**values, "stft": stft})
                                self.assertEqual(sizes[dtype] * vlen, have.sizeof_stream_item(i), f"{name}: {ports}")

    @unittest.skipUnless(Platform, "GNU Radio Companion is not installed (Debian: gnuradio)")
    def test_a_window_is_chosen_from_names_that_need_no_more_or_typed_as_custom(self):
        grc = companion()
        for name, entry in entries.items():
            if "window" not in parameters(entry):
                continue
            chosen = parameters(entry)["window"]
            self.assertEqual(len(chosen["options"]), len(chosen["option_labels"]))
            self.assertEqual(chosen["option_labels"][-1], "Custom")
            for option in chosen["options"][:-1]:
                block = grc.with_block(entry, window=option)
                self.assertEqual(grc.complaints(block), [], f"{name}: {option}")
                self.assertEqual(block.params["custom_window"].hide, "all")
                self.assertIn(option, block.templates.render("make"))
            for typed in "window.WIN_HANN", parameters(entry)["custom_window"]["default"]:
                block = grc.with_block(entry, window='"custom"', custom_window=typed)
                self.assertEqual(grc.complaints(block), [], f"{name}: {typed}")
                self.assertEqual(block.params["custom_window"].hide, "none")
                self.assertIn(typed, block.templates.render("make"))
            block = grc.with_block(entry, window='"custom"', custom_window='"haan"')
            self.assertRegex("".join(grc.complaints(block)), "window: .*'haan'.*is none of")

    @unittest.skipUnless(Platform, "GNU Radio Companion is not installed (Debian: gnuradio)")
    def test_what_is_left_to_the_block_is_shown_as_automatic_with_the_value_that_it_takes(self):
        grc = companion()
        entry = entries["stft_adaptive_stft_xvc.block.yml"]
        block = grc.with_block(entry, n_fft="2048")
        shown = {
            "hop": "Hop (128 samples)",  # n_fft / 16
            "theta_min": "Shortest Window (256 samples)",  # two hops
            "theta_max": "Longest Window (2048 samples)",
            "theta_init": "First Window Length (724.077 samples)",  # sqrt(256 2048)
            "block": "Block (8 frames)",  # n_fft / (2 hop)
            "lag": "Lag (8 frames)",
        }
        for name, text in shown.items():
            self.assertEqual(block.params[name].name, text)
            self.assertEqual(block.params[name].options[block.params[name].get_value()], "automatic")
        self.assertEqual(grc.with_block(entry, hop="50").params["hop"].name, "Hop (samples)")
        self.assertEqual(grc.with_block(entry, hop="5000").params["theta_min"].name, "Shortest Window (samples)")
        length = dict(n_fft="512", window="[1.0]*300")
        for name in ("stft_stft_xvc", "stft_istft_vcx", "stft_one_integral_vcx", "stft_spectrogram_xvf", "stft_stft_bins_xvc"):
            block = grc.with_block(entries[name + ".block.yml"], **length)
            self.assertEqual(block.params["win_length"].name, "Window Length (300 samples)", name)

    def test_the_sample_rate_is_that_of_the_flowgraph_unless_another_is_given(self):
        rates = {name: parameters(entry).get("samp_rate", {}).get("default") for name, entry in entries.items()}
        self.assertEqual(set(rates.values()), {"samp_rate", None})
        for name, entry in entries.items():
            takes = [block for block in types(entry).values() if "samp_rate" in signature(block.__init__)[0]]
            self.assertEqual(bool(takes), rates[name] == "samp_rate", name)

    def test_without_the_python_package_the_settings_are_not_checked(self):
        for name, entry in entries.items():
            hidden = entry["parameters"][-1]  # it comes last, so that the others are evaluated before it
            self.assertEqual((hidden["id"], hidden["hide"]), ("settings", "all"), name)
            self.assertEqual(plain(hidden["dtype"]), "raw", name)

    def test_documentation_names_every_parameter(self):
        for name, entry in entries.items():
            for parameter in parameters(entry).values():
                if parameter["id"] == "settings":
                    continue
                label = plain(parameter["label"]).split(" (")[0]
                self.assertRegex(entry["documentation"], rf"(?m)^[^:\n]*\b{label}\b[^:\n]*:", name)

    def test_every_block_is_in_an_example(self):
        used = {block["id"] for path in examples for block in loaded(path)["blocks"]}
        self.assertEqual({entry["id"] for entry in entries.values()} - used, set())

    def test_rasters_on_the_screen_have_seconds_and_hertz(self):
        rasters = [b["parameters"] for p in examples for b in loaded(p)["blocks"] if b["id"] == "qtgui_time_raster_sink_x"]
        self.assertGreater(len(rasters), 1)
        for raster in rasters:
            self.assertEqual((raster["x_label"], raster["y_label"]), ("Frequency (Hz)", "Age (s)"))
            self.assertRegex(raster["y_end_value"], r"rows\*hop.*/samp_rate")


if __name__ == "__main__":
    unittest.main()
