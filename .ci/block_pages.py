#!/usr/bin/python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the pages of docs/block from what GNU Radio Companion shows: block_pages.py [--check]

Each entry of grc/ becomes a page: its ports, its parameters with their defaults there and in Python, its
documentation, and the example flowgraphs that use it. The blocks are asked for their defaults, so PYTHONPATH must
lead to them. With --check nothing is written, and pages that differ from their entry, or have none, are an error.
"""
import inspect
import pathlib
import re
import sys

import yaml
from gnuradio import stft

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "block"
EXPRESSION = re.compile(r"\$\{.*?\}", re.S)
COMPUTED = re.compile(r"\blambda\b|\bglobals\b")  # a length that the entry computes
SHOWN_LABEL = re.compile(r"else '([^']*)'")  # of a label that depends on the settings
PORT = re.compile(r"(Second input|Inputs?|Outputs?|Messages)\b")
UNIT = re.compile(r"\s*\([^()]*\)$")
ARGUMENT = re.compile(r"(\w+): [\w\[\]]+(?: = (.*?))?(?=, \w+: |$)")  # in the first line of a constructor's docstring
MADE = re.compile(r"stft\.(\w+?)(_?)(\$\{type\.fcn\})?\(")


def shown(text):
    """A label or type as it stands without a flowgraph."""
    found = SHOWN_LABEL.search(str(text))
    return found[1] if found else str(text)


def block_names(entry):
    """Names of the blocks that an entry makes, one for each type of sample."""
    made = [call for call in MADE.finditer(entry["templates"]["make"])
            if not call[1].startswith("grc")][-1]
    if not made[3]:
        return [made[1] + made[2]]
    kinds = next(p for p in entry["parameters"] if p["id"] == "type")
    return [made[1] + made[2] + suffix for suffix in kinds["option_attributes"]["fcn"]]


def default_of(parameter):
    """A parameter's default as GNU Radio Companion shows it."""
    value = str(parameter.get("default", ""))
    options = [str(option) for option in parameter.get("options", [])]
    if parameter.get("dtype") == "enum" and not value and options:
        value = options[0]
    labels = parameter.get("option_labels", [])
    return str(labels[options.index(value)]) if value in options and labels else value


def defaults_of(block):
    """The defaults of a block's arguments as they are written in Python; None of those that must be given."""
    if inspect.isfunction(block.__init__):
        given = list(inspect.signature(block.__init__).parameters.values())[1:]
        return {each.name: None if each.default is each.empty else repr(each.default) for each in given}
    text = re.match(r"__init__\(self: \w+, (.*)\) -> None", block.__init__.__doc__)[1]
    return {name: default or None for name, default in ARGUMENT.findall(text)}


def described(entry):
    """The documentation, whose lines that describe a parameter or a port are items of a list."""
    labels = {UNIT.sub("", shown(each["label"])) for each in entry.get("parameters", [])}
    lines = []
    for line in entry["documentation"].strip().splitlines():
        name = re.match(r"([^.:]{1,90}): ", line)
        if name and not PORT.match(line) and not labels.issuperset(name[1].split(", ")):
            name = None
        lines.append(f"- **{name[1]}**: {line[name.end():]}" if name else line)
        if not name and line and not lines[-1].startswith("- "):
            lines.append("")
    # a list needs an empty line before and after it, and none between its items
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
    text = re.sub(r"(?m)^(- .+)\n(?!- |\n|\Z)", r"\1\n\n", text)
    return re.sub(r"(?m)^(?!- )(.+)\n(- )", r"\1\n\n\2", text).strip()


def port(description, number, labels):
    """One port of a block: its name, what an item is, and whether it must be connected."""
    if description.get("domain") == "message":
        name, item = f"`{description['id']}`", "messages"
    else:
        name = shown(description.get('label', number))
        kind, length = str(description.get("dtype", "")), str(description.get("vlen", 1))
        chooses = [label for key, label in labels.items() if EXPRESSION.search(kind) and re.search(rf"\b{key}\b", kind)]
        if chooses:
            kind = f"float or complex, by {chooses[0]}"
        expression = EXPRESSION.fullmatch(length)
        if expression:
            length = "`" + length[2:-1].strip() + "`"
        if expression and COMPUTED.search(length):
            item = f"{kind}, vectors whose length follows from the parameters"
        else:
            item = kind if length == "1" else f"{kind}, vectors of {length}"
        count = re.search(r"\b(channels)\b", str(description.get("multiplicity", "")))
        name = f"{name} .. `{count[1]} - 1`" if count else name
    return f"| {name} | {item} | {'may be left open' if description.get('optional') else ''} |"


def page(entry, examples):
    """Text of an entry's page."""
    names = block_names(entry)
    lines = [f"# {entry['label']}", "",
             ", ".join(f"`gnuradio.stft.{name}`" for name in names)
             + "; in GNU Radio Companion under [STFT]. `help()` of it has the types and the errors.", "",
             described(entry), ""]
    labels = {each["id"]: shown(each["label"]) for each in entry.get("parameters", [])}
    for side in ("inputs", "outputs"):
        if entry.get(side):
            lines += [f"## {side.capitalize()}", "", "| port | items | |", "|---|---|---|"]
            lines += [port(each, number, labels) for number, each in enumerate(entry[side])] + [""]
    parameters = [p for p in entry.get("parameters", [])
                  if p["id"] not in ("settings",) and p.get("hide") != "all"]
    if parameters:
        theirs = defaults_of(getattr(stft, names[0]))
        languages = "Python and C++" if "cpp" in entry.get("flags", []) else "Python"
        lines += ["## Parameters", "", f"| in GNU Radio Companion | default there | argument | default in {languages} |",
                  "|---|---|---|---|"]
        for each in parameters:
            name, default = each["id"], ""
            if name in theirs:
                default = "must be given" if theirs[name] is None else "automatic" if theirs[name] == "None" else "`" + theirs[name].replace("'", '"') + "`"
            argument = f"`{name}`" if name in theirs else ""
            cells = [shown(each["label"]), default_of(each), argument, default]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    uses = [name for name, text in examples.items() if f"id: {entry['id']}\n" in text]
    if uses:
        lines += ["## Flowgraphs that use it", ""]
        lines += [f"- [{name}](../../examples/{name})" for name in uses] + [""]
    return "\n".join(lines)


def index(pages):
    """Text of the page that lists the others."""
    lines = ["# The blocks, one by one", "",
             "Each page is made by `.ci/block_pages.py` from what GNU Radio Companion shows. What all blocks have in",
             "common, tags, messages and memory, is on [one page](../blocks.md). Arguments are given by keyword, or in the order that",
             "`help()` of a block has; an automatic one may be left out, or be `None` in Python.", "",
             "| block | what it does |", "|---|---|"]
    for name, (entry, _) in pages.items():
        first = entry["documentation"].strip().splitlines()[0]
        sentence = re.match(r".*?[.](?= |$)", first)
        lines.append(f"| [{entry['label']}]({name}) | {sentence[0] if sentence else first} |")
    return "\n".join(lines) + "\n"


def wanted():
    """Name and text of every page."""
    examples = {path.name: path.read_text(encoding="utf-8")
                for path in sorted((ROOT / "examples").glob("*.grc"))}
    order = yaml.safe_load((ROOT / "grc" / "stft.tree.yml").read_text(encoding="utf-8"))["[STFT]"]
    pages = {}
    for name in order:
        path = ROOT / "grc" / f"{name}.block.yml"
        entry = yaml.safe_load(path.read_text(encoding="utf-8"))
        pages[name.removeprefix("stft_") + ".md"] = (entry, page(entry, examples))
    return {"README.md": index(pages), **{name: text for name, (_, text) in pages.items()}}


def main(arguments):
    """Exit status."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    texts = wanted()
    there = {path.name: path.read_text(encoding="utf-8") for path in PAGES.glob("*.md")}
    if arguments:
        wrong = sorted(name for name in texts.keys() | there.keys() if texts.get(name) != there.get(name))
        for name in wrong:
            print(f"docs/block/{name} is not what .ci/block_pages.py makes of grc/")
        return int(bool(wrong))
    PAGES.mkdir(exist_ok=True)
    for name in there.keys() - texts.keys():
        (PAGES / name).unlink()
    for name, text in texts.items():
        (PAGES / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
