# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What the entries of GNU Radio Companion ask about the settings in their fields, and the code that they make of them.

The rules are those of the blocks: an entry makes its block from the settings, and Companion shows what the block says.
It prints the text of an exception for a parameter's type, not for an assertion, so each entry ends with a hidden
parameter whose type is check(...). `settings` is the namespace of an entry: its parameters by name, evaluated.
"""
import json
import os
import pickle
from collections import OrderedDict
from typing import Any, Dict, Iterator, Mapping, Optional, Tuple

from . import display, stft_python

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


def filled(parameter: str, name: str, settings: Dict[str, Any]) -> int:
    """The value of an integer parameter that the block takes, where the entry leaves it to the block; at least 1.

    What is wrong, check() says.
    """
    value = _answer(name, settings).get("filled", {}).get(parameter)
    return max(1, settings[parameter] if value is None else value)


def arguments(name: str, fields: Mapping[str, Any]) -> str:
    """The arguments of a block in Python: "n_fft=1024, hop=256".

    name: as in check(). fields: the parameters of an entry by name, as its templates have them.
    """
    return ", ".join(f"{argument}={_text(field)}" for argument, field in _fields(name, fields))


def cpp_arguments(name: str, fields: Mapping[str, Any]) -> str:
    """The same in C++: 'gr::stft::named("n_fft", 1024)("hop", 256)'."""
    types = _block(name, fields.get("type"))._cpp_types
    given = ((argument, field) for argument, field in _fields(name, fields) if field() is not None)
    return "gr::stft::named" + "".join(f'("{argument}", {_cpp(types.get(argument), field)})' for argument, field in given)


def cpp_window(window: Any, custom_window: Any) -> str:
    """The window of an entry in C++; both are fields, as its templates have them."""
    return _cpp("gr::stft::kernel::window", custom_window if str(window()) == "custom" else window)


def _block(name: str, kind: Any) -> type:
    letters = getattr(kind, "fcn", None)
    name = f"{name}_{letters}" if letters else name
    return getattr(stft_python, name, None) or getattr(display, name)


def _fields(name: str, fields: Mapping[str, Any]) -> Iterator[Tuple[str, Any]]:
    """The arguments of a block, each with its field."""
    for argument in _block(name, fields.get("type"))._arguments:
        custom = argument == "window" and str(fields["window"]()) == "custom"
        yield argument, fields["custom_window" if custom else argument]


def _text(field: Any) -> str:
    """What a field holds, as code; a choice is a string."""
    text = str(field)
    return f'"{text}"' if isinstance(field(), str) and field() == text else text


def _cpp(kind: Optional[str], field: Any) -> str:
    """A field as a value of a type of C++, or as it stands if it is a number, a string or a boolean."""
    text, value = str(field), field()
    if kind is None and isinstance(value, str) and (not text.isidentifier() or text == value):
        return json.dumps(value)
    if kind is None:
        return _text(field)
    if text.isidentifier():  # a variable
        return text if kind.startswith("std::") else f"{kind}({text})"
    if kind.endswith("axis_sizes"):
        sizes = value if isinstance(value, (tuple, list)) else (value,)
        return f"{kind}({', '.join(map(str, sizes))})"
    if kind.endswith("axis_windows"):
        both = value if stft_python.kernels.is_window_pair(value) else (value,)
        return f"{kind}({', '.join(_cpp_window('gr::stft::kernel::window', one) for one in both)})"
    if kind.startswith("std::"):
        return _cpp_numbers(kind, value)
    return _cpp_window(kind, value)


def _cpp_window(kind: str, value: Any) -> str:
    if isinstance(value, float):
        value = "kaiser", value
    parts = value if isinstance(value, tuple) else (value,)
    name = parts[0].name[4:].lower() if hasattr(parts[0], "name") else parts[0]  # window.WIN_HANN
    if not isinstance(name, str):
        is_real = not any(isinstance(tap, complex) for tap in value)
        return f"{kind}({_cpp_numbers('std::vector<double>' if is_real else 'std::vector<gr_complexd>', value)})"
    numbers = parts[1] if len(parts) == 2 and isinstance(parts[1], (list, tuple)) else parts[1:]
    return f'{kind}("{name}"{", { " + ", ".join(map(str, numbers)) + " }" if numbers else ""})'


def _cpp_numbers(kind: str, values: Any) -> str:
    pair = "{{ {0.real!r}, {0.imag!r} }}".format
    texts = [repr(float(v)) if kind == "std::vector<double>" else pair(complex(v)) for v in values]
    return f"{kind}{{ {', '.join(texts)} }}"


def _answer(name: str, settings: Dict[str, Any]) -> Dict[str, Any]:
    """{"refusal": text} or {"filled": numbers by parameter}; remembered, since Companion asks after every keystroke."""
    block = _block(name, settings.get("type"))
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
        if hasattr(block, "_check"):  # making the block would write a file
            block._check(**given)
            return {}
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
    if "per_octave" in given:
        return {"bands": block.bands(), "f_max": block.f_max()}
    if "win_length" in given and "width" not in given:
        if hasattr(block, "win_length"):
            return {"win_length": block.win_length()}
        taps = stft_python.kernels.window_length(given["window"]) if "window" in given else 0
        return {"win_length": taps or given["n_fft"]}
    return {}
