# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Options of what `gr_stft monitor` hands its results to, and the outputs that they describe."""
import argparse
import math
import os
import re
import sys
from urllib.parse import urlsplit

from gnuradio.stft.app.command_options import as_options, files_of
from gnuradio.stft.app.files.event_files import KEYS
from gnuradio.stft.app.files.piped_input import STANDARD_INPUT
from gnuradio.stft.app.files.quantities import hertz, seconds
from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.machine_options import levels_of
from gnuradio.stft.app.outputs.clip_output import ClipOutput
from gnuradio.stft.app.outputs.line_output import CsvLines, LineOutput, json_lines
from gnuradio.stft.app.outputs.metrics_output import MetricsOutput
from gnuradio.stft.app.outputs.mqtt_address import is_mqtt, mqtt_address
from gnuradio.stft.app.outputs.mqtt_output import MqttOutput
from gnuradio.stft.app.outputs.service_output import ServiceOutput
from gnuradio.stft.app.outputs.sigmf_output import SigmfOutput
from gnuradio.stft.app.outputs.spectrogram_output import SpectrogramOutput
from gnuradio.stft.app.outputs.status_line import StatusLine
from gnuradio.stft.app.outputs.udp_output import UdpOutput
from gnuradio.stft.app.page.page_options import add_page_arguments, check_page, page_of
from gnuradio.stft.optional_modules import require

_OF_THE_WATCH = ("output", "reason")  # keys that reports on the watch itself have, too
_OF_LEVELS = ("kind", "state", "of", "level", "name", "zone", "zone_before", "time", "sample", "row", "start", "duration", "sample_count",
              "value", "limit", "peak", "peak_row", "measured", "expected", "unit", "speed", "speed_known", "nearly", "source")


def add_output_arguments(parser):
    """The group of options is returned: others may add theirs."""
    group = parser.add_argument_group("result")
    group.add_argument("-F", "--format", type=_format, metavar="FORMAT", action="append", default=[],
                       help="what becomes of reports: json, csv, json:FILE, csv:FILE, mqtt://HOST/TOPIC, udp://HOST:PORT; "
                            "repeatable (default: json)")
    group.add_argument("--sigmf", metavar="OUT.sigmf-meta", help="events as annotations, too, saved as they come")
    group.add_argument("--spectrogram", metavar="DIR", help="rows of the spectrogram in files of this folder")
    group.add_argument("--rotate", type=seconds, metavar="TIME", default=3600.0, help="of a file of rows (default: 1h)")
    group.add_argument("--row-rate", type=_row_rate, metavar="HZ", default=1.0,
                       help="rows that are stored in a second, at most, or all (default: 1)")
    group.add_argument("--png", action="store_true", help="a picture of each complete file of rows")
    group.add_argument("--hdf5", action="store_true", help="each complete file of rows as HDF5, too")
    group.add_argument("--spectrogram-limit", type=_bytes, metavar="BYTES",
                       help="of the folder's files: 50G; the oldest are removed (default: none is)")
    group.add_argument("--record-events", metavar="DIR", help="the samples of each event, or alarm, in files of this folder")
    group.add_argument("--pre", type=seconds, metavar="TIME", default=0.5, help="of a recording before its event (default: 0.5 s)")
    group.add_argument("--post", type=seconds, metavar="TIME", default=0.5, help="and after it (default: 0.5 s)")
    group.add_argument("--record-limit", type=_bytes, metavar="BYTES",
                       help="of the folder's files: 10G; the oldest are removed (default: none is)")
    group.add_argument("--metrics", type=address, metavar="[HOST:]PORT", help="numbers for Prometheus over HTTP (HOST: 127.0.0.1)")
    add_page_arguments(group)
    return group


def check_outputs(arguments):
    """ValueError or ImportError for what can be refused before a recording or a device is opened."""
    if arguments.sigmf is not None and not arguments.detect:
        refuse("sigmf", arguments.sigmf, "needs --detect")
    if arguments.sigmf is not None and not arguments.sigmf.endswith(".sigmf-meta"):
        refuse("sigmf", arguments.sigmf, "must end in .sigmf-meta")
    if len([1 for kind, where in arguments.format if kind in ("json", "csv") and where is None]) > 1:
        refuse("format", "json and csv", "must not be on standard output together: name a file, csv:FILE")
    _check_files(arguments)
    for name in "spectrogram", "record_events":
        folder = getattr(arguments, name)
        if folder is not None and not os.path.isdir(folder):
            refuse(name, folder, "must be a folder that is there")
    if not (arguments.rotate == 0 or 1 <= arguments.rotate <= 1e12):
        refuse("rotate", f"{arguments.rotate:g}", "must be 1 s at least, or 0: never")
    if not arguments.row_rate > 0:
        refuse("row_rate", f"{arguments.row_rate:g}", "must be positive")
    for name in "pre", "post":
        if not 0 <= getattr(arguments, name) <= 3600:
            refuse(name, f"{getattr(arguments, name):g}", "must be 0 .. 3600 s")
    for name, wants in (("png", "spectrogram"), ("hdf5", "spectrogram"), ("spectrogram_limit", "spectrogram"),
                        ("record_limit", "record_events")):
        if getattr(arguments, name) and getattr(arguments, wants) is None:
            refuse(name, "given", f"needs --{wants.replace('_', '-')}")
    for wanted, module, purpose in ((arguments.png, "matplotlib", "drawing pictures"), (arguments.hdf5, "h5py", "writing HDF5"),
                                    (arguments.metrics, "prometheus_client", "metrics"),
                                    (any(kind == "mqtt" for kind, _ in arguments.format), "paho", "MQTT")):
        if wanted:
            require(module, purpose)
    check_page(arguments)


def _check_files(arguments):
    """ValueError unless each file that is written is one of its own; /dev/null may be several."""
    taken = {os.path.realpath(path): "is the source" for path in files_of([arguments.source]) if path != STANDARD_INPUT}
    if arguments.config is not None:
        taken[os.path.realpath(arguments.config)] = "is the configuration"
    written = [("format", where) for kind, where in arguments.format if kind in ("json", "csv") and where is not None]
    written += [(name, getattr(arguments, name)) for name in ("sigmf", "state") if getattr(arguments, name) is not None]
    for name, path in written:
        real = os.path.realpath(path)
        if os.path.exists(real) and not os.path.isfile(real):
            continue
        if real in taken:
            refuse(name, path, taken[real])
        taken[real] = "is given twice"


def outputs_of(arguments, source, watcher):
    """The outputs that the arguments ask for, of a Source; an Output of another kind is one line more."""
    outputs = [_lines(kind, where, arguments, source) for kind, where in arguments.format or [("json", None)]]
    if arguments.sigmf is not None:
        with as_options(path="sigmf"):
            outputs.append(SigmfOutput(arguments.sigmf, source.datatype))
    if arguments.spectrogram is not None:
        outputs.append(SpectrogramOutput(arguments.spectrogram, rotate=arguments.rotate, rows_per_second=arguments.row_rate,
                                         more=[".png"] * arguments.png + [".h5"] * arguments.hdf5, most_bytes=arguments.spectrogram_limit))
    if arguments.record_events is not None:
        outputs.append(ClipOutput(arguments.record_events, source, pre=arguments.pre, post=arguments.post,
                                  most_bytes=arguments.record_limit, span=watcher.span, late=watcher.late))
    if arguments.metrics is not None:
        outputs.append(MetricsOutput(*arguments.metrics))
    if arguments.web is not None:
        outputs.append(page_of(arguments, source.live))
    if sys.stderr.isatty():
        outputs.append(StatusLine())
    service = ServiceOutput.from_environment()
    return outputs + [service] * (service is not None)


def _lines(kind, where, arguments, source):
    if kind == "mqtt":
        return MqttOutput(**where)
    if kind == "udp":
        return UdpOutput(*where)
    form = json_lines if kind == "json" else CsvLines(_columns(arguments))
    return LineOutput(form, where, patient=not source.live)


def _columns(arguments):
    """All keys that a report can have."""
    if arguments.detect:
        return (*KEYS, *_OF_THE_WATCH)
    levels = [level.name for level in levels_of(arguments)]
    deviations = [f"{name} deviation" for name in levels] if arguments.baseline is not None else []
    return (*_OF_LEVELS, *levels, *deviations, *_OF_THE_WATCH)


def _format(text):
    """(kind, None or a file, or what MqttOutput and UdpOutput take)."""
    kind, colon, where = text.partition(":")
    if kind in ("json", "csv"):
        if colon and not where:
            _refuse(text, f"must be {kind}, or {kind}:FILE")
        return kind, where or None
    if is_mqtt(text):
        return "mqtt", mqtt_address(text)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        _refuse(text, str(error))
    if kind == "udp" and parts.hostname and port and not parts.path.strip("/"):
        return "udp", (parts.hostname, port)
    _refuse(text, "must be json, csv, json:FILE, csv:FILE, mqtt://HOST[:PORT]/TOPIC or udp://HOST:PORT")


def address(text):
    """(host, port) of "9100", "0.0.0.0:9100", "[::1]:9100"; the host is the loopback if it is not named."""
    host, colon, port = text.rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not port.isdigit() or not 0 <= int(port) < 65536 or (colon and not host):
        _refuse(text, "must be a port, or an address and a port: 9100, 0.0.0.0:9100, [::1]:9100")
    return host or "127.0.0.1", int(port)


def _row_rate(text):
    return math.inf if text == "all" else hertz(text)


def _bytes(text):
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kMGT]?)(?:i?B)?", text.strip())
    if not match:
        _refuse(text, "must be a number of bytes with k, M, G or T, if any: 500M, 10G")
    return int(float(match[1]) * 1000**" kMGT".index(match[2] or " "))


def _refuse(text, rule):
    raise argparse.ArgumentTypeError(f"{text!r}: {rule}")
