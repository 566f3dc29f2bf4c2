# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Who may see the page: addresses, tokens, cookies, and what a request must look like."""
import hashlib
import hmac
import ipaddress
import os
import secrets
import time
from urllib.parse import urlsplit

SHORTEST_TOKEN = 16
_DAYS = 30
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                               "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with no-referrer a form of this page would come from nowhere
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def _refuse(name, value, rule):
    raise ValueError(f"{name}: {value}: {rule}")


def address_of(text):
    """(host, port) of "[HOST:]PORT"; the host is 127.0.0.1 where it is not given."""
    host, _, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        _refuse("web", text, "write an address of IPv6 in brackets: [::1]:8080")
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        _refuse("web", text, "must be a port, or HOST:PORT: 8080, 0.0.0.0:8080")
    return host or "127.0.0.1", int(port)


def token_of(text):
    """The token, or that in the first line of the file FILE of "@FILE"."""
    if text.startswith("@"):
        try:
            with open(text[1:], encoding="utf-8") as file:
                text = file.readline().strip()
        except (OSError, UnicodeDecodeError) as error:
            _refuse("web_token", text, getattr(error, "strerror", None) or "is not UTF-8")
    if len(text) < SHORTEST_TOKEN:
        _refuse("web_token", "*" * len(text), f"must have {SHORTEST_TOKEN} characters or more")
    return text


def is_loopback(host):
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_access(host, token):
    """ValueError for an address that others reach while there is no token."""
    if token is None and not is_loopback(host):
        _refuse("web", host, "others may reach this address: give --web-token")


class Access:
    """Decides on requests. token: None: whoever is on this machine."""

    def __init__(self, token, port):
        self._name = f"gr_stft_monitor_{port}"  # browsers do not tell cookies of ports apart
        self._token = None if token is None else token.encode()
        # a slow function lies between token and key, so that a cookie does not help to guess the token; the same token gives the same
        # key after a restart, and cookies stay valid
        self._key = None if token is None else hashlib.scrypt(self._token, salt=b"gr_stft monitor", n=2**14, r=8, p=1)

    @property
    def needs_token(self):
        return self._token is not None

    def is_token(self, given):
        return self._token is not None and hmac.compare_digest(given.encode("utf-8", "replace"), self._token)

    def cookie(self):
        """A value for a cookie, which proves that the token was known, and does not tell it."""
        words = f"{int(time.time()) + _DAYS * 86400}.{secrets.token_hex(8)}"
        return f"{words}.{self._sign(words)}"

    def set_cookie(self, response, secure):
        response.set_cookie(self._name, self.cookie(), max_age=_DAYS * 86400, httponly=True, samesite="Strict", path="/", secure=secure)

    def may_see(self, request):
        """True if the request knows the token, or none is needed."""
        if not self.needs_token:
            return True
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self.is_token(given.strip())
        return self._is_cookie(request.cookies.get(self._name, ""))

    def _is_cookie(self, value):
        words, _, signature = value.rpartition(".")
        expiry = words.partition(".")[0]
        signed = hmac.compare_digest(self._sign(words).encode(), signature.encode("utf-8", "replace"))
        return signed and expiry.isdigit() and int(expiry) > time.time()

    def _sign(self, words):
        return hmac.new(self._key, words.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def objection(self, request):
        """Words on a request that another page has sent, or "".

        Without a token the name by which this machine is called must be its own: a name of others that leads here (DNS rebinding) would
        let their pages read. With one, their pages have no cookie.
        """
        host = request.headers.get("Host", "")
        if not self.needs_token and _name_in(host) not in _LOCAL_NAMES:
            return "this page answers to localhost only; give --web-token for other names"
        origin = request.headers.get("Origin")
        if origin is not None and _place_in(origin) != host.lower():
            return "this request comes from another page"
        if request.headers.get("Sec-Fetch-Site") == "cross-site" and request.headers.get("Sec-Fetch-Mode") != "navigate":
            return "this request comes from another page"
        return ""


def _name_in(host):
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _place_in(origin):
    """Host and port of an address; None if it is none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def disk(path):
    """{path, free, total} in bytes of the disk that a folder is on; None if there is none."""
    try:
        found = os.statvfs(path)
    except OSError:
        return None
    return {"path": path, "free": found.f_bavail * found.f_frsize, "total": found.f_blocks * found.f_frsize}
