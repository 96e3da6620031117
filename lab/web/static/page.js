// The page: one state, one way to ask the server, one stream of news.

import * as inspector from "./inspector.js";
import { clusterWords, drawFleet, drawJournal, drawTrails } from "./lists.js";
import { drawPicture, drawWords } from "./picture.js";
import { TimeBar } from "./timebar.js";
import { count, hour } from "./words.js";

const $ = (id) => document.getElementById(id);
const ENTRIES = 60;
const state = {
  about: null, view: null, last: 0,
  at: null, // null: now
  trail: 0, cluster: "", pinned: false,
  filter: { state: "", text: "" },
  journal: [], limit: ENTRIES, fresh: Infinity,
  asks: new Map(), // cluster → { until, period }
};

// -- asking ------------------------------------------------------------------------------------------------------

async function ask(path) {
  const reply = await fetch(path, { credentials: "same-origin" });
  if (reply.ok) return reply.json();
  const type = reply.headers.get("Content-Type") || "";
  const told = type.includes("json") ? await reply.json() : null;
  throw Object.assign(new Error(told ? `${told.code} ${told.what} ${told.why}` : await reply.text()), { status: reply.status });
}

let asking = false, again = false;

/** Fetch and draw the board of the moment; calls that come meanwhile are answered by one more round. */
async function refresh() {
  if (asking) { again = true; return; }
  asking = true;
  const began = performance.now();
  try {
    do {
      again = false;
      const meant = wanted();
      const query = new URLSearchParams();
      if (state.at !== null) query.set("at", state.at);
      if (state.trail) query.set("trail", state.trail);
      if (state.cluster) query.set("cluster", state.cluster);
      const view = await ask(`/v1/board?${query}`);
      // Somebody may have moved on meanwhile: what belongs to another moment or choice is not drawn.
      if (wanted() === meant) draw(view);
    } while (again);
  } catch (error) {
    if (error.status === 401) locked();
  } finally {
    asking = false;
    // A slow answer means a large lab or a long way: ask less often.
    pause = Math.max(120, 2 * (performance.now() - began));
  }
}

function wanted() {
  return `${state.at}/${state.trail}/${state.cluster}`;
}

let pause = 120, waiting = 0;

function soon() {
  if (!waiting) waiting = setTimeout(() => { waiting = 0; refresh(); }, pause);
}

// -- drawing -----------------------------------------------------------------------------------------------------

function draw(view) {
  state.view = view;
  state.last = Math.max(state.last, view.last);
  if (view.asks) noteAsks(view.asks);
  const past = state.at !== null && state.at < view.last;
  document.body.classList.toggle("past", past);
  document.title = `${view.lab || state.about.title || "lab"} · ${headline(view)}`;
  $("lab").textContent = view.lab || state.about.title;
  $("profile").textContent = [view.profile, state.about.live ? "" : `replay of ${state.about.title}`].filter(Boolean).join(" · ");
  text($("headline"), headline(view));
  text($("subline"), subline(view, past));
  drawPicture($("picture"), view, state.about, state.about.live && !past);
  drawWords($("words-body"), view, state.about);
  drawFleet(view, state.filter);
  drawTrails(view, state.about);
  bar.show(view, state.at, state.last);
  tick();
  remember();
}

function text(place, words) {
  if (place.textContent !== words) place.textContent = words;
}

function headline(view) {
  const bad = view.clusters.filter((one) => one.state === "failed").length;
  const silent = view.clusters.filter((one) => one.state === "silent").length;
  const ready = view.clusters.filter((one) => one.state === "ready").length;
  const all = view.clusters.length;
  const { trail } = view.focus;
  if (!all) return "Nothing has been declared yet.";
  if (all === 1) {
    const alike = view.trails.filter((one) => one.state === trail.state && one.stands === trail.stands).length;
    if (trail.state === "failed") return `${alike > 1 ? `${alike} packages` : trail.package} stopped at ${trail.stands}.`;
    if (trail.state === "silent") return alike > 1 ? `${alike} packages wait at ${trail.stands}.` : `${trail.package} waits at ${trail.stands}.`;
    if (bad || silent) return `A package ${bad ? "stopped" : "waits for a person"} on ${view.clusters[0].name}.`;
    if (ready) return `${view.trail_count === 1 ? "The package is" : `All ${view.trail_count} packages are`} ready on ${view.clusters[0].name}.`;
    return trail ? `${trail.package} is on its way to ${view.clusters[0].name}.` : `Nothing is on its way to ${view.clusters[0].name} yet.`;
  }
  if (ready === all) return `All ${all.toLocaleString("en")} clusters are ready.`;
  if (bad) return `${bad.toLocaleString("en")} of ${count(all, "cluster")} stopped.`;
  if (silent) return `${silent.toLocaleString("en")} of ${count(all, "cluster")} ${silent === 1 ? "waits" : "wait"} for a person.`;
  return `${ready.toLocaleString("en")} of ${count(all, "cluster")} are ready.`;
}

function subline(view, past) {
  const { trail } = view.focus;
  const moment = past ? `As it was at ${hour(view.at, true)}, entry ${view.seq} of ${view.last}. ` : "";
  if (!trail) return `${moment}A PackageVariant begins a trail.`;
  const row = trail.stages.find((one) => one.stage === trail.stands);
  const where = trail.cluster || trail.repository;
  if (row && row.code) return `${moment}${view.clusters.length > 1 ? `${trail.package} → ${where}: ` : ""}${row.code}: ${row.text}`;
  const took = trail.took_s !== null ? `, ready in ${trail.took_s.toFixed(1)} s` : row ? `, ${row.text || `at ${row.stage}`}` : "";
  return `${moment}In the picture: ${trail.package} → ${where}${took}`;
}

/** The clock on the line: seconds until the cluster asks again, from its last question. */
function tick() {
  const clock = document.querySelector(".way.line .clock");
  if (!clock) return;
  const known = clock.dataset.live ? state.asks.get(clock.dataset.cluster) : null;
  const hand = clock.querySelector(".hand");
  const when = document.querySelector(".way.line .when");
  if (!known) {
    hand.style.strokeDashoffset = "1";
    return;
  }
  const rest = Math.max(0, (known.until - performance.now()) / 1000);
  const whole = Math.ceil(rest);
  text(clock.querySelector("b"), whole ? String(whole) : "…");
  hand.style.strokeDashoffset = String(Math.min(1, rest / known.period));
  if (document.querySelector(".way.line").dataset.state === "asks") text(when, whole ? `asks again ${known.exact ? "in" : "within"} ${whole} s` : "asks now");
}

function noteAsks(asks) {
  const now = performance.now();
  for (const [cluster, one] of Object.entries(asks)) {
    state.asks.set(cluster, { until: now + one.next_in * 1000, period: one.period, exact: one.count > 1 });
  }
}

function pulse(kind) {
  const arrow = document.querySelector(".way.line .pulse");
  if (!arrow || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  arrow.className = "pulse";
  void arrow.offsetWidth;
  arrow.classList.add(kind);
}

// -- journal -----------------------------------------------------------------------------------------------------

async function loadJournal() {
  const upto = state.at === null ? state.last : state.at;
  const limit = state.limit;
  const found = await ask(`/v1/journal?before=${upto + 1}&limit=${limit}`);
  if (upto !== (state.at === null ? state.last : state.at) && state.at !== null) return;
  state.journal = found.entries;
  showJournal();
}

function showJournal() {
  drawJournal(state.journal, state.fresh);
  const oldest = state.journal.length ? state.journal[state.journal.length - 1].seq : 0;
  $("older").hidden = oldest <= state.about.first;
}

// -- moving in time ----------------------------------------------------------------------------------------------

let journalTimer = 0;

function go(seq) {
  state.at = seq === null || (seq >= state.last && state.about.live) ? null : Math.min(seq, state.last);
  state.limit = ENTRIES;
  state.fresh = Infinity;
  bar.place(state.at, state.last);
  refresh();
  clearTimeout(journalTimer);
  journalTimer = setTimeout(() => loadJournal().catch(() => {}), 80);
}

const bar = new TimeBar({ ask, go, now: () => (state.at === null ? state.last : state.at), first: () => state.about.first, last: () => state.last });

// -- news --------------------------------------------------------------------------------------------------------

let source = null, retries = 0;

function link(word, kind) {
  $("link").dataset.state = kind;
  text($("link-word"), word);
}

function locked() {
  if (source) source.close();
  link("Locked", "bad");
  text($("headline"), "This page needs its key.");
  text($("subline"), "Type “lab open” and use the address that it prints.");
}

function follow() {
  if (!state.about.live) { link("Replay", "still"); return; }
  source = new EventSource(`/v1/events?after=${state.last}`);
  source.addEventListener("open", () => {
    link("Live", "good");
    if (retries) refresh();
    retries = 0;
  });
  source.addEventListener("record", (event) => heard(JSON.parse(event.data)));
  source.addEventListener("asked", (event) => {
    const asks = JSON.parse(event.data);
    noteAsks(asks);
    if (state.at === null && state.view && state.view.focus.cluster && asks[state.view.focus.cluster.name]) pulse("asking");
  });
  source.addEventListener("reset", () => { source.close(); start().catch(lost); });
  source.addEventListener("error", () => {
    link("Reconnecting", "wait");
    retries += 1;
    if (source.readyState === EventSource.CLOSED) lost();
  });
}

function lost() {
  link("Reconnecting", "wait");
  retries += 1;
  setTimeout(async () => {
    try {
      await ask("/v1/about");
      follow();
    } catch (error) {
      if (error.status === 401) locked(); else lost();
    }
  }, Math.min(1000 * retries, 5000));
}

function heard(record) {
  if (record.seq <= state.last) return;
  state.last = record.seq;
  bar.mark(record);
  if (state.at !== null) { bar.place(state.at, state.last); return; }
  state.fresh = Math.min(state.fresh, record.seq - 1);
  state.journal.unshift(record);
  state.journal.length = Math.min(state.journal.length, state.limit);
  if (record.kind === "Pulled") pulse("fetched");
  soon();
  requestAnimationFrame(showJournal);
}

// -- hands -------------------------------------------------------------------------------------------------------

function focusTrail(id) {
  state.trail = id;
  state.cluster = "";
  refresh();
}

function focusCluster(name) {
  state.cluster = name;
  state.trail = 0;
  refresh();
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("button, tr[data-trail]");
  if (!target) return;
  const data = target.dataset;
  if (data.stage && state.view.focus.trail) showStage(data.stage, state.view.focus.trail);
  else if (data.cluster) focusCluster(data.cluster);
  else if (data.filter !== undefined) { state.filter.state = data.filter; drawFleet(state.view, state.filter); }
  else if (data.seq) inspector.showEntry(ask, data.seq).catch(() => {});
  else {
    const row = target.closest("tr[data-trail]");
    if (!row) return;
    const cell = event.target.closest("[data-stage-of]");
    const id = Number(row.dataset.trail);
    focusTrail(id);
    if (cell) showStage(cell.dataset.stageOf, { id });
  }
});

function showStage(name, trail) {
  const stage = state.about.stages.find((one) => one.stage === name);
  inspector.showStage(ask, stage, trail, state.at).catch(() => {});
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") inspector.close();
  const typing = event.target.matches("input, textarea, select");
  const tile = event.target.closest(".tile");
  if (tile && ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) {
    event.preventDefault();
    moveTile(tile, event.key);
  } else if (!typing || event.target.type === "range") {
    if (event.key === ",") bar.step(-1);
    if (event.key === ".") bar.step(1);
    if (event.key === " " && !event.target.closest("button, summary, a")) { event.preventDefault(); bar.toggle(); }
  }
});

function moveTile(tile, key) {
  const all = [...tile.parentElement.querySelectorAll(".tile")];
  const here = all.indexOf(tile);
  const top = tile.offsetTop;
  const row = all.filter((one) => one.offsetTop === top).length;
  const to = { ArrowLeft: here - 1, ArrowRight: here + 1, ArrowUp: here - row, ArrowDown: here + row, Home: 0, End: all.length - 1 }[key];
  const next = all[Math.max(0, Math.min(all.length - 1, to))];
  tile.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

function readout(event) {
  const tile = event.target.closest(".tile");
  const one = tile && state.view.clusters.find((c) => c.name === tile.dataset.cluster);
  $("fleet-readout").textContent = one ? clusterWords(one) : "\u00a0";
}

$("tiles").addEventListener("pointerover", readout);
$("tiles").addEventListener("focusin", readout);
$("fleet-search").addEventListener("input", (event) => { state.filter.text = event.target.value; drawFleet(state.view, state.filter); });
$("fleet-words").addEventListener("toggle", () => { if ($("fleet-words").open) drawFleet(state.view, state.filter); });
$("older").addEventListener("click", () => { state.limit = Math.min(state.limit + 200, 1000); loadJournal(); });
inspector.listen(ask, (seq) => go(seq));

// -- the address remembers where one looks -----------------------------------------------------------------------

function remember() {
  const parts = new URLSearchParams();
  if (state.at !== null) parts.set("at", state.at);
  if (state.trail) parts.set("trail", state.trail);
  if (state.cluster) parts.set("cluster", state.cluster);
  history.replaceState(null, "", `${location.pathname}${parts.size ? `#${parts}` : ""}`);
}

function recall() {
  const parts = new URLSearchParams(location.hash.slice(1));
  state.at = /^\d+$/.test(parts.get("at") || "") ? Number(parts.get("at")) : null;
  state.trail = Number(parts.get("trail")) || 0;
  state.cluster = parts.get("cluster") || "";
}

async function start() {
  state.about = await ask("/v1/about");
  state.last = state.about.last;
  if (state.at !== null && state.at >= state.last) state.at = null;
  bar.marks(state.about.marks);
  await refresh();
  await loadJournal();
  follow();
}

recall();
window.addEventListener("hashchange", () => { recall(); go(state.at); });
setInterval(() => { if (!document.hidden) tick(); }, 250);
start().catch((error) => (error.status === 401 ? locked() : lost()));
