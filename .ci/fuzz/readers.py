# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Files of recordings, rows, states and configurations, mutated: each is read, or refused by a ValueError or an OSError, within
limits of time and memory."""

import contextlib
import faulthandler
import io
import json
import os
import random
import resource
import shutil
import signal
import struct
import sys
import tarfile
import tempfile
import wave

import numpy as np
import page_requests

MEMORY = 3 << 30  # bytes of addresses
SECONDS = 20  # of CPU time, of one file
LONGEST = 300  # s of the clock, on a machine with other work


class TooSlow(BaseException):
    """Nothing that is fuzzed takes it for a refusal."""


def sound():
    x = (np.sin(np.arange(400) / 7) * 20000).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(x.tobytes())
    yield "x.wav", {"x.wav": out.getvalue()}
    extended = struct.pack("<HHIIHHHHI16s", 0xFFFE, 1, 8000, 32000, 4, 32, 22, 32, 4, b"\3\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71")
    body = b"WAVE" + b"LIST\x04\0\0\0INFO" + b"fmt \x28\0\0\0" + extended + b"data" + struct.pack("<I", 400) + bytes(400)
    yield "y.wav", {"y.wav": b"RIFF" + struct.pack("<I", len(body)) + body}
    yield "x.au", {"x.au": struct.pack(">4sIIIII", b".snd", 28, 800, 3, 8000, 1) + b"note" + x.byteswap().tobytes()}
    rate = b"\x40\x0b\xfa\0\0\0\0\0\0\0"
    body = b"AIFFCOMM" + struct.pack(">IhIh", 18, 1, 400, 16) + rate + b"SSND" + struct.pack(">III", 808, 0, 0) + x.byteswap().tobytes()
    yield "x.aiff", {"x.aiff": b"FORM" + struct.pack(">I", len(body)) + body}
    with contextlib.suppress(ImportError):
        import soundfile
        out = io.BytesIO()
        soundfile.write(out, x.reshape(-1, 2), 8000, format="FLAC")
        yield "x.flac", {"x.flac": out.getvalue()}


def sigmf_meta(**more):
    meta = {"global": {"core:datatype": "cf32_le", "core:sample_rate": 1e6, "core:version": "1.2.0", "core:num_channels": 1, "core:offset": 3,
                       "core:trailing_bytes": 0, **more},
            "captures": [{"core:sample_start": 0, "core:frequency": 433.92e6, "core:header_bytes": 8, "core:datetime": "2026-11-29T03:15:00.5Z"},
                         {"core:sample_start": 30, "core:frequency": 433e6}],
            "annotations": [{"core:sample_start": 5, "core:sample_count": 9, "core:freq_lower_edge": 1.0, "core:freq_upper_edge": 2.0,
                             "core:label": "x", "core:comment": "y"}]}
    return json.dumps(meta).encode()


def sigmf():
    data = np.arange(200, dtype=np.float32).tobytes()
    yield "x.sigmf-meta", {"x.sigmf-meta": sigmf_meta(), "x.sigmf-data": data}
    yield "y.sigmf-data", {"y.sigmf-meta": sigmf_meta(**{"core:dataset": "../../y.bin"}), "y.bin": data, "y.sigmf-data": data}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in (("r/x.sigmf-meta", sigmf_meta()), ("r/x.sigmf-data", data)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    yield "x.sigmf", {"x.sigmf": out.getvalue()}


def arrays():
    for number, x in enumerate((np.arange(100.0), np.arange(60, dtype=">i2").reshape(-1, 3), np.ones((4, 50), np.complex64).T, np.zeros(9, "u1"))):
        out = io.BytesIO()
        np.save(out, x)
        yield f"{number}.npy", {f"{number}.npy": out.getvalue()}


def raw():
    yield "x_1M_433M.cf32", {"x_1M_433M.cf32": bytes(range(256)) * 4}
    yield "gqrx_20260101_120000_100000000_1800000_fc.raw", {"gqrx_20260101_120000_100000000_1800000_fc.raw": bytes(range(256))}


def stored():
    out = io.BytesIO()
    np.save(out, np.ones((20, 16), np.float32))
    header = out.getvalue()
    meta = {"n_fft": 16, "vlen": 16, "hop": 8, "samp_rate": 1000.0, "sample_start": 0, "time": "2026-11-29T03:15:00Z", "freq_center": 1e6,
            "source": "x", "rows": 20, "ended_by": "stop", "format": "gr_stft rows", "version": 1}
    yield "r.npy", {"r.npy": header, "r.json": json.dumps(meta).encode()}


def configurations():
    yield "c.toml", {"c.toml": b'source = "x.cf32"\nrate = "1M"\ndtype = "cf32_le"\ncentre = 433920000\ndetect = true\nsteps = true\n[frames]\n'
                     b'n-fft = 512\nwindow = "kaiser:8.6"\n[detection]\nignore = ["400M:401M", "500M:501M"]\nmin_snr = 3\nduration = "500ms"\n'}


def manifests():
    line = {"input": "a.wav", "verb": "spectrogram", "status": "done", "outputs": ["a.npz"], "bytes": 3, "parameters": "0123", "size": 3,
            "mtime_ns": 5}
    yield "manifest.jsonl", {"manifest.jsonl": (json.dumps(line) + "\n").encode() * 3}


def bearings():
    yield "b.toml", {"b.toml": b"[6205]\nballs = 9\nball_diameter = 7.94\npitch_diameter = 39.04\n[two]\nballs = 8\nball_diameter = 0.235\n"
                               b"pitch_diameter = 1.245\ncontact_angle = 12.5\n"}


def clips():
    for name, capture in (("20261129T031500.500000Z_433.92MHz", {"core:datetime": "2026-11-29T03:15:00.5Z"}), ("x_sample-30_1", {})):
        meta = {"global": {"core:sample_rate": 1e6}, "captures": [{"core:sample_start": 0, **capture}],
                "annotations": [{"core:sample_start": 5, "core:freq_lower_edge": 433.9e6}]}
        yield f"{name}.sigmf-meta", {f"{name}.sigmf-meta": json.dumps(meta).encode(), f"{name}.sigmf-data": bytes(80)}


def left_over():
    meta = {"vlen": 16, "hop": 8, "rows": 20}
    yield "spectrogram_1.npy.part", {"spectrogram_1.npy.part": bytes(128 + 4 * 16 * 20), "spectrogram_1.json": json.dumps(meta).encode()}


def speeds():
    """Speeds of a machine in Hz, in turns a minute, and below a line of names."""
    rows = "".join(f"{at / 20:g},{20 + at:g}\n" for at in range(12))
    yield "a.csv", {"a.csv": rows.encode()}
    yield "b.csv", {"b.csv": ("\ufefftime,speed (rpm)\r\n" + rows.replace("\n", ",x\r\n")).encode()}
    yield "c.csv", {"c.csv": f'"time (s)","Hz"\n{rows}0.7,\n0.8,inf\n0.9,-1\n'.encode()}


def denoising():
    """A mask, and events as gr_stft detect writes them."""
    out = io.BytesIO()
    np.save(out, np.linspace(0, 1, 33))
    yield "mask.npy", {"mask.npy": out.getvalue()}
    event = {"kind": "burst", "state": "end", "id": 1, "time": None, "duration": 0.05, "sample_start": 400, "sample_count": 400, "samp_rate": 8000,
             "freq_lower": 1000.0, "freq_upper": 2000.0, "freq_peak": 1500.0, "cut": None}
    table = [",".join(event), ",".join("" if value is None else str(value) for value in event.values())]
    yield "events.csv", {"events.csv": ("\n".join(table + table[1:]) + "\n").encode()}
    yield "events.jsonl", {"events.jsonl": (json.dumps(event) + "\n").encode() * 3}


def annotated():
    """SigMF whose annotations are drawn, with a label that a typesetter could take for its own."""
    for label in ("x", "$\\frac{1}{2}$ \n_^"):
        meta = json.loads(sigmf_meta(**{"core:offset": 0}))
        meta["annotations"] = [{"core:sample_start": at, "core:sample_count": 900, "core:freq_lower_edge": 433.8e6, "core:freq_upper_edge": 434e6,
                                "core:label": label} for at in (-5, 5, 2000)]  # fmt: skip
        yield "x.sigmf-meta", {"x.sigmf-meta": json.dumps(meta).encode(), "x.sigmf-data": np.ones(4000, np.complex64).tobytes()}


def receiver_tags():
    """Tags of one sample after the other, as JSON of keys and values."""
    tags = [["rx_time", [1795922100, 0.5]], ["rx_rate", 1e6], ["rx_freq", 433.92e6], ["overflow", 30], ["rx_overflow", True], ["rx_time", [1795922101, 0.75]],
            ["rx_freq", {"x": 1}], ["rx_time", [18446744073709551615, 1e308]]]
    yield "tags.json", {"tags.json": json.dumps(tags).encode()}


def run_verb(*words):
    """What the command would do with these files: it must end with a status that it means."""
    from gnuradio.stft.app.command import main
    said = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        status = main(list(words))
    if status not in (0, 2):
        raise RuntimeError(f"status {status}: {said.getvalue()}")


def machine_sound(folder, seconds=0.6, rate=8000):
    """A file of a shaft of 25 Hz with its tenth order."""
    at = np.arange(int(seconds * rate)) / rate
    x = (8000 * (np.sin(2 * np.pi * 25 * at) + np.sin(2 * np.pi * 250 * at))).astype("<i2")
    path = os.path.join(folder, "machine.wav")
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(x.tobytes())
    return path


def read_speeds(path):
    sound_path = machine_sound(os.path.dirname(path))
    run_verb("orders", sound_path, "--speed", path, "--turns", "4", "--orders", "1,10", "-o", path + ".npz")
    run_verb("diagnose", sound_path, "--speed", path, "--bearing", "8,1,5", "-o", path + ".out.csv")


def read_denoising(path):
    sound_path = machine_sound(os.path.dirname(path), 0.2)
    use = ["--mask", path] if path.endswith(".npy") else ["--reject-events", path]
    run_verb("denoise", sound_path, *use, "--n-fft", "64", "--hop", "32", "-o", os.path.join(os.path.dirname(path), "less.wav"))


def read_annotated(path):
    run_verb("spectrogram", path, "--n-fft", "64", "--hop", "32", "--width", "400", "--height", "300", "-o", os.path.splitext(path)[0] + ".png")
    run_verb("info", path)


def pmt_of(value):
    """The PMT of a value of JSON."""
    import pmt
    if isinstance(value, bool) or value is None:
        return pmt.from_bool(value) if value is not None else pmt.PMT_NIL
    if isinstance(value, int):
        if not -2**63 <= value < 2**64:
            raise ValueError("is no integer of a PMT")
        return pmt.from_long(value) if value < 2**31 else pmt.from_uint64(value)
    if isinstance(value, float):
        return pmt.from_double(value)
    if isinstance(value, str):
        return pmt.intern(value)
    if isinstance(value, dict):
        made = pmt.make_dict()
        for key, each in value.items():
            made = pmt.dict_add(made, pmt.intern(key), pmt_of(each))
        return made
    first = value[0] if value else None
    if first is not None and isinstance(first, int) and not isinstance(first, bool) and 0 <= first < 2**64:
        return pmt.make_tuple(pmt.from_uint64(first), *(pmt_of(each) for each in value[1:8]))
    return pmt.make_tuple(*(pmt_of(each) for each in value[:8]))


def read_receiver_tags(path):
    from types import SimpleNamespace

    from gnuradio.stft.app.receiver_tags import ReceiverTags
    with open(path, encoding="utf-8") as file:
        try:
            given = [SimpleNamespace(key=pmt_of(key), value=pmt_of(value)) for key, value in json.load(file)]
        except (TypeError, RecursionError) as error:
            raise ValueError("is no list of tags") from error
    receiver = ReceiverTags(1e6, 512, None, lambda words: None)
    for offset, tag in enumerate(given):
        lost, seconds, _ = receiver.read(1000 * offset, [tag])
        if not 0 <= lost <= 1e15 or seconds is not None and not 0 <= seconds[1] < 1:
            raise RuntimeError(f"{lost} samples lost, time {seconds}")
    receiver.read(10**6, given)


def read_bearings(path):
    from gnuradio.stft.app.files.bearing_geometries import listing
    list(listing(path))


def read_clips(path):
    from gnuradio.stft.app.page.clip_folder import ClipFolder
    folder = ClipFolder(os.path.dirname(path))
    folder.scan()
    for at in (1795922100.500005, -25e-6, 5e-6, None):
        folder.name_of({"at": at, "lower": 433.9e6})
    for name in os.listdir(folder.directory):
        if (archive := folder.open(name.removesuffix(".sigmf-meta"))) is not None:
            with archive:
                while archive.read(1000):
                    pass


def read_left_over(path):
    from gnuradio.stft.app.outputs.spectrogram_output import complete_left_over
    complete_left_over(os.path.dirname(path))


def read_recording(path):
    from gnuradio.stft.app.files.recordings import open_recording
    recording = open_recording(path)
    try:
        for begin in range(0, min(recording.length, 3000), 700):
            recording.read(begin, min(700, recording.length - begin))
        recording.read(recording.length - 1, 1)
    finally:
        recording.close()


def read_sound(path):
    """By its name, and as it comes through a pipe."""
    from gnuradio.stft.app.files.recording_base import Source
    from gnuradio.stft.app.files.sound_headers import bytes_of_wave
    with open(path, "rb") as file:
        start = file.read()
    for size in (len(start), 44, 30):
        bytes_of_wave(start[:size], lambda rate: 5 * rate)
    for source in (path, Source(path, "standard input")):
        with contextlib.suppress(ValueError):
            read_recording(source)


def read_stored(path):
    from gnuradio.stft.app.page.rows import Grid
    from gnuradio.stft.app.page.spectrogram_store import SpectrogramStore
    from gnuradio.stft.app.files.stored_rows import stored_file, stored_files
    folder = os.path.dirname(path)
    store = SpectrogramStore(folder)
    store.scan()
    while store.make_overview():
        pass
    begin, end = store.extent() or (0.0, 1.0)
    for t0, t1, rows in ((begin, end, 3), (begin, begin + 1.0, 100), (-1e12, 1e12, 9)):
        if t0 < t1:
            grid = Grid(t0, t1, rows, -1e3, 1e7, 8)
            store.draw(grid)
            grid.encoded()
    run_verb("day", folder, "-o", os.path.join(folder, "day.npz"))
    for rows in [*stored_files(folder), stored_file(path)]:
        rows.frequencies  # pylint: disable=pointless-statement
        rows.between(rows.begin, rows.end)
        rows.between(0.0, 1e12)


def read_configuration(path):
    from gnuradio.stft.app.command import verb_parser
    from gnuradio.stft.app.config_file import ConfigFile
    ConfigFile(path, verb_parser("monitor")).arguments({})


def read_manifest(path):
    from gnuradio.stft.app.batch_manifest import Manifest
    Manifest(path, os.path.dirname(path)).close()


READERS = {"sound": (sound, read_sound), "sigmf": (sigmf, read_recording), "arrays": (arrays, read_recording), "raw": (raw, read_recording),
           "stored": (stored, read_stored), "configuration": (configurations, read_configuration), "manifest": (manifests, read_manifest),
           "bearings": (bearings, read_bearings), "clips": (clips, read_clips), "left_over": (left_over, read_left_over),
           "speeds": (speeds, read_speeds), "denoising": (denoising, read_denoising), "annotated": (annotated, read_annotated),
           "receiver_tags": (receiver_tags, read_receiver_tags), "requests": (page_requests.seeds, page_requests.read)}  # fmt: skip
WORDS = [b"\0", b"\xff" * 4, b"-1", b"0", b"1e999", b"NaN", b"null", b"[]", b"{}", b'""', b"9" * 30, b"true", b"..", b"/", b"\n", b'"', b"\\u0000",
         b"\x00\x00\x00\x80", b"\xff\xff\xff\x7f", b"-Infinity", b"\xc3\x28", b"[" * 3000]  # fmt: skip


def mutated(chance, data):
    data = bytearray(data)
    for _ in range(chance.choice([1, 1, 1, 2, 3, 8])):
        at = chance.randrange(len(data) + 1)
        way = chance.randrange(7)
        if way == 0 and data:
            data[at % len(data)] ^= 1 << chance.randrange(8)
        elif way == 1:
            data[at:at] = chance.choice(WORDS)
        elif way == 2:
            word = chance.choice(WORDS)
            data[at:at + len(word)] = word
        elif way == 3:
            del data[at:]
        elif way == 4:
            del data[at:at + chance.randint(1, 9)]
        elif way == 5 and data:
            data[at % len(data)] = chance.randrange(256)
        else:  # a value of JSON or TOML becomes another
            text = bytes(data)
            begin = text.find(b":", at)
            end = min((e for e in (text.find(b",", begin), text.find(b"}", begin)) if e > 0), default=-1)
            if 0 < begin < end:
                data[begin + 1:end] = chance.choice(WORDS)
    return bytes(data)


def trial(kind, seed, folder):
    """Writes the files of a seed and reads them; returns what was wrong, or None."""
    make, read = READERS[kind]
    chance = random.Random(f"{kind} {seed}")
    name, files = chance.choice(list(make()))
    changed = chance.choice(list(files))
    for each, data in files.items():
        with open(os.path.join(folder, each), "wb") as file:
            file.write(mutated(chance, data) if each == changed else data)
    try:
        read(os.path.join(folder, name))
    except (ValueError, OSError):
        return None
    except MemoryError:
        return "takes more memory than there is"
    except (Exception, TooSlow) as error:  # pylint: disable=broad-except
        return repr(error)
    finally:
        for each in os.scandir(folder):
            if each.is_dir(follow_symlinks=False):
                shutil.rmtree(each)
            else:
                os.remove(each)
    return None


def attack(kind, first, seconds):
    """Trials in this process, until its CPU time is used up; prints the failures and returns their number."""
    faulthandler.enable()
    signal.signal(signal.SIGPROF, lambda *_: (_ for _ in ()).throw(TooSlow(f"took more than {SECONDS} s of CPU time")))
    signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TooSlow(f"took more than {LONGEST} s")))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    seed, failed = first, 0
    with tempfile.TemporaryDirectory() as top:
        tempfile.tempdir = top  # what readers leave goes with it
        folder = tempfile.mkdtemp()
        while seed == first or sum(os.times()[:2]) < seconds:
            print(f"--seed {seed}", file=sys.stderr)
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            signal.alarm(LONGEST)
            wrong = trial(kind, seed, folder)
            signal.alarm(0)
            signal.setitimer(signal.ITIMER_PROF, 0)
            if wrong:
                failed += 1
                print(f"{kind} --seed {seed}: {wrong}", flush=True)
            seed += 1
    print(f"{kind}: {seed - first} files in {sum(os.times()[:2]):.0f} s of CPU time, {failed} failed", flush=True)
    return failed
