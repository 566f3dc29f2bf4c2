#!/bin/sh
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
# ./test.sh [STAGE...]: sets up what is missing, then runs every test, or those of some stages.
set -u
root=$(dirname -- "$(readlink -f -- "$0")")
program=test.sh
. "$root/.ci/setup.sh"

stages="format unit attack instructions examples readme downstream docs package asan tsan"
# without these some tests would be skipped, or stages fail
packages="$packages ccache chromium chromium-driver clang-format doxygen dpkg-dev file man-db mosquitto python3-aiohttp
    python3-distributed python3-h5py python3-jinja2 python3-paho-mqtt python3-prometheus-client python3-scipy python3-selenium
    python3-torch systemd valgrind xauth xvfb"
logs=$build/test
# the README's commands build a copy of the sources, in which nothing needs compiling again
export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_DIR="$build/ccache" CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1

# record passed|failed|skipped COUNT NAME: a line of the report, whose last line sums them up
record() { printf '%-7s %4d  %s\n' "$1" "$2" "$3"; }

# attempt NAME COMMAND...: one test, whose output is shown only if it fails
attempt() {
    name=$1
    shift
    output=$logs/$(printf '%s' "$name" | tr -c 'A-Za-z0-9.' _).log
    "$@" >"$output" 2>&1 && status=0 || status=$?
    [ "$status" -ne 0 ] || { record passed 1 "$name"; return; }
    record failed 1 "$name: status $status; $output"
    tail -n 40 "$output" | sed 's/^/    /'
}

# fresh DIRECTORY: makes it anew
fresh() { rm -rf "$1" && mkdir -p "$1"; }

sources() { find . \( -path ./.git -o -path './build*' -o -name __pycache__ \) -prune -o -type f "$@"; }

# versions break lines at different places: this one decides
format_version=14

stage_format() {
    formatter=
    for name in "clang-format-$format_version" clang-format; do
        case $("$name" --version 2>/dev/null) in
        *"version $format_version."*) formatter=$name; break ;;
        esac
    done
    if [ -n "$formatter" ]; then
        attempt "clang-format" sources \( -name '*.cc' -o -name '*.h' \) \
            -exec "$formatter" --dry-run -Werror {} +
    else
        record skipped 1 "clang-format: version $format_version decides, here is $(clang-format --version)"
    fi
    attempt "licence lines" every_source_names_its_licence
    attempt "rooms" /usr/bin/python3 .ci/check_rooms.py
    attempt "comments" /usr/bin/python3 .ci/check_comments.py
    attempt "no input becomes a program" /usr/bin/python3 .ci/check_security.py
    attempt "the blocks' pages" /usr/bin/python3 .ci/block_pages.py --check
}

every_source_names_its_licence() {
    # left out: prose, data, and files in which a comment would not live
    unmarked=$(sources ! -name '*.md' ! -name '*.json' ! -name '*.grc' ! -name '*.np[yz]' \
        ! -name '*.png' ! -name '.*' ! -name LICENSE ! -name py.typed \
        -exec grep -L 'SPDX-License-Identifier: GPL-3.0-or-later' {} +)
    [ -z "$unmarked" ] || { printf 'no SPDX line in:\n%s\n' "$unmarked"; return 1; }
}

stage_unit() {
    test_build build
}

# test_build DIRECTORY COMMAND...: ctest in a build, through a command if one is given
test_build() {
    tested=$1
    shift
    rm -f "$tested/Testing/Temporary/LastTest.log"
    "$@" ctest --test-dir "$tested" --parallel "$(nproc)" >"$logs/ctest-$tested.log" 2>&1 && status=0 || status=$?
    /usr/bin/python3 .ci/count_tests.py "$tested/Testing/Temporary/LastTest.log" "$status" "$logs/ctest-$tested.log"
}

# random flowgraphs and arguments for a minute; by hand: .ci/attack --hours N, or --seed N for one trial
stage_attack() {
    attempt "no random flowgraph fails" env GR_STFT_PLANNER=estimate /usr/bin/python3 .ci/attack --seconds 60
    cat "$output"
}

stage_instructions() {
    /usr/bin/python3 .ci/count_instructions.py build
}

stage_examples() {
    fresh "$logs/flowgraphs"
    attempt "grcc compiles the examples" grcc -o "$logs/flowgraphs" examples/*.grc
    for example in examples/*.grc examples/*.py; do
        [ -e "$example" ] || continue
        fresh "$logs/$example"
        case $example in
        *.grc) attempt "$example" run_example "$logs/flowgraphs/$(id_of "$example").py" "$logs/$example" ;;
        *.py) attempt "$example" run_example "$root/$example" "$logs/$example" ;;
        esac
    done
}

# id_of FLOWGRAPH: what grcc names its program
id_of() {
    /usr/bin/python3 -c 'import sys, yaml; print(yaml.safe_load(open(sys.argv[1]))["options"]["parameters"]["id"])' "$1"
}

# run_example SCRIPT DIRECTORY: runs to its end; with a window it must live until it is told to end
run_example() (
    cd "$2" || exit
    status=0
    if grep -q -e PyQt5 -e qtgui "$1"; then
        xvfb-run -a -s '-screen 0 1100x700x24' \
            timeout -k 20 10 /usr/bin/python3 "$1" </dev/null >output 2>&1 || status=$?
        [ "$status" -ne 124 ] || status=0
    else
        timeout -k 20 120 /usr/bin/python3 "$1" </dev/null >output 2>&1 || status=$?
    fi
    cat output
    ! grep -q '^Traceback' output && exit "$status"
)

stage_readme() {
    readme=$logs/README-ähnlich # a checkout may lie below any letters
    fresh "$readme"
    sources -print | tar -cf - -T - | tar -xf - -C "$readme"
    # shellcheck disable=SC2046 # names without spaces
    /usr/bin/python3 .ci/readme_commands.py "$readme" README.md \
        $(grep -l -e '^```sh$' -e '^```python$' docs/*.md)
}

stage_downstream() {
    fresh build/downstream
    attempt "find_package(gnuradio-stft)" downstream
}

downstream() {
    cmake -S .ci/downstream -B build/downstream -G Ninja -DCMAKE_PREFIX_PATH="$prefix" &&
        cmake --build build/downstream && build/downstream/downstream
}

stage_docs() {
    attempt "doxygen has nothing to say about the public headers" documentation
}

documentation() {
    cmake -DDOXYGEN_WARN_AS_ERROR=FAIL_ON_WARNINGS build && cmake --build build --target docs
}

stage_package() {
    attempt "the conda recipe" /usr/bin/python3 .ci/check_recipe.py .
    rm -f build-package/*.deb
    attempt "cmake --build --preset package" build_package
    fresh "$logs/package"
    [ "$status" -ne 0 ] || /usr/bin/python3 .ci/check_package.py . build-package/*.deb "$logs/package"
}

build_package() {
    cmake --preset package && cmake --build --preset package --parallel "$(nproc)"
}

stage_asan() { sanitized asan; }

stage_tsan() {
    # gcc 12's thread sanitizer does not know the address layout of newer kernels
    if setarch -R true 2>/dev/null; then sanitized tsan setarch -R; else sanitized tsan; fi
}

sanitized() {
    preset=$1
    shift
    attempt "build with $preset" build_sanitized "$preset"
    [ "$status" -ne 0 ] || test_build "build-$preset" "$@"
}

build_sanitized() {
    # ccache takes longer to look at precompiled headers than it saves where everything is compiled once
    cmake --preset "$1" &&
        CCACHE_DISABLE=1 cmake --build --preset "$1" --target test-stft --parallel "$(nproc)"
}

# sum passed|failed|skipped: over all reports
sum() { cat "$logs"/report-* | awk -v kind="$1" '$1 == kind { n += $2 } END { print n + 0 }'; }

finish() {
    printf '\n%d passed, %d failed, %d skipped\n' "$(sum passed)" "$(sum failed)" "$(sum skipped)"
    [ "$(sum failed)" -eq 0 ]
    exit
}

for stage in "$@"; do
    case " $stages " in
    *" $stage "*) ;;
    *) say "$stage is no stage; there are: $stages"; exit 2 ;;
    esac
done
[ $# -gt 0 ] || set -- $stages

cd "$root" || exit
fresh "$logs" || exit
rm -rf "$prefix" # no files of a former installation
# shellcheck disable=SC2086 # a list of words
if ! (set_up $packages); then
    record failed 1 "set-up" | tee "$logs/report-set-up"
    finish
fi
mkdir -p "$build/home"
export HOME="$build/home" # tests leave no traces in the user's
use_prefix
began=$(date +%s)
for stage in "$@"; do
    printf '\n== %s\n' "$stage"
    stage_began=$(date +%s)
    { "stage_$stage" || record failed 1 "stage $stage: status $?"; } | tee "$logs/report-$stage"
    printf '== %s: %d s\n' "$stage" $(($(date +%s) - stage_began))
done
printf '\n== all stages: %d s\n' $(($(date +%s) - began))
finish
