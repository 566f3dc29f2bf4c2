# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Messages to systemd: the watch has begun, it is alive, how it is, it ends. See sd_notify(3)."""
import os
import socket
import time

from gnuradio.stft.app.outputs.output import Output


class ServiceOutput(Output):
    """address: the value of NOTIFY_SOCKET. interval: s, at which a watchdog wants to hear of us; None: there is none."""

    name = "systemd"

    def __init__(self, address, interval=None):
        super().__init__()
        self._interval = None if interval is None else interval / 2
        self._alive_at = self._status_at = 0.0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)
        self._address = "\0" + address[1:] if address.startswith("@") else address

    @classmethod
    def from_environment(cls, environment=os.environ):
        """One of these, or None if nobody listens."""
        address = environment.get("NOTIFY_SOCKET", "")
        if not address.startswith(("/", "@")):
            return None
        ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        usec = environment.get("WATCHDOG_USEC", "")
        return cls(address, int(usec) / 1e6 if ours and usec.isdigit() and int(usec) > 0 else None)

    def ready(self):
        """The watch has begun."""
        self._tell("READY=1")

    def status(self, status):
        if time.monotonic() - self._status_at > 5:
            self._status_at = time.monotonic()
            self._tell(f"STATUS={status['reports']} reports, {status['lost']} samples lost, load {100 * status['load']:.0f} %")

    def poll(self):
        if self._interval is not None and time.monotonic() - self._alive_at >= self._interval:
            self._alive_at = time.monotonic()
            self._tell("WATCHDOG=1")

    def stopping(self):
        self._tell("STOPPING=1")

    def close(self):
        self._socket.close()

    def _tell(self, words):
        try:
            self._socket.sendto(words.encode(), self._address)
        except OSError:  # nobody listens any more
            pass
