#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Comments and documentation use the words of the field: RULES names each phrase that is out, and what to write.

A rule reads the start of a C++ doc comment, the start of any other C++ comment, or all prose: comments in C++ and Python,
docstrings (raw strings in the bindings, too), and Markdown outside of code. Prints file:line for each phrase found.
"""
import ast
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
THIS = Path(".ci", Path(__file__).name)
DOC, COMMENT, PROSE = "start of a doc comment", "start of a comment", "anywhere"

# rule, where it holds, pattern (a space in it matches any white space), what to write
RULES = [
    ("R1", DOC, r"(?:those|of|its|the same|so many|behind|from|to|none|not|as|where|in|at|by|one past|whether|what)\b",
     "a verb in the third person, or a noun"),
    ("R2", COMMENT, r"(?:those|its|theirs?|the same|the others?)\b", "the noun itself"),
    ("R2", PROSE, r"\b(?:what is theirs|of theirs|those in force|those that are due)\b", "the noun itself"),
    ("R3", PROSE, r"\bso (?:many|few)\b", "the name of the parameter"),
    ("R4", PROSE, r"(?<!lags\s)(?<!lag\s)\bbehind\b", "after"),
    ("R5", PROSE, r"\bas of\b", "as in, as with, given by"),
    ("R5", PROSE, r"\b(?:wish(?:es|ed)?|grant(?:s|ed)?)\b", "request, apply, accept"),
    ("R5", PROSE, r"\b(?:tags?|arguments?|options?|messages?|parameters?) (?:\w+ )?(?:tells?|told|says?|said)\b",
     "gives, sets"),
    ("R5", PROSE, r"\b(?:is|are|was|were|been|be|last) told\b|\btold (?:of|to)\b|\btells? of\b", "given, reported"),
    ("R6", PROSE, r"\bbesides?\b", "compared with, next to, apart from"),
    ("R7", PROSE, r"(?:^|[.:] )Of (?:some|these|those|all|each|every|which)\b", "subject, verb, object"),
    ("R8", PROSE, r"\b(?:afresh|anew)\b", "again, recompute"),
    ("R8", PROSE, r"\bcircles?\b(?![(\]])", "circular buffer, modulo n_fft"),
    ("R8", PROSE, r"\b(?:its|whole|full|half|these|those|so many) turns?\b", "phase in cycles, twiddle"),
    ("R8", PROSE, r"\bat places?\b", "at offset, at index"),
    ("R8", PROSE, r"\b(?:(?<![.\w])(?<!param\s)canvas(?![:\[.])|kin)\b", "padded row; related"),
    ("R8", PROSE, r"\bhad from\b|\b(?:to|is|are) (?:be )?had\b", "computed from, available"),
    ("R8", PROSE, r"\bnot a number\b(?! of)", "NaN"),
]
RULES = [(rule, where, re.compile(pattern.replace(" ", r"[\s/*#]+"), re.I), use) for rule, where, pattern, use in RULES]
CPP = re.compile(r"""R"(?P<d>\w*)\((?P<raw>.*?)\)(?P=d)" | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])+'
    | (?P<comment> //!<[^\n]* | //![^\n]*(?:\n[ ]*//!(?!<)[^\n]*)* | //[^\n]*(?:\n[ ]*//(?!!)[^\n]*)* | /\*.*?\*/ )""",
                 re.S | re.X)


def in_cpp(text):
    """(offset, prose, the places whose rules hold there); lines of // in a row are one comment."""
    for match in CPP.finditer(text):
        if match["raw"] is not None:
            yield match.start("raw"), match["raw"], (PROSE,)
        elif match["comment"]:
            opening = re.match(r"(?://|/\*)(!?)<?[\s*]*(?:\\brief\s+)?", match["comment"])
            start = match.start() + opening.end()
            yield start, text[start:match.end()], (DOC if opening[1] else COMMENT, PROSE)


def in_python(text):
    """The same for comments and docstrings."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield starts[token.start[0] - 1] + token.start[1], token.string, (PROSE,)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield starts[node.lineno - 1], "".join(text[starts[node.lineno - 1]:starts[node.end_lineno]]), (PROSE,)


def in_markdown(text):
    """The same for text outside of fenced and indented code."""
    yield 0, re.sub(r"^```.*?^```|^ {4}.*?$", lambda code: re.sub(r".", " ", code[0]), text, flags=re.S | re.M), (PROSE,)


READERS = {".cc": in_cpp, ".h": in_cpp, ".py": in_python, ".md": in_markdown}


def complaints(path):
    text = (ROOT / path).read_text()
    for offset, prose, places in READERS[path.suffix](text):
        prose = re.sub(r"`[^`\n]*`", lambda code: " " * len(code[0]), prose)
        for rule, where, pattern, instead in RULES:
            if where not in places:
                continue
            for match in pattern.finditer(prose) if where == PROSE else filter(None, [pattern.match(prose)]):
                line = text.count("\n", 0, offset + match.start()) + 1
                phrase = " ".join(match[0].split())
                yield line, f'{path}:{line}: {rule}: {where} no "{phrase}"; write {instead}'


def main():
    listed = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard", "lib", "include", "python", "docs", "README.md"],
                                     cwd=ROOT, text=True).split()
    paths = [Path(name) for name in sorted(listed) if Path(name).suffix in READERS]
    found = [words for path in paths for _, words in sorted(complaints(path))]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
