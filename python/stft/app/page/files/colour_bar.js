// Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
// The bar of colours: its two handles, or a drag between them, set the range; automatic follows the rows.

import {fitted} from "./canvas.js";
import {automaticRange, colourAt} from "./colours.js";

const AGAIN = 1000;   // ms between two looks at the rows
const ROWS = 64;      // that are looked at

export class ColourBar {
  /** page: {colours, ring, stored, redraw()}. */
  constructor({canvas, lower, upper, automatic}, page) {
    this.canvas = canvas;
    this.handles = {lower, upper};
    this.button = automatic;
    this.page = page;
    this.automatic = true;
    this.lookedAt = -Infinity;
    this.domain = [-140, 0];
    for (const [name, handle] of Object.entries(this.handles)) {
      this.makeHandle(name, handle);
    }
    this.makeDrag();
    automatic.addEventListener("click", () => this.setAutomatic(!this.automatic));
    this.show();
  }

  setAutomatic(on) {
    this.automatic = on;
    this.lookedAt = -Infinity;
    this.show();
  }

  /** Called in each frame. */
  proceed(now) {
    if (now - this.lookedAt < AGAIN) {
      return;
    }
    const range = automaticRange((visit) => this.visitRows(visit));
    if (!range) {
      return;
    }
    this.lookedAt = now;
    const {colours} = this.page;
    if (this.automatic) {
      const wide = [Math.round(range[0]), Math.round(range[1])];
      const far = Math.abs(wide[0] - colours.lower) > 1 || Math.abs(wide[1] - colours.upper) > 3;
      if (far) {
        colours.setRange(...wide);
        this.page.redraw();
      }
    }
    const domain = [Math.min(range[0] - 40, colours.lower - 5), Math.max(range[1] + 40, colours.upper + 5)];
    if (Math.abs(domain[0] - this.domain[0]) > 3 || Math.abs(domain[1] - this.domain[1]) > 3) {
      this.domain = domain;
    }
    this.show();
  }

  visitRows(visit) {
    const {ring, stored, view} = this.page;
    const quantity = ring.quantity;
    let any = false;
    ring.between(view.start, view.end, (segment, from, to) => {
      const step = Math.max(1, Math.floor((to - from) / ROWS));
      for (let number = from; number < to; number += step) {
        const slot = number % ring.capacity;
        visit(ring[quantity], slot * ring.bins, ring.bins, ring.bases[quantity][slot]);
        any = true;
      }
    });
    const {tile} = stored;
    if (!any && tile) {
      const bases = quantity === "mean" ? tile.meanBases : tile.peakBases;
      for (let row = 0; row < tile.rows; row += Math.max(1, Math.floor(tile.rows / ROWS))) {
        visit(tile[quantity], row * tile.bins, tile.bins, bases[row]);
      }
    }
  }

  set(lower, upper) {
    this.automatic = false;
    this.page.colours.setRange(lower, upper);
    this.show();
    this.page.redraw();
  }

  decibelsAt(event) {
    const box = this.canvas.getBoundingClientRect();
    return this.domain[0] + (event.clientX - box.left) / box.width * (this.domain[1] - this.domain[0]);
  }

  makeHandle(name, handle) {
    const {colours} = this.page;
    const move = (value) => {
      const limited = Math.min(this.domain[1], Math.max(this.domain[0], value));
      this.set(name === "lower" ? Math.min(limited, colours.upper - 2) : colours.lower,
        name === "upper" ? Math.max(limited, colours.lower + 2) : colours.upper);
    };
    handle.addEventListener("pointerdown", (event) => {
      handle.setPointerCapture(event.pointerId);
      event.preventDefault();
      handle.focus();
    });
    handle.addEventListener("pointermove", (event) => {
      if (handle.hasPointerCapture(event.pointerId)) {
        move(this.decibelsAt(event));
      }
    });
    handle.addEventListener("keydown", (event) => {
      const step = {ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10}[event.key];
      if (step) {
        event.preventDefault();
        move(colours[name] + step);
      }
    });
  }

  makeDrag() {
    let before = null;
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      before = this.decibelsAt(event);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (before !== null) {
        const now = this.decibelsAt(event);
        const {colours} = this.page;
        this.set(colours.lower + now - before, colours.upper + now - before);
        before = now;
      }
    });
    for (const end of ["pointerup", "pointercancel"]) {
      this.canvas.addEventListener(end, () => {
        before = null;
      });
    }
    this.canvas.addEventListener("dblclick", () => this.setAutomatic(true));
  }

  show() {
    const {colours} = this.page;
    const {context, width, height} = fitted(this.canvas);
    const [first, last] = this.domain;
    const x = (value) => (value - first) / (last - first) * width;
    const gradient = context.createLinearGradient(x(colours.lower), 0, x(colours.upper), 0);
    for (let index = 0; index <= 16; ++index) {
      gradient.addColorStop(index / 16, `rgb(${colourAt(index / 16).join(" ")})`);
    }
    context.fillStyle = gradient;
    context.fillRect(0, 0, width, height);
    for (const [name, handle] of Object.entries(this.handles)) {
      handle.style.left = `${100 * (colours[name] - first) / (last - first)}%`;
      handle.setAttribute("aria-valuenow", Math.round(colours[name]));
      handle.setAttribute("aria-valuemin", Math.round(first));
      handle.setAttribute("aria-valuemax", Math.round(last));
      handle.setAttribute("aria-valuetext", `${Math.round(colours[name])} dB`);
      handle.dataset.value = Math.round(colours[name]);
    }
    this.button.setAttribute("aria-pressed", String(this.automatic));
  }
}
