# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A TOML file that holds what the options of a verb hold: `n-fft = 4096`, `band = ["10:1000", "1k:5k"]`, `detect = true`.

A key is an option without its dashes, or the name of what the verb takes without an option; tables are for the reader only. Options
of the command line win.
"""
import argparse
import difflib
import re
import tomllib

_LEFT_OUT = ("help", "config", "check")


class ConfigError(ValueError):
    """All that is wrong with a file, a line of words each."""

    def __init__(self, lines):
        super().__init__(lines[0] if len(lines) == 1 else f"{lines[0]} (and {len(lines) - 1} more: see --check)")
        self.lines = lines


class ConfigFile:
    """path: of the file. parser: of the verb."""

    def __init__(self, path, parser):
        self._path, self._parser = path, parser
        with open(path, "rb") as file:
            data = file.read()
        try:
            self._text = data.decode("utf-8-sig")  # Windows likes a mark of its byte order
            self._values = _flat(tomllib.loads(self._text))
        except UnicodeDecodeError as error:
            raise ConfigError([self._at(data[:error.start].count(b"\n") + 1, "is not UTF-8")]) from None
        except tomllib.TOMLDecodeError as error:
            raise ConfigError([self._of_toml(error)]) from None
        except RecursionError:
            raise ConfigError([self._at(None, "has brackets within brackets, too many of them")]) from None

    def arguments(self, given):
        """The namespace of the file's values and of those that are `given` by the command line, a dict, which win."""
        found, wrong = {}, []
        known = _actions(self._parser)
        for key, value in self._values:
            name = key.replace("_", "-").lower()
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                wrong.append(self._at(self._line_of(key), f"{key}: is no option{f'; there is {near[0]}' if near else ''}"))
                continue
            action = known[name]
            if action.dest in found:
                wrong.append(self._at(self._line_of(key), f"{key}: is given twice"))
                continue
            try:
                found[action.dest] = _converted(action, value)
            except (argparse.ArgumentTypeError, argparse.ArgumentError, ValueError, TypeError) as error:
                words = error if isinstance(error, argparse.ArgumentTypeError) else f"{value!r}: {error}"
                wrong.append(self._at(self._line_of(key), f"{key}: {words}"))
        if wrong:
            raise ConfigError(wrong)
        return argparse.Namespace(**{**vars(self._parser.parse_args([])), **found, **given})

    def located(self, error):
        """The words of a ValueError "name: value: rule" with the line of the file that gives the name."""
        name = str(error).partition(":")[0]
        line = self._line_of(name)
        return self._at(line, error) if line else f"{self._path}: {error}"

    def _line_of(self, key):
        wanted = key.replace("-", "_").lower()
        for number, line in enumerate(self._text.splitlines(), 1):
            match = re.match(r"""\s*["']?([\w-]+)["']?\s*=""", line)
            if match and match[1].replace("-", "_").lower() == wanted:
                return number
        return None

    def _at(self, line, words):
        words = " ".join(str(words).split())
        return f"{self._path}:{line}: {words}" if line else f"{self._path}: {words}"

    def _of_toml(self, error):
        match = re.match(r"(.*) \(at line (\d+), column \d+\)$", str(error))
        if match:
            return self._at(int(match[2]), match[1])
        return self._at(max(1, len(self._text.splitlines())), str(error).replace(" (at end of document)", ", where the file ends"))


def given_options(parser, words):
    """What the words of a command line give, and no default."""
    for action in parser._actions:  # pylint: disable=protected-access
        action.default = argparse.SUPPRESS
    defaults = set(parser._defaults)  # pylint: disable=protected-access
    return {name: value for name, value in vars(parser.parse_args(words)).items() if name not in defaults}


def _flat(values):
    """(key, value) of a table and those in it."""
    found = []
    for key, value in values.items():
        found += _flat(value) if isinstance(value, dict) else [(key, value)]
    return found


def _actions(parser):
    """The parser's actions by their long names."""
    known = {}
    for action in parser._actions:  # pylint: disable=protected-access
        names = [name[2:] for name in action.option_strings if name.startswith("--")] or [action.dest]
        known.update({name: action for name in names if action.dest not in _LEFT_OUT and not name.startswith("no-")})
    return known


def _converted(action, value):
    """A value of the file as the option has it."""
    if action.nargs == 0 or isinstance(action, argparse.BooleanOptionalAction):
        if not isinstance(value, bool):
            raise ValueError("must be true or false")
        if isinstance(action, argparse.BooleanOptionalAction):
            return value
        return action.const if value else action.default
    if isinstance(action.default, list):  # what is given several times
        return [_one(action, each) for each in (value if isinstance(value, list) else [value])]
    return _one(action, value)


def _one(action, value):
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError("must be text or a number")
    try:
        converted = action.type(str(value)) if action.type is not None else str(value)
    except ValueError:
        if action.type not in (int, float):
            raise
        raise ValueError(f"must be a {'whole ' if action.type is int else ''}number") from None
    if action.choices is not None and converted not in action.choices:
        raise ValueError(f"must be one of {', '.join(map(str, action.choices))}")
    return converted
