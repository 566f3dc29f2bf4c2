# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the page, and the output that they describe."""
import argparse
import sys

from gnuradio.stft import optional_modules
from gnuradio.stft.app.page.access import address_of, check_access, token_of
from gnuradio.stft.app.page.clip_folder import ClipFolder
from gnuradio.stft.app.page.spectrogram_store import SpectrogramStore
from gnuradio.stft.app.page.web_output import WebOutput


def add_page_arguments(group):
    group.add_argument("--web", type=_address, metavar="[HOST:]PORT",
                       help="a page to look at: http://127.0.0.1:PORT; other addresses than this machine's own need --web-token")
    group.add_argument("--web-token", metavar="TOKEN",
                       help="what viewers of the page must know, 16 characters or more; @FILE: the first line of a file")
    group.add_argument("--web-keep", action="store_true", help="the page stays when a recording has been read, until Ctrl-C")


def check_page(arguments):
    """ValueError or ImportError for what can be refused before a recording or a device is opened."""
    if arguments.web is None:
        if arguments.web_token is not None:
            raise ValueError("web_token: given: needs --web")
        if arguments.web_keep:
            raise ValueError("web_keep: given: needs --web")
        return
    check_access(arguments.web[0], arguments.web_token)
    if arguments.web_token is not None:
        token_of(arguments.web_token)
    optional_modules.require("aiohttp", "--web")


def page_of(arguments, live=True):
    """The WebOutput that the arguments ask for. live: the source does not end by itself."""
    token = None if arguments.web_token is None else token_of(arguments.web_token)
    spectrogram, events = getattr(arguments, "spectrogram", None), getattr(arguments, "record_events", None)
    page = WebOutput(*arguments.web, token, SpectrogramStore(spectrogram) if spectrogram else None, ClipFolder(events) if events else None)
    host = f"[{arguments.web[0]}]" if ":" in arguments.web[0] else arguments.web[0]
    page.stays = arguments.web_keep
    until = "" if live or page.stays else ", until all has been read; --web-keep keeps it"
    print(f"gr_stft monitor: the page is at http://{host}:{page.server.port}/{until}", file=sys.stderr)
    return page


def _address(text):
    try:
        return address_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error).partition(": ")[2]) from None
