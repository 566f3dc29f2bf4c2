# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Reports as datagrams, a line of JSON each."""
import errno
import socket
import threading

from gnuradio.stft.app.outputs.backlog import Attempts, Backlog
from gnuradio.stft.app.outputs.output import Output

LIMIT = 1 << 20  # bytes that wait while the network does not take them


class UdpOutput(Output):
    """Nobody says whether a datagram arrives. That its host refuses it is a failure, and what the network does not take waits."""

    def __init__(self, host, port, limit=LIMIT):
        super().__init__()
        self.name = f"udp://{host}:{port}"
        self._address, self._socket, self._resolver = (host, port), None, None
        self._waiting, self._attempts, self._too_long = Backlog(limit), Attempts(self.changes), 0
        self._resolve()
        self._resolver.join(1.0)  # names of this host are known at once

    def reports(self, reports):
        for _, line in reports:
            self._waiting.append(line.encode("utf-8", "backslashreplace"))
        self.poll()

    def poll(self):
        if not len(self._waiting) or not self._attempts.due():
            return
        try:
            if not self._is_open():
                return
            while len(self._waiting):
                self._send_first()
            self._attempts.worked(f"{self.name} is reached again")
        except BlockingIOError:
            pass
        except OSError as error:
            self._attempts.failed(f"{self.name}: {error.strerror or error}")

    def counters(self):
        counters = self._waiting.counters()
        counters["dropped"] += self._too_long
        return counters

    @property
    def failed(self):
        return bool(len(self._waiting) or self._waiting.dropped or self._too_long)

    def close(self):
        self._attempts.hurry()
        self.poll()
        if self._socket is not None:
            self._socket.close()

    def _send_first(self):
        try:
            self._socket.send(self._waiting.first())
        except OSError as error:
            if error.errno != errno.EMSGSIZE:
                raise
            self._too_long += 1
        self._waiting.popleft()

    def _is_open(self):
        """Starts to look the host up again if that has failed."""
        if self._socket is None and not self._resolver.is_alive():
            error, self._error = self._error, None
            self._resolve()
            if error is not None:
                raise error
        return self._socket is not None

    def _resolve(self):
        self._error = None
        self._resolver = threading.Thread(target=self._look_up, daemon=True)
        self._resolver.start()

    def _look_up(self):
        """Looks an address up, in a thread of its own, since that may take many seconds."""
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(*self._address, type=socket.SOCK_DGRAM)[0]
            made = socket.socket(family, kind, protocol)
            made.setblocking(False)
            made.connect(address)
            self._socket = made
        except OSError as error:
            self._error = error
