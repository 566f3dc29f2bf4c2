# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by run.sh and test.sh, which set root (this checkout) and program (their name).
# POSIX sh: a bare Debian has no other shell, no make, no python3, no sudo.

build=$root/build
prefix=$build/prefix
log=$build/set-up.log

# What the module needs, then what its app and its default recordings need
packages="gnuradio-dev cmake g++ ninja-build pkgconf
    python3-matplotlib python3-soundfile python3-tqdm alsa-utils sonic-pi-samples"

say() { printf '%s: %s\n' "$program" "$*" >&2; }
die() { say "$*"; exit 1; }

# Debian's programs first: a pyenv's or conda's python3 has no gnuradio; su leaves sbin out
PATH=$prefix/bin:/usr/sbin:/usr/bin:/sbin:/bin${PATH:+:$PATH}
export PATH
unset PYTHONHOME

# set_up PACKAGE...: packages, build and staged installation, as far as they are missing
set_up() {
    case $root in *:*) die "search paths cannot hold the colon of $root" ;; esac
    mkdir -p "$build" 2>/dev/null && [ -w "$build" ] || die "cannot write to $build"
    exec 9>"$build/.set-up.lock"
    flock -n 9 || { say "waiting for another set-up in $build"; flock 9; }
    install_packages "$@" || exit
    build_and_stage || exit
    exec 9>&-
}

install_packages() {
    command -v dpkg-query >/dev/null ||
        die "sets up Debian and its descendants only; README.md tells how to build elsewhere"
    present=$(dpkg-query -W -f '<${Package} ${db:Status-Status}>' "$@" 2>/dev/null) || :
    missing=
    for package in "$@"; do
        case $present in
        *"<$package installed>"*) ;;
        *) missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0

    if [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif command -v sudo >/dev/null; then
        as_root=sudo
    else
        die "neither root nor sudo: let root run: apt-get install --no-install-recommends$missing"
    fi
    say "installing Debian packages (minutes if GNU Radio is among them):$missing"
    : >"$log"
    # stale package lists may still do; where they do not, the installation says so
    apt_get update || say "apt-get update failed, going on with the package lists at hand"
    # shellcheck disable=SC2086 # a list of words
    apt_get install --no-install-recommends $missing ||
        die "apt-get failed: $(grep -e '^E: ' -e '^sudo: ' "$log" | tail -n 1) (more in $log)"
}

apt_get() {
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y -o DPkg::Lock::Timeout=600 "$@" </dev/null >>"$log" 2>&1 9>&-
}

build_and_stage() (
    cd "$root" || exit
    : >"$log"
    if ! [ -f build/build.ninja ] && ! [ -f build/Makefile ]; then
        say "configuring and building in build/ (minutes)"
        quietly cmake --preset release -DCMAKE_INSTALL_PREFIX="$prefix" -DGR_STFT_UNITY=ON
    elif ! [ -f build/.built ]; then
        say "building in build/ (minutes)"
    elif [ -n "$(find CMakeLists.txt lib include python apps -newer build/.built | head -n 1)" ]; then
        say "building what has changed"
    fi
    touch build/.built.begun
    quietly cmake --build build --parallel "$(nproc)"
    mv build/.built.begun build/.built
    quietly cmake --install build --prefix "$prefix"
    [ -x "$prefix/bin/gr_stft" ] ||
        die "build/ is configured without Python and gr_stft: remove it, or set ENABLE_PYTHON=ON"
)

quietly() {
    "$@" >>"$log" 2>&1 9>&- && return
    tail -n 30 "$log" >&2
    die "$1 failed, see above and $log"
}

# use_prefix: what a process needs to find the staged installation, and a HOME for GNU Radio
use_prefix() {
    for directory in "$prefix"/lib/python3*/*-packages "$prefix"/local/lib/python3*/*-packages; do
        if [ -d "$directory/gnuradio/stft" ]; then
            export PYTHONPATH="$directory${PYTHONPATH:+:$PYTHONPATH}"
        fi
    done
    export GRC_BLOCKS_PATH="$prefix/share/gnuradio/grc/blocks${GRC_BLOCKS_PATH:+:$GRC_BLOCKS_PATH}"
    if ! home_is_writable; then
        say "GNU Radio cannot write to HOME (${HOME:-unset}), so it is $build/home"
        mkdir -p "$build/home"
        export HOME="$build/home"
    fi
}

home_is_writable() {
    [ -n "${HOME-}" ] && [ -d "$HOME" ] && [ -w "$HOME" ] || return
    for file in .gnuradio .gnuradio/prefs .gr_fftw_wisdom .gr_fftw_wisdom.lock; do
        [ ! -e "$HOME/$file" ] || [ -w "$HOME/$file" ] || return
    done
}
