#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Reports to mosquitto: one that dies and comes back, and one that wants TLS, a user and a password, which are made here."""
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import unittest
from unittest import mock

import numpy as np
from qa_command import InFolder, needs, run, start, unhurried
from qa_outputs_command import free_port, report, wait_for

from gnuradio.stft.app import output_options
from gnuradio.stft.app.outputs import mqtt_output
from gnuradio.stft.bench import band_scenes

PATH = f"{os.environ['PATH']}:/usr/sbin"
SECRET = "correct horse 7:@/?#"


def quiet(*words, **more):
    subprocess.run([shutil.which(words[0], path=PATH), *words[1:]], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)


def make_authority(name):
    quiet("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
          f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", f"{name}.key", "-out", f"{name}.pem")


def make_certificate(authority, hosts):
    quiet("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=broker", "-keyout",
          "broker.key", "-out", "broker.csr")
    with open("hosts", "w", encoding="ascii") as file:
        file.write(f"subjectAltName={hosts}")
    quiet("openssl", "x509", "-req", "-in", "broker.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key", "-CAcreateserial",
          "-days", "2", "-extfile", "hosts", "-out", "broker.pem")


def let_in(user, password):
    quiet("mosquitto_passwd", "-b", "passwords", user, password)


@needs("paho")
@unittest.skipUnless(shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin"), "mosquitto is not installed")
class Broker(InFolder):

    def setUp(self):
        super().setUp()
        self.port, self.broker = free_port(), None
        with open("broker.conf", "w", encoding="utf-8") as file:
            file.write(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {os.getcwd()}/\n"
                       "max_queued_messages 0\nuser root\n")  # started by root it would lose the right to write there
        self.start_broker()
        self.addCleanup(self.stop_broker)

    def start_broker(self):
        self.broker = subprocess.Popen([shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin"), "-c", "broker.conf"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.assertTrue(wait_for(self.answers))

    def answers(self):
        with contextlib.closing(socket.socket()) as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def stop_broker(self):
        self.broker.terminate()
        self.broker.wait()

    def listener(self, topic):
        """A client and the list of what it hears, (topic, retained, words)."""
        import paho.mqtt.client as paho
        more = [paho.CallbackAPIVersion.VERSION1] if hasattr(paho, "CallbackAPIVersion") else []
        client, heard, ready = paho.Client(*more, client_id=f"listener{len(topic)}", clean_session=False), [], []
        client.on_message = lambda _client, _data, message: heard.append((message.topic, message.retain, message.payload.decode()))
        client.on_connect = lambda *_: client.subscribe(topic, 1)
        client.on_subscribe = lambda *_: ready.append(True)
        client.reconnect_delay_set(1, 1)
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        self.addCleanup(lambda: (client.disconnect(), client.loop_stop()))
        self.assertTrue(wait_for(lambda: ready))
        return heard

    def test_a_broker_that_dies_in_the_middle_loses_nothing(self):
        sender = mqtt_output.MqttOutput("127.0.0.1", self.port, "band/events")
        heard = self.listener("band/#")
        sender.reports([report(n) for n in range(50)])
        self.assertTrue(wait_for(lambda: sender.counters()["delivered"] >= 51, sender.poll))  # and the status
        self.stop_broker()
        self.assertTrue(wait_for(lambda: sender.changes, sender.poll))
        sender.reports([report(n) for n in range(50, 300)])
        self.assertGreater(sender.counters()["waiting_bytes"], 0)
        self.start_broker()
        self.assertTrue(wait_for(lambda: not sender.counters()["waiting_bytes"], sender.poll))
        sender.reports([report(n) for n in range(300, 310)])
        self.assertTrue(wait_for(lambda: len({w for t, _, w in heard if t == "band/events"}) == 310, sender.poll))
        numbers = list(dict.fromkeys(json.loads(words)["id"] for topic, _, words in heard if topic == "band/events"))
        self.assertEqual(numbers, list(range(310)))
        self.assertEqual([state for state, _ in sender.changes], ["begin", "end"])
        self.assertEqual(sender.counters()["dropped"], 0)
        began = time.monotonic()
        sender.close()
        self.assertLess(time.monotonic() - began, unhurried(1.5))
        self.assertFalse(sender.failed)
        self.assertTrue(wait_for(lambda: json.loads(heard[-1][2]).get("state") == "offline"))
        late = self.listener("band/events/status")
        self.assertTrue(wait_for(lambda: late))
        self.assertEqual([(retained, json.loads(words)["state"]) for _, retained, words in late], [(1, "offline")])

    def test_the_broker_says_that_a_sender_has_gone(self):
        heard = self.listener("band/status")
        for version in 311, 5:
            sender = mqtt_output.MqttOutput("127.0.0.1", self.port, "band", version=version)
            self.assertTrue(wait_for(lambda: heard and json.loads(heard[-1][2])["state"] == "online", sender.poll))
            sender._client.socket().shutdown(socket.SHUT_RDWR)  # without a farewell
            self.assertTrue(wait_for(lambda: json.loads(heard[-1][2])["state"] == "offline"))
            sender.close()
            heard.clear()

    def test_memory_for_a_dead_broker_has_a_limit(self):
        sender = mqtt_output.MqttOutput("127.0.0.1", free_port(), "band", limit=5000)
        self.assertTrue(wait_for(lambda: sender.changes, sender.poll))
        sender.reports([report(n) for n in range(200)])
        counters = sender.counters()
        self.assertLessEqual(counters["waiting_bytes"], 5000)
        self.assertGreater(counters["dropped"], 150)
        began = time.monotonic()
        sender.close()
        self.assertLess(time.monotonic() - began, unhurried(1.5))
        self.assertTrue(sender.failed)


@needs("paho.mqtt.client")
@unittest.skipUnless(all(shutil.which(name, path=PATH) for name in ("mosquitto", "mosquitto_passwd", "openssl")),
                     "mosquitto or openssl is not installed")
class SecuredBroker(InFolder):

    def setUp(self):
        super().setUp()
        self.port, self.plain_port = free_port(), free_port()
        make_authority("ours")
        make_certificate("ours", "DNS:localhost")
        open("passwords", "w", encoding="ascii").close()
        let_in("watch", SECRET)
        with open("broker.conf", "w", encoding="utf-8") as file:
            here = os.getcwd()
            file.write(f"listener {self.port} 127.0.0.1\ncertfile {here}/broker.pem\nkeyfile {here}/broker.key\n"
                       f"listener {self.plain_port} 127.0.0.1\n"
                       f"allow_anonymous false\npassword_file {here}/passwords\n" + "user root\n" * (os.geteuid() == 0))
        with open("secret", "w", encoding="utf-8") as file:
            file.write(SECRET + "\n")
        self.start_broker()
        self.addCleanup(self.stop_broker)

    def start_broker(self):
        self.broker = subprocess.Popen([shutil.which("mosquitto", path=PATH), "-c", "broker.conf"], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        for port in self.port, self.plain_port:
            self.assertTrue(wait_for(lambda port=port: self.answers(port)))

    def answers(self, port):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    def stop_broker(self):
        self.broker.terminate()
        self.broker.wait()

    def sender(self, address):
        kind, where = output_options._format(address.format(port=self.port, plain=self.plain_port))
        self.assertEqual(kind, "mqtt")
        sender = mqtt_output.MqttOutput(**where)
        sender._client.reconnect_delay_set(0.2, 0.2)
        self.addCleanup(sender._client.loop_stop)
        self.addCleanup(sender._client.disconnect)
        return sender

    def assert_delivers(self, sender, count):
        sender.reports([report(n) for n in range(count)])
        self.assertTrue(wait_for(lambda: sender.counters()["delivered"] >= count, sender.poll), sender.changes)
        sender.close()
        self.assertFalse(sender.failed)

    def assert_is_refused(self, sender, words):
        """Once, however many attempts there are, and what is reported waits."""
        sender.reports([report(n) for n in range(20)])
        self.assertTrue(wait_for(lambda: sender.changes, sender.poll))
        wait_for(lambda: False, sender.poll, 0.6)  # other attempts
        (state, said), = sender.changes
        self.assertEqual(state, "begin")
        self.assertIn(words, said)
        self.assertNotIn(SECRET, said)
        self.assertGreater(sender.counters()["waiting_bytes"], 0)

    def assert_comes_back(self, sender):
        self.assertTrue(wait_for(lambda: sender.counters()["delivered"] >= 20, sender.poll), sender.changes)
        self.assertEqual([state for state, _ in sender.changes], ["begin", "end"])
        sender.close()
        self.assertFalse(sender.failed)

    def test_a_broker_with_our_certificate_gets_all(self):
        for address in ("mqtts://watch@localhost:{port}/band?ca=ours.pem&password-file=secret",
                        "mqtts://watch@localhost:{port}/band?password-file=secret&version=5&ca=ours.pem",
                        "mqtt://watch@localhost:{plain}/band?password-file=secret",
                        "mqtts://watch:correct%20horse%207%3A%40%2F%3F%23@localhost:{port}/band?ca=ours.pem"):
            with self.subTest(address=address):
                self.assert_delivers(self.sender(address), 10)
        with mock.patch.dict(os.environ, GR_STFT_MQTT_PASSWORD=SECRET):
            self.assert_delivers(self.sender("mqtts://watch@localhost:{port}/band?ca=ours.pem"), 10)

    def test_a_wrong_password_is_one_event_until_it_is_right(self):
        with open("secret", "w", encoding="utf-8") as file:
            file.write("changed")
        senders = [self.sender("mqtts://watch@localhost:{port}/band?ca=ours.pem&password-file=secret&version=" + version)
                   for version in ("3.1.1", "5")]
        self.assert_is_refused(self.sender("mqtt://localhost:{plain}/band"), "not authorized")  # without a user
        for sender in senders:
            self.assert_is_refused(sender, "the broker refuses the connection: not authorized")
        let_in("watch", "changed")
        self.broker.send_signal(signal.SIGHUP)
        for sender in senders:
            self.assert_comes_back(sender)

    def test_a_certificate_that_is_not_ours_is_one_event_until_it_is(self):
        make_authority("theirs")
        address = "mqtts://watch@localhost:{port}/band?password-file=secret&ca="
        system = self.sender(address.replace("&ca=", ""))  # which knows none of both
        sender = self.sender(address + "theirs.pem")
        self.assert_is_refused(sender, "the broker's certificate is not trusted: ")
        self.assert_is_refused(system, "the broker's certificate is not trusted: ")
        self.stop_broker()
        make_certificate("theirs", "DNS:localhost")
        self.start_broker()
        self.assert_comes_back(sender)

    def test_a_certificate_of_another_host_and_a_broker_without_tls_are_not_trusted(self):
        sender = self.sender("mqtts://watch@127.0.0.1:{port}/band?password-file=secret&ca=ours.pem")
        self.assert_is_refused(sender, "is not trusted: IP address mismatch")
        sender = self.sender("mqtts://watch@localhost:{plain}/band?password-file=secret&ca=ours.pem")
        self.assert_is_refused(sender, "")
        self.assertRegex(sender.changes[0][1], "does not agree on TLS|cannot be reached")

    def test_a_password_is_seen_nowhere(self):
        band_scenes.scene("mixed", seed=1, seconds=1).samples.astype(np.complex64).tofile("x.cf32")
        with open("watch.toml", "w", encoding="utf-8") as file:
            file.write(f'source = "x.cf32"\ndtype = "cf32_le"\nrate = "1M"\ndetect = true\nrealtime = true\nformat = ["json", '
                       f'"mqtts://watch:correct%20horse%207%3A%40%2F%3F%23@localhost:{self.port}/band?ca=ours.pem"]\n')
        with start("monitor", "--config", "watch.toml", stdout=subprocess.PIPE) as process:
            first = process.stdout.readline()
            seen = ""
            for name in "cmdline", "environ", "comm":
                with open(f"/proc/{process.pid}/{name}", encoding="utf-8", errors="replace") as file:
                    seen += file.read()
            out = process.stdout.read()  # communicate() would leave out what readline() has read ahead
            err = process.stderr.read()
        self.assertEqual((process.returncode, err), (0, ""))
        self.assertEqual({json.loads(line)["kind"] for line in (first + out).splitlines()} - {"burst", "carrier", "step"}, set())
        for secret in SECRET, "correct%20horse":
            self.assertNotIn(secret, seen + first + out)

    def test_a_password_in_a_command_is_refused_and_not_repeated(self):
        for words in (("mqtts://watch:hunter2@h/t",), ("json", "-F", "mqtt://w:hunter2@h:1/t/u?version=5")):
            status, out, err = run("monitor", "x.cf32", "--detect", "-F", *words)
            self.assertEqual((status, out), (2, ""))
            self.assertIn("password-file=FILE", err)
            self.assertNotIn("hunter2", err)
        with open("watch.toml", "w", encoding="utf-8") as file:
            file.write('source = "x.cf32"\ndetect = true\nformat = "mqtt://watch:hunter2@h/t?version=4"\n')
        status, _, err = run("monitor", "--config", "watch.toml", "--check")
        self.assertEqual(status, 2)
        self.assertIn("watch.toml:3: format: 'mqtt://watch:***@h/t?version=4': version must be", err)
        self.assertNotIn("hunter2", err)

    def test_what_cannot_be_is_refused_before_a_device_is_opened(self):
        open("empty", "w", encoding="ascii").close()
        for address, words in (
                ("mqtts://w@h/t?password-file=none", "password-file: No such file"), ("mqtts://w@h/t?password-file=empty", "is empty"),
                ("mqtts://w@h/t?ca=none", "ca: No such file"), ("mqtts://w@h/t?ca=secret", "ca: no certificates"),
                ("mqtt://w@h/t?ca=ours.pem", "needs mqtts"), ("mqtts://h/t?password-file=secret", "needs USER@"),
                ("mqtts://h/t?cafile=ours.pem", "what follows ?"), ("mqtts://h/t?version=", "what follows ?"), ("mqtt://h/t?x", "what follows ?")):
            with self.subTest(address=address):
                status, out, err = run("monitor", "x.cf32", "--detect", "-F", address)
                self.assertEqual((status, out), (2, ""))
                self.assertIn(words, err)
                self.assertEqual(len(err.splitlines()), 1)

    def test_a_file_of_systemds_credentials_is_read(self):
        os.mkdir("credentials")
        os.rename("secret", "credentials/mqtt")
        with mock.patch.dict(os.environ, CREDENTIALS_DIRECTORY=f"{os.getcwd()}/credentials"):
            _, where = output_options._format("mqtts://watch@h/t?password-file=${CREDENTIALS_DIRECTORY}/mqtt")
        self.assertEqual((where["user"], where["password"], where["port"], where["tls"]), ("watch", SECRET, 8883, True))


if __name__ == "__main__":
    unittest.main()
