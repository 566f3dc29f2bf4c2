// Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
// Canvases in CSS pixels, and the colours of the theme.

/** Gives the canvas the pixels of its place on the page; returns its context, scaled to CSS pixels, and its size. */
export function fitted(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const wanted = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== wanted[0] || canvas.height !== wanted[1]) {
    [canvas.width, canvas.height] = wanted;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return {context, width, height};
}

const NAMES = ["background", "plot", "text", "faint", "grid", "accent", "burst", "carrier", "other", "alarm", "line1", "line2",
  "line3", "line4"];

/** Colours of the theme by name, as the style sheet has them. */
export class Theme {
  constructor() {
    this.changed = () => {};
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.read();
      this.changed();
    });
    this.read();
  }

  read() {
    const style = getComputedStyle(document.documentElement);
    for (const name of NAMES) {
      this[name] = style.getPropertyValue(`--${name}`).trim();
    }
    this.font = `12px ${style.getPropertyValue("--font").trim()}`;
  }
}
