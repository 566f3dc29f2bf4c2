# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The watch's health as metrics that Prometheus reads over HTTP."""
import socket
import socketserver
import threading
import time
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from gnuradio.stft.app.outputs.output import Output
from gnuradio.stft.optional_modules import load

_NAMES = {  # of a gauge or a counter, and what it is
    "uptime": ("uptime_seconds", "gauge", "Time since the watch began."),
    "samples": ("samples", "counter", "Samples that were analysed."),
    "lost": ("lost_samples", "counter", "Samples that did not come."),
    "overflows": ("overflows", "counter", "Times at which samples were lost."),
    "rate": ("samples_per_second", "gauge", "Samples that are analysed in a second."),
    "load": ("load", "gauge", "Fraction of the time in which samples are analysed."),
    "noise_db": ("noise_floor_decibels", "gauge", "Median over the band of the noise in 1 Hz."),
    "center": ("center_frequency_hertz", "gauge", "Frequency that the receiver is tuned to."),
}


class MetricsOutput(Output):
    """host, port: the address that is listened to; port 0: any that is free, as `port` has it then."""

    def __init__(self, host, port):
        super().__init__()
        self.name = "metrics"
        prometheus = load("prometheus_client", "metrics")
        self._core = load("prometheus_client.core", "metrics")
        self._status, self._source, self._levels, self._alarms, self._speed = None, None, {}, {}, None
        registry = prometheus.CollectorRegistry()
        registry.register(self)
        try:
            self._server = _server_at(host, port, prometheus.make_wsgi_app(registry))
        except OSError as error:
            raise OSError(error.errno, error.strerror or str(error), f"metrics: {host}:{port}") from None
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def begin(self, source):
        self._source = source

    def status(self, status):
        self._status = time.monotonic(), status

    def reports(self, reports):
        for event, _ in reports:
            if event["kind"] == "trend":
                names = [key for key in event if key not in ("kind", "state", "time", "sample", "source", "duration", "speed", "speed_known", "unit")]
                self._levels = {name: event[name] for name in names}
                self._speed = event.get("speed")
            elif event["kind"] in ("raise", "zone", "clear"):
                self._alarms = {**self._alarms, event.get("name") or str(event.get("level")): event.get("zone") or 0}

    def collect(self):
        """The metrics of this moment; called from the server's threads, which only read."""
        gauge, counter = self._core.GaugeMetricFamily, self._core.CounterMetricFamily
        if self._source is not None:
            yield gauge("gr_stft_sample_rate_hertz", "Rate of the source.", self._source.rate)
        if self._status is not None:
            at, status = self._status
            yield gauge("gr_stft_last_sample_age_seconds", "Time since samples came.", status["age"] + time.monotonic() - at)
            for key, (name, kind, words) in _NAMES.items():
                if status.get(key) is not None:
                    yield (gauge if kind == "gauge" else counter)(f"gr_stft_{name}", words, status[key])
            yield self._labelled(counter, "reports", "Reports by their kind and state.", ("kind", "state"), status["kinds"])
            for key, name, words in (("waiting_bytes", "output_waiting_bytes", "Bytes that wait for a disk, a reader or a broker."),
                                     ("dropped", "output_dropped", "Reports, rows or clips that were left out.")):
                values = {(output,): counters[key] for output, counters in status["outputs"].items() if key in counters}
                yield self._labelled(gauge if key == "waiting_bytes" else counter, name, words, ("output",), values)
        known = {(name,): value for name, value in self._levels.items() if value is not None}
        yield self._labelled(gauge, "level", "Levels of the last trend row.", ("level",), known)
        yield self._labelled(gauge, "alarm_zone", "Limits that a level exceeds.", ("level",), {(name,): zone for name, zone in self._alarms.items()})
        if self._speed is not None:
            yield gauge("gr_stft_speed_hertz", "Rotation in the last trend row.", self._speed)

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    @staticmethod
    def _labelled(family, name, words, labels, values):
        made = family(f"gr_stft_{name}", words, labels=labels)
        for key, value in values.items():
            made.add_metric([str(part) for part in key], value)
        return made


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self):
        """As in the base class, but nobody is asked for the name of an address."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]
        self.setup_environ()


class _ServerOf6(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    timeout = 10

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        """Nothing: standard error is for warnings."""


def _server_at(host, port, application):
    server = (_ServerOf6 if ":" in host else _Server)((host, port), _Handler)
    server.set_app(application)
    return server
