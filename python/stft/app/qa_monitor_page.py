#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The page of gr_stft monitor --web without a browser: the server, tokens, slow viewers, clips."""
import asyncio
import contextlib
import http.client
import io
import json
import os
import re
import signal
import socket
import struct
import tarfile
import time
import unittest
import urllib.request
from unittest import mock

import numpy as np
from qa_command import InFolder, needs, run, start, unhurried

from gnuradio import stft
from gnuradio.stft import optional_modules
from gnuradio.stft.app.outputs.clip_output import ClipOutput
from gnuradio.stft.app.outputs.hub import Outputs
from gnuradio.stft.app.outputs.output import Rows, Source
from gnuradio.stft.app.page import access, rows, server
from gnuradio.stft.app.page.clip_folder import ClipFolder
from gnuradio.stft.app.page.web_output import WebOutput
from gnuradio.stft.bench import band_scenes
from gnuradio.stft.stft_python import kernels

TIME = 1795922112, 0.25  # 2026-11-29T03:15:12.25Z
CENTER = 433.92e6
TOKEN = "correct horse battery staple"


def source(**given):
    values = dict(name="test", rate=1e6, rate_known=True, dtype=np.dtype(np.complex64), datatype="cf32_le", center=CENTER, time=TIME,
                  n_fft=1024, hop=512, watches="band", live=True)
    return Source(**{**values, **given})


def play(output, scene, of=None, step=20000, more=()):
    """What the watch gives an output: rows and reports of a scene; -> the events that have ended."""
    of = of or source()
    output._rows._keep_pace = lambda: None  # rows are as long as in real time
    hub = Outputs([output, *more], of, "hann")
    detector = stft.SignalDetector(of.rate, freq_center=of.center, time=None if of.time is None else sum(of.time), source=of.name)
    events = []
    for at in range(0, len(scene.samples), step):
        piece = scene.samples[at:at + step]
        reports = detector.push_lines(piece)
        hub.samples(piece)
        hub.reports(reports)
        events += [event for event, _ in reports]
    reports = detector.finish_lines()
    hub.reports(reports)
    hub.finish()
    return stft.monitoring.ended(events + [event for event, _ in reports])


def iso(later):
    """ISO 8601 of a time after TIME."""
    whole, part = divmod(TIME[1] + later, 1.0)
    return kernels.iso8601((TIME[0] + int(whole), part))


def some_rows(count, bins, seed=0):
    return np.random.default_rng(seed).exponential(1e-6, (count, bins)).astype(np.float32)


class Addresses(unittest.TestCase):

    def test_addresses_are_read(self):
        for text, expected in (("8080", ("127.0.0.1", 8080)), ("0.0.0.0:80", ("0.0.0.0", 80)), ("[::1]:8080", ("::1", 8080)),
                               ("localhost:0", ("localhost", 0))):
            self.assertEqual(access.address_of(text), expected)
        for text in "", "x", "1:2:3", "65536", "-1", "host:", "::1", "²":
            with self.assertRaisesRegex(ValueError, "^web: "):
                access.address_of(text)

    def test_only_this_machine_needs_no_token(self):
        for host in "127.0.0.1", "127.0.0.9", "::1", "localhost":
            access.check_access(host, None)
        for host in "0.0.0.0", "::", "192.168.1.2", "example.org", "127.0.0.1.example.org":
            with self.assertRaisesRegex(ValueError, "web_token|--web-token"):
                access.check_access(host, None)
            access.check_access(host, TOKEN)


class Options(InFolder):

    def test_what_cannot_be_is_refused_in_one_line(self):
        with open("token", "w", encoding="utf-8") as file:
            file.write("short\n")
        for options, words in ((("--web", "0.0.0.0:0"), "--web-token"), (("--web", "x"), "port"), (("--web-token", TOKEN), "needs --web"),
                               (("--web", 0, "--web-token", "secret"), "16 characters"), (("--web", 0, "--web-token", "@token"), "16")):
            with self.subTest(options):
                self.assert_refused(["monitor", "x.cf32", "--detect", *options], "web", words)
        status, _, err = run("monitor", "x.cf32", "--detect", "--web", 0, "--web-token", "secret-in-words")
        self.assertNotIn("secret", err)

    def test_a_missing_package_is_named(self):
        with mock.patch.object(optional_modules.importlib.util, "find_spec", return_value=None):
            self.assert_refused(["monitor", "x.cf32", "--detect", "--web", 0], "python3-aiohttp", status=1)

    @needs("aiohttp")
    def test_an_address_that_is_taken_is_one_line(self):
        np.zeros(4096, np.complex64).tofile("x.cf32")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.assert_refused(["monitor", "x.cf32", "--dtype", "cf32_le", "--rate", "1M", "--detect", "--web", port],
                                f"127.0.0.1:{port}", "in use", status=1)


class Serving(InFolder):
    """A page on a free port."""

    token = None
    store = clips = None

    def setUp(self):
        super().setUp()
        self.output = WebOutput("127.0.0.1", 0, self.token, self.store and self.store(), self.clips and self.clips())
        self.addCleanup(self.output.close)
        self.port = self.output.server.port
        self.host = f"127.0.0.1:{self.port}"

    def ask(self, path, method="GET", body=None, **headers):
        """Status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        self.addCleanup(connection.close)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    async def look(self, session, query="", until=lambda seen: False, seconds=2.0):
        """Messages of a web socket: (dicts, rows as (number, axis, start, seconds, bins))."""
        dicts, found = [], []
        async with session.ws_connect(f"http://{self.host}/socket{query}") as connection:
            deadline = time.monotonic() + unhurried(seconds)
            while not until((dicts, found)) and time.monotonic() < deadline:
                message = await connection.receive(timeout=unhurried(seconds))
                if message.type.name == "TEXT":
                    dicts.append(json.loads(message.data))
                elif message.type.name == "BINARY":
                    found += decoded(message.data)
                else:
                    break
        return dicts, found

    def watch(self, *arguments, **keywords):
        import aiohttp

        async def main():
            async with aiohttp.ClientSession() as session:
                return await self.look(session, *arguments, **keywords)
        return asyncio.run(main())


def decoded(data):
    found, at = [], 0
    while at < len(data):
        axis, bins, begin, seconds, base, _, number = struct.unpack_from("<IIddhhI", data, at)
        values = np.frombuffer(data, np.uint8, bins, at + 40)
        found.append((number, axis, begin, seconds, rows.powers(np.array([base]), values[np.newaxis])[0]))
        at += 40 + -(-bins // 4) * 8
    return found


@needs("aiohttp")
class Server(Serving):

    def test_every_answer_forbids_what_is_not_its_own(self):
        for path, status in (("/", 200), ("/files/main.js", 200), ("/files/page.css", 200), ("/nothing", 404), ("/files/..%2fserver.py", 404),
                             ("/files/server.py", 404), ("/clips/x", 404), ("/rows", 400), ("/rows?start=0&end=nan&lower=0&upper=1&rows=1&bins=1", 400),
                             ("/rows?start=0&end=1&lower=0&upper=1&rows=99999&bins=1", 400)):
            got, headers, body = self.ask(path)
            self.assertEqual(got, status, path)
            policy = headers["Content-Security-Policy"]
            self.assertIn("default-src 'none'", policy)
            self.assertNotIn("unsafe", policy)
            self.assertEqual((headers["X-Content-Type-Options"], headers["Server"]), ("nosniff", None))
        page = self.ask("/")[2].decode()
        self.assertEqual(re.findall(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=|https?:", page), [])

    def test_no_file_names_another_place(self):
        folder = server._FILES
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                text = file.read().replace("http://www.w3.org/2000/svg", "")
            self.assertIsNone(re.search(r"https?://|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), name)

    def test_it_is_read_only(self):
        for path in "/", "/socket", "/rows", "/alive", "/files/main.js", "/clips/x":
            for method in "POST", "PUT", "DELETE", "PATCH":
                self.assertEqual(self.ask(path, method)[0], 405, (path, method))

    def test_other_names_and_other_pages_are_turned_away(self):
        upgrade = dict(Connection="Upgrade", Upgrade="websocket", Sec_WebSocket_Version="13", Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAAAA==")
        for headers, status in ((dict(Host="evil.example"), 403), (dict(Host=f"evil.example:{self.port}"), 403), (dict(Host=""), 403),
                                (dict(Host=f"localhost:{self.port}"), 200), (dict(Host="[::1]:80"), 200), (dict(Host="127.0.0.1.evil.example"), 403),
                                (dict(Origin="http://evil.example"), 403), (dict(Origin="null"), 403), (dict(Origin="http://["), 403), (dict(Origin=f"http://{self.host}"), 200),
                                (dict(Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors"), 403)):
            self.assertEqual(self.ask("/alive", **headers)[0], status, headers)
        for origin, status in ((f"http://{self.host}", 101), ("http://evil.example", 403), ("http://127.0.0.1:1", 403)):
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as raw:
                lines = [f"{name.replace('_', '-')}: {value}" for name, value in {"Host": self.host, "Origin": origin, **upgrade}.items()]
                raw.sendall(("GET /socket HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode())
                self.assertEqual(int(raw.recv(100).split()[1]), status, origin)

    def test_bytes_that_are_no_request_leave_no_traceback(self):
        told = io.StringIO()
        with contextlib.redirect_stderr(told):
            for garbage in b"\x16\x03\x01\x02\x00", b"GARBAGE\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n":
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as raw:
                    raw.sendall(garbage + b"\r\n" * 2)
                    while raw.recv(1000):
                        pass
            self.assertEqual(self.ask("/alive")[0], 200)
        self.assertEqual(told.getvalue(), "")

    def test_a_viewer_gets_what_was_and_what_comes(self):
        scene = band_scenes.Scene(band_scenes.white_noise(1.0, 1e6, 1), 1e6, [])
        band_scenes.add(scene, "noise", 500_000, 60_000, 100e3, 20e3, 20, np.random.default_rng(1))
        events = play(self.output, scene)
        dicts, found = self.watch(until=lambda seen: len(seen[1]) >= 27)
        hello, axis = dicts[0], next(message for message in dicts if message["type"] == "axis")
        self.assertEqual((hello["type"], hello["source"], hello["time_known"]), ("hello", "test", True))
        self.assertAlmostEqual(axis["lower"], CENTER - 512.5e6 / 1024)
        self.assertAlmostEqual(axis["upper"], CENTER + 511.5e6 / 1024)
        told = [event for message in dicts if message["type"] == "events" for event in message["events"]]
        self.assertEqual([event["fields"]["snr_db"] for event in told if event["fields"]["state"] == "end"], [e["snr_db"] for e in events])
        self.assertAlmostEqual(told[0]["at"], sum(TIME) + events[0]["sample_start"] / 1e6, places=5)
        # rows follow each other from the first sample on, and have the powers of the samples
        numbers = [row[0] for row in found]
        self.assertEqual(numbers, list(range(len(numbers))))
        self.assertAlmostEqual(found[0][2], sum(TIME), places=5)
        for one, other in zip(found[:-1], found[1:]):
            self.assertAlmostEqual(one[2] + one[3], other[2], places=5)
        for _, _, begin, seconds, power in found[:-1]:
            begin = round((begin - sum(TIME)) * 1e6)
            part = stft.spectrogram(scene.samples[begin:begin + round(seconds * 1e6) + 512], "hann", hop=512, n_fft=1024, placement="left",
                                    sides="centered", fs=1e6)
            expected = part[:, :round(seconds * 1e6 / 512)].mean(axis=1)
            self.assertLess(np.abs(10 * np.log10(power / expected)).max(), 0.27)
        # whoever was connected gets what is new only
        again, newer = self.watch(f"?run={hello['run']}&after={numbers[-3]}", until=lambda seen: len(seen[1]) >= 2)
        self.assertEqual([row[0] for row in newer], numbers[-2:])
        _, other = self.watch(f"?run=another&after={numbers[-3]}", until=lambda seen: len(seen[1]) >= 27)
        self.assertEqual(other[0][0], 0)

    def test_stretches_of_time_are_drawn_from_memory(self):
        scene = band_scenes.Scene(band_scenes.white_noise(1.0, 1e6, 1), 1e6, [])
        play(self.output, scene)
        query = f"start={sum(TIME)}&end={sum(TIME) + 2}&lower={CENTER - 5e5}&upper={CENTER + 5e5}&rows=20&bins=50"
        status, _, body = self.ask(f"/rows?{query}")
        count, bins, begin, end, lower, upper = struct.unpack_from("<IIdddd", body)
        self.assertEqual((status, count, bins, begin, end, lower, upper),
                         (200, 20, 50, sum(TIME), sum(TIME) + 2, CENTER - 5e5, CENTER + 5e5))
        mean = np.frombuffer(body, np.uint8, 1000, 40 + 80).reshape(20, 50)
        self.assertTrue((mean[:10] > 0).all())
        self.assertFalse(mean[11:].any())

    def test_a_retune_has_an_axis_of_its_own(self):
        hub = Outputs([self.output], source(), "hann")
        noise = band_scenes.white_noise(0.2, 1e6, 1)
        hub.samples(noise)
        hub.locate(868e6, None)
        hub.samples(noise)
        hub.finish()
        dicts, found = self.watch(until=lambda seen: len(seen[1]) >= 10)
        axes = {message["id"]: message["lower"] for message in dicts if message["type"] == "axis"}
        self.assertEqual({round(lower + 512.5e6 / 1024) for lower in axes.values()}, {round(CENTER), round(868e6)})
        self.assertEqual({axis for _, axis, *_ in found}, set(axes))
        for _, axis, begin, *_ in found:
            self.assertEqual(begin - sum(TIME) > 0.199, axes[axis] > 600e6)

    def test_times_are_true_after_a_gap(self):
        hub = Outputs([self.output], source(), "hann")
        self.output._rows._keep_pace = lambda: None
        noise = band_scenes.white_noise(0.11, 1e6, 1)
        hub.samples(noise)
        hub.lost(1_000_000)
        hub.samples(noise)
        hub.finish()
        _, found = self.watch(until=lambda seen: len(seen[1]) >= 8)
        spans = [(begin - sum(TIME), begin + seconds - sum(TIME)) for _, _, begin, seconds, _ in found]
        self.assertTrue(all(end < 0.111 or begin > 1.1099 for begin, end in spans), spans)
        self.assertAlmostEqual(min(begin for begin, _ in spans if begin > 1), 1.11, places=5)
        self.assertAlmostEqual(sum(end - begin for begin, end in spans), 2 * 214 * 512e-6, delta=2e-3)

    def test_a_slow_viewer_skips_rows_and_is_told(self):
        self.output.begin(source())
        with socket.socket() as slow:
            slow.settimeout(10)
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 15)
            slow.connect(("127.0.0.1", self.port))
            slow.sendall(f"GET /socket HTTP/1.1\r\nHost: {self.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode())
            count, power = 1200, some_rows(1, 1024)

            def feed():
                longest = 0.0
                for number in range(count):
                    began = time.perf_counter()
                    self.output.rows(Rows(power, number * 33334, 33334, 65, CENTER, (TIME[0], TIME[1] + number / 30), 1e6))
                    longest = max(longest, time.perf_counter() - began)
                    time.sleep(0.0004)
                return longest

            import aiohttp

            async def main():
                async with aiohttp.ClientSession() as session:
                    fast = [asyncio.ensure_future(self.look(session, until=lambda seen: seen[1] and seen[1][-1][0] == count - 1, seconds=8))
                            for _ in range(10)]
                    await asyncio.sleep(0.3)
                    longest = await asyncio.get_running_loop().run_in_executor(None, feed)
                    return await asyncio.gather(*fast), longest

            seen, longest = asyncio.run(main())
            for _, found in seen:
                self.assertEqual(found[-1][0], count - 1)
            self.assertLess(longest, unhurried(0.5))
            slow.settimeout(unhurried(3))
            data, skipped = b"", 0
            while skipped < 500:
                data += slow.recv(1 << 16)
                skipped = sum(map(int, re.findall(rb'"type": "skipped", "rows": (\d+)}', data)))
            self.assertLess(len(data), 2500 * 1024)

    def test_health_levels_and_alarms_come_through(self):
        self.output.begin(source(dtype=np.dtype(np.float32), watches="machine", center=None))
        self.output.reports([({"kind": "raise", "name": "order1", "zone": 2, "value": 3.0, "limit": 2.0, "time": kernels.iso8601(TIME),
                               "sample": 0}, "")])
        machine = {"levels": [{"name": "order1", "value": 3.0, "unit": "mm/s", "limits": [1, 2], "zone": 2, "deviation": None,
                               "learned": None}], "orders": [1, 2], "points": [(0, {"speed": 25.0, "confidence": 3.0})]}
        self.output.status({"source": source(), "rate": 1e6, "load": 0.5, "lost": 7, "age": 0.1, "uptime": 5.0, "reports": 1,
                            "machine": machine, "outputs": {"x": {"dropped": 0}}})
        dicts, _ = self.watch(until=lambda seen: {"health", "alarms", "levels", "lines"} <= {message["type"] for message in seen[0]})
        by_type = {message["type"]: message for message in dicts}
        self.assertEqual((by_type["health"]["lost"], by_type["health"]["disks"][0]["path"]), (7, "."))
        self.assertEqual([(alarm["name"], alarm["raised"], alarm["state"]) for alarm in by_type["alarms"]["alarms"]],
                         [("order1", True, "zone 2")])
        self.assertEqual(by_type["levels"]["levels"], machine["levels"])
        self.assertEqual(by_type["lines"]["points"], [{"at": sum(TIME), "values": {"speed": 25.0, "confidence": 3.0}}])

    def test_a_server_that_cannot_start_says_so(self):
        with mock.patch.object(server.PageServer, "_main", side_effect=ValueError("no")), self.assertRaisesRegex(RuntimeError, "web: .*no"):
            WebOutput("127.0.0.1", 0)

    def test_it_ends_within_a_second_also_with_viewers(self):
        import aiohttp
        self.output.begin(source())

        async def main():
            async with aiohttp.ClientSession() as session:
                looking = asyncio.ensure_future(self.look(session, seconds=5))
                await asyncio.sleep(0.3)
                began = time.monotonic()
                await asyncio.get_running_loop().run_in_executor(None, self.output.close)
                return await looking, time.monotonic() - began

        (dicts, _), seconds = asyncio.run(main())
        self.assertEqual(dicts[-1]["type"], "end")
        self.assertLess(seconds, 1.5)
        with self.assertRaises(OSError):
            self.ask("/")
        self.output.rows(Rows(some_rows(1, 1024), 0, 33334, 65, CENTER, TIME, 1e6))  # after the end nothing happens


@needs("aiohttp")
class Tokens(Serving):
    token = TOKEN

    def cookie(self):
        status, headers, _ = self.ask("/login", "POST", "token=" + TOKEN.replace(" ", "+"), Content_Type="application/x-www-form-urlencoded")
        self.assertEqual((status, headers["Location"]), (303, "./"))
        return headers["Set-Cookie"]

    def test_without_it_nothing_is_shown(self):
        status, _, body = self.ask("/")
        self.assertEqual(status, 200)
        self.assertIn(b'type="password"', body)
        self.assertNotIn(b"main.js", body)
        for path in "/socket", "/rows", "/alive", "/files/main.js", "/clips/x", "/nothing":
            self.assertEqual(self.ask(path)[0], 401, path)

    def test_a_cookie_opens_and_does_not_tell_the_token(self):
        cookie = self.cookie()
        for words in "HttpOnly", "SameSite=Strict", "Path=/":
            self.assertIn(words, cookie)
        self.assertNotIn("horse", cookie)
        value = cookie.partition(";")[0]
        self.assertEqual(self.ask("/alive", Cookie=value)[0], 200)
        self.assertIn(b"main.js", self.ask("/", Cookie=value)[2])
        name, _, words = value.partition("=")
        expiry, salt, signature = words.split(".")
        for forged in ("", f"{int(expiry) + 1}.{salt}.{signature}", f"{expiry}.{salt}.{'0' * 64}", f"{expiry}.{salt}", "..", "é.é.é",
                       access.Access("another token of it", self.port).cookie()):
            self.assertEqual(self.ask("/alive", Cookie=f"{name}={forged}".encode("latin-1"))[0], 401, forged)
        self.assertEqual(self.ask("/alive", Cookie=f"{name}={access.Access(TOKEN, self.port).cookie()}")[0], 200)  # as after a restart
        with mock.patch.object(access.time, "time", return_value=1e9):
            old = access.Access(TOKEN, self.port).cookie()
        self.assertEqual(self.ask("/alive", Cookie=f"{name}={old}")[0], 401)

    def test_a_wrong_token_is_slow_and_many_are_refused(self):
        body, kind = "token=wrong-wrong-wrong", "application/x-www-form-urlencoded"
        with mock.patch.object(server, "_PAUSE", 0.4):
            async def main():
                import aiohttp
                async with aiohttp.ClientSession() as session:
                    async def one():
                        began = time.monotonic()
                        async with session.post(f"http://{self.host}/login", data=body, headers={"Content-Type": kind}) as answer:
                            return answer.status, time.monotonic() - began, answer.headers.get("Set-Cookie")
                    return await asyncio.gather(*(one() for _ in range(12)))
            answers = asyncio.run(main())
        self.assertEqual(sorted(status for status, *_ in answers), [401] * 8 + [429] * 4)
        self.assertTrue(all(seconds >= 0.39 for status, seconds, _ in answers if status == 401))
        self.assertEqual({cookie for *_, cookie in answers}, {None})

    def test_a_cookie_is_secure_where_the_page_is(self):
        for proto, secure in (("http", False), ("https", True)):
            _, headers, _ = self.ask("/login", "POST", "token=" + TOKEN.replace(" ", "+"), X_Forwarded_Proto=proto,
                                     Content_Type="application/x-www-form-urlencoded")
            self.assertEqual("Secure" in headers["Set-Cookie"], secure)

    def test_comparisons_take_constant_time(self):
        with mock.patch.object(access.hmac, "compare_digest", wraps=access.hmac.compare_digest) as compared:
            self.assertTrue(self.output.server._access.is_token(TOKEN))
            self.assertFalse(self.output.server._access.is_token("é" * 20))
            self.assertFalse(self.output.server._access._is_cookie("1.2.3"))
        self.assertEqual(compared.call_count, 3)

    def test_programs_may_send_it_in_a_header(self):
        self.assertEqual(self.ask("/alive", Authorization=f"Bearer {TOKEN}")[0], 200)
        with mock.patch.object(server, "_PAUSE", 0.0):
            self.assertEqual(self.ask("/alive", Authorization="Bearer wrong")[0], 401)

    def test_other_names_of_the_machine_are_welcome_other_pages_are_not(self):
        value = self.cookie().partition(";")[0]
        self.assertEqual(self.ask("/alive", Host="monitor.example", Cookie=value)[0], 200)
        self.assertEqual(self.ask("/alive", Host="monitor.example", Origin="http://evil.example", Cookie=value)[0], 403)
        self.assertEqual(self.ask("/login", "POST", "token=x", Origin="http://evil.example")[0], 403)


@needs("aiohttp")
class Clips(Serving):

    @staticmethod
    def clips():
        return ClipFolder(".")

    def clip(self, name, at, lower=433.9e6, data=b"x" * 1000):
        meta = {"global": {"core:datatype": "cf32_le", "core:sample_rate": 1e6, "core:version": "1.2.0"},
                "captures": [{"core:sample_start": 0, "core:datetime": iso(at - 0.5)}],
                "annotations": [{"core:sample_start": 500000, "core:sample_count": 10, "core:freq_lower_edge": lower}]}
        with open(f"{name}.sigmf-meta", "w", encoding="utf-8") as file:
            json.dump(meta, file)
        with open(f"{name}.sigmf-data", "wb") as file:
            file.write(data)

    def event(self, at, lower=433.9e6):
        when = iso(at)
        return ({"kind": "burst", "state": "end", "id": round(at * 1000), "time": when, "duration": 0.1, "sample_start": round(at * 1e6),
                 "freq_lower": lower, "freq_upper": lower + 1e4, "cut": None}, "")

    def test_an_event_has_the_clip_that_was_made_for_it(self):
        self.output.begin(source())
        self.output.reports([self.event(1.0), self.event(2.0), self.event(2.001), self.event(3.0)])
        self.clip("one", 1.0)
        self.clip("two", 2.0, 433.9e6)
        with open("broken.sigmf-meta", "w", encoding="utf-8") as file:
            file.write("[")
        folder = self.output.server._clips
        folder.scan()
        self.assertEqual([folder.name_of({"at": sum(TIME) + 1, "lower": lower}) for lower in (433.9e6, None, 434e6)], ["one", "one", None])
        clips = {}

        def complete(seen):
            clips.update({event["key"]: event["clip"] for message in seen[0] if message["type"] == "events" for event in message["events"]})
            return sum(name is not None for name in clips.values()) == 2
        self.watch(until=complete, seconds=3)
        self.assertEqual({key: name for key, name in clips.items() if name}, {"signal 1000": "one", "signal 2000": "two"})

    def test_clips_of_record_events_are_found(self):
        """What the output of --record-events writes belongs to the event that the page shows, with and without a time."""
        for of in source(), source(time=None, center=None):
            scene = band_scenes.Scene(band_scenes.white_noise(1.0, 1e6, 1), 1e6, [])
            for start_, frequency in ((400_000, 1e5), (600_000, -2e5), (600_000, 3e5)):
                band_scenes.add(scene, "noise", start_, 30_000, frequency, 20e3, 20, np.random.default_rng(1))
            folder = f"clips of {of.center}"
            os.mkdir(folder)
            recorder = ClipOutput(folder, of, pre=0.01, post=0.01)
            page = WebOutput("127.0.0.1", 0, clips=ClipFolder(folder))
            self.addCleanup(page.close)
            events = play(page, scene, of, more=[recorder])
            recorder.close()
            self.assertEqual(len(events), 3)
            described = [page._described(event) for event in events]
            page.server._clips._seen = None
            page.server._clips.scan()
            names = [page.server._clips.name_of(event) for event in described]
            self.assertEqual(len(set(names)), 3, names)
            self.assertNotIn(None, names)
            for name, event in zip(names, events):
                with open(f"{folder}/{name}.sigmf-meta", encoding="utf-8") as file:
                    mark, = json.load(file)["annotations"]
                self.assertAlmostEqual(mark["core:freq_lower_edge"], event["freq_lower"], places=2)

    def test_a_clip_is_sent_as_an_archive(self):
        data = np.random.default_rng(1).bytes(700_001)
        self.clip("noise_x", 1.0, data=data)
        status, headers, body = self.ask("/clips/noise_x")
        self.assertEqual((status, int(headers["Content-Length"])), (200, len(body)))
        self.assertIn('filename="noise_x.sigmf"', headers["Content-Disposition"])
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            self.assertEqual(archive.getnames(), ["noise_x/noise_x.sigmf-meta", "noise_x/noise_x.sigmf-data"])
            self.assertEqual(archive.extractfile("noise_x/noise_x.sigmf-data").read(), data)

    def test_nothing_else_is_sent(self):
        self.clip("x", 1.0)
        os.mkdir("d")
        os.rename("x.sigmf-data", "d/y.sigmf-data")
        os.rename("x.sigmf-meta", "d/y.sigmf-meta")
        os.symlink("d/y.sigmf-data", "link.sigmf-data")
        os.symlink("d/y.sigmf-meta", "link.sigmf-meta")
        for name in "d%2fy", "..%2fx", "link", ".", "x", "%00", "d/y", "%22", "a" * 5000:
            self.assertIn(self.ask(f"/clips/{name}")[0], (400, 404), name)


@needs("aiohttp")
class Command(InFolder):

    def test_the_command_serves_while_it_watches(self):
        process = start("monitor", "-", "--dtype", "cf32_le", "--rate", "1M", "--center", "433.92M", "--detect", "--web", 0,
                        stdin=-1, stdout=-1, bufsize=0)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.kill)
        words = process.stderr.readline()
        port = int(re.search(r"http://127\.0\.0\.1:(\d+)/", words)[1])
        feed = band_scenes.white_noise(0.3, 1e6, 1).tobytes()
        os.write(process.stdin.fileno(), feed[:60000])

        async def main():
            import aiohttp
            async with aiohttp.ClientSession() as session, session.ws_connect(f"http://127.0.0.1:{port}/socket") as connection:
                os.set_blocking(process.stdin.fileno(), True)
                await asyncio.get_running_loop().run_in_executor(None, os.write, process.stdin.fileno(), feed)
                while True:
                    message = await connection.receive(timeout=unhurried(5))
                    if message.type.name == "BINARY":
                        return decoded(message.data)
        found = asyncio.run(main())
        self.assertLess(abs(found[-1][2] - time.time()), unhurried(5))
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        process.wait(5)
        self.assertLess(time.monotonic() - began, unhurried(2.5))

    def test_the_page_of_a_recording_stays_if_it_is_asked_to(self):
        band_scenes.white_noise(0.2, 1e6, 1).tofile("x.cf32")
        options = ("monitor", "x.cf32", "--dtype", "cf32_le", "--rate", "1M", "--detect", "--web", 0, "--spectrogram", "rows")
        os.mkdir("rows")
        status, _, err = run(*options)
        self.assertEqual(status, 0)
        self.assertRegex(err, "the page is at http://127.0.0.1:[0-9]+/, until all has been read; --web-keep keeps it\n$")
        process = start(*options, "--web-keep", stdout=-1)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        port = int(re.search(r"http://127\.0\.0\.1:(\d+)/\n", process.stderr.readline())[1])
        self.assertIn("all has been read", process.stderr.readline())
        self.assertFalse([name for name in os.listdir("rows") if name.endswith(".part")])  # all else is complete
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=unhurried(5)) as answer:
            self.assertEqual(answer.status, 200)
        process.send_signal(signal.SIGTERM)
        process.wait(unhurried(5))
        self.assert_refused([*options[:7], "--web-keep"], "web_keep: given: needs --web")


if __name__ == "__main__":
    unittest.main()
