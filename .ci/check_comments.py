#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Comments and documentation use the words of the field: RULES names the phrases that are out, and what to write.

A rule reads the start of a C++ doc comment, the start of any other C++ comment, or all prose: comments in C++ and
Python, docstrings (in the bindings, too), Markdown but no `code`, the manual page, and GRC's entries. Prints file:line of each phrase found.
"""
import ast
import io
import re
import sys
import tokenize
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOC, COMMENT, PROSE = "at the start of a doc comment", "at the start of a comment", "in prose"

# rule, where it holds, pattern (a space in it matches any white space), what to write instead
RULES = [
    ("R1 a verb or a noun comes first", DOC, "a verb in the third person, or a noun",
     r"(?:those|of|its|the same|so many|behind|from|to|none|not|as|where|in|at|by|one past|whether|what)\b"),
    ("R2 a comment stands alone", COMMENT, "the noun itself", r"(?:those|its|theirs?|the same|the others?)\b"),
    ("R2 a comment stands alone", PROSE, "the noun itself",
     r"\b(?:what is theirs|of theirs|those in force|those that are due)\b"),
    ("R3 parameters have names", PROSE, "the name of the parameter", r"\bso (?:many|few)\b"),
    ("R4 time has no behind", PROSE, "after", r"(?<!lags\s)(?<!lag\s)\bbehind\b"),
    ("R5 plain verbs", PROSE, "as in, as with, given by", r"\bas of\b"),
    ("R5 plain verbs", PROSE, "request, apply, accept", r"\b(?:wish(?:es|ed)?|grant(?:s|ed)?)\b"),
    ("R5 plain verbs", PROSE, "gives, sets",
     r"\b(?:tags?|arguments?|options?|parameters?) (?:\w+ )?(?:tells?|told|says?|said)\b"),
    ("R5 plain verbs", PROSE, "given, reported", r"\b(?:is|are|was|were|been|be|last) told\b|\btold (?:of|to)\b|\btells? of\b"),
    ("R6 comparisons", PROSE, "compared with, next to, in addition to", r"\bbesides?\b"),
    ("R7 subject, verb, object", PROSE, "the subject first", r"(?:^|[.:] )Of (?:some|these|those|all|each|every|which)\b"),
    ("R8 field words", PROSE, "again, restart, recompute", r"\b(?:afresh|anew)\b"),
    ("R8 field words", PROSE, "circular buffer, modulo n_fft", r"\bcircles?\b"),
    ("R8 field words", PROSE, "phase in cycles, twiddle", r"\b(?:its|whole|full|half|these|those) turns?\b"),
    ("R8 field words", PROSE, "at offset, at index", r"\bat places?\b"),
    ("R8 field words", PROSE, "padded row; related", r"\bcanvas\b|\bkin\b"),
    ("R8 field words", PROSE, "computed from, available", r"\bhad from\b|\b(?:to|is|are) (?:be )?had\b"),
    ("R8 field words", PROSE, "NaN", r"\bnot a number\b(?! of)"),
]
CPP = re.compile(r"""R"(?P<d>\w*)\((?P<raw>.*?)\)(?P=d)" | (?P<string> "(?:\\.|[^"\\\n])*" (?:\s*"(?:\\.|[^"\\\n])*")* )
    | '(?:\\.|[^'\\\n])+'
    | (?P<comment> //!<[^\n]* | //![^\n]*(?:\n[ ]*//!(?!<)[^\n]*)* | //[^\n]*(?:\n[ ]*//(?!!)[^\n]*)* | /\*.*?\*/ )""",
                 re.S | re.X)


def in_cpp(text):
    """(offset, prose, where it stands): // in a row is one comment, strings that are sentences are docstrings."""
    for match in CPP.finditer(text):
        if match["comment"]:
            opening = re.match(r"(?://|/\*)(!?)<?[\s*]*(?:\\brief\s+)?", match["comment"])
            start = match.start() + opening.end()
            yield start, text[start:match.end()], (DOC if opening[1] else COMMENT, PROSE)
        elif match["raw"] or re.match(r'"[A-Z].* .*\."$', match["string"] or "", re.S):
            yield match.start(), match[0], (PROSE,)


def in_python(text):
    """The same for comments and docstrings."""
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:n])) for n in range(len(lines) + 1)]
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield starts[token.start[0] - 1] + token.start[1], token.string, (PROSE,)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(getattr(node.value, "value", None), str):
            yield starts[node.lineno - 1], text[starts[node.lineno - 1]:starts[node.end_lineno]], (PROSE,)


def in_markdown(text):
    """The same for text outside of fenced and indented code."""
    code = re.compile(r"^```.*?^```|^ {4}.*?$", re.S | re.M)
    yield 0, code.sub(lambda found: re.sub(".", " ", found[0]), text), (PROSE,)


def in_text(text):
    """All of it: the manual page, and the entries of GNU Radio Companion."""
    yield 0, text, (PROSE,)


READERS = {".cc": in_cpp, ".h": in_cpp, ".py": in_python, ".md": in_markdown, ".yml": in_text, ".1": in_text}


def complaints(path):
    text = path.read_text()
    for offset, prose, places in READERS[path.suffix](text):
        prose = re.sub(r"`[^`\n]*`", lambda code: "_" * len(code[0]), prose)
        for rule, where, instead, pattern in RULES:
            if where in places:
                pattern = re.compile(pattern.replace(" ", r'[\s/*#!"]+'), re.I)
                for found in pattern.finditer(prose) if where == PROSE else filter(None, [pattern.match(prose)]):
                    line = text.count("\n", 0, offset + found.start()) + 1
                    phrase = " ".join(found[0].split())
                    yield line, f'{path.relative_to(ROOT)}:{line}: {rule}: "{phrase}" {where}; write {instead}'


def main():
    paths = [path for name in ("lib", "include", "python", "docs", "grc") for path in sorted((ROOT / name).rglob("*"))]
    paths = [path for path in [*paths, *sorted(ROOT.glob("*.md"))] if path.suffix in READERS]
    found = [words for path in paths for _, words in sorted(complaints(path))]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
