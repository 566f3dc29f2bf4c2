#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""No input reaches a shell, eval or pickle; arrays are loaded without pickle, archives are not unpacked, nothing listens to all.

A call that is right all the same stands in ALLOWED, with the reason. Tests are left out: they write what is then refused.
"""
import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = {
    ("python/stft/batching.py", "pickle.loads"): "the processes of a batch get what the one that started them has pickled",
    ("examples/papers/spoken_digits.py", "net.eval"): "PyTorch's name for a module that no longer learns",
}
# name of a call, by its end: what is wrong with it
CALLS = {
    "eval": "runs text", "exec": "runs text", "compile": "makes a program of text", "__import__": "imports by a name",
    "os.system": "is a shell", "os.popen": "is a shell", "subprocess.getoutput": "is a shell", "subprocess.getstatusoutput": "is a shell",
    "pickle.load": "runs what a file says", "pickle.loads": "runs what bytes say", "cloudpickle.loads": "runs what bytes say",
    "marshal.loads": "runs what bytes say", "shelve.open": "runs what a file says", "torch.load": "runs what a file says",
    "yaml.load": "makes any object; take yaml.safe_load", "extractall": "writes where an archive says", "tempfile.mktemp": "is a race",
}  # fmt: skip
EVERYWHERE = {"0.0.0.0", "::"}  # addresses
CPP = re.compile(r"(?<![\w:.>])(?:std::)?(system|popen|execl|execlp|execv|execvp|dlopen|gets|tmpnam|mktemp)\s*\(")
SHELL = re.compile(r"(?:^|[;&|]\s*|\s)eval\s")


def name_of(function):
    parts = []
    while isinstance(function, ast.Attribute):
        parts.append(function.attr)
        function = function.value
    parts.append(function.id if isinstance(function, ast.Name) else "")
    return ".".join(reversed(parts))


def complaints_of_call(call):
    name = name_of(call.func)
    keywords = {keyword.arg: getattr(keyword.value, "value", None) for keyword in call.keywords}
    for known, why in CALLS.items():
        if name == known or ("." in known or known == "extractall") and name.endswith(known if known != "extractall" else ".extractall"):
            yield name, why
    if isinstance(call.func, ast.Attribute) and call.func.attr == "eval":
        yield name, CALLS["eval"]
    if keywords.get("shell"):
        yield name, "takes a shell"
    if name in ("np.load", "numpy.load") and keywords.get("allow_pickle", "none") is not False:
        yield name, "must say allow_pickle=False"
    if keywords.get("allow_pickle"):
        yield name, "allows pickle"


def complaints_of_python(path, text):
    for node in ast.walk(ast.parse(text, str(path))):
        if isinstance(node, ast.Call):
            for name, why in complaints_of_call(node):
                if (str(path), name) not in ALLOWED:
                    yield f"{path}:{node.lineno}: {name} {why}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in EVERYWHERE:
            yield f"{path}:{node.lineno}: {node.value!r}: what listens stays on the loopback unless a user says otherwise"


def complaints(path, text):
    if path.suffix == ".py" or text.startswith("#!/usr/bin/env python3"):
        yield from complaints_of_python(path, text)
    else:
        pattern = CPP if path.suffix in (".cc", ".h") else SHELL
        for number, line in enumerate(text.splitlines(), 1):
            if pattern.search(line.partition("//")[0] if pattern is CPP else line.partition("#")[0]):
                yield f"{path}:{number}: {line.strip()}"


def files():
    found = [path for folder in ("python", "lib", "include", "apps", "examples", "grc") for path in sorted((ROOT / folder).rglob("*"))]
    for path in [*found, *sorted(ROOT.glob("*.sh")), *sorted((ROOT / ".ci").glob("*.sh"))]:
        if path.is_file() and not path.name.startswith("qa_") and "qa" not in path.parts and "__pycache__" not in path.parts:
            if path.suffix in (".py", ".cc", ".h", ".sh") or path.name == "gr_stft":
                yield path.relative_to(ROOT), path.read_text(encoding="utf-8")


def main():
    found = [line for path, text in files() for line in complaints(path, text)]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
