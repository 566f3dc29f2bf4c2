# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What the experiments share: options, a progress bar, figures with the paper's beside them, a picture and a JSON file."""
import argparse
import json
import pathlib
import sys
from typing import Any, Dict, List, Optional

from gnuradio.stft.app.progress_bar import progress_bar
from gnuradio.stft.optional_modules import load


class Experiment:
    """Collects the figures of an experiment and ends it.

    `with Experiment(name, description) as experiment:` reads the command line; say() adds a figure, check() one with a
    condition, picture() gives matplotlib's figure to draw in. The end writes NAME.json and NAME.png to --out and ends the
    process with status 1 if a condition does not hold.
    """

    def __init__(self, name: str, description: str, add_arguments=None):
        parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("."), metavar="DIR",
                            help="where the picture and the figures go (default: here)")
        parser.add_argument("--quick", action="store_true", help="a small version, which takes seconds")
        parser.add_argument("--seed", type=int, default=0, help="of all random numbers (default: 0)")
        if add_arguments:
            add_arguments(parser)
        self.name, self.options = name, parser.parse_args()
        self._figures: List[Dict[str, Any]] = []
        self._failed, self._picture = False, None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            if issubclass(kind, (ImportError, OSError)):
                sys.exit(f"{self.name}: {error}")
            return
        self._write()
        sys.exit(1 if self._failed else 0)

    def say(self, what: str, ours: Any, paper: Any = None) -> None:
        """A figure, and the paper's if it has one."""
        self._add(what, ours, paper, None)

    def check(self, what: str, ours: Any, holds: bool, paper: Any = None) -> None:
        """A figure that is asked to hold a condition, whose words are part of `what`."""
        self._add(what, ours, paper, bool(holds))
        self._failed |= not holds

    def _add(self, what, ours, paper, holds):
        self._figures.append({"figure": what, "ours": ours, "paper": paper, "holds": holds})
        words = f"{what}: {_text(ours)}" + (f" (paper: {_text(paper)})" if paper is not None else "")
        print(words + {None: "", True: "  [yes]", False: "  [NO]"}[holds], flush=True)

    def progress(self, steps: Optional[int], what: str):
        """A context with update(count), a bar on a terminal."""
        return progress_bar(self.name, "{desc}{percentage:3.0f} % |{bar}| {n_fmt}/{total_fmt} {unit} {remaining}", steps, what)

    def picture(self, rows: int, columns: int, width: float = 12, height: float = 8):
        """matplotlib's axes (rows, columns)."""
        load("matplotlib", "a picture").use("Agg")
        pyplot = load("matplotlib.pyplot", "a picture")
        self._picture, axes = pyplot.subplots(rows, columns, figsize=(width, height), squeeze=False, constrained_layout=True)
        return axes

    def _write(self):
        self.options.out.mkdir(parents=True, exist_ok=True)
        found = {"experiment": self.name, "quick": self.options.quick, "seed": self.options.seed, "figures": self._figures}
        (self.options.out / f"{self.name}.json").write_text(json.dumps(found, indent=1, default=float) + "\n")
        if self._picture is not None:
            self._picture.savefig(self.options.out / f"{self.name}.png", dpi=80)


def _text(value):
    return f"{value:.5g}" if isinstance(value, float) else str(value)
