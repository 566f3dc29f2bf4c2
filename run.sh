#!/bin/sh
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
# ./run.sh [ARGUMENT...]: sets up what is missing, then runs gr_stft with the arguments.
# Without arguments: the spectrogram of a recording of a 3D printer that Debian ships.
set -eu
root=$(dirname -- "$(readlink -f -- "$0")")
program=run.sh
. "$root/.ci/setup.sh"

# shellcheck disable=SC2086 # a list of words
set_up $packages
use_prefix
[ $# -eq 0 ] || exec gr_stft "$@"

recording=/usr/share/sonic-pi/samples/loop_3d_printer.flac
[ -f "$recording" ] || die "$recording is missing: apt-get install --reinstall sonic-pi-samples"
mkdir -p "$build/out"
out=$build/out/loop_3d_printer
gr_stft spectrogram "$recording" -o "$out.png" -o "$out.npz"
printf '\nThe picture is %s\nYour own recording: ./run.sh spectrogram my.wav -o my.png\n' "$out.png"
