# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes that others send to the page of `gr_stft monitor --web`: each is answered, and none is an error of the server."""

import contextlib
import functools
import io
import logging
import os
import re
import socket
import tempfile

import numpy as np

TOKEN = "a token of seeds"
PATIENCE = 60.0  # s for an answer, on a machine with other work


def seeds():
    """Requests of the page's own, one after the other in a connection, and a web socket with frames of all kinds."""
    cookie = f"Cookie: gr_stft_monitor_1=1999999999.0123456789abcdef.{'0' * 64}\r\n"
    lines = {"alive": ("GET /alive", "Authorization: Bearer " + TOKEN + "\r\n"), "page": ("GET /", ""), "file": ("GET /files/page.css", cookie),
             "rows": ("GET /rows?start=0&end=20&lower=-5e5&upper=5e5&rows=8&bins=16", "Origin: http://localhost\r\n"),
             "far": ("GET /rows?start=-1e300&end=1e300&lower=0&upper=1e-300&rows=1024&bins=1024", ""),
             "clip": ("GET /clips/x", "Sec-Fetch-Site: cross-site\r\n"), "up": ("GET /clips/..%2f..%2fx", "Range: bytes=0-5\r\n")}
    for name, (line, more) in lines.items():
        yield f"{name}.http", {f"{name}.http": f"{line} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode()}
    form = f"token={TOKEN.replace(' ', '+')}"
    yield "login.http", {"login.http": (f"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                                        f"Content-Length: {len(form)}\r\n\r\n{form}").encode()}
    part = b'--x\r\nContent-Disposition: form-data; name="token"; filename="y"\r\n\r\nz\r\n--x--\r\n'
    yield "part.http", {"part.http": b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
                                     b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(part), part)}
    frames = b"\x81\x82abcd\x29\x0d" + b"\x89\x80abcd" + b"\x82\x85abcd01234" + b"\x88\x82abcd\x62\x8a"
    yield "socket.http", {"socket.http": b"GET /socket?run=x&after=3 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                         b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n" + frames}


class Complaints(logging.Handler):
    """Keeps what the server's log says."""

    def __init__(self):
        super().__init__()
        self.said = []

    def emit(self, record):
        self.said.append(record.exc_info[1] if record.exc_info else record.getMessage())


@functools.cache
def servers():
    """A page for whoever is on this machine, one with a token, and what their log says."""
    from gnuradio.stft.app.page import server
    from gnuradio.stft.app.page.clip_folder import ClipFolder
    from gnuradio.stft.app.page.rows import RowMemory
    from gnuradio.stft.app.page.spectrogram_store import SpectrogramStore
    server._PAUSE = 0.001  # pylint: disable=protected-access; wrong tokens are most of the bytes here
    folder = tempfile.mkdtemp(prefix="page-")
    for ending in ".sigmf-meta", ".sigmf-data":
        with open(os.path.join(folder, "x" + ending), "wb") as file:
            file.write(b"{}")
    memory = RowMemory()
    for row in range(50):
        memory.add(row * 0.5, 0.5, (-5e5, 5e5), np.ones(16, np.float32), np.ones(16, np.float32))
    pages = [server.PageServer("127.0.0.1", 0, token, memory, SpectrogramStore(folder), ClipFolder(folder)) for token in (None, TOKEN)]
    log = Complaints()
    logging.getLogger("gr_stft.page").addHandler(log)
    logging.getLogger("asyncio").addHandler(log)
    return pages, log


def answer(port, request, patience):
    """What comes until the server is silent for so long (s), and then, that no more is asked for."""
    found = io.BytesIO()
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(request)
        connection.settimeout(patience)
        try:
            while piece := connection.recv(1 << 16):
                found.write(piece)
            return found.getvalue()
        except TimeoutError:
            connection.settimeout(PATIENCE)
            connection.shutdown(socket.SHUT_WR)
        try:
            while piece := connection.recv(1 << 16):
                found.write(piece)
        except TimeoutError:
            raise RuntimeError("the server waits, and is told that nothing comes") from None
    return found.getvalue()


def read(path):
    with open(path, "rb") as file:
        request = file.read()
    pages, log = servers()
    for page in pages:
        log.said.clear()
        said = answer(page.port, request, 0.02)
        if re.search(rb"(?m)^HTTP/1\.\d 5", said) or log.said:
            raise RuntimeError(f"the server fails: {log.said} {said[:60]!r}")
        alive = f"GET /alive HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n"
        if b" 200 " not in answer(page.port, alive.encode(), PATIENCE):
            raise RuntimeError("the server is not alive any more")
