# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The server of the page: a thread of its own with an asyncio loop, which never makes the analysis wait."""
import asyncio
import collections
import concurrent.futures
import contextlib
import inspect
import json
import logging
import os
import secrets
import socket
import threading

import numpy as np

from gnuradio.stft import optional_modules
from gnuradio.stft.app.page.access import HEADERS, Access
from gnuradio.stft.app.page.listening import listen_at
from gnuradio.stft.app.page.rows import Grid
from gnuradio.stft.app.page.viewer import Viewer

_FILES = os.path.join(os.path.dirname(os.path.realpath(__file__)), "files")
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FORM = "application/x-www-form-urlencoded"
_RECENT = 600            # rows that a new viewer gets
_EVENTS = 5000
_POINTS = 5000
_AT_ONCE = 500           # events of a message
_MOST_VIEWERS = 100
_MOST_ATTEMPTS = 8       # at tokens, at the same time
_PAUSE = 1.0             # s after a wrong token
_PATIENCE = 0.3          # s for answers that are under way at the end
_PENDING = 5000          # calls of publish() that wait for the loop
_SEND_BUFFER = 1 << 18   # bytes of a socket: what is in it comes late
_CHUNK = 1 << 18         # bytes of a file
_RESCAN = 5.0            # s between two looks for stored files
_RECLIP = 1.0            # s between two looks for clips


class PageServer:
    """Shows what publish_...() is given to whoever is connected.

    host, port: to listen at. token: None, or what viewers must know. memory: a RowMemory. store: a SpectrogramStore or None. clips: a
    ClipFolder or None. OSError if the address cannot be had.
    """

    def __init__(self, host, port, token, memory, store=None, clips=None):
        self._web = optional_modules.load("aiohttp.web", "--web")
        self._memory, self._store, self._clips = memory, store, clips
        self._run = secrets.token_hex(8)
        self._viewers, self._attempts, self._pending, self.dropped = set(), 0, 0, 0
        self._hello, self._axes, self._latest, self._over = None, [], {}, False
        self._rows, self._events = collections.deque(maxlen=_RECENT), collections.OrderedDict()
        self._points, self._orders = collections.deque(maxlen=_POINTS), []
        self._files = {name: _read(os.path.join(_FILES, name)) for name in sorted(os.listdir(_FILES))}
        self._socket = listen_at(host, port)
        self.port = self._socket.getsockname()[1]
        self._access = Access(token, self.port)
        self._executor = concurrent.futures.ThreadPoolExecutor(2, "gr_stft page")
        self._working = self._failure = None
        self._loop, self._closing = asyncio.new_event_loop(), None
        ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(ready,), name="gr_stft page", daemon=True)
        self._thread.start()
        ready.wait()
        if self._failure is not None:
            self._socket.close()
            raise RuntimeError(f"web: the server did not start: {self._failure}")

    # the side of the analysis

    def publish(self, message):
        """A dict with a "type": hello, axis, events, lines, levels, alarms, health, end."""
        self._call(self._take, message)

    def publish_rows(self, rows):
        """[bytes of a row]."""
        self._call(self._take_rows, rows)

    def work(self, function, *arguments):
        """Called by another thread, unless the one before has not ended."""
        if self._working is None or self._working.done():
            with contextlib.suppress(RuntimeError):  # it is closed
                self._working = self._executor.submit(function, *arguments)

    @property
    def viewers(self):
        return len(self._viewers)

    @property
    def skipped(self):
        """Rows that slow viewers missed."""
        return self._skipped_before + sum(viewer.skipped for viewer in tuple(self._viewers))

    _skipped_before = 0

    def close(self):
        """Tells viewers that it ends; within a second."""
        if self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join(2)
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _call(self, function, *arguments):
        if self._pending > _PENDING:
            self.dropped += 1
            return
        self._pending += 1
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._run_one, function, *arguments)

    def _run_one(self, function, *arguments):
        self._pending -= 1
        function(*arguments)

    # the loop's side

    def _serve(self, ready):
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main(ready))
        except Exception as error:
            self._failure = error
        finally:
            ready.set()
            self._loop.close()

    async def _main(self, ready):
        web = self._web

        @web.middleware
        async def guard(request, handler):
            return await self._guard(request, handler)

        app = web.Application(middlewares=[guard], client_max_size=4096)
        app.add_routes([
            web.get("/", self._show_page), web.get("/files/{name}", self._send_file), web.post("/login", self._log_in),
            web.get("/socket", self._connect), web.get("/rows", self._send_rows), web.get("/alive", self._say_alive),
            web.get("/clips/{name}", self._send_clip)])
        app.on_response_prepare.append(_add_headers)
        # since aiohttp 3.9 the runner is who waits at the end
        waits = "shutdown_timeout" in inspect.signature(web.BaseRunner.__init__).parameters
        patience = {"shutdown_timeout": _PATIENCE}
        runner = web.AppRunner(app, access_log=None, handle_signals=False, keepalive_timeout=30.0, logger=_logger(),
                               **patience if waits else {})
        await runner.setup()
        self._closing = asyncio.Event()
        site = web.SockSite(runner, self._socket, **{} if waits else patience)
        await site.start()
        background = [asyncio.ensure_future(task()) for task, wanted in ((self._look_after_store, self._store),
                                                                         (self._look_after_clips, self._clips)) if wanted]
        ready.set()
        await self._closing.wait()
        for task in background:
            task.cancel()
        for viewer in tuple(self._viewers):
            viewer.leave()
        await asyncio.sleep(0.05)
        await runner.cleanup()

    async def _look_after_store(self):
        """Finds new files, and makes overviews one by one."""
        while True:
            await self._off(self._store.scan)
            while await self._off(self._store.make_overview):
                await asyncio.sleep(0.01)
            await asyncio.sleep(_RESCAN)

    async def _look_after_clips(self):
        """Finds new clips, and tells viewers which events have them."""
        while True:
            if await self._off(self._clips.scan):
                changed = []
                for event in self._events.values():
                    name = self._clips.name_of(event)
                    if name != event["clip"]:
                        event["clip"] = name
                        changed.append(event)
                for at in range(0, len(changed), _AT_ONCE):
                    self._tell({"type": "events", "events": changed[at:at + _AT_ONCE]})
            await asyncio.sleep(_RECLIP)

    def _off(self, function, *arguments):
        """Done by another thread."""
        return self._loop.run_in_executor(self._executor, function, *arguments)

    def _take(self, message):
        kind = message["type"]
        if kind == "hello":
            message["run"] = self._run
            self._hello = message
        elif kind == "axis":
            self._axes = [*self._axes[-7:], message]
        elif kind == "events":
            self._keep_events(message["events"])
        elif kind == "lines":
            self._points.extend(message["points"])
            self._orders = message["orders"]
        elif kind == "health":
            message["viewers"] = len(self._viewers)
            self._latest["stored"] = {"type": "stored", "times": self._extent()}
        if kind not in ("hello", "axis", "events", "lines"):
            self._latest[kind] = message
        self._tell(message)
        if kind == "health":
            self._tell(self._latest["stored"])

    def _tell(self, message):
        if self._viewers:
            text = _json(message)
            for viewer in self._viewers:
                viewer.add_message(text)

    def _keep_events(self, events):
        for event in events:
            if self._clips:
                event["clip"] = self._clips.name_of(event)
            self._events[event["key"]] = event
            self._events.move_to_end(event["key"])
        while len(self._events) > _EVENTS:
            self._events.popitem(last=False)

    def _take_rows(self, rows):
        self._rows.extend(rows)
        for viewer in self._viewers:
            viewer.add_rows(rows)

    def _extent(self):
        extents = [found for found in (self._memory.extent(), self._store.extent() if self._store else None) if found]
        return [min(first for first, _ in extents), max(last for _, last in extents)] if extents else None

    # requests

    async def _guard(self, request, handler):
        web = self._web
        objection = self._access.objection(request)
        if objection:
            return web.Response(status=403, text=objection + "\n")
        open_to_all = request.path == "/login" or request.path in ("/files/page.css", "/files/icon.svg")
        if not open_to_all and not self._access.may_see(request):
            if request.path == "/" and "Authorization" not in request.headers:
                return web.Response(body=self._files["login.html"], content_type="text/html", charset="utf-8")
            refusal = web.Response(status=401, text="the token is missing or wrong\n")
            return await self._slowly(refusal) if "Authorization" in request.headers else refusal
        return await handler(request)

    async def _slowly(self, refusal):
        """The answer to a wrong token, of which some are looked at in a second."""
        if self._attempts >= _MOST_ATTEMPTS:
            return self._web.Response(status=429, text="too many attempts: try again in a second\n", headers={"Retry-After": "1"})
        self._attempts += 1
        try:
            await asyncio.sleep(_PAUSE)
        finally:
            self._attempts -= 1
        return refusal

    async def _show_page(self, request):
        return self._web.Response(body=self._files["index.html"], content_type="text/html", charset="utf-8")

    async def _send_file(self, request):
        name = request.match_info["name"]
        if name not in self._files:
            raise self._web.HTTPNotFound()
        return self._web.Response(body=self._files[name], content_type=_TYPES[os.path.splitext(name)[1]], charset="utf-8")

    async def _say_alive(self, request):
        return self._web.Response(text="yes\n")

    async def _log_in(self, request):
        web = self._web
        if not self._access.needs_token:
            raise web.HTTPSeeOther("./")
        if self._attempts >= _MOST_ATTEMPTS:  # also the right one, so that the time of an answer says nothing
            return await self._slowly(None)
        form = await self._understood(request.post()) if request.content_type == _FORM else {}  # what browsers send
        given = form.get("token", "")
        if not isinstance(given, str) or not self._access.is_token(given):
            return await self._slowly(web.Response(status=401, body=self._files["login.html"], content_type="text/html", charset="utf-8"))
        answer = web.Response(status=303, headers={"Location": "./"})
        self._access.set_cookie(answer, request.secure or request.headers.get("X-Forwarded-Proto") == "https")
        return answer

    async def _understood(self, reading):
        """What aiohttp reads of a request, whose parsers raise what they meet in forms, charsets and versions."""
        from aiohttp.http_exceptions import HttpProcessingError
        try:
            return await reading
        except (ValueError, LookupError, HttpProcessingError):
            raise self._web.HTTPBadRequest(text="this is no request of the page\n") from None

    async def _connect(self, request):
        web = self._web
        if len(self._viewers) >= _MOST_VIEWERS:
            return web.Response(status=503, text="too many viewers\n")
        wires = request.transport.get_extra_info("socket")
        if wires is not None:
            wires.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        request.transport.set_write_buffer_limits(high=1 << 16)
        connection = web.WebSocketResponse(heartbeat=20.0, compress=False, max_msg_size=1024, timeout=0.3)
        await self._understood(connection.prepare(request))
        viewer = Viewer(connection)
        after = _number_after(request.query, self._run)
        for message in self._snapshot():
            viewer.add_message(_json(message))
        recent = [row for row in self._rows if _number_of(row) > after]
        self._viewers.add(viewer)
        sending = asyncio.ensure_future(self._send_all(connection, viewer, recent))
        try:
            async for _ in connection:  # a viewer has nothing to say; what it says is not looked at
                pass
        finally:
            self._viewers.discard(viewer)
            self._skipped_before += viewer.skipped
            sending.cancel()
        return connection

    @staticmethod
    async def _send_all(connection, viewer, recent):
        with contextlib.suppress(ConnectionError, RuntimeError):
            await viewer.send_first(recent)
            await viewer.send()
        with contextlib.suppress(Exception):
            await connection.close()

    def _snapshot(self):
        """Messages for a new viewer."""
        if self._hello:
            yield self._hello
        yield from self._axes
        events = list(self._events.values())
        for at in range(0, len(events), _AT_ONCE):
            yield {"type": "events", "events": events[at:at + _AT_ONCE]}
        if self._points:
            yield {"type": "lines", "orders": self._orders, "points": list(self._points)}
        yield from self._latest.values()

    async def _send_rows(self, request):
        """Rows of a stretch of time and frequency: a header of 40 bytes, bases, values."""
        web = self._web
        try:
            start, end, lower, upper = (float(request.query[name]) for name in ("start", "end", "lower", "upper"))
            rows, bins = (int(request.query[name]) for name in ("rows", "bins"))
        except (KeyError, ValueError):
            raise web.HTTPBadRequest(text="start, end, lower, upper, rows and bins must be numbers\n") from None
        if not (np.isfinite([start, end, lower, upper]).all() and start < end and lower < upper and 1 <= rows <= 1024
                and 1 <= bins <= 1024):
            raise web.HTTPBadRequest(text="start < end, lower < upper, rows and bins 1 .. 1024\n")
        body = await self._off(self._draw, Grid(start, end, rows, lower, upper, bins))
        return web.Response(body=body, content_type="application/octet-stream")

    def _draw(self, grid):
        if self._store:
            self._store.draw(grid)
        self._memory.draw(grid)
        return grid.encoded()

    async def _send_clip(self, request):
        web = self._web
        files = await self._off(self._clips.open, request.match_info["name"]) if self._clips else None
        if files is None:
            raise web.HTTPNotFound()
        with files:
            answer = web.StreamResponse(headers={"Content-Type": "application/x-tar", "Content-Length": str(files.size),
                                                 "Content-Disposition": f"attachment; filename=\"{files.name}\""})
            await answer.prepare(request)
            while chunk := await self._off(files.read, _CHUNK):
                await answer.write(chunk)
            await answer.write_eof()
            return answer


def _logger():
    """A log of what goes wrong here. Bytes that are no request, as those who try all ports of a machine send, are no news, nor are
    viewers who leave."""
    from aiohttp.http_exceptions import HttpProcessingError
    logger = logging.getLogger("gr_stft.page")
    logger.filters = [lambda record: not (record.exc_info and isinstance(record.exc_info[1], (HttpProcessingError, ConnectionError)))]
    return logger


async def _add_headers(request, response):
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.pop("Server", None)


def _json(message):
    return json.dumps(message, separators=(",", ":"))


def _number_of(row):
    """The number of a row in bytes."""
    return int.from_bytes(row[28:32], "little")


def _number_after(query, run):
    """The number of the row that a viewer has already: it was connected before."""
    if query.get("run") != run:
        return -1
    try:
        return int(query.get("after", "-1"))
    except ValueError:
        return -1


def _read(path):
    with open(path, "rb") as file:
        return file.read()
