#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The GRC entries against the blocks, and the examples that use them."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import pmt
import yaml
from gnuradio import stft

project = Path(__file__).resolve().parents[2]
examples = sorted((project / "examples").glob("*.grc"))


def loaded(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


entries = {path.name: loaded(path) for path in sorted((project / "grc").glob("*.block.yml"))}


def parameters(entry):
    return {p["id"]: p for p in entry["parameters"]}


def types(entry):
    """The values of the type chooser, with the block each stands for; None if there is none."""
    name = re.match(r"stft\.(\w+?)(\$\{type\.fcn\})?\(", entry["templates"]["make"])
    chooser = parameters(entry).get("type")
    if not chooser:
        return {None: getattr(stft, name[1])}
    letters = chooser["option_attributes"]["fcn"]
    return {t: getattr(stft, name[1] + fcn) for t, fcn in zip(chooser["options"], letters)}


def signature(function):
    """Names and defaults of a bound function, as written in its docstring."""
    text = re.match(r"__init__\(self: [\w.]+, (.*)\) -> None", function.__doc__)[1]
    untyped = re.sub(r": (Optional\[\w+\]|int|float|str|bool|object)", "", text)
    arguments = ast.parse(f"def f({untyped}): pass").body[0].args
    names = [a.arg for a in arguments.args]
    defaults = [ast.literal_eval(d) for d in arguments.defaults]
    return names, dict(zip(names[len(names) - len(defaults) :], defaults))


def default(parameter):
    """A parameter's default, evaluated as GRC does."""
    if parameter["dtype"] == "enum":
        return parameter.get("default", parameter["options"][0])
    return ast.literal_eval(str(parameter["default"]))


def accepted_by_asserts(entry, values):
    for expression in entry["asserts"]:
        try:
            if not eval(expression[2:-1].strip(), {"stft": stft, **values}):
                return False
        except Exception:  # GRC shows an error then, too
            return False
    return True


def accepted_by_block(block, values):
    try:
        block(**{name: values[name] for name in signature(block.__init__)[0]})
        return True
    except ValueError:
        return False


def run(command, directory, **environment):
    return subprocess.run(
        command,
        cwd=directory,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        timeout=300,
    )


def grcc(flowgraphs, directory):
    command = [shutil.which("grcc"), "-o", directory, *map(str, flowgraphs)]
    result = run(command, directory, GRC_BLOCKS_PATH=str(project / "grc"))
    if result.returncode != 0 or "Error" in result.stdout:
        raise AssertionError(result.stdout)


framing = [
    dict(n_fft=0),
    dict(n_fft=-1024),
    dict(n_fft=1, hop=1, window="boxcar"),
    dict(n_fft=7, hop=3),
    dict(hop=0),
    dict(hop=-1),
    dict(hop=1),
    dict(win_length=-1),
    dict(win_length=1, hop=1),
    dict(win_length=512),
    dict(win_length=1024),
    dict(win_length=1025),
]
transform = framing + [
    dict(shifted=True),
    dict(samp_rate=0.0),
    dict(samp_rate=-1.0),
    dict(samp_rate=float("nan")),
    dict(samp_rate=float("inf")),
    dict(samp_rate=1e-3),
    dict(window="haan"),
    dict(window="kaiser"),
    dict(window=("kaiser", 8.6)),
    dict(window=("kaiser", float("nan"))),
    dict(window=("kaiser", 8.6, 1)),
    dict(window=8.6),
    dict(window=("tukey", 2.0)),
    dict(window=()),
    dict(window=[0, 0], hop=1),
    dict(window=[1, float("nan")], hop=1),
    dict(window=[1, 2, 1], hop=1),
    dict(window=np.hanning(1024)),
    dict(window=[1, 2, 1], hop=1, win_length=3),
    dict(window=[1, 2, 1], hop=1, win_length=4),
    dict(window=[1] * 1025),
    dict(window=[1, 1j], hop=1),
]
one_sample = dict(win_length=1, hop=1, window="boxcar")  # no taps in the way of the buffers' limit
doubling = dict(sides="onesided"), dict(sides="twosided"), dict(sides="centered")
families = (
    [dict(n_fft=n, theta=2.0) for n in (-1, 0, 1, 2, 7)]
    + [dict(window=w) for w in ("hann", "hanning", "nuttall_cfd", "boxcar", "hamming", "nope", [1, 2, 1])]
    + [dict(window=("gaussian", rho)) for rho in (0.1, 0.2, -1.0)]
    + [dict(norm=n) for n in ("peak", "l1", "l2", "dcunit", "contract", "loud")]
)
settings = {
    "stft_stft_xvc.block.yml": transform
    + [dict(hop=5000), dict(hop=2**40), dict(hop=2**40 + 1), dict(n_fft=2**26, **one_sample)]
    + [dict(scaling=s) for s in ("none", "magnitude", "psd", "ortho", "loud")]
    + [dict(window=[1, -1], scaling=s) for s in ("none", "magnitude", "psd")],
    "stft_istft_vcx.block.yml": transform
    + [dict(n_fft=2**26, **one_sample)]
    + [dict(hop=512), dict(hop=1024), dict(hop=1024, window="boxcar"), dict(hop=1025, window="boxcar")]
    + [dict(win_length=256), dict(win_length=256, window="boxcar"), dict(hop=5, window=[1, 2, 3])]
    + [dict(scaling=s) for s in ("none", "magnitude", "psd", "ortho", "loud")]
    + [dict(window=[1, -1], hop=1, scaling=s) for s in ("none", "magnitude", "psd")]
    + [dict(synthesis=[1.0] * n) for n in (1, 1023, 1024, 1025)]
    + [dict(synthesis=[v] * 1024) for v in (1j, float("nan"), float("inf"))]
    + [dict(synthesis=[1.0] * 1024, hop=1024), dict(synthesis=[1.0] * 1024, hop=1025)]
    + [dict(synthesis=[1.0] * 3, window=[1, 2, 1], hop=3)],
    "stft_spectrogram_xvf.block.yml": transform
    + [dict(hop=5000), dict(hop=2**40), dict(hop=2**40 + 1), dict(n_fft=2**27, **one_sample)]
    + [dict(average=n) for n in (-1, 0, 1, 1000)]
    + [dict(window=[1, -1], kind=k) for k in ("psd", "power", "magnitude")],
    "stft_stft_bins_xvc.block.yml": [s for s in transform if "shifted" not in s]
    + [dict(bins=b) for b in ([], [0], [512], [512.5], [-1], [-512.0], [-513], [1023.9], [1024], [float("nan")], (3, 0.5))]
    + [dict(n_fft=0, **s) for s in ({}, dict(win_length=64), dict(window=[1, 2, 1], bins=[1]), dict(window=[1], bins=[1]))]
    + [dict(hop=5000), dict(hop=2**40), dict(hop=2**40 + 1), dict(n_fft=2**28, win_length=8), dict(n_fft=2**28 + 1, win_length=8)]
    + [dict(scaling=s) for s in ("none", "magnitude", "psd", "ortho", "loud")]
    + [dict(window=[1, -1], scaling=s) for s in ("none", "magnitude", "psd")],
    "stft_one_integral_vcx.block.yml": [{k: v for k, v in s.items() if k != "hop"} for s in transform if "shifted" not in s]
    + [dict(bins=b) for b in ([], [0], [512], [513], [-1], [-512], [512, -512], [3, 3], [2.5], [1024], [float("nan")], (4.0, 3))]
    + [dict(window=w) for w in ([1, 0, 1], [0, 1, 0], [1, 0], [0, 1])]
    + [dict(n_fft=2**26 + 2, win_length=1, window="boxcar"), dict(n_fft=2**26, bins=[5], win_length=1, window="boxcar")]
    + [dict(scaling=s) for s in ("none", "magnitude", "psd", "ortho", "loud")],
    "stft_power_vcvf.block.yml": [dict(n_fft=n) for n in (-1, 0, 1, 7)]
    + [dict(n_fft=n, **sides) for n in (2**25 + 1, 2**26 + 2, 2**29) for sides in doubling]
    + [dict(average=n) for n in (-1, 0, 1, 1000)],
    "stft_phase_reference_vcvc.block.yml": framing
    + [dict(n_fft=2**26 + 2, **sides) for sides in doubling]
    + [dict(hop=2**40), dict(hop=2**40 + 1)],
    "stft_dstft_xvc.block.yml": families
    + [dict(hop=h) for h in (0.0, -1.0, 1e-4, 1e-3, 7.5, 2.0**40, 2.0**41, float("nan"), float("inf"))]
    + [dict(theta=v) for v in (0.0, -1.0, 1e-7, 1e-6, 1023.5, 1024.5, float("nan"))]
    + [dict(alpha=a, hop=0.0) for a in (-0.5, 0.0, 1e-4, 1e-3, 0.25, 1e3, 2e3, float("nan"))]
    + [dict(alpha=a, share=s) for a in (0.0, 0.5) for s in ("constant", "frame", "bin", "cell", "both")]
    + [dict(n_fft=2**26 + 2, theta=1.0)],
    "stft_adaptive_stft_xvc.block.yml": families
    + [dict(n_fft=n) for n in (8, 2**26 + 2)]
    + [dict(hop=h) for h in (-1.0, 0.0, 0.5, 1.0, 7.5, 511.0, 513.0, float("nan"))]
    + [dict(alpha=a, learn=what) for a in (0.0, 0.25, 0.7, float("nan")) for what in ("theta", "t", "both", "all")]
    + [dict(method=m, share=s) for m in ("bank", "gradient", "x") for s in ("constant", "frame", "bin", "cell", "x")]
    + [dict(criterion=c, order=1.0) for c in ("l1l2", "entropy", "renyi", "kurtosis", "x")]
    + [dict(theta_min=v) for v in (-1.0, 64.0, 128.0, 300.0, 1024.0)]
    + [dict(theta_max=v) for v in (-1.0, 100.0, 128.0, 300.0, 1024.0, 1025.0)]
    + [dict(theta_init=v) for v in (-1.0, 100.0, 300.0)]
    + [dict(candidates=v) for v in (1, 2, 64, 65)]
    + [dict(bands=v, share="bin", interpolate=i) for v in (0, 1, 32, 33) for i in (True, False)]
    + [{name: v} for name in ("block", "lag", "steps") for v in (-2, -1, 0, 5, 1001, 2**40)]
    + [{name: v} for name in ("smoothness", "prior", "whiten", "rate", "load_limit") for v in (-1.0, 0.0, 0.5, float("nan"))]
    + [dict(regularisation=v, share="cell") for v in (-2.0, -1.0, 0.0, 1.0)]
    + [dict(theta_min=64.0, invertible=v) for v in (True, False)]
    + [dict(freeze=True), dict(samp_rate=0.0), dict(samp_rate=float("inf")), dict(report_interval=0), dict(report_interval=2**31)],
    "stft_idstft_vcx.block.yml": families
    + [dict(share=s) for s in ("constant", "frame", "bin", "cell", "both")]
    + [dict(n_fft=2**26 + 2)],
}
of_images = (
    [dict(width=w) for w in (-1, 0, 1, 7, 1001, 2**29)]
    + [dict(win_length=v) for v in (-1, 0, 1, 7, (7, 8), (8, 7), (8,), 7.5)]
    + [dict(hop=v) for v in (-1, 0, 1, 9, 17, 33, (5, 40), (40, 5), (0, 5), 2**40, 2**41)]
    + [dict(n_fft=v) for v in (-1, 31, 32, 33, (32, 45), (31, 45), (1, 2, 3), 2**20)]
    + [dict(window=w) for w in ("haan", 8.6, ("kaiser", 8.6), ("hann", "boxcar"), ("hann", ("kaiser", 3.0)), [1, 2], [0.0] * 32)]
    + [dict(window=[1.0] * 32), dict(window=[1.0] * 32, win_length=(32, 8)), dict(window=([1, 2], [1, 2, 3]), win_length=(2, 3), hop=1)]
    + [dict(window=w, win_sqrt=root) for w in ("hamming", "flattop") for root in (False, True)]
    + [dict(pad=p, width=w, tail=t) for p in ("constant", "reflect", "edge", "wrap") for w in (16, 17, 40) for t in ("ceil", "floor", "")]
    + [dict(centre=False, tail=t, width=w) for t in ("ceil", "floor") for w in (31, 32, 40)]
    + [dict(offset=o) for o in ("trailing", "centred", "left")]
)
settings["stft_stft2d_vfvc.block.yml"] = settings["stft_istft2d_vcvf.block.yml"] = of_images


class qa_grc(unittest.TestCase):
    def test_a_file_is_named_after_its_block(self):
        for name, entry in entries.items():
            self.assertEqual(name, entry["id"] + ".block.yml")

    def test_the_menu_lists_every_block(self):
        menu = loaded(project / "grc" / "stft.tree.yml")
        self.assertEqual(sorted(menu["[STFT]"]), sorted(entry["id"] for entry in entries.values()))

    def test_parameters_are_the_arguments_of_the_block(self):
        for name, entry in entries.items():
            given = re.findall(r"\$\{(\w+)\}", entry["templates"]["make"])
            cpp = entry["cpp_templates"]["make"]
            self.assertEqual(set(parameters(entry)) - {"type"}, set(given), name)
            for block in types(entry).values():
                names, defaults = signature(block.__init__)
                self.assertEqual(given, names, name)
                for argument, value in defaults.items():
                    wanted = (0, -1) if value is None else (value,)  # with these the kernel fills in its default
                    wanted += (1024,) if argument == "n_fft" else ()  # 0 stands for a length that the window's name lacks
                    self.assertIn(default(parameters(entry)[argument]), wanted, f"{name}: {argument}")
            arguments = re.findall(r"\$\{(?:cpp_|taps % .*\b)?(\w+)[()]*\}", cpp[cpp.index("::make(") :])
            self.assertEqual(arguments, given, name)

    def test_callbacks_are_setters_of_the_block(self):
        for name, entry in entries.items():
            callbacks = entry["templates"].get("callbacks", [])
            for block in types(entry).values():
                setters = "set_(bins|hop|window|win_length|scaling|average|bounds|freeze|theta)$"
                have = {n for n in dir(block) if re.match(setters, n)}
                if "theta" not in parameters(entry):  # it is learned
                    have -= {"set_theta"}
                self.assertEqual(sorted(c.split("(")[0] for c in callbacks), sorted(have), name)
            cpp = entry["cpp_templates"].get("callbacks", [])
            self.assertEqual([c.replace("gr::stft::kernel::window(${window})", "${window}") for c in cpp], callbacks)

    def test_the_message_ports_are_those_of_the_block(self):
        for name, entry in entries.items():
            for kind, block in types(entry).items():
                instance = self.block_of(entry, kind, block)
                for side, have in ("inputs", instance.message_ports_in()), ("outputs", instance.message_ports_out()):
                    ports = {p["id"] for p in entry[side] if p["domain"] == "message"}
                    self.assertEqual(ports, {str(p) for p in pmt.to_python(have)} - {"system"}, name)

    def test_items_are_as_large_as_those_of_the_block(self):
        sizes = {"float": 4, "complex": 8, "f64": 8}
        for name, entry in entries.items():
            for kind, block in types(entry).items():
                of_family = "norm" in parameters(entry)
                learns = "theta_min" in parameters(entry)
                of_image = "width" in parameters(entry)
                for n_fft in (8, 15, 1024) if learns else (2, 7, 1024) if of_family else (1, 7, 40 if of_image else 1024):
                    window = "hann" if of_family else "boxcar"
                    given = dict(type=kind, n_fft=n_fft, hop=1, window=window, theta=n_fft, bands=1)
                    given.update(bins=[0] if "hop" in parameters(entry) else ())
                    if of_image:
                        given.update(n_fft=(n_fft, n_fft + 3), win_length=(n_fft, max(1, n_fft - 1)))
                    chooser = "sides" if "sides" in parameters(entry) else "tail" if of_image else "share"
                    for choice in parameters(entry).get(chooser, {}).get("options", [None]):
                        values = self.values(entry, **given, **{chooser: choice})
                        instance = self.block_of(entry, kind, block, values)
                        for ports in "inputs", "outputs":
                            have = getattr(instance, ports[:-1] + "_signature")()
                            streams = [port for port in entry[ports] if port["domain"] == "stream"]
                            self.assertEqual(have.max_streams(), len(streams))
                            needed = [port for port in streams if not port.get("optional")]
                            self.assertEqual(have.min_streams(), len(needed))
                            for i, port in enumerate(streams):
                                dtype = port["dtype"].replace("${ type }", str(kind))
                                vlen = str(port.get("vlen", 1))
                                vlen = eval(vlen[2:-1].strip() if vlen[0] == "$" else vlen, values)
                                self.assertEqual(sizes[dtype] * vlen, have.sizeof_stream_item(i), f"{name}: {ports}")

    def test_asserts_fail_where_the_block_refuses_and_nowhere_else(self):
        for name, entry in entries.items():
            verdicts = set()
            for kind, block in types(entry).items():
                for change in settings[name]:
                    values = self.values(entry, type=kind, **change)
                    verdict = accepted_by_block(block, values)
                    verdicts.add(verdict)
                    shown = f"{block.__name__} with {change}"[:200]
                    self.assertEqual(accepted_by_asserts(entry, values), verdict, shown)
            self.assertEqual(verdicts, {True, False})

    def test_without_the_python_package_the_defaults_still_pass(self):
        for name, entry in entries.items():
            for kind in types(entry):
                values = self.values(entry, type=kind)
                for expression in entry["asserts"]:
                    self.assertTrue(eval(expression[2:-1].strip(), dict(values)), f"{name}: {expression}")

    def test_documentation_names_every_parameter(self):
        for name, entry in entries.items():
            for parameter in parameters(entry).values():
                label = parameter["label"].split(" (")[0]
                self.assertRegex(entry["documentation"], rf"(?m)^[^:\n]*\b{label}\b[^:\n]*:", name)

    def test_every_block_is_in_an_example(self):
        used = {block["id"] for path in examples for block in loaded(path)["blocks"]}
        self.assertEqual({entry["id"] for entry in entries.values()} - used, set())

    def test_generated_code_does_not_overwrite_the_examples(self):
        for path in examples:
            name = loaded(path)["options"]["parameters"]["id"]
            self.assertFalse(path.with_name(name + ".py").exists(), path.name)

    @unittest.skipUnless(shutil.which("grcc"), "grcc is not installed (Debian: gnuradio)")
    def test_grcc_compiles_the_examples_and_those_without_a_window_succeed(self):
        with tempfile.TemporaryDirectory() as directory:
            grcc(examples, directory)
            for path in examples:
                options = loaded(path)["options"]["parameters"]
                program = Path(directory) / (options["id"] + ".py")
                compile(program.read_text(encoding="utf-8"), path.name, "exec")
                if options["generate_options"] == "no_gui":
                    result = run([sys.executable, str(program)], directory)
                    self.assertEqual(result.returncode, 0, result.stdout)

    def test_the_python_examples_without_a_window_succeed(self):
        for path in examples:
            program = path.with_suffix(".py")
            if "PyQt5" not in program.read_text(encoding="utf-8"):
                with tempfile.TemporaryDirectory() as directory:
                    result = run([sys.executable, str(program)], directory)
                    self.assertEqual(result.returncode, 0, result.stdout)

    @unittest.skipUnless(shutil.which("grcc"), "grcc is not installed (Debian: gnuradio)")
    def test_cpp_code_has_the_window_in_each_form(self):
        forms = {
            "'hann'": '"hann"',
            '"hann"': '"hann"',
            '("kaiser", 8.6)': '"kaiser", { 8.6 }',
            "8.6": '"kaiser", { 8.6 }',
            '("general_cosine", [0.5, 0.5])': '"general_cosine", { 0.5, 0.5 }',
            "taper": "taper",
            "[1, 2, 1j]": "std::vector<gr_complexd>{ { 1.0, 0.0 }, { 2.0, 0.0 }, { 0.0, 1.0 } }",
        }
        source = loaded(project / "examples" / "roundtrip.grc")
        source["options"]["parameters"]["output_language"] = "cpp"
        source["blocks"] = [block for block in source["blocks"] if block["id"] != "snippet"]
        by_name = {block["name"]: block["parameters"] for block in source["blocks"]}
        by_name["hop"]["value"] = "1"
        variable = {"value": '"hann"', "comment": ""}
        source["blocks"].append({**source["blocks"][0], "name": "taper", "parameters": variable})
        with tempfile.TemporaryDirectory() as directory:
            paths = []
            for given in forms:
                for name in "analysis", "synthesis":
                    by_name[name]["window"] = given
                source["options"]["parameters"]["id"] = f"form_{len(paths)}"
                paths.append(Path(directory) / f"form_{len(paths)}.grc")
                paths[-1].write_text(yaml.safe_dump(source), encoding="utf-8")
            grcc(paths, directory)
            for path, expected in zip(paths, forms.values()):
                code = (path.with_suffix("") / (path.stem + ".cpp")).read_text(encoding="utf-8")
                window = f"gr::stft::kernel::window({expected})"
                for block, rest in ("stft_cvc", ""), ("istft_vcc", ", std::vector<gr_complexd>{  }"):
                    call = f'{block}::make(n_fft, hop, {window}, 0, "centred", "centre", "none", 1.0, false{rest});'
                    self.assertIn(f"gr::stft::{call}", code)

    @unittest.skipUnless(shutil.which("grcc"), "grcc is not installed (Debian: gnuradio)")
    def test_cpp_code_has_the_family_in_each_form(self):
        forms = {'"hann"': '"hann"', '("gaussian", 0.125)': '"gaussian", { 0.125 }', "taper": "taper"}
        source = loaded(project / "examples" / "theta_from_file.grc")
        source["options"]["parameters"]["output_language"] = "cpp"
        source["blocks"] = [block for block in source["blocks"] if block["id"] != "snippet"]
        by_name = {block["name"]: block["parameters"] for block in source["blocks"]}
        by_name["clicks"]["vector"] = "[0.0, 5.0]"
        variable = {"value": '"hann"', "comment": ""}
        source["blocks"].append({**source["blocks"][0], "name": "taper", "parameters": variable})
        with tempfile.TemporaryDirectory() as directory:
            for number, (given, expected) in enumerate(forms.items()):
                for name in "analysis", "synthesis":
                    by_name[name]["window"] = given
                source["options"]["parameters"]["id"] = f"form_{number}"
                path = Path(directory) / f"form_{number}.grc"
                path.write_text(yaml.safe_dump(source), encoding="utf-8")
                grcc([path], directory)
                code = (path.with_suffix("") / (path.stem + ".cpp")).read_text(encoding="utf-8")
                window = f"gr::stft::kernel::window_family({expected})"
                forward = f'dstft_fvc::make(n_fft, hop, n_fft, {window}, "l2", 0.0, "frame");'
                for call in forward, f'idstft_vcf::make(n_fft, {window}, "l2", "frame");':
                    self.assertIn(f"gr::stft::{call}", code)

    @unittest.skipUnless(shutil.which("grcc"), "grcc is not installed (Debian: gnuradio)")
    def test_cpp_code_has_the_bins_in_each_form(self):
        source = loaded(project / "examples" / "follow_lines.grc")
        source["options"]["parameters"].update(output_language="cpp", id="bins")
        left_out = {"report", "oscillator", "frequency"}
        source["blocks"] = [block for block in source["blocks"] if block["name"] not in left_out]
        by_name = {block["name"]: block["parameters"] for block in source["blocks"]}
        by_name["total"]["num_inputs"] = "3"
        by_name["lines"]["value"] = "[1000.25, 3000.0]"
        by_name["around"]["value"] = "[41.0, 42.0]"
        by_name["analysis"]["bins"] = "[41, 42.5]"
        by_name["synthesis"]["bins"] = "(41, 42)"
        source["connections"] = [c for c in source["connections"] if not left_out & {c[0], c[2]}]
        source["connections"] = [c if c[0] != "noise" else ["noise", "0", "total", "2"] for c in source["connections"]]
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "bins.grc"
            path.write_text(yaml.safe_dump(source), encoding="utf-8")
            grcc([path], directory)
            code = (path.with_suffix("") / (path.stem + ".cpp")).read_text(encoding="utf-8")
        window = 'gr::stft::kernel::window("hann")'
        for call in (
            f'stft_bins_fvc::make(std::vector<double>{{ 41.0, 42.5 }}, 1, {window}, 0, n_fft, "absolute", "centred", "magnitude", 1.0);',
            f'stft_bins_fvc::make(around, 1, {window}, 0, n_fft, "centre", "centred", "none", 1.0);',
            f'one_integral_vcf::make(n_fft, {window}, 0, "centre", std::vector<double>{{ 41.0, 42.0 }}, "none", 1.0);',
        ):
            self.assertIn(f"gr::stft::{call}", code)

    @unittest.skipUnless(shutil.which("grcc"), "grcc is not installed (Debian: gnuradio)")
    def test_cpp_code_has_the_settings_of_the_adaptive_stft(self):
        entry = entries["stft_adaptive_stft_xvc.block.yml"]
        source = loaded(project / "examples" / "theta_from_file.grc")
        source["options"]["parameters"].update(output_language="cpp", id="settings")
        used = {block["name"]: block for block in source["blocks"] if block["id"] != "snippet"}
        used["clicks"]["parameters"]["vector"] = "[0.0, 5.0]"
        given = {name: str(p.get("default", p.get("options", [""])[0])) for name, p in parameters(entry).items()}
        given.update(n_fft="n_fft", hop="50.0", share="cell", interpolate="True", invertible="False", window='("gaussian", 0.125)')
        used["analysis"].update(id=entry["id"], parameters=given)
        dropped = ("theta", "0", "analysis", "1")
        source["connections"] = [c for c in source["connections"] if tuple(c) != dropped]
        source["blocks"] = list(used.values())
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "settings.grc"
            path.write_text(yaml.safe_dump(source), encoding="utf-8")
            grcc([path], directory)
            code = (path.with_suffix("") / (path.stem + ".cpp")).read_text(encoding="utf-8")
        for line in (
            "adaptive_stft_fvc::make([&] {", "s.n_fft = n_fft;", "s.hop = 50.0;", 's.window = gr::stft::kernel::window_family("gaussian", { 0.125 });',
            's.share = gr::stft::kernel::sharing_named("cell");', "s.block = (-1);", "s.freeze = false;", "s.invertible = false;", "}(), 1.0, 1000);",
            "s.interpolate = true;",
        ):  # fmt: skip
            self.assertIn(line, code)

    @unittest.skipUnless(shutil.which("grcc"), "grcc is not installed (Debian: gnuradio)")
    def test_cpp_code_has_both_axes_of_images(self):
        window = "gr::stft::kernel::window(%s)"
        one, taps = window % '"kaiser", { 8.6 }', window % "std::vector<double>{ 1.0, 2.0 }"
        forms = {  # window, and win_length
            ('"hann"', "32"): (window % '"hann"', "32"),
            ("8.6", "(32, 16)"): (one, "{ 32, 16 }"),
            ('("hann", ("kaiser", 8.6))', "size"): (window % '"hann"' + ", " + one, "32"),
            ("[1, 2]", "2"): (taps, "2"),
            ("([1, 2], [1, 2])", "2"): (taps + ", " + taps, "2"),
        }
        source = loaded(project / "examples" / "slope_filter.grc")
        source["options"]["parameters"]["output_language"] = "cpp"
        used = {block["name"]: block for block in source["blocks"] if block["id"] not in ("snippet", "epy_block")}
        source["blocks"] = list(used.values())
        del used["steady"]
        for i in range(3):
            used[f"steady_{i}"]["parameters"]["freq"] = "600"
        source["blocks"] = list(used.values())
        source["connections"] = [c for c in source["connections"] if "by_slope" not in c] + [["analysis", "0", "synthesis", "0"]]
        with tempfile.TemporaryDirectory() as directory:
            for number, ((given, length), (windows, size)) in enumerate(forms.items()):
                for name in "analysis", "synthesis":
                    used[name]["parameters"].update(window=given, win_length=length, hop="1", width="129")
                source["options"]["parameters"]["id"] = f"form_{number}"
                path = Path(directory) / f"form_{number}.grc"
                path.write_text(yaml.safe_dump(source), encoding="utf-8")
                grcc([path], directory)
                code = (path.with_suffix("") / (path.stem + ".cpp")).read_text(encoding="utf-8")
                for block in "stft2d_vfvc", "istft2d_vcvf":
                    both = f'gr::stft::kernel::axis_windows({windows}), "constant", "ceil", false, true, "trailing");'
                    self.assertIn(f"gr::stft::{block}::make(129, {size}, 1, 0, {both}", code)

    def values(self, entry, **changes):
        changes = {name: value for name, value in changes.items() if name in parameters(entry)}
        return {**{name: default(p) for name, p in parameters(entry).items()}, **changes}

    def block_of(self, entry, kind, block, values=None):
        values = values or self.values(entry, type=kind)
        return block(**{name: values[name] for name in signature(block.__init__)[0]})


if __name__ == "__main__":
    unittest.main()
