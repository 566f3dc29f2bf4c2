# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The state of every alarm, out of the reports that change it."""


class AlarmBoard:
    """Alarms of levels and of a baseline, conditions of sensors, outputs that do not work."""

    def __init__(self):
        self._states = {}  # name: the state as the page has it

    def take(self, event, at):
        """A report. at: its time in seconds, or None."""
        kind, state = event["kind"], event.get("state")
        if kind in ("raise", "zone", "clear", "no data", "data"):
            name = f"{'baseline ' if event.get('of') == 'baseline' else ''}{event.get('name') or 'level'}"
            if kind in ("no data", "data"):
                self._set(f"{name} without data", kind == "no data", at, "", "no data" if kind == "no data" else "ok")
                return
            zone = event.get("zone") or 0
            raised = kind != "clear"
            self._set(name, raised, at, _why(event) if raised else "", f"zone {zone}" if raised and zone else "raised" if raised else "clear")
        elif kind == "output":
            self._set(f"output {event.get('output')}", state == "begin", at, event.get("reason") or "",
                      "failing" if state == "begin" else "ok")
        elif kind in ("sensor dead", "sensor clipped", "sensor not finite", "no speed", "state not saved"):
            lasts = state == "begin" or kind == "state not saved"
            self._set(kind, lasts, at, event.get("reason") or "", "holds" if lasts else "ok")

    def take_levels(self, levels):
        """Levels as they are now: those with limits have a state from the beginning, also that of before a restart."""
        for level in levels:
            if not level["limits"]:
                continue
            known = self._states.get(level["name"])
            raised = bool(level["zone"])
            if known is None or known["raised"] != raised:
                self._set(level["name"], raised, None, "", f"zone {level['zone']}" if raised else "clear")

    def _set(self, name, raised, at, words, state):
        self._states[name] = {"name": name, "raised": raised, "since": at, "words": words, "state": state}

    def states(self):
        """Raised ones first."""
        return sorted(self._states.values(), key=lambda alarm: (not alarm["raised"], alarm["name"]))


def _why(event):
    """"3.21 mm/s over 2.8 mm/s, at 24.9 Hz": what is known of it."""
    value, limit, speed, unit = (event.get(key) for key in ("value", "limit", "speed", "unit"))
    unit = f" {unit}" if unit else ""
    if event.get("of") == "baseline":
        found = [f"{name} {event[name]:.4g}{unit}" for name in ("measured", "expected") if event.get(name) is not None]
        found += [] if value is None or limit is None else [f"{value:.3g} σ over {limit:.3g} σ"]
    else:
        found = [] if value is None or limit is None else [f"{value:.4g}{unit} over {limit:.4g}{unit}"]
    return ", ".join(found + ([] if speed is None else [f"at {speed:.4g} Hz"]))
