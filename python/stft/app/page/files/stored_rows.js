// Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
// Rows of a time that the page has not seen: asked for at the resolution of the screen, and drawn below the newest ones.

const PAUSE = 120;     // ms without a change before rows are asked for
const AGAIN = 10000;   // ms until the same is asked again
const MARGIN = 0.5;    // of the shown time, on either side
const MOST = 1024;     // rows and bins of a request

export class StoredRows {
  /** page: {view, ring, colours}; done(): called when rows have come. */
  constructor(page, done) {
    this.page = page;
    this.done = done;
    this.tile = null;     // {start, end, rows, seconds, bins, lower, upper, mean, peak, meanBases, peakBases, picture}
    this.available = null; // [first, last] time
    this.asked = null;
    this.askedAt = -Infinity;
    this.seen = -1;
    this.since = 0;
    this.busy = false;
  }

  /** Called in each frame. */
  proceed(now) {
    const {view} = this.page;
    if (view.change !== this.seen && !view.following) {
      this.since = now;
    }
    this.seen = view.change;
    const wanted = this.wanted();
    if (!wanted || this.busy || now - this.since < PAUSE) {
      return;
    }
    const same = this.asked && covers(this.asked, wanted);
    if (same && now - this.askedAt < AGAIN) {
      return;
    }
    this.ask(wanted, now);
  }

  /** What is shown and not in the ring: {start, end, lower, upper}, or null. */
  wanted() {
    const {view, ring} = this.page;
    if (!this.available || !view.band) {
      return null;
    }
    const start = Math.max(view.start, this.available[0]);
    const newest = Number.isFinite(ring.firstTime) ? ring.firstTime : this.available[1];
    const end = Math.min(view.end, newest);
    return end - start > 0.002 * view.span ? {start, end, lower: view.lower, upper: view.upper, span: view.span} : null;
  }

  async ask({start, end, lower, upper, span}, now) {
    const {view} = this.page;
    this.busy = true;
    this.askedAt = now;
    const from = Math.max(this.available[0], start - MARGIN * span);
    const to = Math.min(Math.max(this.available[1], end), end + MARGIN * span);
    const rows = Math.min(MOST, Math.max(16, Math.ceil((to - from) / span * view.plot.height * Math.min(2, devicePixelRatio))));
    const bins = Math.min(MOST, Math.max(16, Math.ceil(view.plot.width * Math.min(2, devicePixelRatio))));
    this.asked = {start: from, end: to, lower, upper, span};
    try {
      const answer = await fetch(`rows?${new URLSearchParams({start: from, end: to, lower, upper, rows, bins})}`);
      if (answer.ok) {
        this.take(await answer.arrayBuffer());
      }
    } catch {
      this.asked = null; // the connection is away
    }
    this.busy = false;
    this.done();
  }

  take(buffer) {
    const data = new DataView(buffer);
    const rows = data.getUint32(0, true);
    const bins = data.getUint32(4, true);
    const [start, end, lower, upper] = [8, 16, 24, 32].map((at) => data.getFloat64(at, true));
    let at = 40;
    const part = (Type, count) => {
      const found = new Type(buffer, at, count);
      at += count * Type.BYTES_PER_ELEMENT;
      return found;
    };
    const meanBases = part(Int16Array, rows);
    const peakBases = part(Int16Array, rows);
    const mean = part(Uint8Array, rows * bins);
    const peak = part(Uint8Array, rows * bins);
    this.tile = {start, end, rows, bins, lower, upper, seconds: (end - start) / rows, meanBases, peakBases, mean, peak,
      picture: new OffscreenCanvas(bins, rows), stamp: null};
  }

  paint(tile) {
    const {colours, ring} = this.page;
    const stamp = `${colours.version} ${ring.quantity}`;
    if (tile.stamp === stamp) {
      return;
    }
    const image = new ImageData(tile.bins, tile.rows);
    const pixels = new Uint32Array(image.data.buffer);
    const bases = ring.quantity === "mean" ? tile.meanBases : tile.peakBases;
    for (let row = 0; row < tile.rows; ++row) {
      colours.paint(tile[ring.quantity], row * tile.bins, tile.bins, bases[row], pixels, (tile.rows - 1 - row) * tile.bins);
    }
    tile.picture.getContext("2d").putImageData(image, 0, 0);
    tile.stamp = stamp;
  }

  draw(context, box) {
    const {tile} = this;
    const {view} = this.page;
    if (!tile || tile.end <= view.start || tile.start >= view.end) {
      return;
    }
    this.paint(tile);
    const [x, y, width, height] = box(tile.start, tile.end, tile.lower, tile.upper);
    context.imageSmoothingEnabled = false;
    context.drawImage(tile.picture, x, y, width, height);
  }
}

function covers(one, other) {
  return one.start <= other.start + 1e-3 * other.span && one.end >= other.end - 1e-3 * other.span && one.span < 2 * other.span
    && one.span > 0.5 * other.span && one.lower === other.lower && one.upper === other.upper;
}
