// Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
// What stretch of time and frequency is shown, and where on the canvas.

const SHORTEST = 1e-3; // s
const LONGEST = 40 * 86400;

export class View {
  constructor() {
    this.span = 30;          // s that are shown
    this.end = 0;            // time of the upper edge
    this.following = true;   // the upper edge is now
    this.band = null;        // what can be shown, [lower, upper] Hz
    this.lower = 0;
    this.upper = 1;
    this.wholeBand = true;
    this.plot = {x: 0, y: 0, width: 1, height: 1};
    this.change = 0;         // counts changes
  }

  get start() {
    return this.end - this.span;
  }

  /** Rows have these frequencies from now on. */
  setBand(lower, upper) {
    this.band = [lower, upper];
    if (this.wholeBand || this.upper <= lower || this.lower >= upper) {
      this.showWholeBand();
    }
  }

  showWholeBand() {
    if (this.band) {
      [this.lower, this.upper] = this.band;
    }
    this.wholeBand = true;
    this.change += 1;
  }

  /** The newest time is this one. */
  advance(time) {
    if (this.following && Number.isFinite(time)) {
      this.end = time;
      this.change += 1;
    }
  }

  follow(time) {
    this.following = true;
    this.advance(time);
  }

  /** Shows a box with room around it. */
  show(start, end, lower, upper) {
    this.following = false;
    this.span = Math.min(LONGEST, Math.max(SHORTEST, this.span, 1.5 * (end - start)));
    this.end = (start + end) / 2 + this.span / 2;
    if (Number.isFinite(lower) && (lower < this.lower || upper > this.upper)) {
      const width = Math.max(this.upper - this.lower, 1.5 * (upper - lower));
      this.setFrequencies((lower + upper) / 2 - width / 2, (lower + upper) / 2 + width / 2);
    }
    this.change += 1;
  }

  setFrequencies(lower, upper) {
    const [first, last] = this.band ?? [lower, upper];
    const width = Math.min(last - first, Math.max((last - first) * 1e-4, upper - lower));
    this.lower = Math.min(Math.max(lower, first), last - width);
    this.upper = this.lower + width;
    this.wholeBand = width >= (last - first) * 0.9999;
    this.change += 1;
  }

  /** Zooms by a factor about a time and a frequency, whose places stay. */
  zoom(timeFactor, frequencyFactor, time, frequency) {
    if (timeFactor !== 1) {
      const span = Math.min(LONGEST, Math.max(SHORTEST, this.span * timeFactor));
      if (!this.following) {
        this.end = time + (this.end - time) * span / this.span;
      }
      this.span = span;
    }
    if (frequencyFactor !== 1) {
      this.setFrequencies(frequency + (this.lower - frequency) * frequencyFactor, frequency + (this.upper - frequency) * frequencyFactor);
    }
    this.change += 1;
  }

  /** Moves what is shown. newest: time that is followed again when it is reached. */
  pan(seconds, hertz, newest) {
    if (seconds !== 0) {
      this.end += seconds;
      this.following = this.end >= newest;
      if (this.following) {
        this.end = newest;
      }
    }
    if (hertz !== 0) {
      const width = this.upper - this.lower;
      this.setFrequencies(this.lower + hertz, this.lower + hertz + width);
    }
    this.change += 1;
  }

  x(frequency) {
    return this.plot.x + (frequency - this.lower) / (this.upper - this.lower) * this.plot.width;
  }

  y(time) {
    return this.plot.y + (this.end - time) / this.span * this.plot.height;
  }

  frequency(x) {
    return this.lower + (x - this.plot.x) / this.plot.width * (this.upper - this.lower);
  }

  time(y) {
    return this.end - (y - this.plot.y) / this.plot.height * this.span;
  }

  /** [x, y, width, height] of a stretch of time and frequency. */
  box(start, end, lower, upper) {
    const x = this.x(lower);
    const y = this.y(end);
    return [x, y, this.x(upper) - x, this.y(start) - y];
  }

  contains(x, y) {
    const {plot} = this;
    return x >= plot.x && x <= plot.x + plot.width && y >= plot.y && y <= plot.y + plot.height;
  }
}
