# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The part of a window that spectrogram_display shows: picture, events, lines, spectra. Imported where there is Qt only."""
import math
import time
from datetime import datetime, timedelta, timezone

import numpy as np
import pyqtgraph as pg
from PyQt5 import QtCore, QtWidgets

_PERIOD = 33  # ms from picture to picture
_SLOWEST = 0.5  # largest fraction of the time that drawing takes
_COLOURS = {"burst": "#ffffff", "carrier": "#7fdfff", "step": "#ffd27f", "gap": "#ff5f5f", "retune": "#bfbfbf"}
_CURVES = {"maximum": "#d0502f", "mean": "#2f9f4f", "newest": "#3f7fdf"}
_LEAST_RANGE = 10.0  # dB, of automatic colours
_CLOCK = 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400  # s from tick to tick
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class TimeAxis(pg.AxisItem):
    """Seconds of the stream, or UTC once it is known."""

    utc = None

    def set_utc(self, utc):
        """utc: (full seconds, fraction) at 0; None: unknown."""
        if utc != self.utc:
            self.utc = utc
            self.picture = None
            self.update()

    @property
    def _offset(self):
        """s of the day at 0."""
        return 0.0 if self.utc is None else self.utc[0] % 86400 + self.utc[1]

    def tickSpacing(self, minVal, maxVal, size):
        """Steps of a clock from a second on, decimal ones below; as many as there is room for."""
        least = (maxVal - minVal) / max(2, min(10, size / 30))
        steps = [step for step in _CLOCK if step >= least]
        if self.utc is None or least <= 0.5 or not steps:
            return super().tickSpacing(minVal, maxVal, size)
        return [(steps[0], 0)]

    def tickValues(self, minVal, maxVal, size):
        """Round times of day."""
        offset = self._offset
        levels = super().tickValues(minVal + offset, maxVal + offset, size)
        return [(spacing, [value - offset for value in values]) for spacing, values in levels]

    def tickStrings(self, values, scale, spacing):
        """Text at each of `values` (s); `spacing` decides the decimals."""
        decimals = max(0, math.ceil(-math.log10(spacing) - 1e-9)) if spacing > 0 else 0
        if self.utc is None:
            return [f"{value:.{decimals}f}" for value in values]
        return [utc_text(self.utc, value, decimals) for value in values]


def utc_text(utc, value, decimals):
    """Time of day at `value` s after `utc`."""
    whole = math.floor(value)
    ticks = round((value - whole + utc[1]) * 10**decimals)
    seconds = utc[0] + whole + ticks // 10**decimals
    text = (_EPOCH + timedelta(seconds=seconds)).strftime("%H:%M:%S")
    return f"{text}.{ticks % 10**decimals:0{decimals}d}" if decimals else text


class Boxes(pg.GraphicsObject):
    """Events as boxes; those without edges in frequency are as wide as the view."""

    def __init__(self):
        super().__init__()
        self.boxes = []

    def show_boxes(self, boxes):
        self.boxes = boxes
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self):
        view = self.getViewBox()
        return view.viewRect() if view else QtCore.QRectF()

    def rect(self, box):
        """The box in the coordinates of the view, inside of it."""
        view = self.boundingRect()
        low, high = max(box["low"], view.left() - view.width()), min(box["high"], view.right() + view.width())
        return QtCore.QRectF(low, box["begin"], high - low, box["end"] - box["begin"])

    def paint(self, painter, *_):
        for kind in {box["kind"] for box in self.boxes}:
            pen = pg.mkPen(_COLOURS.get(kind, "#ffffff"), width=1)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawRects([self.rect(box) for box in self.boxes if box["kind"] == kind])


def described(box):
    """What is shown of an event under the mouse: plain text, whatever the message holds."""
    lines = [f"{box.get('kind')} {box.get('id', box.get('track', ''))}  {box.get('state', '')}".rstrip()]
    units = {"duration": "s", "freq_lower": "Hz", "freq_upper": "Hz", "freq_peak": "Hz", "bandwidth": "Hz", "power_db": "dB", "snr_db": "dB",
             "frequency": "Hz", "rate": "Hz/s"}  # fmt: skip
    lines += [f"time: {box['time']}"] if box.get("time") else []
    lines += [f"{name}: {box[name]:.9g} {unit}" for name, unit in units.items() if isinstance(box.get(name), (int, float))]
    lines += [f"{name}: {box[name]}" for name in ("cut", "source") if box.get(name)]
    return "\n".join(line[:100] for line in lines)


class DisplayWidget(QtWidgets.QWidget):
    """What spectrogram_display.widget() gives.

    Wheel and drag zoom and pan, by mouse over an axis in that direction only. "Hold" keeps the time of the picture (moving it back
    does so, too), "Everything" shows the whole band and all that is kept. The handles at the colour bar set the range of colours;
    "Automatic colours" follows the picture.
    """

    def __init__(self, display, db, kind, title="", parent=None):
        super().__init__(parent)
        self._display, self._store, self._db = display, display._store, db
        self._factor = 20 if kind == "magnitude" else 10
        self._unit = "dB/Hz" if kind == "psd" else "dB"
        self._following, self._all_bands = True, True
        self._seconds = min(10.0, self._store.history)  # shown while rows come
        self._image = np.full((1, 1), np.nan, np.float32)
        self._seen = None
        self._busy_until = 0.0
        self._make(title)
        self._timer = QtCore.QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(_PERIOD)

    def sizeHint(self):
        return QtCore.QSize(800, 500)

    # what is in the window

    def _make(self, title):
        self.hold, self.everything = QtWidgets.QPushButton("Hold"), QtWidgets.QPushButton("Everything")
        self.hold.setCheckable(True)
        self.automatic = QtWidgets.QCheckBox("Automatic colours", checked=True)
        self.curve_boxes = {name: QtWidgets.QCheckBox(name.capitalize(), checked=True) for name in _CURVES}
        for name, box in self.curve_boxes.items():
            box.setStyleSheet(f"color: {_CURVES[name]}")
        bar = QtWidgets.QHBoxLayout()
        if title:
            label = QtWidgets.QLabel(title)
            label.setTextFormat(QtCore.Qt.PlainText)
            bar.addWidget(label)
        for part in (self.hold, self.everything, self.automatic, *self.curve_boxes.values()):
            bar.addWidget(part)
        bar.addStretch()
        self.time_axis = TimeAxis("left")
        plots = pg.GraphicsLayoutWidget()
        self.plot = plots.addPlot(0, 0, axisItems={"left": self.time_axis})
        self.spectrum = plots.addPlot(1, 0)
        plots.ci.layout.setRowStretchFactor(0, 3)
        plots.ci.layout.setRowStretchFactor(1, 2)
        for plot in self.plot, self.spectrum:
            plot.getAxis("left").setWidth(95)
            plot.hideButtons()
            plot.setMenuEnabled(False)
        self.view = self.plot.getViewBox()
        self.view.disableAutoRange()
        self.spectrum.setXLink(self.plot)
        self.spectrum.enableAutoRange("y")
        self.spectrum.setLabel("left", self._unit)
        self.spectrum.showGrid(True, True, 0.2)
        self.spectrum.setLabel("bottom", "Frequency", units="Hz")
        self.plot.getAxis("bottom").setStyle(showValues=False)
        self.picture = pg.ImageItem(axisOrder="row-major")
        self.plot.addItem(self.picture)
        self.boxes = Boxes()
        self.plot.addItem(self.boxes)
        self.lines = []
        self.points = pg.ScatterPlotItem(symbol="o", size=8, brush=None, pen=pg.mkPen("w"))
        self.plot.addItem(self.points)
        self.colours = pg.ColorBarItem(values=(-100, 0), colorMap=pg.colormap.get("inferno"), label=self._unit, rounding=0.1)
        self.colours.setImageItem(self.picture)
        plots.addItem(self.colours, 0, 1)
        self.colours.sigLevelsChanged.connect(self._colours_by_hand)
        self.curves = {name: self.spectrum.plot(pen=pg.mkPen(colour, width=1)) for name, colour in _CURVES.items()}
        self.corner = pg.TextItem(color="w", fill=pg.mkBrush(0, 0, 0, 150), anchor=(0, 0))
        self.corner.setParentItem(self.view)
        self.hover = pg.TextItem(color="w", fill=pg.mkBrush(0, 0, 0, 200), anchor=(0, 0))
        self.hover.setParentItem(self.view)
        self.hover.hide()
        self.hover.setZValue(10)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(bar)
        layout.addWidget(plots)
        self._plots = plots
        self.everything.clicked.connect(self.show_everything)
        self.hold.toggled.connect(lambda held: setattr(self, "_following", not held))
        self.view.sigRangeChangedManually.connect(self._moved_by_hand)
        plots.scene().sigMouseMoved.connect(self._mouse_moved)

    def show_everything(self):
        """All that is kept, in the whole band."""
        self._all_bands = True
        span = self._store.span()
        if span:
            self._seconds = span[1] - span[0]
            self._show_times(*span)

    def set_times(self, begin, end):
        """Holds the picture at begin .. end (s of the time axis)."""
        self.hold.setChecked(True)
        self._show_times(begin, end)

    def set_colours(self, low, high):
        """The range of colours, dB, which then stays."""
        self.automatic.setChecked(False)
        self.colours.setLevels((low, high))

    def _show_times(self, begin, end):
        self.view.setYRange(begin, end, padding=0)

    def _moved_by_hand(self, *_):
        (low, high), (begin, end) = self.view.viewRange()
        band, span = self._store.band(), self._store.span()
        self._all_bands = self._all_bands and band is not None and math.isclose(low, band[0]) and math.isclose(high, band[1])
        if span and end < span[1] - 0.05 * (end - begin):
            self.hold.setChecked(True)
        self._seconds = min(end - begin, self._store.history)

    def _colours_by_hand(self, *_):
        self.automatic.setChecked(False)

    # what the timer draws

    def _tick(self):
        if not self.isVisible() or time.monotonic() < self._busy_until:
            return
        began = time.monotonic()
        try:
            self.draw()
        finally:
            self._busy_until = began + (time.monotonic() - began) / _SLOWEST

    def draw(self):
        """Brings the picture to the newest rows."""
        span = self._store.span()
        if span is None:
            return
        self.time_axis.set_utc(self._store.utc)
        self._label_time()
        width, height = self.pixels()
        if self._following:
            line = self._seconds / height
            end = math.ceil(span[1] / line - 1e-6) * line  # whole pixels, in which the same rows stay together
            self._show_times(end - self._seconds, end)
        (low, high), (begin, end) = self.view.viewRange()
        if self._all_bands:
            band = self._store.band(begin, end)
            if band and (low, high) != band:
                self.view.setXRange(*band, padding=0)
                low, high = band
        seen = self._store.total, self._store.runs, width, height, low, high, begin, end
        if seen != self._seen:
            self._seen = seen
            self._image = self._decibels(self._store.picture(begin, end, height, low, high, width))
            if self.automatic.isChecked():
                self._set_levels(self._image)
            self.picture.setImage(self._image, autoLevels=False, levels=self.colours.levels())
            self.picture.setRect(QtCore.QRectF(low, begin, high - low, end - begin))
            self._draw_spectra(low, high, begin, end, width)
            self.corner.setText(self.crowding(low, high, begin, end, width, height))
        self._draw_overlays(begin, end)

    def pixels(self):
        """(columns, lines) of the picture."""
        size = self.view.sceneBoundingRect()
        return max(2, round(size.width())), max(2, round(size.height()))

    def image(self):
        """The picture in dB, oldest line first: what is on the screen, a value for each pixel; NaN where there is nothing."""
        return self._image

    def crowding(self, low, high, begin, end, width, height):
        """What the corner says: how many rows and bins a pixel shows, unless it is one."""
        newest = [p for p in self._store.snapshot() if p.count and p.end > begin and p.begin < end]
        if not newest:
            return ""
        rows = (end - begin) / height / newest[-1].period
        bins = (high - low) / width / newest[-1].step
        parts = [f"{n:.3g} {name}" for n, name in ((rows, "rows"), (bins, "bins")) if n > 1]
        return f"a pixel is the maximum of {' x '.join(parts)}" if parts else ""

    def _decibels(self, values):
        if self._db:
            return values
        with np.errstate(divide="ignore", invalid="ignore"):
            return (self._factor * np.log10(values)).astype(np.float32)

    def _set_levels(self, image):
        some = image[:: max(1, image.shape[0] // 200), :: max(1, image.shape[1] // 200)]
        some = some[np.isfinite(some)]
        if not some.size:
            return
        low, high = np.percentile(some, (5, 50))
        high = max(np.max(some), high + _LEAST_RANGE)
        now = self.colours.levels()
        if max(abs(low - now[0]), abs(high - now[1])) > 1:  # no flicker
            self.colours.setLevels((float(low), float(high)))

    def _draw_spectra(self, low, high, begin, end, width):
        found = {}
        of_rows = self._store.statistics(begin, end)
        if of_rows:
            found = {"mean": (*of_rows[:2], of_rows[2]), "maximum": (*of_rows[:2], of_rows[3])}
        newest = self._store.newest()
        if newest:
            found["newest"] = newest
        for name, curve in self.curves.items():
            shown = self.curve_boxes[name].isChecked() and name in found
            curve.setVisible(shown)
            if shown:
                first, step, values = found[name]
                hz, values = reduced_curve(first, step, values, low, high, width)
                values = self._decibels(values)
                curve.setData(hz, np.where(np.isfinite(values), values, np.nan), connect="finite")

    def _draw_overlays(self, begin, end):
        shown = [box for box in self._display.boxes() if box["end"] >= begin and box["begin"] <= end]
        self.boxes.show_boxes(shown)
        times, hz = self._display.line_points()
        while hz.ndim == 2 and len(self.lines) < hz.shape[1]:
            self.lines.append(self.plot.plot(pen=pg.mkPen(pg.intColor(len(self.lines)), width=2), connect="finite"))
        for number, line in enumerate(self.lines):
            there = np.flatnonzero((times >= begin) & (times <= end)) if len(times) else []
            line.setData(hz[there, number] if len(there) else [], times[there] if len(there) else [], connect="finite")
        points = [p for p in self._display.points() if begin <= p["begin"] <= end]
        self.points.setData([p["frequency"] for p in points], [p["begin"] for p in points])

    def _label_time(self):
        utc = self.time_axis.utc
        date = "" if utc is None else (_EPOCH + timedelta(seconds=utc[0])).strftime(" %Y-%m-%d")
        text = "Time (s)" if utc is None else f"UTC{date}"
        if self.time_axis.labelText != text:
            self.time_axis.setLabel(text)

    # what the mouse does

    def at(self, hz, seconds, margin=(0.0, 0.0)):
        """The smallest event at a place, with margins in Hz and s; None if there is none."""
        found = [box for box in self.boxes.boxes if box["low"] - margin[0] <= hz <= box["high"] + margin[0]
                 and box["begin"] - margin[1] <= seconds <= box["end"] + margin[1]]  # fmt: skip
        return min(found, key=lambda box: (box["high"] - box["low"]) * (box["end"] - box["begin"]), default=None)

    def _mouse_moved(self, position):
        inside = self.view.sceneBoundingRect().contains(position)
        place = self.view.mapSceneToView(position)
        pixel = self.view.viewPixelSize()
        box = self.at(place.x(), place.y(), (3 * pixel[0], 3 * pixel[1])) if inside else None
        self.hover.setVisible(box is not None)
        if box is not None:
            self.hover.setText(described(box))
            local = self.view.mapFromScene(position)
            size = self.hover.boundingRect().size()
            self.hover.setPos(min(local.x() + 12, self.view.width() - size.width()), min(local.y() + 12, self.view.height() - size.height()))


def reduced_curve(low, step, values, begin, end, width):
    """(Hz, values) of the bins in a view of `width` columns: maxima of each where bins are more than columns."""
    first = max(0, math.floor((begin - low) / step))
    last = min(len(values), math.ceil((end - low) / step))
    values = values[first:last]
    hz = low + (np.arange(first, last) + 0.5) * step
    group = int(len(values) // max(2 * width, 1))
    if group < 2:
        return hz, values
    starts = np.arange(0, len(values), group)
    return hz[starts], np.fmax.reduceat(values, starts)
