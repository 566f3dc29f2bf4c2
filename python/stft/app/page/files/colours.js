// Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
// Colours of levels. A level is a number of half decibels: (base + q) of a row's record.

/** Half decibels of the first entry of tables of levels. */
export const LOWEST = -2048;
const SIZE = 4096;

// viridis by Stéfan van der Walt and Nathaniel Smith (CC0), every sixteenth of it
const ANCHORS = [[68, 1, 84], [72, 26, 108], [71, 47, 125], [65, 68, 135], [57, 86, 140], [49, 104, 142], [42, 120, 142],
  [35, 136, 142], [31, 152, 139], [34, 168, 132], [53, 183, 121], [84, 197, 104], [122, 209, 81], [165, 219, 54],
  [210, 226, 27], [253, 231, 37], [255, 250, 190]];

/** The colour, [red, green, blue], of a place between 0 and 1. */
export function colourAt(place) {
  const at = Math.min(1, Math.max(0, place)) * (ANCHORS.length - 1);
  const index = Math.min(ANCHORS.length - 2, Math.floor(at));
  return ANCHORS[index].map((value, channel) => Math.round(value + (at - index) * (ANCHORS[index + 1][channel] - value)));
}

/** Power of each level, relative. */
export const POWER = Float32Array.from({length: SIZE}, (_, index) => 10 ** (Math.min(760, Math.max(-740, index + LOWEST)) / 20));

/** What makes colours of levels between `lower` and `upper` dB: pixels as ImageData has them, and a number that changes with the range. */
export class Colours {
  constructor(lower = -120, upper = -20) {
    this.pixels = new Uint32Array(SIZE);
    this.version = 0;
    this.setRange(lower, upper);
  }

  setRange(lower, upper) {
    if (!(upper - lower >= 1) || (lower === this.lower && upper === this.upper)) {
      return;
    }
    this.lower = lower;
    this.upper = upper;
    this.version += 1;
    for (let index = 0; index < SIZE; ++index) {
      const [red, green, blue] = colourAt(((index + LOWEST) / 2 - lower) / (upper - lower));
      this.pixels[index] = (255 << 24 | blue << 16 | green << 8 | red) >>> 0; // little endian
    }
  }

  /** Colours `count` values of a row into `out` (32 bits a pixel); what is unknown is transparent. */
  paint(values, start, count, base, out, at = 0) {
    const pixels = this.pixels;
    const offset = base - LOWEST;
    for (let bin = 0; bin < count; ++bin) {
      const value = values[start + bin];
      out[at + bin] = value === 0 ? 0 : pixels[offset + value];
    }
  }
}

/** A range of dB, [lower, upper], for rows: noise is dark, all but the strongest thousandth fits in. rows(visit): calls visit(values,
 * start, count, base) for some rows. */
export function automaticRange(rows) {
  const histogram = new Uint32Array(SIZE);
  let total = 0;
  rows((values, start, count, base) => {
    const step = Math.max(1, count >> 8);
    for (let bin = 0; bin < count; bin += step) {
      if (values[start + bin] > 1) {
        histogram[base + values[start + bin] - LOWEST] += 1;
        total += 1;
      }
    }
  });
  if (!total) {
    return null;
  }
  const quantile = (share) => {
    let left = share * total;
    return (histogram.findIndex((count) => (left -= count) <= 0) + LOWEST) / 2;
  };
  const lower = quantile(0.1) - 3;
  return [lower, Math.max(quantile(0.999) + 3, lower + 20)];
}
