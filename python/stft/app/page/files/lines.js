// Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
// Quantities that are followed in time: speed, confidence, theta.

const MOST = 20000; // points of a line

class Line {
  constructor(name) {
    this.name = name;
    this.times = [];
    this.values = [];
    this.distance = Infinity; // s between two points
  }

  add(time, value) {
    const last = this.times.at(-1);
    if (last >= time) {
      return; // told again after a lost connection
    }
    if (last !== undefined) {
      this.distance = Math.min(this.distance, time - last);
    }
    this.times.push(time);
    this.values.push(value ?? NaN);
    if (this.times.length > MOST * 1.25) {
      this.times.splice(0, this.times.length - MOST);
      this.values.splice(0, this.values.length - MOST);
    }
  }

  /** Index of the first point at or after a time. */
  indexOf(time) {
    let [low, high] = [0, this.times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle] < time) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Least and largest value between two times, with room. */
  range(start, end) {
    let [lower, upper] = [Infinity, -Infinity];
    for (let index = this.indexOf(start); index < this.times.length && this.times[index] <= end; ++index) {
      if (Number.isFinite(this.values[index])) {
        lower = Math.min(lower, this.values[index]);
        upper = Math.max(upper, this.values[index]);
      }
    }
    const room = Math.max(1e-9, 0.05 * Math.abs(upper), 0.1 * (upper - lower)) || 1;
    return lower <= upper ? [lower - room, upper + room] : [0, 1];
  }
}

export class Lines {
  constructor() {
    this.lines = new Map();
    this.orders = [];
  }

  clear() {
    this.lines.clear();
  }

  /** A message {orders, points: [{at, values: {name: value}}]}. */
  add({orders, points}) {
    this.orders = orders ?? this.orders;
    for (const {at, values} of points) {
      for (const [name, value] of Object.entries(values)) {
        if (!this.lines.has(name)) {
          this.lines.set(name, new Line(name));
        }
        this.lines.get(name).add(at, value);
      }
    }
  }

  /** The speed times each order. */
  inHertz() {
    const line = this.lines.get("speed");
    return line ? this.orders.map((factor) => ({factor, line})) : [];
  }

  inStrip() {
    return [...this.lines.values()];
  }

  get hasStrip() {
    return this.lines.size > 0;
  }
}
