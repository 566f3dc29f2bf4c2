// Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
// Events: the list that boxes are drawn from, and its table. Whatever an event says is text, never markup.

import {clock, day, duration, hertz, quantity} from "./numbers.js";

const MOST = 5000;     // events that are kept
const SHOWN = 100;     // rows of the table, until more are asked for
const UNITS = {"": 1, m: 1e-3, u: 1e-6, "µ": 1e-6, k: 1e3, M: 1e6, G: 1e9};
const COMPARED = {snr: (event) => event.fields.snr_db, duration: (event) => event.seconds, bandwidth: (event) => event.fields.bandwidth,
  freq: (event) => (event.lower + event.upper) / 2, value: (event) => event.fields.value};

const COMPARISON = /^(snr|duration|bandwidth|freq|value)([<>])(-?[\d.]+)([mukMGµ]?)(?:s|Hz)?$/;

const wordsOf = (text) => text.trim().split(/\s+/).filter(Boolean);

/** What looks like a comparison in a filter and is none. */
export function misreadOf(text) {
  return wordsOf(text).filter((word) => /[<>=]/.test(word) && !COMPARISON.test(word));
}

/** Tests events by words, which must all occur, and by comparisons: snr>10 duration<5ms freq>433.9M. */
export function filterOf(text) {
  const tests = wordsOf(text).map((word) => {
    const match = COMPARISON.exec(word);
    if (match) {
      const limit = Number(match[3]) * UNITS[match[4]];
      return match[2] === ">" ? (event) => COMPARED[match[1]](event) > limit : (event) => COMPARED[match[1]](event) < limit;
    }
    const wanted = word.toLowerCase();
    return (event) => event.words.includes(wanted);
  });
  return (event) => tests.every((test) => test(event));
}

export class EventList {
  constructor() {
    this.byKey = new Map();
    this.sorted = []; // by their beginning
    this.selected = null;
    this.newest = NaN; // time of the newest row: what lasts reaches to it
    this.filter = () => true;
    this.misread = []; // words of the filter that are not understood
    this.version = 0;
    this.timeKnown = true;
  }

  clear() {
    this.byKey.clear();
    this.sorted = [];
    this.version += 1;
  }

  /** Takes events as the server has them: {key, at, seconds, lower, upper, alarm, clip, fields}. */
  add(messages) {
    for (const message of messages) {
      const known = this.byKey.get(message.key);
      if (known && message.fields.cut === "withdrawn") {
        this.remove(known);
        continue;
      }
      const event = known ?? {};
      const moved = known && known.at !== message.at;
      if (moved) {
        this.sorted.splice(this.sorted.indexOf(known), 1);
      }
      Object.assign(event, {key: message.key, at: message.at, length: message.seconds ?? 0, lower: message.lower ?? NaN,
        upper: message.upper ?? NaN, isAlarm: message.alarm, clip: message.clip, fields: message.fields,
        kind: String(message.fields.kind), lasts: ["begin", "update"].includes(message.fields.state)});
      const list = this;
      Object.defineProperty(event, "seconds", {configurable: true, get() {
        return !this.lasts || !(list.newest > this.at) ? this.length : Math.max(this.length, list.newest - this.at);
      }});
      event.words = Object.values(message.fields).concat(this.timeOf(event), this.frequencyOf(event)).join(" ").toLowerCase();
      event.hidden = !this.filter(event);
      event.shown = 0;
      if (!known || moved) {
        this.insert(event);
      }
      if (!known) {
        this.byKey.set(event.key, event);
      }
    }
    while (this.sorted.length > MOST) {
      this.remove(this.sorted[0]);
    }
    this.version += 1;
  }

  insert(event) {
    let [low, high] = [0, this.sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sorted[middle].at <= event.at) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    this.sorted.splice(low, 0, event);
  }

  remove(event) {
    this.sorted.splice(this.sorted.indexOf(event), 1);
    this.byKey.delete(event.key);
    if (this.selected === event) {
      this.selected = null;
    }
    this.version += 1;
  }

  setFilter(text) {
    this.filter = filterOf(text);
    this.misread = misreadOf(text);
    for (const event of this.sorted) {
      event.hidden = !this.filter(event);
    }
    this.version += 1;
  }

  * newestFirst() {
    for (let index = this.sorted.length - 1; index >= 0; --index) {
      yield this.sorted[index];
    }
  }

  /** The next older (1) or newer (-1) event that passes the filter. */
  beside(direction) {
    const passing = this.sorted.filter((event) => !event.hidden).reverse();
    const at = passing.indexOf(this.selected);
    return passing[at < 0 ? 0 : Math.min(passing.length - 1, Math.max(0, at + direction))] ?? null;
  }

  timeOf(event) {
    return Number.isFinite(event.at) ? `${day(event.at, this.timeKnown)} ${clock(event.at, 1e-3)}`.trim() : "";
  }

  frequencyOf(event) {
    return Number.isFinite(event.lower) ? hertz((event.lower + event.upper) / 2, Math.max(1, (event.upper - event.lower) / 1.5)) : "";
  }
}

const CELLS = [
  ["time", (event, list) => clock(event.at, 1e-3)],
  ["kind", (event) => event.kind],
  ["what", (event, list) => (Number.isFinite(event.lower) ? list.frequencyOf(event)
    : [event.fields.name ?? event.fields.output, Number.isFinite(event.fields.value) ? quantity(event.fields.value, event.fields.of === "baseline" ? "σ" : event.fields.unit ?? "") : null]
      .filter(Boolean).join(" "))],
  ["width", (event) => hertz(event.fields.bandwidth ?? NaN, (event.fields.bandwidth ?? 0) / 30)],
  ["length", (event) => (event.seconds > 0 ? duration(event.seconds) : "")],
  ["snr", (event) => (Number.isFinite(event.fields.snr_db) ? `${event.fields.snr_db.toFixed(1)} dB` : "")],
];

/** The table of the events; choose(event): one is clicked. */
export class EventTable {
  constructor(list, {body, count, more}, choose) {
    this.list = list;
    this.body = body;
    this.count = count;
    this.more = more;
    this.choose = choose;
    this.limit = SHOWN;
    this.rows = new Map();
    this.version = -1;
    this.drawnAt = 0;
    more.addEventListener("click", () => {
      this.limit += 2 * SHOWN;
      this.version = -1;
    });
  }

  /** Called in each frame: draws what has changed, four times a second. */
  proceed(now) {
    if (now - this.drawnAt < 250 || this.version === this.list.version) {
      return;
    }
    this.version = this.list.version;
    this.drawnAt = now;
    const kept = new Set();
    let place = this.body.firstElementChild;
    let passing = 0;
    for (const event of this.list.newestFirst()) {
      if (event.hidden) {
        continue;
      }
      passing += 1;
      if (passing > this.limit) {
        continue;
      }
      const row = this.rowOf(event);
      kept.add(event.key);
      if (row === place) {
        place = place.nextElementSibling;
      } else {
        this.body.insertBefore(row, place);
      }
    }
    for (const [key, row] of this.rows) {
      if (!kept.has(key)) {
        row.remove();
        this.rows.delete(key);
      }
    }
    const all = this.list.sorted.length;
    this.count.textContent = passing === all ? `${all}` : `${passing} of ${all}`;
    this.more.hidden = passing <= this.limit;
  }

  rowOf(event) {
    let row = this.rows.get(event.key);
    if (!row) {
      row = document.createElement("tr");
      row.tabIndex = 0;
      row.insertCell().className = "clip";
      for (const [name] of CELLS) {
        row.insertCell().className = name;
      }
      const go = () => this.choose(this.list.byKey.get(event.key));
      row.addEventListener("click", go);
      row.addEventListener("keydown", (pressed) => {
        if (pressed.key === "Enter" && pressed.target === row) {
          go();
        }
      });
      this.rows.set(event.key, row);
    }
    if (event.shown !== 1 || event.lasts) {
      CELLS.forEach(([, words], index) => {
        row.cells[index + 1].textContent = words(event, this.list);
      });
      row.title = this.list.timeOf(event);
      this.showClip(row.firstElementChild, event);
      row.classList.toggle("alarm", Boolean(event.isAlarm));
      row.classList.toggle("lasting", event.lasts);
      event.shown = 1;
    }
    row.classList.toggle("selected", event === this.list.selected);
    return row;
  }

  showClip(cell, event) {
    const link = cell.firstElementChild;
    if (!event.clip) {
      link?.remove();
    } else if (!link) {
      cell.append(clipLink(event.clip));
    }
  }
}

export function clipLink(name) {
  const link = document.createElement("a");
  link.href = `clips/${encodeURIComponent(name)}`;
  link.download = "";
  link.textContent = "↓";
  link.title = "download its samples (SigMF)";
  link.addEventListener("click", (click) => click.stopPropagation());
  return link;
}
