# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""One connected page: what waits for it, and what it misses where it is too slow."""
import asyncio
import collections
import json

_ROWS = 16        # that wait for a viewer; older ones are skipped
_MESSAGES = 2000  # that wait; beyond them the viewer is given up, and comes again


class Viewer:
    """Rows and messages for a web socket. All methods are called in the server's loop."""

    def __init__(self, socket):
        self._socket, self._rows, self._messages = socket, collections.deque(), collections.deque()
        self._awake, self._skipped, self._over, self.skipped = asyncio.Event(), 0, False, 0

    def add_rows(self, rows):
        """Rows in bytes, each a message."""
        self._rows.extend(rows)
        while len(self._rows) > _ROWS:
            self._rows.popleft()
            self._skipped += 1
        self._awake.set()

    def add_message(self, text):
        """JSON."""
        self._messages.append(text)
        if len(self._messages) > _MESSAGES:
            self.leave()
        self._awake.set()

    def leave(self):
        """No more is sent than what waits already."""
        self._over = True
        self._awake.set()

    async def send_first(self, rows):
        """Messages that wait, then rows of the time before the viewer came."""
        while self._messages:
            await self._socket.send_str(self._messages.popleft())
        for at in range(0, len(rows), _ROWS):
            await self._socket.send_bytes(b"".join(rows[at:at + _ROWS]))

    async def send(self):
        """Sends until the socket is closed, or leave() was called."""
        while not self._socket.closed:
            await self._awake.wait()
            self._awake.clear()
            while self._messages or self._rows:
                if self._socket.closed:
                    return
                if self._messages:
                    await self._socket.send_str(self._messages.popleft())
                    continue
                if self._skipped:
                    skipped, self._skipped = self._skipped, 0
                    self.skipped += skipped
                    await self._socket.send_str(json.dumps({"type": "skipped", "rows": skipped}))
                    continue
                some = []
                while self._rows:
                    some.append(self._rows.popleft())
                await self._socket.send_bytes(b"".join(some))
            if self._over:
                return
