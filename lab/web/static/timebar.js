// The time bar: the journal's numbers from left to right; drag, step or play, and everything is as it was.

import { hour, svg } from "./words.js";

const LONGEST_WAIT = 900;
const CROWD = 160;

export class TimeBar {
  constructor({ ask, go, now, first, last }) {
    this.ask = ask; this.go = go; this.now = now; this.first = first; this.last = last;
    this.range = document.getElementById("time");
    this.hour = document.getElementById("hour");
    this.told = document.getElementById("told");
    this.ticks = document.getElementById("ticks");
    this.all = [];
    this.playing = 0;
    this.range.addEventListener("input", () => { this.stop(); this.go(Number(this.range.value)); });
    document.getElementById("back").addEventListener("click", () => this.step(-1));
    document.getElementById("forth").addEventListener("click", () => this.step(1));
    document.getElementById("play").addEventListener("click", () => this.toggle());
    document.getElementById("now").addEventListener("click", () => { this.stop(); this.go(null); });
  }

  marks(all) { this.all = all; }

  mark(record) {
    const letter = record.bad ? "f" : { Committed: "c", Pulled: "p", DriftCorrected: "d" }[record.kind];
    if (letter) this.all.push([record.seq, letter]);
  }

  place(at, last) {
    this.range.min = this.first();
    this.range.max = last;
    this.range.value = at === null ? last : at;
    this.range.style.setProperty("--done", String(last > this.first() ? (this.range.value - this.first()) / (last - this.first()) : 1));
    document.getElementById("now").disabled = at === null || at >= last;
    this.drawTicks(last);
  }

  show(view, at, last) {
    this.place(at, last);
    const told = view.told ? view.told.text : "";
    this.hour.textContent = hour(view.at, at !== null);
    this.told.textContent = told;
    this.range.setAttribute("aria-valuetext", `${hour(view.at)}, entry ${view.seq} of ${last}: ${told}`);
  }

  drawTicks(last) {
    const span = Math.max(last - this.first(), 1);
    const seen = new Set();
    // Where pulls stand shoulder to shoulder they tell nothing: only what went wrong is drawn.
    const crowded = this.all.length > CROWD;
    const drawn = [];
    for (const [seq, letter] of this.all) {
      if (crowded && letter !== "f" && letter !== "d") continue;
      const x = Math.round(((seq - this.first()) / span) * 600);
      const key = `${x}${letter}`;
      if (!seen.has(key)) { seen.add(key); drawn.push([x, letter]); }
    }
    const key = drawn.join();
    if (key === this.drawn) return;
    this.drawn = key;
    this.ticks.setAttribute("viewBox", "0 0 600 16");
    const heights = { c: [5, 11], p: [1, 15], d: [5, 11], f: [0, 16] };
    this.ticks.replaceChildren(...drawn.map(([x, letter]) => svg("line", { x1: x, x2: x, y1: heights[letter][0], y2: heights[letter][1], class: `tick-${letter}`, "vector-effect": "non-scaling-stroke" })));
  }

  step(by) {
    this.stop();
    this.go(Math.max(this.first(), Math.min(this.last(), this.now() + by)));
  }

  toggle() { if (this.playing) this.stop(); else this.play(); }

  stop() {
    clearTimeout(this.playing);
    this.playing = 0;
    this.shown(false);
  }

  shown(playing) {
    const button = document.getElementById("play");
    button.dataset.playing = playing ? "yes" : "no";
    button.setAttribute("aria-label", playing ? "Pause" : "Play");
  }

  /** Play at the pace of the journal; long waits are cut short, bursts are drawn out a little. */
  async play() {
    if (this.now() >= this.last()) this.go(this.first());
    this.shown(true);
    this.playing = setTimeout(() => {}, 0);
    let { entries } = await this.ask(`/v1/journal?before=${Math.min(this.now() + 500, this.last()) + 1}&limit=1000`);
    entries = entries.reverse().filter((one) => one.seq >= this.now());
    const next = (i) => {
      if (!this.playing) return;
      if (i >= entries.length) { if (this.now() < this.last()) this.play(); else this.stop(); return; }
      const wait = i + 1 < entries.length ? new Date(entries[i + 1].at) - new Date(entries[i].at) : 0;
      this.go(entries[i].seq);
      if (entries[i].seq >= this.last()) { this.stop(); return; }
      this.playing = setTimeout(() => next(i + 1), Math.max(90, Math.min(LONGEST_WAIT, wait)));
    };
    next(entries.length > 1 ? 1 : 0);
  }
}
