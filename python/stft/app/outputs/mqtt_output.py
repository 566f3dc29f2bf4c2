# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Reports as messages to an MQTT broker, each a line of JSON, and a retained status."""
import json
import ssl
import sys
import threading
import time
from collections import deque

from gnuradio.stft.app.outputs.backlog import Backlog
from gnuradio.stft.app.outputs.mqtt_address import trust
from gnuradio.stft.app.outputs.output import Output
from gnuradio.stft.interruption import is_ending
from gnuradio.stft.optional_modules import load

LIMIT = 16 << 20           # bytes of messages that wait for the broker
_AT_ONCE = 100             # messages that wait for the broker's answer
_LONGEST_PAUSE = 60        # s between two attempts to connect
_STATUS_INTERVAL = 60.0    # s
_PATIENCE = 1.0            # s for what waits when a signal ends the watch
_MORE_PATIENCE = 10.0      # s at another end
_REFUSALS = {1: "unknown version of the protocol", 2: "the client's name", 3: "not available", 4: "bad user name or password",
             5: "not authorized"}  # of MQTT 3.1.1; those of 5 have words


class MqttOutput(Output):
    """Messages of quality 1: each is kept until the broker has answered, and may come twice after a broken connection.

    A broker that cannot be reached is tried again after 1 s, then after twice as long each time, and messages wait.
    TOPIC/status holds {"state": "online"} and the watch's health, retained; the broker itself replaces it by {"state": "offline"} when
    the connection breaks. address: host, port, topic, and, where they are given, user, password, tls (bool), ca (a file of the
    certificates that are trusted; None: those of the system), version (311 or 5).
    """

    def __init__(self, host, port, topic, *, user=None, password=None, tls=False, ca=None, version=311, limit=LIMIT):
        super().__init__()
        self.name = f"mqtt{'s' if tls else ''}://{host}:{port}/{topic}"
        self._topic, self._waiting = topic, Backlog(limit)
        self._sent = {}         # what the broker has not answered yet, by number
        self._news = deque()    # of the client's own thread
        self._connected = self._is_down = False
        self._delivered, self._status_at, self._status = 0, 0.0, {}
        self._client = self._client_of(version)
        if user is not None:
            self._client.username_pw_set(user, password)
        if tls:
            self._client.tls_set_context(trust(ca))
        self._client.will_set(f"{topic}/status", json.dumps({"state": "offline"}), qos=1, retain=True)
        self._client.max_inflight_messages_set(_AT_ONCE)
        self._client.reconnect_delay_set(1, _LONGEST_PAUSE)
        self._client.on_connect, self._client.on_disconnect = self._on_connect, self._on_disconnect
        self._client.on_connect_fail, self._client.on_publish = self._on_connect_fail, self._on_publish
        self._client.connect_async(host, port, keepalive=30)
        self._client.loop_start()

    def _client_of(self, version):
        paho = load("paho.mqtt.client", "MQTT")
        protocol = {311: paho.MQTTv311, 5: paho.MQTTv5}[version]
        if hasattr(paho, "CallbackAPIVersion"):  # paho 2
            return paho.Client(paho.CallbackAPIVersion.VERSION1, protocol=protocol)
        return paho.Client(protocol=protocol)

    def reports(self, reports):
        for _, line in reports:
            self._waiting.append(line.encode("utf-8", "backslashreplace"))
        self.poll()

    def status(self, status):
        self._status = {key: status[key] for key in ("samples", "lost", "reports", "alarms", "uptime", "rate", "load")}

    def poll(self):
        self._read_news()
        while self._connected and len(self._waiting) and len(self._sent) < _AT_ONCE:
            self._publish(self._topic, self._waiting.popleft())
        if self._connected and time.monotonic() - self._status_at > _STATUS_INTERVAL:
            self._tell_status("online")

    def counters(self):
        counters = self._waiting.counters()
        counters["waiting_bytes"] += sum(map(len, self._sent.values()))
        return {**counters, "delivered": self._delivered, "connected": int(self._connected)}

    @property
    def failed(self):
        return bool(len(self._waiting) or any(self._sent.values()) or self._waiting.dropped)

    def close(self):
        until = time.monotonic() + (_PATIENCE if is_ending() else _MORE_PATIENCE)
        self.poll()
        while self._connected and (len(self._waiting) or self._sent) and time.monotonic() < until:
            time.sleep(0.005)
            self.poll()
        if self._connected:
            self._tell_status("offline")
        while self._connected and self._sent and time.monotonic() < until:
            time.sleep(0.005)
            self._read_news()
        self._client.disconnect()
        ending = threading.Thread(target=self._client.loop_stop, daemon=True)  # which may be connecting
        ending.start()
        ending.join(0.3)

    def _publish(self, topic, message, retain=False):
        """The client sends what is not answered again when it has connected again."""
        self._sent[self._client.publish(topic, message, qos=1, retain=retain).mid] = message

    def _tell_status(self, state):
        self._status_at = time.monotonic()
        self._publish(f"{self._topic}/status", json.dumps({"state": state, "time": time.time(), **self._status}).encode(), True)

    def _read_news(self):
        """Takes in what the client's own thread has noted since."""
        unknown = []
        while self._news:
            kind, value = self._news.popleft()
            if kind == "answer":
                if value in self._sent:
                    self._delivered += 1
                    del self._sent[value]
                else:  # it was faster than publish()
                    unknown.append((kind, value))
            elif kind == "up":
                self._connected, self._status_at = True, 0.0
                if self._is_down:
                    self.changes.append(("end", f"{self.name} is reached again"))
                self._is_down = False
            else:
                self._connected = False
                if not self._is_down:
                    self.changes.append(("begin", f"{self.name}: {value}"))
                self._is_down = True
        self._news.extend(unknown)

    # these are called from the client's own thread

    def _on_connect(self, _client, _userdata, _flags, reason, _properties=None):
        if getattr(reason, "value", reason) == 0:
            self._news.append(("up", None))
        else:
            words = str(_REFUSALS.get(reason, reason) if isinstance(reason, int) else reason).lower()
            self._news.append(("down", f"the broker refuses the connection: {words}"))

    def _on_connect_fail(self, _client, _userdata):
        error = sys.exc_info()[1]  # the client calls this from where it has caught it
        if isinstance(error, ssl.SSLCertVerificationError):
            words = f"the broker's certificate is not trusted: {error.verify_message}"
        elif isinstance(error, ssl.SSLError):
            words = f"the broker does not agree on TLS: {error.reason or error}"
        else:
            words = f"the broker cannot be reached{f': {error.strerror or error}' if isinstance(error, OSError) else ''}"
        self._news.append(("down", words))

    def _on_disconnect(self, _client, _userdata, reason, _properties=None):
        if getattr(reason, "value", reason) != 0:
            self._news.append(("down", "the connection to the broker is broken"))

    def _on_publish(self, _client, _userdata, number):
        self._news.append(("answer", number))
