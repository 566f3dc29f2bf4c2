# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""SigMF recordings, as pairs of files and as archives; see the SigMF specification, v1.2."""
import json
import os
import tarfile

from gnuradio.stft.app.files.quantities import iso_time
from gnuradio.stft.app.files.raw_files import RawFile, SampleFormat
from gnuradio.stft.app.files.recording_base import (Annotation, Source, open_to_read, refuse,
                                              require_regular_file)

_LONGEST_METADATA = 2**28  # bytes of JSON


def open_sigmf(source, channel):
    """A pair of files, by the name of either."""
    stem = os.path.splitext(source.file)[0]
    meta_path = stem + ".sigmf-meta"
    require_regular_file(Source(meta_path, meta_path))
    with open_to_read(Source(meta_path, meta_path)) as file:
        meta = _metadata(meta_path, file.read(_LONGEST_METADATA))
    data_path = stem + ".sigmf-data"
    if "core:dataset" in meta["global"]:
        name = os.path.basename(str(meta["global"]["core:dataset"]))
        data_path = os.path.join(os.path.dirname(source.file), name)
    if not os.path.exists(data_path):
        refuse(meta_path, "its data is missing", f"there is no {data_path}")
    data = Source(data_path, data_path)
    require_regular_file(data)
    return _recording(meta_path, meta, data, channel)


def open_sigmf_archive(source, channel):
    """The one recording in a .sigmf file, whose samples are read where they are in it."""
    try:
        with open_to_read(source) as file, tarfile.open(fileobj=file, mode="r:") as archive:
            members = {member.name: member for member in _members(archive) if member.isfile()}
            metas = {os.path.splitext(name)[0]: member for name, member in members.items()
                     if name.endswith(".sigmf-meta")}
            if len(metas) != 1:
                refuse(source.name, f"holds {len(metas)} .sigmf-meta", "must be one; unpack it "
                       "with tar and give the .sigmf-meta of a recording")
            (stem, member), = metas.items()
            name = f"{source.name}: {member.name}"
            meta = _metadata(name, archive.extractfile(member).read(_LONGEST_METADATA))
    except tarfile.TarError as error:
        refuse(source.name, "is not a SigMF archive", f"must be an uncompressed tar: {error}")
    except OSError as error:
        refuse(source.name, "is not a SigMF archive", error.strerror or error)
    data = members.get(stem + ".sigmf-data")
    if data is None:
        refuse(name, "its data is missing", f"there is no {stem}.sigmf-data in the archive")
    if data.issparse():
        refuse(source.name, f"{data.name} is stored sparsely", "unpack it with tar")
    end = data.offset_data + data.size
    size = os.path.getsize(source.file)
    recording = _recording(name, meta, source, channel, data.offset_data, max(0, size - end))
    if end > size:
        recording.report_damage(f"file is truncated: {data.name} should end at byte {end}, the "
                                f"file has {size}; all there is, is analysed")
    return recording


def _members(archive):
    """Members of a tar archive, as far as it goes if it ends early."""
    found = 0
    try:
        while (member := archive.next()) is not None:
            found += 1
            yield member
    except tarfile.TarError:
        if not found:
            raise


def _recording(name, meta, data, channel, begin=0, after=0):
    """The samples that `meta` describes, in `data` from byte `begin` to `after` before its end."""
    described, captures = meta["global"], meta["captures"]
    if any(capture.get("core:header_bytes") for capture in captures[1:]):
        refuse(name, "core:header_bytes", "is supported before the first capture only")

    def number(fields, key, kind, default=None):
        return _number(name, fields, key, kind, default)

    first = captures[0] if captures else {}
    layout = {"channels": number(described, "core:num_channels", int, 1),
              "offset": begin + number(first, "core:header_bytes", int, 0),
              "trailing": after + number(described, "core:trailing_bytes", int, 0)}
    rate_known = "core:sample_rate" in described
    fs = number(described, "core:sample_rate", float) if rate_known else 1.0
    frequencies = [number(capture, "core:frequency", float)
                   for capture in captures if "core:frequency" in capture]

    recording = RawFile(data, _sample_format(name, described), channel=channel, **layout)
    recording.path = name
    recording.format = f"SigMF, {described['core:datatype']}"
    recording.fs, recording.rate_known = fs, rate_known
    if frequencies:
        recording.centre_frequency = frequencies[0]
        if any(frequency != frequencies[0] for frequency in frequencies):
            recording.warnings.append("captures differ in core:frequency: the first one labels all")
    if "core:datetime" in first:
        _take_time(recording, captures, number(first, "core:sample_start", int, 0))
    _annotate(recording, meta.get("annotations", []), number(described, "core:offset", int, 0))
    return recording


def _take_time(recording, captures, first_sample):
    """The time of sample 0, where it is said; a word where times are said that do not hold."""
    text = captures[0]["core:datetime"]
    time = iso_time(text) if isinstance(text, str) else None
    if time is None:
        recording.warnings.append(f"core:datetime {text!r} is no time, and left out")
    elif first_sample == 0:
        recording.time = time
        if any(capture.get("core:datetime", text) != text for capture in captures):
            recording.warnings.append("captures have a core:datetime each: times are counted from the first one")


def _metadata(name, text):
    try:
        meta = json.loads(text.decode("utf-8-sig"))  # Windows likes a mark of its byte order
    except (ValueError, RecursionError) as error:
        refuse(name, "is not SigMF metadata", f"bad JSON: {error}")
    if not isinstance(meta, dict) or not isinstance(meta.get("global"), dict):
        refuse(name, "is not SigMF metadata", 'it has no "global" object')
    captures = meta.setdefault("captures", [])
    if not isinstance(captures, list) or not all(isinstance(c, dict) for c in captures):
        refuse(name, "is not SigMF metadata", '"captures" must be a list of objects')
    return meta


def _sample_format(name, described):
    if "core:datatype" not in described:
        refuse(name, "core:datatype", "is missing")
    try:
        return SampleFormat(str(described["core:datatype"]))
    except ValueError as error:
        raise ValueError(f"{name}: core:{error}".replace("core:dtype", "core:datatype")) from None


def _number(name, fields, key, kind, default):
    value = fields.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        refuse(name, f"{key} {value!r}", "must be a number")
    if kind is int and (not abs(value) < 2**63 or value != int(value)
                        or value < (1 if key == "core:num_channels" else 0)):
        refuse(name, f"{key} {value!r}", "must be a whole number, not negative")
    if not abs(value) < 1e300:
        refuse(name, f"{key} {value!r}", "must be a number")
    return kind(value)


def _annotate(recording, annotations, offset):
    """Takes what can be drawn; the rest is counted in a warning, since samples are all right."""
    unusable = 0
    for fields in annotations if isinstance(annotations, list) else [None]:
        try:
            recording.annotations.append(_annotation(fields, offset))
        except (ValueError, AttributeError, TypeError):
            unusable += 1
    if unusable:
        recording.warnings.append(f"{unusable} annotations have no usable place and are left out")


def _annotation(fields, offset):
    def number(key, kind, default=None):
        return None if key not in fields and default is None else _number("", fields, key, kind, default)

    low, high = number("core:freq_lower_edge", float), number("core:freq_upper_edge", float)
    if None in (low, high) or low > high:
        low = high = None
    label = next((fields[key] for key in ("core:label", "core:description", "core:comment")
                  if isinstance(fields.get(key), str)), "")
    return Annotation(number("core:sample_start", int, 0) - offset, number("core:sample_count", int),
                      low, high, label)
