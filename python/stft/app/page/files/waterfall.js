// Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
// The waterfall: rows, axes, boxes of events, tracked lines.

import {fitted} from "./canvas.js";
import {clock, day, hertz, ticks, timeTicks} from "./numbers.js";

const PAINTING = 8;      // ms of a frame in which rows are painted
const LEAST_BOX = 4;     // pixels
const MOST_BOXES = 2000;
const BREAK = 10;        // distances between the points of a line after which it is interrupted

export class Waterfall {
  /** page: {view, ring, stored, events, lines, theme, timeKnown}. */
  constructor(canvas, page) {
    this.canvas = canvas;
    this.page = page;
    this.boxes = [];     // as they are drawn: {event, x, y, width, height}
    this.pointer = null; // [x, y] of the mouse
    this.showBoxes = true;
  }

  /** Draws all; false: rows are left to paint in the next frame. */
  draw() {
    const {view, ring, stored, theme} = this.page;
    const {context, width, height} = fitted(this.canvas);
    const strip = this.page.lines.hasStrip ? Math.min(124, Math.round(width * 0.2)) : 0;
    const left = width < 500 ? 66 : 76;
    view.plot = {x: left, y: 6, width: Math.max(10, width - left - 8 - strip), height: Math.max(10, height - 30)};
    const {plot} = view;
    context.clearRect(0, 0, width, height);
    context.font = theme.font;
    context.fillStyle = theme.plot;
    context.fillRect(plot.x, plot.y, plot.width, plot.height);

    context.save();
    context.beginPath();
    context.rect(plot.x, plot.y, plot.width, plot.height);
    context.clip();
    const box = (...edges) => view.box(...edges);
    stored.draw(context, box);
    const deadline = performance.now() + PAINTING;
    let complete = true;
    ring.between(view.start, view.end, (segment, from, to) => {
      complete = ring.paint(from, to, deadline) && complete;
      ring.draw(context, segment, from, to, box);
    });
    this.drawLines(context);
    this.drawBoxes(context);
    context.restore();

    this.drawAxes(context, width, strip);
    if (strip) {
      this.drawStrip(context, plot.x + plot.width + 10, strip - 14);
    }
    this.drawPointer(context);
    return complete;
  }

  drawAxes(context, width, strip) {
    const {view, theme, timeKnown} = this.page;
    const {plot} = view;
    context.fillStyle = theme.text;
    context.strokeStyle = theme.grid;
    context.lineWidth = 1;
    context.textBaseline = "middle";
    context.textAlign = "right";
    const times = timeTicks(view.start, view.end, plot.height / 44);
    let shownDay = day(view.end, timeKnown);
    context.beginPath();
    for (const time of times.values.reverse()) {
      const y = Math.round(view.y(time)) + 0.5;
      context.moveTo(plot.x - 4, y);
      context.lineTo(plot.x, y);
      const ofDay = day(time, timeKnown);
      const words = times.step >= 86400 ? ofDay.slice(5) : clock(time, times.step);
      context.fillText(words, plot.x - 7, y);
      if (ofDay !== shownDay && times.step < 86400 && y + 14 < plot.y + plot.height) {
        context.fillText(ofDay.slice(5), plot.x - 7, y + 14);
      }
      shownDay = ofDay;
    }
    context.textAlign = "center";
    const frequencies = ticks(view.lower, view.upper, plot.width / 90);
    for (const frequency of frequencies.values) {
      const x = Math.round(view.x(frequency)) + 0.5;
      context.moveTo(x, plot.y + plot.height);
      context.lineTo(x, plot.y + plot.height + 4);
      const words = hertz(frequency, frequencies.step);
      const half = context.measureText(words).width / 2;
      const right = strip ? plot.x + plot.width + strip : width;
      context.fillText(words, Math.min(right - half - 1, Math.max(half + 1, x)), plot.y + plot.height + 15);
    }
    context.stroke();
    this.frequencyTicks = frequencies;
    this.timeTicks = times;
  }

  drawBoxes(context) {
    const {view, events, theme} = this.page;
    this.boxes = [];
    if (!this.showBoxes) {
      return;
    }
    for (const event of events.newestFirst()) {
      if (event.at > view.end || event.at + event.seconds < view.start || event.hidden) {
        continue;
      }
      if (this.boxes.length >= MOST_BOXES) {
        break;
      }
      const whole = !Number.isFinite(event.lower);
      if (!whole && (event.upper < view.lower || event.lower > view.upper)) {
        continue;
      }
      let [x, y, width, height] = view.box(event.at, event.at + event.seconds, whole ? view.lower : event.lower,
        whole ? view.upper : event.upper);
      if (width < LEAST_BOX) {
        x -= (LEAST_BOX - width) / 2;
        width = LEAST_BOX;
      }
      if (height < LEAST_BOX) {
        y -= (LEAST_BOX - height) / 2;
        height = LEAST_BOX;
      }
      const drawn = {event, x, y, width, height};
      this.boxes.push(drawn);
      const selected = event === events.selected || event === this.hovered;
      context.lineWidth = selected ? 2.5 : 1.2;
      if (selected) {
        context.strokeStyle = theme.background;
        context.strokeRect(x - 2, y - 2, width + 4, height + 4);
      }
      context.strokeStyle = event.isAlarm ? theme.alarm : theme[event.kind] ?? theme.other;
      context.setLineDash(event.lasts ? [6, 3] : []);
      context.strokeRect(x, y, width, height);
      context.setLineDash([]);
    }
  }

  /** Lines in Hz: the speed and its orders. */
  drawLines(context) {
    const {view, lines, theme} = this.page;
    lines.inHertz().forEach(({factor, line}, index) => {
      context.strokeStyle = theme[`line${index % 4 + 1}`];
      context.lineWidth = 2;
      this.polyline(context, line, (value) => view.x(value * factor));
    });
  }

  polyline(context, line, xOf) {
    const {view} = this.page;
    const from = Math.max(0, line.indexOf(view.start) - 1);
    context.beginPath();
    let open = false;
    let before = -Infinity;
    for (let index = from; index < line.times.length && before < view.end; ++index) {
      const time = line.times[index];
      const value = line.values[index];
      const gap = time - before > BREAK * line.distance;
      before = time;
      if (!Number.isFinite(value)) {
        open = false;
        continue;
      }
      const x = xOf(value);
      const y = view.y(time);
      if (open && !gap) {
        context.lineTo(x, y);
      } else {
        context.moveTo(x, y);
        context.lineTo(x, y + 0.5);
      }
      open = true;
    }
    context.stroke();
  }

  /** Lines of other quantities, each over its own range, next to the waterfall. */
  drawStrip(context, x, width) {
    const {view, lines, theme} = this.page;
    const {plot} = view;
    context.fillStyle = theme.plot;
    context.fillRect(x, plot.y, width, plot.height);
    context.save();
    context.beginPath();
    context.rect(x, plot.y, width, plot.height);
    context.clip();
    context.textAlign = "left";
    context.textBaseline = "top";
    context.font = theme.font.replace("12px", "11px");
    lines.inStrip().forEach((line, index) => {
      const [lower, upper] = line.range(view.start, view.end);
      const colour = theme[`line${index % 4 + 1}`];
      context.strokeStyle = colour;
      context.lineWidth = 1.5;
      this.polyline(context, line, (value) => x + 3 + (value - lower) / (upper - lower) * (width - 6));
      context.fillStyle = colour;
      const latest = line.values.at(-1);
      context.fillText(`${line.name} ${Number.isFinite(latest) ? Number(latest.toPrecision(3)) : "–"}`, x + 4, plot.y + 4 + 15 * index);
    });
    context.restore();
  }

  drawPointer(context) {
    const {view, theme} = this.page;
    if (!this.pointer || !view.contains(...this.pointer)) {
      return;
    }
    const [x, y] = this.pointer;
    const {plot} = view;
    context.strokeStyle = theme.faint;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(Math.round(x) + 0.5, plot.y);
    context.lineTo(Math.round(x) + 0.5, plot.y + plot.height);
    context.moveTo(plot.x, Math.round(y) + 0.5);
    context.lineTo(plot.x + plot.width, Math.round(y) + 0.5);
    context.stroke();
  }

  /** The smallest box at a place, or undefined. */
  boxAt(x, y) {
    const margin = 3;
    return this.boxes.filter((box) => x >= box.x - margin && x <= box.x + box.width + margin && y >= box.y - margin
      && y <= box.y + box.height + margin).sort((one, other) => one.width * one.height - other.width * other.height)[0];
  }
}
