#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that GNU Radio Companion makes of flowgraphs with our blocks: the examples, and code in C++."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import yaml
from qa_grc import Platform, companion, entries, examples, loaded, parameters, project

if Platform:
    from gnuradio.grc.core import Messages


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


class CppExample:
    """An example as a flowgraph in C++.

    blocks : dict of each block's parameters
    connections : list of [source, port, sink, port]
    """

    PYTHON_ONLY = {"snippet", "import", "epy_block"}

    def __init__(self, name, without=()):
        """Parameter without: names and ids of blocks to leave out, in addition to those that are no C++."""
        self._source = loaded(project / "examples" / name)
        self._source["options"]["parameters"].update(output_language="cpp", id="in_cpp")
        left_out = self.PYTHON_ONLY | set(without)
        self._source["blocks"] = [block for block in self._source["blocks"] if not left_out & {block["name"], block["id"]}]
        self.blocks = {block["name"]: block["parameters"] for block in self._source["blocks"]}
        names = set(self.blocks)
        self.connections = [c for c in self._source["connections"] if {c[0], c[2]} <= names]

    def add_variable(self, name, value):
        self._source["blocks"].append({**self._source["blocks"][0], "id": "variable", "name": name, "parameters": {"value": value, "comment": ""}})

    def replace(self, name, entry, given):
        """Puts another block of this entry and with these parameters in the place of the one that has the name."""
        for block in self._source["blocks"]:
            if block["name"] == name:
                block.update(id=entry, parameters=given)

    def code(self):
        """The program that grcc would make of it."""
        said = []
        Messages.MESSENGERS_LIST[:] = [said.append]
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "in_cpp.grc"
            path.write_text(yaml.safe_dump({**self._source, "connections": self.connections}), encoding="utf-8")
            _, made = companion().platform.load_and_generate_flow_graph(str(path), directory)
            if not made or "Error" in "".join(said):
                raise AssertionError("".join(said))
            return (path.with_suffix("") / "in_cpp.cpp").read_text(encoding="utf-8")


class Examples(unittest.TestCase):
    @unittest.skipUnless(shutil.which("grcc"), "grcc is not installed (Debian: gnuradio)")
    def test_grcc_says_parameter_value_and_rule(self):
        source = loaded(project / "examples" / "roundtrip.grc")
        by_name = {block["name"]: block["parameters"] for block in source["blocks"]}
        by_name["analysis"]["win_length"] = "-3"
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "wrong.grc"
            path.write_text(yaml.safe_dump(source), encoding="utf-8")
            command = [shutil.which("grcc"), "-o", directory, str(path)]
            result = run(command, directory, GRC_BLOCKS_PATH=str(project / "grc"))
        self.assertNotEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"win_length: -3: must \S")

    def test_generated_code_does_not_overwrite_the_examples(self):
        for path in examples:
            name = loaded(path)["options"]["parameters"]["id"]
            self.assertFalse(path.with_name(name + ".py").exists(), path.name)

    @unittest.skipUnless(shutil.which("grcc"), "grcc is not installed (Debian: gnuradio)")
    def test_grcc_compiles_the_examples(self):
        """`./test.sh examples` runs them, with a window and without."""
        with tempfile.TemporaryDirectory() as directory:
            grcc(examples, directory)
            for path in examples:
                program = Path(directory) / (loaded(path)["options"]["parameters"]["id"] + ".py")
                compile(program.read_text(encoding="utf-8"), path.name, "exec")

    def test_every_flowgraph_has_its_like_in_python(self):
        for path in examples:
            self.assertTrue(path.with_suffix(".py").exists(), path.name)


@unittest.skipUnless(Platform, "GNU Radio Companion is not installed (Debian: gnuradio)")
class Cpp(unittest.TestCase):
    def test_cpp_code_has_the_window_in_each_form(self):
        forms = {
            "'hann'": '"hann"',
            '"hann"': '"hann"',
            '("kaiser", 8.6)': '"kaiser", { 8.6 }',
            "8.6": '"kaiser", { 8.6 }',
            "window.WIN_BLACKMAN_hARRIS": '"blackman_harris"',
            "(window.WIN_KAISER, 8.6)": '"kaiser", { 8.6 }',
            '"custom"': '"tukey", { 0.3 }',
            '("general_cosine", [0.5, 0.5])': '"general_cosine", { 0.5, 0.5 }',
            "taper": "taper",
            "[1, 2]": "std::vector<double>{ 1.0, 2.0 }",
            "[1, 2, 1j]": "std::vector<gr_complexd>{ { 1.0, 0.0 }, { 2.0, 0.0 }, { 0.0, 1.0 } }",
        }
        example = CppExample("roundtrip.grc")
        example.blocks["hop"]["value"] = "1"
        example.add_variable("taper", '"hann"')
        for given, expected in forms.items():
            for name in "analysis", "synthesis":
                example.blocks[name].update(window=given, custom_window='("tukey", 0.3)')
            code = example.code()
            window = f"gr::stft::kernel::window({expected})"
            for block, rest in ("stft_cvc", ""), ("istft_vcc", '("synthesis", std::vector<gr_complexd>{  })("strict", true)'):
                call = f'("n_fft", n_fft)("hop", hop)("window", {window})("win_length", 0)("placement", "centred")'
                call += f'("phase", "centre")("scaling", "none")("samp_rate", 1.0){rest}'
                self.assertIn(f"gr::stft::{block}::make(gr::stft::named{call});", code)

    def test_cpp_code_has_the_family_in_each_form(self):
        forms = {'"hann"': '"hann"', '("gaussian", 0.125)': '"gaussian", { 0.125 }', "taper": "taper"}
        forms["window.WIN_PARZEN"] = '"parzen"'
        example = CppExample("theta_from_file.grc")
        example.blocks["clicks"]["vector"] = "[0.0, 5.0]"
        example.add_variable("taper", '"hann"')
        for given, expected in forms.items():
            for name in "analysis", "synthesis":
                example.blocks[name]["window"] = given
            code = example.code()
            window = f"gr::stft::kernel::window_family({expected})"
            rest = f'("window", {window})("norm", "l2")'
            forward = f'("n_fft", n_fft)("hop", hop)("theta", n_fft){rest}("alpha", 0.0)("share", "frame")("c", 0.0)'
            self.assertIn(f"gr::stft::dstft_fvc::make(gr::stft::named{forward});", code)
            self.assertIn(f'gr::stft::idstft_vcf::make(gr::stft::named("n_fft", n_fft){rest}("share", "frame")("c", 0.0));', code)

    def test_cpp_code_has_the_bins_in_each_form(self):
        example = CppExample("follow_lines.grc", without=("report", "oscillator", "frequency"))
        example.blocks["total"]["num_inputs"] = "3"
        example.blocks["lines"]["value"] = "[1000.25, 3000.0]"
        example.blocks["around"]["value"] = "[41.0, 42.0]"
        example.blocks["analysis"]["bins"] = "[41, 42.5]"
        example.blocks["synthesis"]["bins"] = "(41, 42)"
        example.connections = [c if c[0] != "noise" else ["noise", "0", "total", "2"] for c in example.connections]
        code = example.code()
        window = 'gr::stft::kernel::window("hann")'
        for call in (
            f'stft_bins_fvc::make(gr::stft::named("bins", std::vector<double>{{ 41.0, 42.5 }})("hop", 1)("window", {window})',
            f'stft_bins_fvc::make(gr::stft::named("bins", around)("hop", 1)("window", {window})("win_length", 0)',
            f'one_integral_vcf::make(gr::stft::named("n_fft", n_fft)("window", {window})("win_length", 0)("phase", "centre")("bins", '
            'std::vector<double>{ 41.0, 42.0 })("scaling", "none")("samp_rate", 1.0));',
        ):
            self.assertIn(f"gr::stft::{call}", code)

    def test_cpp_code_has_the_settings_of_the_adaptive_stft(self):
        entry = entries["stft_adaptive_stft_xvc.block.yml"]
        example = CppExample("theta_from_file.grc")
        example.blocks["clicks"]["vector"] = "[0.0, 5.0]"
        given = {name: str(p.get("default", p.get("options", [""])[0])) for name, p in parameters(entry).items()}
        given.update(n_fft="n_fft", hop="50.0", samp_rate="1.0", share="cell", interpolate="True", invertible="False", window='("gaussian", 0.125)')
        example.replace("analysis", entry["id"], given)
        example.connections.remove(["theta", "0", "analysis", "1"])
        code = example.code()
        for part in (
            'adaptive_stft_fvc::make(gr::stft::named("n_fft", n_fft)("hop", 50.0)', '("interpolate", true)', '("share", "cell")',
            '("window", gr::stft::kernel::window_family("gaussian", { 0.125 }))', '("block", (-1))', '("freeze", false)',
            '("invertible", false)("load_limit", 0)("warp", false)("samp_rate", 1.0)("report_interval", 1000));',
        ):  # fmt: skip
            self.assertIn(part, code)

    def test_cpp_code_of_the_detector_names_its_settings_and_connects_its_messages(self):
        example = CppExample("rf_detect.grc")
        example.blocks["scene"]["value"] = "[0.0, 5.0]"
        example.blocks["source"]["tags"] = "[]"
        example.blocks["detector"].update(ignore="-2e5:-1e5", source='say "so"', scales="1x1", window='("kaiser", 8.6)')
        code = example.code()
        for part in (
            'gr::stft::detector_vxm::make(gr::stft::named("n_fft", n_fft)("hop", hop)("window", gr::stft::kernel::window("kaiser", { 8.6 }))',
            '("placement", "centred")', '("samp_rate", samp_rate)', '("sides", "twosided")', '("ignore", "-2e5:-1e5")',
            r'("source", "say \"so\"")', '("scales", "1x1")', '("steps", false)', "gr::stft::event_to_json::make();",
        ):  # fmt: skip
            self.assertIn(part, code)
        self.assertRegex(code, r'msg_connect\(.*detector, "events", .*lines, "events"\)')

    def test_cpp_code_of_bearings_names_their_settings(self):
        example = CppExample("machine_bearing.grc", without=("parameter", "knocks", "ring"))
        for name, value in dict(samples="[0.0, 5.0]", samp_rate="25600.0", n_fft="64", hop="25", envelope_rate="1024.0", win_length="6000",
                                long_n_fft="16384").items():  # fmt: skip
            example.blocks[name]["value"] = value
        example.blocks["envelope"]["constant"] = "1000"
        code = example.code()
        for part in (
            'band_envelope_vf::make(gr::stft::named("n_fft", n_fft)("samp_rate", samp_rate)("f_min", 0.0)("f_max", 0.0)("constant", 1000)',
            'fault_lines::make(gr::stft::named("n_fft", long_n_fft)("balls", balls)("ball_diameter", ball_diameter)',
            '("pitch_diameter", pitch_diameter)("contact_angle", 0.0)("speed", speed)("samp_rate", envelope_rate)("win_length", win_length)',
        ):
            self.assertIn(part, code)

    def test_cpp_code_has_both_axes_of_images(self):
        window = "gr::stft::kernel::window(%s)"
        one, taps = window % '"kaiser", { 8.6 }', window % "std::vector<double>{ 1.0, 2.0 }"
        forms = {  # window, and win_length
            ('"hann"', "32"): (window % '"hann"', "32"),
            ("8.6", "(32, 16)"): (one, "32, 16"),
            ('("hann", ("kaiser", 8.6))', "size"): (window % '"hann"' + ", " + one, "size"),
            ("(window.WIN_HANN, (window.WIN_KAISER, 8.6))", "32"): (window % '"hann"' + ", " + one, "32"),
            ("[1, 2]", "2"): (taps, "2"),
            ("([1, 2], [1, 2])", "2"): (taps + ", " + taps, "2"),
        }
        example = CppExample("slope_filter.grc", without=["steady"])
        for i in range(3):
            example.blocks[f"steady_{i}"]["freq"] = "600"
        example.connections.append(["analysis", "0", "synthesis", "0"])
        for (given, length), (windows, size) in forms.items():
            for name in "analysis", "synthesis":
                example.blocks[name].update(window=given, win_length=length, hop="1", width="129")
            code = example.code()
            for block in "stft2d_vfvc", "istft2d_vcvf":
                sizes = f'("win_length", gr::stft::kernel::axis_sizes({size}))("hop", gr::stft::kernel::axis_sizes(1))'
                both = f'("window", gr::stft::kernel::axis_windows({windows}))("pad", "constant")("tail", "ceil")("win_sqrt", false)'
                self.assertIn(f'gr::stft::{block}::make(gr::stft::named("width", 129){sizes}', code)
                self.assertIn(both, code)


if __name__ == "__main__":
    unittest.main()
