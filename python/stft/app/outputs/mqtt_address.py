# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""mqtt://USER@HOST/TOPIC?password-file=FILE: where a broker is, and how it knows us, without a word that others could read."""
import argparse
import os
import re
import ssl
from urllib.parse import parse_qsl, unquote, urlsplit

PORTS = {"mqtt": 1883, "mqtts": 8883}
PASSWORD = "GR_STFT_MQTT_PASSWORD"  # in the environment
_VERSIONS = {"5": 5, "3.1.1": 311}
_WITH_PASSWORD = re.compile(r"(mqtts?://[^/?@]*?):[^/?]*@")


def is_mqtt(text):
    return text.partition("://")[0] in PORTS


def mqtt_address(text):
    """What MqttOutput takes. ArgumentTypeError for what is none; files that it names are read."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        _refuse(text, str(error))
    topic = unquote(parts.path.strip("/"))
    if not parts.hostname or not topic:
        _refuse(text, "must be mqtt://HOST[:PORT]/TOPIC")
    if parts.fragment or "#" in text or re.search("[+#\0]", topic):
        _refuse(text, "a topic must not hold + or #")
    more = _more(text, parts.query)
    tls = parts.scheme == "mqtts"
    if "ca" in more and not tls:
        _refuse(text, "ca needs mqtts://")
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    if "password-file" in more:
        if user is None or password is not None:
            _refuse(text, "password-file needs USER@ before the host, without a password")
        password = _first_line(text, more["password-file"])
    elif user is not None and password is None:
        password = os.environ.get(PASSWORD)
    if more.get("version", "5") not in _VERSIONS:
        _refuse(text, "version must be 5 or 3.1.1")
    return dict(host=parts.hostname, port=port or PORTS[parts.scheme], topic=topic, user=user, password=password, tls=tls,
                ca=_checked_ca(text, more.get("ca")), version=_VERSIONS[more.get("version", "3.1.1")])


def refuse_passwords(words):
    """ValueError if one of a command's words holds a password: others can read it in the list of processes."""
    for word in words:
        if _WITH_PASSWORD.search(word):
            raise ValueError(f"format: {_masked(word)}: a password must not be in a command: it may be in a configuration, in a file "
                             f"(?password-file=FILE), or in the environment ({PASSWORD})")


def trust(ca):
    """A context for TLS that trusts this file of certificates; None: those of the system."""
    return ssl.create_default_context(cafile=ca)


def _more(text, query):
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        pairs = [("", "")]
    for key, value in pairs:
        if key not in ("version", "ca", "password-file") or not value:
            _refuse(text, "what follows ? must be version=5, ca=FILE or password-file=FILE, with & between them")
    return {key: os.path.expandvars(value) if key != "version" else value for key, value in pairs}


def _first_line(text, path):
    try:
        with open(path, encoding="utf-8") as file:
            line = file.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        _refuse(text, f"password-file: {getattr(error, 'strerror', None) or 'is not UTF-8'}")
    if not line:
        _refuse(text, "password-file: its first line is empty")
    return line


def _checked_ca(text, path):
    if path is not None:
        try:
            trust(path)
        except (OSError, ssl.SSLError) as error:
            _refuse(text, f"ca: {'no certificates' if isinstance(error, ssl.SSLError) else error.strerror}")
    return path


def _masked(text):
    return _WITH_PASSWORD.sub(r"\1:***@", text)


def _refuse(text, rule):
    raise argparse.ArgumentTypeError(f"{_masked(text)!r}: {rule}")
