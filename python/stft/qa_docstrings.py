#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The docstrings that help() and GNU Radio Companion show: they are in the bindings, whatever is installed."""
import inspect
import re
import unittest

from gnuradio import stft

blocks = {
    name: value
    for name, value in vars(stft.stft_python).items()
    if inspect.isclass(value) and hasattr(value, "message_ports_in")
}


def signature_and_text(function):
    """What pybind11 wrote, and what a person did, of all overloads."""
    lines = (function.__doc__ or "").splitlines()
    call = rf"(\d+\. )?{function.__name__}\(.*\) -> |Overloaded function"
    written = [line for line in lines if re.match(call, line)]
    return "\n".join(written), "\n".join(line for line in lines if line not in written).strip()


def with_what_it_refers_to(name, found=None):
    """A docstring and those that it names: "as in x", "those of x", "See x"."""
    found = {} if found is None else found
    if name not in found:
        found[name] = inspect.getdoc(getattr(stft, name)) or ""
        for other in re.findall(r"(?:See|of|as in) (?:gnuradio\.stft\.)?(\w+)", found[name]):
            if other in stft.__all__:
                with_what_it_refers_to(other, found)
    return "\n".join(found.values())


class qa_docstrings(unittest.TestCase):
    def test_every_block_is_public(self):
        self.assertIn("stft_fvc", blocks)
        self.assertEqual(set(blocks) - set(stft.__all__), set())

    def test_every_block_says_what_it_is(self):
        for name, block in blocks.items():
            self.assertRegex(block.__doc__ or "", r"^[A-Z0-9].{20,}\.", name)

    def test_every_argument_of_every_block_is_explained(self):
        for name, block in blocks.items():
            written, _ = signature_and_text(block.__init__)
            arguments = re.findall(r"[(,] (\w+): ", written)
            self.assertEqual(tuple(arguments), block._arguments, name)
            text = with_what_it_refers_to(name)
            self.assertEqual([a for a in arguments if not re.search(rf"\b{a}\b", text)], [], name)

    def test_every_method_of_every_block_is_explained(self):
        for name, block in blocks.items():
            methods = {k: getattr(block, k) for k in vars(block) if not k.startswith("_")}
            self.assertEqual("latency" in methods, bool({"n_fft", "lag"} & set(block._arguments)), name)
            for method, function in methods.items():
                written, text = signature_and_text(function)
                self.assertIn(method, written)
                self.assertGreater(len(text), 5, f"{name}.{method}")

    def test_every_other_public_name_is_explained(self):
        for name in set(stft.__all__) - set(blocks):
            self.assertGreater(len(inspect.getdoc(getattr(stft, name)) or ""), 60, name)


if __name__ == "__main__":
    unittest.main()
