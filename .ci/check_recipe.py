#!/usr/bin/python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Renders the conda recipe as conda-build would: check_recipe.py CHECKOUT. Exits with what is wrong."""
import os
import re
import sys

import jinja2
import yaml


def rendered(recipe, **selectors):
    """meta.yaml with the lines whose selector holds, and conda-build's functions."""
    with open(os.path.join(recipe, "meta.yaml"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    kept = [line for line in lines
            if not (chosen := re.search(r"# \[(.+)\]$", line)) or eval(chosen[1], {}, selectors)]

    def load_file_regex(load_file, regex_pattern, from_recipe_dir):
        assert from_recipe_dir
        with open(os.path.join(recipe, load_file), encoding="utf-8") as file:
            return re.search(regex_pattern, file.read())

    template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string("\n".join(kept))
    return yaml.safe_load(template.render(
        compiler=lambda language: f"{language}_linux-64", load_file_regex=load_file_regex,
        target_platform=selectors["target_platform"]))


def main(checkout):
    recipe = os.path.join(checkout, ".conda", "recipe")
    with open(os.path.join(checkout, "CMakeLists.txt"), encoding="utf-8") as file:
        version = re.search(r"^project\(.*\bVERSION (\S+)", file.read(), re.M)[1]
    native = rendered(recipe, linux=True, build_platform="linux-64", target_platform="linux-64")
    cross = rendered(recipe, linux=True, build_platform="linux-64", target_platform="linux-aarch64")
    windows = rendered(recipe, linux=False, build_platform="win-64", target_platform="win-64")

    assert str(native["package"]["version"]) == version, (native["package"], version)
    assert native["package"]["name"] == "gnuradio-stft"
    assert "skip" not in native["build"] and windows["build"]["skip"] is True
    assert "pybind11" not in native["requirements"]["build"]
    assert {"pybind11", "cross-python_linux-aarch64"} <= set(cross["requirements"]["build"])
    for name in "fftw", "gnuradio-core >=3.10", "libboost-headers", "pybind11", "volk":
        assert name in native["requirements"]["host"], name
    for name in native["source"]["path"], os.path.join("../..", native["about"]["license_file"]):
        assert os.path.exists(os.path.join(recipe, name)), name
    assert os.access(os.path.join(recipe, "build.sh"), os.X_OK)
    with open(os.path.join(checkout, "CITATION.cff"), encoding="utf-8") as file:
        assert str(yaml.safe_load(file)["version"]) == version
    with open(os.path.join(checkout, "CHANGELOG.md"), encoding="utf-8") as file:
        assert re.search(r"^## (\S+)", file.read(), re.M)[1] == version


main(*sys.argv[1:])
