// Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
// The spectrum below the waterfall: the newest row, and mean and maximum of all rows that the waterfall shows.

import {fitted} from "./canvas.js";
import {LOWEST, POWER} from "./colours.js";
import {ticks} from "./numbers.js";

const SCANNING = 4;  // ms of a frame in which rows are summed
const AGAIN = 400;   // ms until they are summed again

/** Sums rows of one axis a few at a time. */
class Scan {
  constructor(axis, jobs) {
    this.axis = axis; // {bins, lower, upper}
    this.jobs = jobs; // [{from, to, row(number): {mean, peak, start, meanBase, peakBase}}]
    this.sum = new Float64Array(axis.bins);
    this.peak = new Int16Array(axis.bins).fill(LOWEST);
    this.counts = new Uint32Array(axis.bins);
  }

  /** True when all are summed. */
  proceed(deadline) {
    const {sum, peak, counts} = this;
    const {bins} = this.axis;
    while (this.jobs.length) {
      const job = this.jobs[0];
      for (; job.from < job.to; ++job.from) {
        const row = job.row(job.from);
        const meanOffset = row.meanBase - LOWEST;
        for (let bin = 0; bin < bins; ++bin) {
          const value = row.mean[row.start + bin];
          if (value !== 0) {
            sum[bin] += POWER[meanOffset + value];
            counts[bin] += 1;
            const top = row.peakBase + row.peak[row.start + bin];
            if (top > peak[bin]) {
              peak[bin] = top;
            }
          }
        }
        if ((job.from & 7) === 0 && performance.now() > deadline) {
          return false;
        }
      }
      this.jobs.shift();
    }
    return true;
  }

  curves() {
    const mean = Float32Array.from(this.sum, (total, bin) => (this.counts[bin] ? 10 * Math.log10(total / this.counts[bin]) : NaN));
    const peak = Float32Array.from(this.peak, (top, bin) => (this.counts[bin] ? top / 2 : NaN));
    return {axis: this.axis, mean, peak};
  }
}

export class Spectrum {
  constructor(canvas, page) {
    this.canvas = canvas;
    this.page = page;
    this.result = null;  // {axis, mean, peak} in dB
    this.scan = null;
    this.scannedAt = -Infinity;
    this.range = [-120, -20];
  }

  /** Sums what the waterfall shows, some rows in each frame. */
  proceed(now) {
    if (!this.scan && now - this.scannedAt > AGAIN) {
      this.scan = this.begin();
      this.scannedAt = now;
    }
    if (this.scan?.proceed(performance.now() + SCANNING)) {
      this.result = this.scan.curves();
      this.scan = null;
      return true;
    }
    return false;
  }

  begin() {
    const {view, ring, stored} = this.page;
    const jobs = [];
    let axis = null;
    ring.between(view.start, view.end, (segment, from, to) => {
      axis = {bins: ring.bins, lower: segment.lower, upper: segment.upper};
      jobs.push({from, to, lower: segment.lower, upper: segment.upper, row: (number) => {
        const slot = number % ring.capacity;
        return {mean: ring.mean, peak: ring.peak, start: slot * ring.bins, meanBase: ring.bases.mean[slot],
          peakBase: ring.bases.peak[slot]};
      }});
    });
    const tile = stored.tile;
    if (!axis && tile) {
      axis = {bins: tile.bins, lower: tile.lower, upper: tile.upper};
      const from = Math.max(0, Math.floor((view.start - tile.start) / tile.seconds));
      const to = Math.min(tile.rows, Math.ceil((view.end - tile.start) / tile.seconds));
      jobs.push({from, to, lower: tile.lower, upper: tile.upper, row: (row) => ({mean: tile.mean, peak: tile.peak,
        start: row * tile.bins, meanBase: tile.meanBases[row], peakBase: tile.peakBases[row]})});
    }
    return axis && new Scan(axis, jobs.filter((job) => job.lower === axis.lower && job.upper === axis.upper));
  }

  /** dB of the newest row, with its axis. */
  current() {
    const {ring, view} = this.page;
    const segment = ring.segments.at(-1);
    if (!segment || !view.following) {
      return null;
    }
    const slot = (ring.count - 1) % ring.capacity;
    const values = ring.mean.subarray(slot * ring.bins, (slot + 1) * ring.bins);
    return {axis: {bins: ring.bins, lower: segment.lower, upper: segment.upper},
      curve: Float32Array.from(values, (value) => (value ? (ring.bases.mean[slot] + value) / 2 : NaN))};
  }

  draw() {
    const {view, theme, colours} = this.page;
    const {context, width, height} = fitted(this.canvas);
    const plot = {x: view.plot.x, y: 6, width: view.plot.width, height: Math.max(10, height - 14)};
    context.clearRect(0, 0, width, height);
    context.font = theme.font;
    context.fillStyle = theme.plot;
    context.fillRect(plot.x, plot.y, plot.width, plot.height);
    const margin = 0.12 * (colours.upper - colours.lower);
    const [lower, upper] = this.range = [colours.lower - margin, Math.max(colours.upper + margin, this.top() + 3)];
    const y = (decibels) => plot.y + (upper - decibels) / (upper - lower) * plot.height;

    context.fillStyle = theme.text;
    context.strokeStyle = theme.grid;
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.lineWidth = 1;
    context.beginPath();
    for (const value of ticks(lower, upper, plot.height / 30).values) {
      const at = Math.round(y(value)) + 0.5;
      context.moveTo(plot.x, at);
      context.lineTo(plot.x + plot.width, at);
      context.fillText(`${value}`, plot.x - 7, at);
    }
    context.stroke();
    context.fillText("dB", plot.x - 34 < 14 ? 14 : plot.x - 38, plot.y + 6);

    context.save();
    context.beginPath();
    context.rect(plot.x, plot.y, plot.width, plot.height);
    context.clip();
    if (this.result) {
      this.curve(context, this.result.axis, this.result.peak, plot, y, theme.line2, 1);
      this.curve(context, this.result.axis, this.result.mean, plot, y, theme.line1, 1.5);
    }
    const current = this.current();
    if (current) {
      this.curve(context, current.axis, current.curve, plot, y, theme.text, 1);
    }
    context.restore();
  }

  /** The largest value, dB. */
  top() {
    return this.result ? this.result.peak.reduce((one, other) => (other > one ? other : one), -Infinity) : -Infinity;
  }

  /** A curve with not more points than columns of pixels; where several bins share one, its largest and smallest value. */
  curve(context, axis, values, plot, y, colour, lineWidth) {
    const {view} = this.page;
    const width = (axis.upper - axis.lower) / axis.bins;
    const first = Math.max(0, Math.floor((view.lower - axis.lower) / width) - 1);
    const last = Math.min(axis.bins, Math.ceil((view.upper - axis.lower) / width) + 1);
    const x = (bin) => plot.x + (axis.lower + (bin + 0.5) * width - view.lower) / (view.upper - view.lower) * plot.width;
    const step = Math.max(1, Math.floor((last - first) / plot.width));
    context.strokeStyle = colour;
    context.lineWidth = lineWidth;
    context.beginPath();
    let open = false;
    for (let bin = first; bin < last; bin += step) {
      let [least, most] = [Infinity, -Infinity];
      for (let one = bin; one < Math.min(last, bin + step); ++one) {
        least = Math.min(least, values[one]);
        most = Math.max(most, values[one]);
      }
      if (!(most >= least)) {
        open = false;
        continue;
      }
      context[open ? "lineTo" : "moveTo"](x(bin), y(most));
      if (step > 1) {
        context.lineTo(x(bin), y(least));
      }
      open = true;
    }
    context.stroke();
  }
}
