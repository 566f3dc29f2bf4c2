#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A spectrogram on the screen, changed while it runs.

A chirp, two steady tones, a keyed one and noise, made here. Above, the rows of the spectrogram in dB/Hz, the newest at
the bottom; below, a row as a curve. Look at how the two close tones at 11 kHz merge with the flat-top window, how the
noise smooths when more frames are averaged, and how a shorter hop makes more rows per second. Nothing restarts and no
sample is lost: the controls call set_hop, set_average and set_window of the block.
"""
import argparse
import math
import signal
import sys

from gnuradio import analog, blocks, gr, qtgui, stft
from PyQt5 import Qt, sip

SAMP_RATE = 32_000  # Hz
N_FFT = 640  # bins 50 Hz apart
BINS = N_FFT // 2 + 1
ROWS = 200
WINDOWS = {
    "Hann": "hann",
    "Hamming": "hamming",
    "Blackman-Harris": "blackmanharris",
    "Kaiser (8.6)": ("kaiser", 8.6),
    "Flat top": "flattop",
    "Boxcar": "boxcar",
}
FLOOR, CEILING = -110, -30  # dB


class spectrogram_live(gr.top_block):
    """source -> throttle -> spectrogram -> raster and curve"""

    def __init__(self, hop, average):
        gr.top_block.__init__(self, "Spectrogram")
        rate = SAMP_RATE
        ramp = analog.sig_source_f(rate, analog.GR_TRI_WAVE, 0.25, 6000, 1000)  # 1 to 7 kHz and back in 4 s
        chirp = blocks.vco_f(rate, 2 * math.pi, 0.5)
        tones = [analog.sig_source_f(rate, analog.GR_COS_WAVE, f, 0.1) for f in (11_000, 11_200)]
        beep = analog.sig_source_f(rate, analog.GR_COS_WAVE, 14_000, 0.2)
        key = analog.sig_source_f(rate, analog.GR_SQR_WAVE, 1, 1)
        keyed = blocks.multiply_ff()
        noise = analog.noise_source_f(analog.GR_GAUSSIAN, 0.02, 1)
        add = blocks.add_ff()
        throttle = blocks.throttle(gr.sizeof_float, rate)

        self.spectrogram = stft.spectrogram_fvf(N_FFT, hop, average=average, db=True, samp_rate=rate)
        to_stream = blocks.vector_to_stream(gr.sizeof_float, BINS)
        self.raster = qtgui.time_raster_sink_f(1, ROWS, BINS, [], [], "", 1, None)
        self.raster.set_intensity_range(FLOOR, CEILING)
        self.raster.set_x_label("Frequency (Hz)")
        self.raster.set_x_range(0, BINS * rate / N_FFT)
        self.raster.set_y_label("Age (s)")
        self.raster.set_update_time(0)  # otherwise it skips rows
        self.raster.set_color_map(0, 0)
        self.curve = qtgui.vector_sink_f(
            BINS, 0, rate / N_FFT / 1000, "Frequency (kHz)", "PSD (dB/Hz)", "", 1, None
        )
        self.curve.set_update_time(0.05)
        self.curve.set_y_axis(FLOOR - 10, CEILING + 10)
        self.curve.enable_grid(True)
        self.curve.disable_legend()

        self.connect(ramp, chirp, (add, 0))
        for port, tone in enumerate(tones, 1):
            self.connect(tone, (add, port))
        self.connect(beep, (keyed, 0))
        self.connect(key, (keyed, 1))
        self.connect(keyed, (add, 3))
        self.connect(noise, (add, 4))
        self.connect(add, throttle, self.spectrogram, to_stream, self.raster)
        self.connect(self.spectrogram, self.curve)
        self.show_time()

    def show_time(self):
        """The height of the raster in seconds."""
        seconds = ROWS * self.spectrogram.hop() * self.spectrogram.average() / SAMP_RATE
        self.raster.set_y_range(0, seconds)

    def set_hop(self, hop):
        self.spectrogram.set_hop(hop)
        self.show_time()

    def set_average(self, average):
        self.spectrogram.set_average(average)
        self.show_time()

    def set_window(self, name):
        self.spectrogram.set_window(WINDOWS[name])


class main_window(Qt.QWidget):
    def __init__(self, tb):
        Qt.QWidget.__init__(self)
        self.setWindowTitle("gr-stft: live spectrogram")
        self.resize(1000, 650)

        hop = Qt.QSpinBox(minimum=80, maximum=640, singleStep=16, value=tb.spectrogram.hop(), suffix=" samples")
        hop.valueChanged.connect(tb.set_hop)
        average = Qt.QSpinBox(minimum=4, maximum=64, value=tb.spectrogram.average(), suffix=" frames")
        average.valueChanged.connect(tb.set_average)
        window = Qt.QComboBox()
        window.addItems(WINDOWS)
        window.currentTextChanged.connect(tb.set_window)

        controls = Qt.QHBoxLayout()
        for name, control in ("Hop", hop), ("Average", average), ("Window", window):
            controls.addWidget(Qt.QLabel(name))
            controls.addWidget(control)
        controls.addStretch()
        layout = Qt.QVBoxLayout(self)
        layout.addLayout(controls)
        layout.addWidget(sip.wrapinstance(tb.raster.qwidget(), Qt.QWidget), 3)
        layout.addWidget(sip.wrapinstance(tb.curve.qwidget(), Qt.QWidget), 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hop", type=int, default=160, help="samples (default 160)")
    parser.add_argument("--average", type=int, default=10, help="frames per row (default 10)")
    parser.add_argument("--seconds", type=float, help="close after that time (default: when the window is closed)")
    args = parser.parse_args()

    app = Qt.QApplication(sys.argv[:1])
    tb = spectrogram_live(args.hop, args.average)
    window = main_window(tb)
    tb.start()
    window.show()
    signal.signal(signal.SIGINT, lambda *_: app.quit())
    awake = Qt.QTimer()  # lets Python see the signal
    awake.timeout.connect(lambda: None)
    awake.start(200)
    if args.seconds:
        Qt.QTimer.singleShot(int(1000 * args.seconds), app.quit)
    app.exec_()
    tb.stop()
    tb.wait()


if __name__ == "__main__":
    main()
