// Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
// Mouse, touch and keys on the waterfall.

const PINCH = 24; // pixels between two fingers, on an axis, below which it is not zoomed

/** page: {view, waterfall, newest(), choose(event), redraw(), hover(event or null, x, y)}. */
export function pointAt(canvas, page) {
  const {view, waterfall} = page;
  const pointers = new Map();
  let moved = 0;

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button === 0) {
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, place(event));
      moved = 0;
    }
  });

  canvas.addEventListener("pointermove", (event) => {
    const now = place(event);
    const before = pointers.get(event.pointerId);
    if (!before) {
      waterfall.pointer = event.pointerType === "mouse" ? now : null;
      hover(now);
      page.redraw();
      return;
    }
    const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    moved += Math.abs(dx) + Math.abs(dy);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      pinch(other, before, now);
    } else {
      view.pan(dy * view.span / view.plot.height, -dx * (view.upper - view.lower) / view.plot.width, page.newest());
    }
    pointers.set(event.pointerId, now);
    page.redraw();
  });

  function pinch(fixed, before, now) {
    const factor = (axis) => {
      const [was, is] = [Math.abs(before[axis] - fixed[axis]), Math.abs(now[axis] - fixed[axis])];
      return was > PINCH && is > PINCH ? was / is : 1;
    };
    view.zoom(factor(1), factor(0), view.time(fixed[1]), view.frequency(fixed[0]));
  }

  const release = (event) => {
    if (pointers.delete(event.pointerId) && event.type === "pointerup" && moved < 6) {
      const box = waterfall.boxAt(...place(event));
      page.choose(box ? box.event : null, false);
    }
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => {
    waterfall.pointer = null;
    hover(null);
    page.redraw();
  });

  function hover(at) {
    const box = at && view.contains(...at) ? waterfall.boxAt(...at) : null;
    waterfall.hovered = box?.event ?? null;
    page.hover(waterfall.hovered, at);
  }

  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const turned = event.deltaY || event.deltaX;
    const factor = 2 ** (Math.sign(turned) * Math.min(1, Math.abs(turned) * (event.deltaMode === 1 ? 16 : 1) / 200));
    const [x, y] = place(event);
    const onFrequencies = event.shiftKey || y > view.plot.y + view.plot.height;
    const time = view.time(Math.min(view.plot.y + view.plot.height, Math.max(view.plot.y, y)));
    const frequency = view.frequency(Math.min(view.plot.x + view.plot.width, Math.max(view.plot.x, x)));
    view.zoom(onFrequencies ? 1 : factor, onFrequencies || event.ctrlKey ? factor : 1, time, frequency);
    page.redraw();
  }, {passive: false});

  canvas.addEventListener("dblclick", () => {
    view.showWholeBand();
    page.redraw();
  });
}

/** Keys of the page; actions: functions by key. */
export function listen(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) {
      return; // an open dialog has all keys, and Escape closes it
    }
    const {target} = event;
    if (event.key === "Escape") {
      target.blur?.();
    } else if (target.closest("input, select, textarea, [role=slider]")) {
      return;
    } else if (event.key === "Enter" || event.key === " ") {
      return; // a button's own
    }
    const action = actions[event.key];
    if (action) {
      event.preventDefault();
      action(event);
    }
  });
}
