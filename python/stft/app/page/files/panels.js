// Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
// Levels with their zones, alarms, health, and the fields of an event.

import {bytes, clock, day, duration, quantity} from "./numbers.js";

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) {
    made.className = className;
  }
  if (text !== undefined) {
    made.textContent = text;
  }
  return made;
}

/** Rows of name and value in a <dl>, made new where they differ. */
export function describe(list, pairs) {
  while (list.children.length > 2 * pairs.length) {
    list.lastElementChild.remove();
  }
  while (list.children.length < 2 * pairs.length) {
    list.append(element(list.children.length % 2 ? "dd" : "dt"));
  }
  pairs.flat().forEach((text, index) => {
    if (list.children[index].textContent !== text) {
      list.children[index].textContent = text;
    }
  });
}

export function fieldsOf(event, list) {
  return [["time", list.timeOf(event)], ...Object.entries(event.fields)
    .filter(([name, value]) => value !== null && name !== "time")
    .map(([name, value]) => [name.replaceAll("_", " "),
      typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(7))) : String(value)])];
}

/** A message [{name, value, unit, limits, zone, deviation, learned}]. */
export function showLevels(section, levels) {
  section.hidden = levels.length === 0;
  const body = section.querySelector("tbody");
  while (body.rows.length > levels.length) {
    body.lastElementChild.remove();
  }
  while (body.rows.length < levels.length) {
    const row = body.insertRow();
    ["name", "value", "meter", "deviation"].forEach((name) => {
      row.insertCell().className = name;
    });
  }
  const held = levels.some((level) => level.zone > 0) ? ", held" : "";
  levels.forEach((level, index) => {
    const row = body.rows[index];
    row.className = `zone${level.zone ?? 0}`;
    row.cells[0].textContent = level.name;
    row.cells[1].textContent = quantity(level.value ?? NaN, level.unit ?? "");
    showMeter(row.cells[2], level);
    row.cells[3].textContent = Number.isFinite(level.deviation) ? `${level.deviation >= 0 ? "+" : ""}${level.deviation.toFixed(1)} σ`
      : Number.isFinite(level.learned) ? `learning ${Math.floor(100 * level.learned)} %${held}` : "";
    row.cells[3].title = Number.isFinite(level.deviation) ? "from the baseline, in standard deviations"
      : held ? "nothing is learned while an alarm is raised" : "";
  });
}

function showMeter(cell, {value, limits}) {
  const top = limits?.length ? 1.3 * Math.max(limits.at(-1), value ?? 0) : 0;
  if (!top) {
    cell.replaceChildren();
    return;
  }
  if (cell.firstElementChild?.children.length !== limits.length + 2) {
    const meter = element("div", "scale");
    for (let zone = 0; zone <= limits.length; ++zone) {
      meter.append(element("span", `zone zone${zone}`));
    }
    meter.append(element("span", "needle"));
    cell.replaceChildren(meter);
  }
  const edges = [0, ...limits, top];
  const {children} = cell.firstElementChild;
  for (let zone = 0; zone <= limits.length; ++zone) {
    children[zone].style.left = `${100 * edges[zone] / top}%`;
    children[zone].style.width = `${100 * (edges[zone + 1] - edges[zone]) / top}%`;
    children[zone].title = zone ? `above ${edges[zone]}` : `below ${edges[1]}`;
  }
  children[limits.length + 1].style.left = `${100 * Math.min(1, Math.max(0, (value ?? 0) / top))}%`;
  children[limits.length + 1].hidden = !Number.isFinite(value);
}

/** A message [{name, state, raised, since, words}]. */
export function showAlarms(section, alarms, timeKnown) {
  const list = section.querySelector("ul");
  section.querySelector(".none").hidden = alarms.length > 0;
  while (list.children.length > alarms.length) {
    list.lastElementChild.remove();
  }
  while (list.children.length < alarms.length) {
    const item = element("li");
    item.append(element("span", "state"), element("span", "name"), element("span", "words"));
    list.append(item);
  }
  alarms.forEach((alarm, index) => {
    const item = list.children[index];
    item.className = alarm.raised ? "raised" : "clear";
    const [state, name, words] = item.children;
    state.textContent = alarm.state;
    name.textContent = alarm.name;
    const since = Number.isFinite(alarm.since) ? `since ${day(alarm.since, timeKnown)} ${clock(alarm.since, 1)}`.trim() : "";
    words.textContent = [alarm.words, since].filter(Boolean).join(", ");
  });
  return alarms.filter((alarm) => alarm.raised).length;
}

/** A message of health, and what the page knows of itself. */
export function showHealth(section, health, own) {
  const pairs = [
    ["samples", `${rate(health.rate)} now, nominal ${rate(health.samp_rate)}`],
    ["load", Number.isFinite(health.load) ? `${Math.round(100 * health.load)} %` : "–"],
    ["lost samples", String(health.lost ?? 0)],
    ["last sample", !Number.isFinite(health.age) ? "–" : health.age < 0.5 ? "now" : `${duration(health.age)} ago`],
    ["up for", duration(health.uptime)],
    ["reports", String(health.reports ?? 0)],
    ["viewers", `${health.viewers ?? 1}`],
  ];
  if (Number.isFinite(health.noise_db)) {
    pairs.splice(2, 0, ["noise", `${health.noise_db.toFixed(1)} dB in 1 Hz`]);
  }
  for (const {path, free, total} of health.disks ?? []) {
    pairs.push([`disk of ${path}`, `${bytes(free)} free of ${bytes(total)}`]);
  }
  for (const [name, counters] of Object.entries(health.outputs ?? {})) {
    const words = Object.entries(counters).map(counted).join(", ");
    if (words) {
      pairs.push([name, words]);
    }
  }
  pairs.push(["this page", `${own.rows} rows, ${own.skipped} skipped, ${own.script.toFixed(1)} ms a frame at most`]);
  describe(section.querySelector("dl"), pairs);
}

/** A counter of an output in words: "1.2 kB wait", "connected", "3 dropped". */
function counted([what, count]) {
  return what === "waiting_bytes" ? `${bytes(count)} wait` : what === "connected" ? (count ? "connected" : "not connected")
    : `${count} ${count === 1 ? what.replace(/s$/, "").replaceAll("_", " ") : what.replaceAll("_", " ")}`;
}

function rate(value) {
  if (!Number.isFinite(value)) {
    return "–";
  }
  const [factor, letter] = value >= 1e6 ? [1e6, "M"] : value >= 1e3 ? [1e3, "k"] : [1, ""];
  return quantity(value / factor, `${letter}S/s`, 4);
}
