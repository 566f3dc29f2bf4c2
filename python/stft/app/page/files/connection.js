// Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
// The web socket: messages in, and a new one when it is lost.

const FIRST_PAUSE = 500; // ms
const LONGEST_PAUSE = 10000;
const HEADER = 40;       // bytes of a row's

export class Connection {
  /** handlers: {message(dict), row(dict), state(word, ms until the next attempt)}. measured(f): calls f and counts its time. */
  constructor(handlers, measured) {
    this.handlers = handlers;
    this.measured = measured;
    this.pause = FIRST_PAUSE;
    this.run = "";
    this.number = -1; // of the newest row
    this.open();
  }

  open() {
    const address = new URL("socket", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    address.hash = "";
    address.search = new URLSearchParams({run: this.run, after: this.number});
    this.handlers.state("connecting", 0);
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      this.pause = FIRST_PAUSE;
      this.handlers.state("connected", 0);
    });
    socket.addEventListener("message", ({data}) => this.measured(() => {
      if (typeof data === "string") {
        this.take(JSON.parse(data));
      } else {
        this.takeRows(data);
      }
    }));
    socket.addEventListener("close", () => this.lose());
  }

  take(message) {
    if (message.type === "hello" && message.run !== this.run) {
      this.run = message.run;
      this.number = -1;
    }
    this.handlers.message(message);
  }

  takeRows(buffer) {
    const data = new DataView(buffer);
    for (let at = 0; at < buffer.byteLength;) {
      const bins = data.getUint32(at + 4, true);
      const number = data.getUint32(at + 28, true);
      if (number > this.number) {
        this.number = number;
        this.handlers.row({axis: data.getUint32(at, true), start: data.getFloat64(at + 8, true), seconds: data.getFloat64(at + 16, true),
          meanBase: data.getInt16(at + 24, true), peakBase: data.getInt16(at + 26, true), number,
          mean: new Uint8Array(buffer, at + HEADER, bins), peak: new Uint8Array(buffer, at + HEADER + bins, bins)});
      }
      at += HEADER + Math.ceil(bins / 4) * 8;
    }
  }

  async lose() {
    const pause = this.pause * (0.8 + 0.4 * Math.random());
    this.pause = Math.min(LONGEST_PAUSE, this.pause * 2);
    this.handlers.state("lost", pause);
    try {
      const answer = await fetch("alive");
      if (answer.status === 401) {
        location.reload(); // the token is asked for
        return;
      }
    } catch {
      // nobody is there
    }
    setTimeout(() => this.open(), pause);
  }

  /** Asks for a connection at once. */
  retry() {
    this.pause = FIRST_PAUSE;
    if (this.socket.readyState === WebSocket.OPEN) {
      this.socket.close();
    }
  }
}
