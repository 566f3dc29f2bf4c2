// Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
// The page: what comes from the server goes to its parts, and frames are drawn when something has changed.

import {Theme} from "./canvas.js";
import {ColourBar} from "./colour_bar.js";
import {Colours} from "./colours.js";
import {Connection} from "./connection.js";
import {EventList, EventTable, clipLink} from "./event_list.js";
import {Lines} from "./lines.js";
import {clock, day, duration, hertz, setRateKnown} from "./numbers.js";
import {describe, fieldsOf, showAlarms, showHealth, showLevels} from "./panels.js";
import {listen, pointAt} from "./pointing.js";
import {RowRing} from "./row_ring.js";
import {Spectrum} from "./spectrum.js";
import {StoredRows} from "./stored_rows.js";
import {View} from "./view.js";
import {Waterfall} from "./waterfall.js";

const ROWS = 4096; // that the page keeps
const part = (id) => document.getElementById(id);

/** Script time of the frames: each with the messages before it. */
class Stopwatch {
  constructor() {
    this.frames = [];
    this.spent = 0;
    this.measured = (work) => {
      const began = performance.now();
      work();
      this.spent += performance.now() - began;
    };
  }

  end() {
    this.frames.push(this.spent);
    if (this.frames.length > 4000) {
      this.frames.splice(0, 1000);
    }
    this.spent = 0;
  }

  get longest() {
    return this.frames.slice(-300).reduce((one, other) => Math.max(one, other), 0);
  }
}

class Page {
  constructor() {
    this.theme = new Theme();
    this.theme.changed = () => this.redraw();
    this.colours = new Colours();
    this.ring = new RowRing(ROWS, this.colours);
    this.view = new View();
    this.lines = new Lines();
    this.events = new EventList();
    this.axes = new Map();
    this.timeKnown = true;
    this.health = {};
    this.skipped = 0;
    this.dirty = true;
    this.stopwatch = new Stopwatch();
    this.arrivals = []; // [number of a row, ms at which it was drawn], for measurements
    this.stored = new StoredRows(this, () => this.redraw());
    this.waterfall = new Waterfall(part("waterfall"), this);
    this.spectrum = new Spectrum(part("spectrum"), this);
    this.bar = new ColourBar({canvas: part("colours"), lower: part("lowest"), upper: part("highest"), automatic: part("automatic")}, this);
    this.table = new EventTable(this.events, {body: part("events").tBodies[0], count: part("count"), more: part("more")},
      (event) => this.choose(event, true));
    this.listenToUser();
    this.connection = new Connection({message: (message) => this.take(message), row: (row) => this.addRow(row),
      state: (word, pause) => this.showConnection(word, pause)}, this.stopwatch.measured);
    new ResizeObserver(() => this.redraw()).observe(part("stage"));
    requestAnimationFrame((now) => this.frame(now));
  }

  redraw() {
    this.dirty = true;
  }

  newest() {
    return Number.isFinite(this.ring.lastTime) ? this.ring.lastTime : this.stored.available?.[1] ?? 0;
  }

  frame(now) {
    this.stopwatch.measured(() => {
      this.stored.proceed(now);
      this.bar.proceed(now);
      this.table.proceed(now);
      this.dirty = this.spectrum.proceed(now) || this.dirty;
      if (this.dirty) {
        this.view.advance(this.newest());
        this.dirty = !this.waterfall.draw();
        this.spectrum.draw();
        this.showState();
        this.arrivals.push([this.connection?.number ?? -1, Date.now()]);
        if (this.arrivals.length > 1000) {
          this.arrivals.splice(0, 500);
        }
      }
    });
    this.stopwatch.end();
    requestAnimationFrame((next) => this.frame(next));
  }

  take(message) {
    const handlers = {
      hello: () => this.begin(message),
      axis: () => this.axes.set(message.id, message),
      events: () => this.events.add(message.events),
      lines: () => this.lines.add(message),
      levels: () => this.showLevels(message),
      alarms: () => this.showAlarms(message.alarms),
      health: () => this.showHealth(message),
      stored: () => {
        this.stored.available = message.times;
      },
      skipped: () => {
        this.skipped += message.rows;
        part("skipped").textContent = `${this.skipped} rows skipped: this connection is too slow`;
        part("skipped").hidden = false;
      },
      end: () => {
        this.ended = true;
        this.showConnection("ended", 0);
      },
    };
    handlers[message.type]?.();
    this.redraw();
  }

  begin(message) {
    if (this.run !== message.run) {
      this.ring.clear();
      this.lines.clear();
      this.events.clear();
      this.axes.clear();
      this.run = message.run;
      this.ended = false;
      this.reachShown = false;
      this.highest = NaN;
      this.skipped = 0;
      part("skipped").hidden = true;
      this.showConnection("connected", 0);
    }
    this.timeKnown = this.events.timeKnown = message.time_known;
    setRateKnown(message.rate_known);
    part("source").textContent = message.source;
    part("zone").textContent = message.time_known ? "UTC" : "since the start";
    document.title = `${message.source} · gr-stft`;
    document.body.classList.toggle("machine", message.watches === "machine");
  }

  addRow(row) {
    const axis = this.axes.get(row.axis);
    if (!axis) {
      return;
    }
    const {view, ring} = this;
    if (!view.band || (view.following && (view.band[0] !== axis.lower || view.band[1] !== axis.shown))) {
      view.setBand(axis.lower, axis.shown);
      this.showReach();
    }
    ring.add({...row, lower: axis.lower, upper: axis.upper});
    this.events.newest = ring.lastTime;
    this.redraw();
  }

  showAlarms(alarms) {
    const raised = showAlarms(part("alarms-panel"), alarms, this.timeKnown);
    part("raised").hidden = raised === 0;
    part("raised").textContent = raised === 1 ? "1 alarm" : `${raised} alarms`;
  }

  showHealth(health) {
    this.health = health;
    showHealth(part("health-panel"), health, {rows: this.ring.count, skipped: this.skipped, script: this.stopwatch.longest});
  }

  showConnection(word, pause) {
    const words = {connecting: "connecting", connected: "live", ended: "the source has ended",
      lost: `connection lost, next attempt in ${(pause / 1000).toFixed(1)} s`};
    const state = this.ended && word !== "connecting" ? "ended" : word;
    part("connection").textContent = words[state];
    part("connection").dataset.state = state;
    this.redraw();
  }

  showState() {
    const {view} = this;
    part("live").setAttribute("aria-pressed", String(view.following));
    part("day").textContent = day(view.end, this.timeKnown);
    part("range").textContent = `· ${duration(view.span)} · ${hertz(view.lower, (view.upper - view.lower) / 1000)} to ${
      hertz(view.upper, (view.upper - view.lower) / 1000)}`;
  }

  /** Selects an event, or none; go: also shows its time and frequencies. */
  choose(event, go) {
    this.events.selected = event;
    this.events.version += 1;
    const panel = part("event-panel");
    panel.hidden = !event;
    if (event) {
      describe(panel.querySelector("dl"), fieldsOf(event, this.events));
      panel.querySelector(".clip").replaceChildren(...(event.clip ? [clipLink(event.clip)] : []));
      if (go && Number.isFinite(event.at)) {
        this.view.show(event.at, event.at + event.seconds, event.lower, event.upper);
      }
    }
    this.redraw();
  }

  /** The fields of an event beside the mouse; without one, the place. */
  hover(event, at) {
    const tip = part("tip");
    const {view} = this;
    const inside = at && view.contains(...at);
    tip.hidden = !inside;
    if (!inside) {
      return;
    }
    if (event) {
      describe(tip.querySelector("dl"), fieldsOf(event, this.events));
    } else {
      describe(tip.querySelector("dl"), [["time", clock(view.time(at[1]), view.span / 1000)],
        ["frequency", hertz(view.frequency(at[0]), (view.upper - view.lower) / 1000)]]);
    }
    const box = part("waterfall").getBoundingClientRect();
    const left = Math.min(box.left + at[0] + 14, innerWidth - tip.offsetWidth - 6);
    const top = Math.min(box.top + at[1] + 14, innerHeight - tip.offsetHeight - 6);
    tip.style.left = `${Math.max(4, left)}px`;
    tip.style.top = `${Math.max(4, top)}px`;
  }

  showLevels(message) {
    showLevels(part("levels-panel"), message.levels);
    this.highest = message.highest ?? NaN;
    this.showReach();
  }

  /** A machine's page begins with the frequencies that its bands and orders reach. */
  showReach() {
    const {view} = this;
    if (this.reachShown || !view.band || !(this.highest > 0)) {
      return;
    }
    this.reachShown = true;
    if (view.wholeBand) {
      view.setFrequencies(view.band[0], 1.25 * this.highest);
      this.redraw();
    }
  }

  setQuantity(quantity) {
    this.ring.quantity = quantity;
    part("peak").setAttribute("aria-pressed", String(quantity === "peak"));
    this.redraw();
  }

  live() {
    this.view.follow(this.newest());
    this.redraw();
  }

  setFilter(text) {
    this.events.setFilter(text);
    part("misread").textContent = this.events.misread.length ? `not understood: ${this.events.misread.join(" ")}` : "";
    part("filter").setAttribute("aria-invalid", String(this.events.misread.length > 0));
    this.redraw();
  }

  listenToUser() {
    const {view} = this;
    pointAt(part("waterfall"), this);
    const keep = (change) => () => {
      change();
      this.redraw();
    };
    const middle = () => [(view.start + view.end) / 2, (view.lower + view.upper) / 2];
    const zoom = (time, frequency) => keep(() => view.zoom(time, frequency, ...middle()));
    const pan = (time, frequency) => keep(() => view.pan(time * view.span, frequency * (view.upper - view.lower), this.newest()));
    const actions = {
      ArrowUp: pan(0.1, 0), ArrowDown: pan(-0.1, 0), ArrowLeft: pan(0, -0.1), ArrowRight: pan(0, 0.1),
      PageUp: pan(0.9, 0), PageDown: pan(-0.9, 0), "+": zoom(0.5, 1), "=": zoom(0.5, 1), "-": zoom(2, 1), "]": zoom(1, 0.5),
      "[": zoom(1, 2), 0: keep(() => view.showWholeBand()), Home: () => this.live(), l: () => this.live(),
      a: () => this.bar.setAutomatic(!this.bar.automatic), m: () => this.setQuantity(this.ring.quantity === "mean" ? "peak" : "mean"),
      b: keep(() => {
        this.waterfall.showBoxes = !this.waterfall.showBoxes;
      }),
      n: () => this.choose(this.events.beside(1), true), p: () => this.choose(this.events.beside(-1), true),
      "/": () => part("filter").focus(), "?": () => part("help").showModal(), Escape: () => this.choose(null, false),
    };
    listen(actions);
    part("live").addEventListener("click", () => this.live());
    part("peak").addEventListener("click", actions.m);
    part("closer").addEventListener("click", actions["+"]);
    part("farther").addEventListener("click", actions["-"]);
    part("narrower").addEventListener("click", actions["]"]);
    part("wider").addEventListener("click", actions["["]);
    part("ask").addEventListener("click", actions["?"]);
    part("filter").addEventListener("input", () => this.setFilter(part("filter").value));
    part("unselect").addEventListener("click", actions.Escape);
    addEventListener("online", () => this.connection.retry());
  }
}

/** For tests and for the console. */
window.monitorPage = new Page();
