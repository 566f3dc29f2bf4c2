// Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
// The last rows that came, and pictures of them in which each row is painted once.

const TILE = 64; // rows of a picture: one that is painted must be copied when it is drawn next

/** Rows by number; pictures have the newest rows above the older ones, so that time goes downwards. capacity: a multiple of 64. */
export class RowRing {
  constructor(capacity, colours) {
    this.capacity = capacity;
    this.colours = colours;
    this.quantity = "mean";
    this.bins = 0;
    this.clear();
  }

  clear() {
    this.count = 0;
    this.segments = []; // rows of equal distances and frequencies: {first, count, start, seconds, lower, upper}
    this.dirtyFrom = 0;
  }

  resize(bins) {
    this.bins = bins;
    this.mean = new Uint8Array(this.capacity * bins);
    this.peak = new Uint8Array(this.capacity * bins);
    this.bases = {mean: new Int16Array(this.capacity), peak: new Int16Array(this.capacity)};
    this.painted = new Uint32Array(this.capacity).fill(0);
    this.tiles = Array.from({length: this.capacity / TILE}, () => {
      const canvas = new OffscreenCanvas(bins, TILE);
      return {canvas, context: canvas.getContext("2d", {willReadFrequently: true})};
    });
    this.line = new ImageData(bins, 1);
    this.pixels = new Uint32Array(this.line.data.buffer);
    this.clear();
  }

  get oldest() {
    return Math.max(0, this.count - this.capacity);
  }

  get firstTime() {
    return this.segments.length ? this.segments[0].start : NaN;
  }

  get lastTime() {
    const last = this.segments.at(-1);
    return last ? last.start + last.count * last.seconds : NaN;
  }

  /** A row: {start, seconds, lower, upper, mean, peak, meanBase, peakBase}. */
  add(row) {
    if (row.mean.length !== this.bins) {
      this.resize(row.mean.length);
    }
    const slot = this.count % this.capacity;
    this.mean.set(row.mean, slot * this.bins);
    this.peak.set(row.peak, slot * this.bins);
    this.bases.mean[slot] = row.meanBase;
    this.bases.peak[slot] = row.peakBase;
    this.painted[slot] = 0;
    const last = this.segments.at(-1);
    if (last && last.lower === row.lower && last.upper === row.upper && Math.abs(row.seconds - last.seconds) < 0.01 * last.seconds
        && Math.abs(row.start - last.start - last.count * last.seconds) < 0.5 * last.seconds) {
      last.count += 1;
    } else {
      this.segments.push({first: this.count, count: 1, start: row.start, seconds: row.seconds, lower: row.lower, upper: row.upper});
    }
    this.count += 1;
    this.forget();
  }

  forget() {
    while (this.segments.length && this.segments[0].first < this.oldest) {
      const first = this.segments[0];
      const gone = Math.min(first.count, this.oldest - first.first);
      first.first += gone;
      first.start += gone * first.seconds;
      first.count -= gone;
      if (first.count > 0) {
        return;
      }
      this.segments.shift();
    }
  }

  /** Paints rows [from, to) that have changed or whose colours have, newest first, until `deadline` (ms); true if all are. */
  paint(from, to, deadline) {
    const stamp = this.colours.version * 2 + (this.quantity === "mean" ? 0 : 1) + 1;
    const values = this[this.quantity];
    const bases = this.bases[this.quantity];
    for (let number = to - 1; number >= from; --number) {
      const slot = number % this.capacity;
      if (this.painted[slot] === stamp) {
        continue;
      }
      this.colours.paint(values, slot * this.bins, this.bins, bases[slot], this.pixels);
      this.tiles[Math.floor(slot / TILE)].context.putImageData(this.line, 0, TILE - 1 - slot % TILE);
      this.painted[slot] = stamp;
      if ((number & 15) === 0 && performance.now() > deadline) {
        return false;
      }
    }
    return true;
  }

  /** Calls visit(segment, from, to) with the numbers of the rows of each segment that lie between two times. */
  between(start, end, visit) {
    for (const segment of this.segments) {
      const from = Math.max(0, Math.floor((start - segment.start) / segment.seconds));
      const to = Math.min(segment.count, Math.ceil((end - segment.start) / segment.seconds));
      if (from < to) {
        visit(segment, segment.first + from, segment.first + to);
      }
    }
  }

  /** Draws rows [from, to) of a segment. box(start, end, lower, upper): [x, y, width, height] of a stretch of time and frequency. */
  draw(target, segment, from, to, box) {
    const time = (number) => segment.start + (number - segment.first) * segment.seconds;
    while (from < to) {
      const slot = from % this.capacity;
      const inTile = slot % TILE;
      const end = Math.min(to, from + TILE - inTile);
      const [x, y, width, height] = box(time(from), time(end), segment.lower, segment.upper);
      const top = Math.floor(y); // pictures meet at whole pixels
      target.imageSmoothingEnabled = height < end - from || width < this.bins;
      target.drawImage(this.tiles[Math.floor(slot / TILE)].canvas, 0, TILE - inTile - (end - from), this.bins, end - from, x, top, width,
        Math.max(1, Math.floor(y + height) - top));
      from = end;
    }
  }
}
