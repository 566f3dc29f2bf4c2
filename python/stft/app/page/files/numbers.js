// Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
// Numbers and times in words, and the ticks of axes.

const PREFIXES = [[1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""], [1e-3, "m"], [1e-6, "µ"]];

/** The prefix, [factor, letter], in which a value is written. */
export function prefixOf(value) {
  const size = Math.abs(value);
  return PREFIXES.find(([factor]) => size >= factor * 0.9999999) ?? (size > 0 ? PREFIXES.at(-1) : [1, ""]);
}

let unit = "Hz";

/** Frequencies have no unit where the rate of the samples is not known: they are cycles per sample. */
export function setRateKnown(known) {
  unit = known ? "Hz" : "";
}

/** "433.920 MHz": with the digits that a step of `step` needs. */
export function hertz(value, step = Math.abs(value) / 1e4) {
  if (!Number.isFinite(value)) {
    return "";
  }
  const [factor, letter] = prefixOf(value);
  const digits = step > 0 ? Math.min(9, Math.max(0, Math.ceil(-Math.log10(step / factor) - 1e-9))) : 3;
  return `${(value / factor).toFixed(digits)} ${letter}${unit}`.trim();
}

/** "12.5 ms", "3.2 s", "2 h 5 min". */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) {
    return "";
  }
  if (seconds < 60) {
    const [factor, letter] = prefixOf(seconds);
    return `${Number((seconds / factor).toPrecision(3))} ${letter}s`;
  }
  const whole = Math.round(seconds);
  const parts = [[Math.floor(whole / 86400), "d"], [Math.floor(whole / 3600) % 24, "h"], [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"]];
  const first = parts.findIndex(([count]) => count > 0);
  return parts.slice(first, first + 2).filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`).join(" ");
}

export function quantity(value, unit, digits = 3) {
  return Number.isFinite(value) ? `${Number(value.toPrecision(digits))} ${unit}`.trim() : "–";
}

/** "12.4 GB". */
export function bytes(count) {
  const [factor, letter] = prefixOf(count);
  return quantity(count / factor, `${letter}B`);
}

const two = (value) => String(value).padStart(2, "0");

/** The day of a time in seconds since 1970, UTC: "2026-11-29"; of elapsed time: "day 2", or "". */
export function day(time, known) {
  if (!known) {
    return time >= 86400 ? `day ${Math.floor(time / 86400) + 1}` : "";
  }
  const date = new Date(time * 1000);
  return Number.isFinite(date.getTime()) ? date.toISOString().slice(0, 10) : "";
}

/** "03:15:12.250" with the digits that a step of `step` seconds needs. Times are UTC, or elapsed. */
export function clock(time, step = 1e-3) {
  if (time < 0) { // before an elapsed time began
    return `-${clock(-time, step)}`;
  }
  const digits = step >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(step) - 1e-9));
  const scale = 10 ** digits;
  const ticks = Math.round((time % 86400) * scale);
  const seconds = Math.floor(ticks / scale) % 86400;
  const hours = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}`;
  if (step >= 60) {
    return hours;
  }
  const fraction = digits ? `.${String(ticks % scale).padStart(digits, "0")}` : "";
  return `${hours}:${two(seconds % 60)}${fraction}`;
}

/** Round values of 1, 2, 5 x 10^n in [lower, upper], about `count` of them: {step, values}. */
export function ticks(lower, upper, count) {
  const rough = (upper - lower) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.9999) * power;
  return {step, values: multiples(lower, upper, step)};
}

const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800,
  1209600, 2419200];

/** Round times. */
export function timeTicks(first, last, count) {
  const rough = (last - first) / Math.max(1, count);
  if (rough < 0.5) {
    return ticks(first, last, count);
  }
  const step = TIME_STEPS.find((candidate) => candidate >= rough) ?? TIME_STEPS.at(-1);
  return {step, values: multiples(first, last, step)};
}

function multiples(lower, upper, step) {
  const values = [];
  for (let index = Math.ceil(lower / step - 1e-9); index * step <= upper + 1e-9 * step && values.length < 200; ++index) {
    values.push(index * step);
  }
  return values;
}
