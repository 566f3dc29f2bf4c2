#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of the page of gr_stft monitor --web in the documentation: GR_STFT_PICTURES=FOLDER keeps it there."""
import os
import time
import unittest

from qa_monitor_page import play, source
from qa_monitor_page_browser import InBrowser

from gnuradio.stft.app.outputs.clip_output import ClipOutput
from gnuradio.stft.app.page.clip_folder import ClipFolder
from gnuradio.stft.app.page.web_output import WebOutput
from gnuradio.stft.bench import band_scenes


@unittest.skipUnless(os.environ.get("GR_STFT_PICTURES"), "GR_STFT_PICTURES does not name a folder for pictures")
class Picture(InBrowser):

    def test_of_the_documentation(self):
        scene = band_scenes.scene("mixed", seed=3, seconds=10, bursts=60)
        os.mkdir("clips")
        recorder = ClipOutput("clips", source(), pre=0.01, post=0.01)
        output = WebOutput("127.0.0.1", 0, clips=ClipFolder("clips"))
        output._rows._keep_pace = lambda: None
        self.addCleanup(output.close)
        play(output, scene, source(name="433.92 MHz, made by band_scenes"), more=[recorder])
        recorder.close()
        output.status({"source": source(), "rate": 1e6, "load": 0.07, "lost": 0, "age": 0.01, "uptime": 3 * 86400 + 7200.0, "reports": 60,
                       "noise_db": -60.0})
        self.size(1180, 900)
        self.show_all(output, 270)
        self.wait("return document.querySelectorAll('#events .clip a').length > 20", "clips")
        self.js("monitorPage.view.span = 9.9; monitorPage.choose([...monitorPage.events.newestFirst()][4], false)")
        self.wait("return monitorPage.spectrum.result", "curves")
        time.sleep(1.5)
        self.picture("monitor_page")


if __name__ == "__main__":
    unittest.main()
