#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What is found in recordings of others: FT8 stations, an NB-IoT uplink, a remote, a valve, aircraft.

    GR_STFT_DATA=FOLDER /usr/bin/python3 recordings.py

FOLDER/rf holds the files that docs/monitoring.md names; those that are missing are left out.
"""
import csv
import json
import os
import pathlib
import sys
import wave

import numpy as np

from gnuradio import stft

TYPES = {"ci16_le": ("<i2", 2.0**15, 0), "ci8": ("i1", 2.0**7, 0), "cu8": ("u1", 2.0**7, 127.5)}


def sigmf(path):
    """Samples, rate, metadata and the noise density of the quantiser."""
    meta = json.loads(path.with_suffix(".sigmf-meta").read_text(encoding="utf-8"))
    stored, scale, offset = TYPES[meta["global"]["core:datatype"]]
    rate = meta["global"].get("core:sample_rate", 1e6)
    parts = (np.fromfile(path.with_suffix(".sigmf-data"), stored).astype(np.float32) - offset) / scale
    return parts.view(np.complex64), rate, meta, 1 / scale**2 / 6 / rate


def touches(event, begin, end, lower=-np.inf, upper=np.inf):
    return event["sample_start"] < end and event["sample_start"] + event["sample_count"] > begin and \
        event["freq_lower"] < upper and event["freq_upper"] > lower


def ft8(folder):
    """A station is touched if an event meets its 12.64 s and 50 Hz."""
    for path in sorted(folder.glob("ft8_*.wav")):
        with wave.open(str(path)) as file:
            rate = file.getframerate()
            x = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 2**15
        events = stft.detect(x, rate, n_fft=2048, hop=512, gap_rows=4, gap_bins=1)
        plane = np.zeros((500, int(rate / 2 / 5)), bool)
        for e in events:
            time = np.array((e["sample_start"], e["sample_start"] + e["sample_count"])) * 500 // len(x)
            plane[time[0]:time[1] + 1, max(0, int(e["freq_lower"] / 5)):int(e["freq_upper"] / 5) + 1] = True
        counts = {"strong": [0, 0], "all": [0, 0]}
        with open(path.with_suffix(".csv"), encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                begin, low = (float(row["dt_s"]) + 0.5) * rate, float(row["freq_hz"])
                hit = any(touches(e, begin, begin + 12.64 * rate, low, low + 50) for e in events)
                for name in ("all", "strong") if float(row["snr_db"]) >= -10 else ("all",):
                    counts[name][0] += hit
                    counts[name][1] += 1
        print(f"{path.stem}: stations of -10 dB and more {counts['strong'][0]} of {counts['strong'][1]}, all "
              f"{counts['all'][0]} of {counts['all'][1]}; {len(events)} events on {plane.mean():.2f} of the plane")


def nb_iot(path):
    x, rate, meta, least = sigmf(path)
    events = stft.detect(x, rate, least=least)
    centre = meta["captures"][0].get("core:frequency", 0)
    boxes = [(a["core:sample_start"], a["core:sample_start"] + a["core:sample_count"],
              a["core:freq_lower_edge"] - centre, a["core:freq_upper_edge"] - centre) for a in meta["annotations"]]
    groups = []
    for begin, end, *_ in sorted(boxes):
        if groups and begin - groups[-1][1] < 1024:
            groups[-1][1] = end
        else:
            groups.append([begin, end])
    starts, ends = zip(*(min(((abs(e["sample_start"] - b), abs(e["sample_start"] + e["sample_count"] - f)) for e in events),
                             key=sum) for b, f in groups))
    others = sum(not any(touches(e, *box) for box in boxes) for e in events)
    print(f"{path.stem}: {sum(s <= 512 for s in starts)} of {len(groups)} groups begin within a hop, "
          f"{sum(e <= 1024 for e in ends)} end within two; {others} other events")


def bursts(path, starts, **options):
    x, rate, _, least = sigmf(path)
    events = stft.detect(x, rate, least=least, **options)
    strong = [e for e in events if e["snr_db"] > 25]
    found = sum(any(abs(e["sample_start"] - start) < 2500 for e in strong) for start in starts)
    print(f"{path.stem}: {found} of {len(starts)} bursts begin where they should; {len(events)} events in all")


def aircraft(path):
    """A preamble: pulses at 0, 1, 3.5 and 4.5 us, twice as strong as what is between them."""
    x, rate, _, least = sigmf(path)
    events = stft.detect(x, rate, least=least, n_fft=64, hop=32, gap_rows=1)
    power = np.abs(x) ** 2
    at = [power[k:len(power) - 16 + k] for k in range(16)]
    high, low = np.minimum.reduce([at[k] for k in (0, 2, 7, 9)]), np.maximum.reduce([at[k] for k in (1, 3, 4, 5, 6, 8)])
    starts = np.flatnonzero((high > 2 * low) & (high > 20 * np.median(power)))
    starts = starts[np.concatenate(([True], np.diff(starts) > 200))]
    of_bursts = [e for e in events if e["kind"] == "burst"]
    found = sum(any(touches(e, s, s + 240) for e in of_bursts) for s in starts)
    short = sum(any(touches(e, s, s + 240) and e["duration"] < 1e-3 for e in of_bursts) for s in starts)
    print(f"{path.stem}: n_fft 64: {found} of {len(starts)} preambles within an event, {short} within one of less than 1 ms; "
          f"{len(events)} events")


def main():
    folder = pathlib.Path(os.environ.get("GR_STFT_DATA", "")) / "rf"
    if not folder.is_dir():
        print("GR_STFT_DATA: not set, or without rf: must name the folder of the recordings")
        return 0
    ft8(folder)
    for name, show in (("nbiot_uplink", nb_iot), ("adsb_1090", aircraft),
                       ("fsk_homematic", lambda path: bursts(path, (17.7e3, 70.4e3))),
                       ("ook_remote", lambda path: bursts(path, (26.6e3, 90.4e3, 154.1e3, 217.9e3, 281.6e3)))):
        if (folder / f"{name}.sigmf-meta").exists():
            show(folder / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
