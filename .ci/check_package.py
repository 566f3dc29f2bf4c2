#!/usr/bin/python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What the Debian package holds, and that it works where it is unpacked: check_package.py CHECKOUT DEB DIRECTORY

Prints "passed|failed 1 NAME" lines, and what was wrong.
"""
import os
import re
import subprocess
import sys
import traceback
from pathlib import Path

checkout, deb, scratch = (Path(argument).resolve() for argument in sys.argv[1:])
root = scratch / "root"


def output(*command, **environment):
    """What a command says; an error if it fails."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=300, env={**os.environ, **environment})
    assert done.returncode == 0, f"{command}: status {done.returncode}\n{done.stdout}"
    return done.stdout


(scratch / "home").mkdir(parents=True)
output("dpkg-deb", "--extract", deb, root)
libraries = root / "usr/lib" / output("dpkg-architecture", "-qDEB_HOST_MULTIARCH").strip()
modules = root / "usr/lib/python3/dist-packages"
package = modules / "gnuradio/stft"
entries = root / "usr/share/gnuradio/grc/blocks"
documents = root / "usr/share/doc/gr-stft"
unpacked = dict(PYTHONPATH=str(modules), LD_LIBRARY_PATH=str(libraries), GRC_BLOCKS_PATH=str(entries),
                PYTHONDONTWRITEBYTECODE="1", GR_STFT_PLANNER="estimate",
                HOME=str(scratch / "home"))  # Companion remembers blocks there by their paths


def field(name):
    return output("dpkg-deb", "--field", deb, name).strip()


def names(directory, pattern):
    return {str(path.relative_to(directory)) for path in Path(directory).rglob(pattern)}


def the_version_is_that_of_the_project():
    version = re.search(r"^project\(.*\bVERSION (\S+)", (checkout / "CMakeLists.txt").read_text(), re.M)[1]
    architecture = output("dpkg", "--print-architecture").strip()
    assert deb.name == f"gr-stft_{version}_{architecture}.deb", deb.name
    assert (field("Package"), field("Version")) == ("gr-stft", version)
    changes = scratch / "changelog"
    changes.write_text(output("gzip", "-dc", documents / "changelog.gz"))
    assert f"\nVersion: {version}\n" in output("dpkg-parsechangelog", "-l", changes)


packaged_as = {"paho": "paho-mqtt", "prometheus_client": "prometheus-client"}  # Debian's python3-X for a module


def the_least_is_needed_and_the_rest_recommended_or_suggested():
    kinds = {kind: {word.split()[0] for word in field(kind).split(",")}
             for kind in ("Depends", "Recommends", "Suggests")}
    needed = kinds["Depends"]
    assert {"gnuradio", "python3", "python3-numpy", "libc6", "libfftw3-single3"} <= needed, needed
    assert any(name.startswith("libgnuradio-runtime") for name in needed), needed
    assert {name for name in needed if name.startswith("python3")} == {"python3", "python3-numpy"}, needed
    # what the package loads when a job needs it
    loaded = set(re.findall(r'\bload\("(\w+)', "".join(path.read_text() for path in package.rglob("*.py"))))
    loaded = {packaged_as.get(name, name).lower() for name in loaded}
    optional = kinds["Recommends"] | kinds["Suggests"]
    assert loaded and {f"python3-{name}" for name in loaded} <= optional, (loaded, optional)


def it_can_be_installed_here():
    output("apt-get", "--simulate", "--no-install-recommends", "install", deb)


def every_file_of_an_installation_is_there():
    assert names(root / "usr/include", "*.h") == names(checkout / "include", "*.h")
    sources = {name for name in names(checkout / "python/stft", "*.py") if not Path(name).name.startswith("qa_")}
    assert names(package, "*.py") == sources
    page = "app/page/files"
    assert names(package / page, "*") == names(checkout / "python/stft" / page, "*") != set()
    assert names(entries, "*.yml") == names(checkout / "grc", "*.yml")
    for pattern in "*.grc", "*.py":
        assert names(root / "usr/share/gnuradio/examples/stft", pattern) == names(checkout / "examples", pattern)
    for path in (root / "usr/bin/gr_stft", libraries / "libgnuradio-stft.so", package / "py.typed",
                 libraries / "cmake/gnuradio-stft/gnuradio-stftConfig.cmake",
                 root / "usr/share/man/man1/gr_stft.1.gz", documents / "copyright", documents / "README.md"):
        assert path.exists(), path
    assert os.access(root / "usr/bin/gr_stft", os.X_OK)


def nothing_else_is_there():
    tops = {path.relative_to(root).parts[:2] for path in root.rglob("*")} - {("usr",)}
    assert tops == {("usr", name) for name in ("bin", "include", "lib", "share")}, tops
    unwanted = names(root, "*.py[co]") | names(root, "__pycache__") | names(root, "qa_*") | names(root, "LICENSE")
    assert not unwanted, unwanted
    for path in root.rglob("*"):
        mode = path.stat().st_mode
        assert mode & 0o044 == 0o044 and not mode & 0o022, path


def links_of_pages_lead_to_files():
    for page in documents.rglob("*.md"):
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
            if not re.match(r"\w+:|#", link):
                assert (page.parent / link.partition("#")[0]).exists(), (page, link)


def no_file_knows_where_it_was_built():
    for path in root.rglob("*"):
        assert not path.is_file() or str(checkout).encode() not in path.read_bytes(), path


def binaries_are_stripped_and_have_no_search_path():
    for path in libraries / "libgnuradio-stft.so", *package.glob("*.so"):
        assert "not stripped" not in output("file", "--dereference", path), path
        assert not re.search("RPATH|RUNPATH", output("readelf", "-d", path)), path


def python_imports_it():
    said = output("/usr/bin/python3", "-c", "from gnuradio import stft\n"
                  "print(stft.__file__, open('/proc/self/maps').read())", **unpacked)
    assert str(package / "__init__.py") in said and str(libraries / "libgnuradio-stft.so") in said, said


def the_command_passes_its_own_test():
    said = output(root / "usr/bin/gr_stft", "selftest", **unpacked)
    assert "all checks passed" in said, said


def companion_lists_the_blocks_and_an_example_runs():
    said = output("/usr/bin/python3", "-c", "from gnuradio import gr\n"
                  "from gnuradio.grc.core.platform import Platform\n"
                  "platform = Platform(prefs=gr.prefs(), version=gr.version(), version_parts=())\n"
                  "platform.build_library()\n"
                  "print(*(key for key, block in platform.blocks.items() if block.category == ['STFT']))", **unpacked)
    listed = set(said.splitlines()[-1].split())
    assert listed == {name.split(".")[0] for name in names(entries, "*.block.yml")}, said
    output("grcc", "-o", scratch, root / "usr/share/gnuradio/examples/stft/roundtrip.grc", **unpacked)
    output("/usr/bin/python3", scratch / "roundtrip_grc.py", **unpacked)


def main():
    for check in (the_version_is_that_of_the_project, the_least_is_needed_and_the_rest_recommended_or_suggested,
                  it_can_be_installed_here, every_file_of_an_installation_is_there, nothing_else_is_there,
                  links_of_pages_lead_to_files, no_file_knows_where_it_was_built, binaries_are_stripped_and_have_no_search_path,
                  python_imports_it, the_command_passes_its_own_test, companion_lists_the_blocks_and_an_example_runs):
        name = f"{deb.name}: {check.__name__.replace('_', ' ')}"
        try:
            check()
            print(f"passed     1  {name}", flush=True)
        except Exception:
            print(f"failed     1  {name}")
            print("\n".join(f"    {line}" for line in traceback.format_exc().splitlines()[-40:]), flush=True)


main()
