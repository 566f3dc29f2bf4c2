# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What the entries of GNU Radio Companion ask about the settings in their fields.

The rules are those of the blocks: an entry makes its block from the settings, and Companion shows what the block says.
It prints the text of an exception for a parameter's type, not for an assertion, so each entry ends with a hidden
parameter whose type is check(...). `settings` is the namespace of an entry: its parameters by name, evaluated.
"""
import os
import pickle
from collections import OrderedDict
from typing import Any, Dict

from . import stft_python

_REMEMBERED = 64
_answers: "OrderedDict[bytes, Dict[str, Any]]" = OrderedDict()


def check(name: str, settings: Dict[str, Any]) -> str:
    """The type of the hidden parameter, "raw", if the block takes these settings.

    name: the block's, without the letters of its type, which are given by settings["type"]. Raises ValueError naming the
    parameter, its value and the rule.
    """
    answer = _answer(name, settings)
    if "refusal" in answer:
        raise ValueError(answer["refusal"])
    return "raw"


def label(text: str, parameter: str, name: str, settings: Dict[str, Any]) -> str:
    """The label of a parameter, with the value that the block takes for one left to it: "Hop (64 samples)".

    text: the label without it, "Hop (samples)". A label is never refused: what is wrong, check() says.
    """
    value = _answer(name, settings).get("filled", {}).get(parameter)
    if value is None or settings.get(parameter) not in (0, -1):
        return text
    words, _, unit = text.rstrip(")").partition(" (")
    return f"{words} ({value:g} {unit})" if unit else f"{words} ({value:g})"


def _answer(name: str, settings: Dict[str, Any]) -> Dict[str, Any]:
    """{"refusal": text} or {"filled": numbers by parameter}; remembered, since Companion asks after every keystroke."""
    kind = getattr(settings.get("type"), "fcn", None)
    block = getattr(stft_python, f"{name}_{kind}" if kind else name)
    given = {argument: settings.get(argument) for argument in block._arguments}
    if isinstance(given.get("window"), str) and given["window"] == "custom":
        given["window"] = settings.get("custom_window")
    try:
        key = pickle.dumps((block.__name__, given))
    except Exception:  # a value of the flowgraph's own making, which may be anything
        return _made(block, given)
    if key not in _answers:
        _answers[key] = _made(block, given)
        if len(_answers) > _REMEMBERED:
            _answers.popitem(last=False)
    _answers.move_to_end(key)
    return _answers[key]


def _made(block: type, given: Dict[str, Any]) -> Dict[str, Any]:
    effort = os.environ.get("GR_STFT_PLANNER")
    os.environ["GR_STFT_PLANNER"] = "estimate"  # nothing is transformed here, so a plan need not be fast
    try:
        return {"filled": _filled(block(**given), given)}
    except Exception as refusal:
        return {"refusal": str(refusal) or type(refusal).__name__}
    finally:
        if effort is None:
            del os.environ["GR_STFT_PLANNER"]
        else:
            os.environ["GR_STFT_PLANNER"] = effort


def _filled(block: Any, given: Dict[str, Any]) -> Dict[str, Any]:
    """What the block takes for the parameters that leave it the choice."""
    if "theta_min" in given:
        ours = stft_python.kernels.adaptive_settings
        return ours(**{name: given[name] for name in ours._arguments}).filled()
    if "win_length" in given and "width" not in given:
        if hasattr(block, "win_length"):
            return {"win_length": block.win_length()}
        taps = stft_python.kernels.window_length(given["window"]) if "window" in given else 0
        return {"win_length": taps or given["n_fft"]}
    return {}
