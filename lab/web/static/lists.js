// What lies below the picture: clusters in a grid, trails in rows, the journal newest first.

import { CLUSTER_STATES, count, fill, h, hidden, hour, mark, seconds, STATES } from "./words.js";

const NAMED = 12;
const ORDER = ["failed", "silent", "waiting", "moving", "ready", "empty"];
const TRAIL_STATES = { failed: "f", silent: "s", waiting: "w", moving: "w", ready: "d" };

/** The clusters; `filter` has `state` and `text`. Returns those that are shown. */
export function drawFleet(view, filter) {
  const section = document.getElementById("fleet");
  section.hidden = view.clusters.length < 2;
  if (section.hidden) return;
  const states = new Map();
  for (const one of view.clusters) states.set(one.state, (states.get(one.state) || 0) + 1);
  fill(document.getElementById("fleet-states"),
    chip("", view.clusters.length, "all", filter.state),
    ...ORDER.filter((state) => states.has(state)).map((state) => chip(state, states.get(state), CLUSTER_STATES[state][1], filter.state)));
  const text = filter.text.trim().toLowerCase();
  const shown = view.clusters.filter((one) => (!filter.state || one.state === filter.state) && (!text || one.name.toLowerCase().includes(text)));
  const named = view.clusters.length <= NAMED;
  const focus = view.focus.cluster && view.focus.cluster.name;
  const tiles = document.getElementById("tiles");
  tiles.classList.toggle("small", !named);
  const entry = shown.some((one) => one.name === focus) ? focus : shown.length ? shown[0].name : "";
  fill(tiles, ...shown.map((one) => h("button", {
    type: "button", class: "tile", role: "option", "data-cluster": one.name, "data-state": one.state,
    "aria-selected": one.name === focus ? "true" : "false", tabindex: one.name === entry ? "0" : "-1",
    "aria-label": clusterWords(one),
  }, mark(CLUSTER_STATES[one.state][0]), named ? h("span", {}, one.name) : null)),
  shown.length ? null : h("p", { class: "quiet" }, "No cluster is like that."));
  if (document.getElementById("fleet-words").open) drawFleetWords(shown);
}

function drawFleetWords(shown) {
  fill(document.getElementById("fleet-words-body"), h("table", {},
    h("thead", {}, h("tr", {}, ...["Cluster", "State", "Stands at", "Code", "Agent"].map((t) => h("th", { scope: "col" }, t)))),
    h("tbody", {}, ...shown.map((one) => h("tr", {}, h("th", { scope: "row" }, one.name), h("td", {}, CLUSTER_STATES[one.state][1]),
      h("td", {}, one.stage || "–"), h("td", {}, one.code || "–"), h("td", {}, one.agent))))));
}

export function clusterWords(one) {
  return [one.name, CLUSTER_STATES[one.state][1], one.stage ? `at ${one.stage}` : "", one.code].filter(Boolean).join(" · ");
}

function chip(state, number, word, chosen) {
  return h("button", { type: "button", class: "chip", "data-filter": state, "aria-pressed": chosen === state ? "true" : "false" },
    state ? mark(CLUSTER_STATES[state][0]) : null, `${number.toLocaleString("en")} ${word}`);
}

/** The trails as a table of nine marks; the line stands between commit and pull here, too. */
export function drawTrails(view, about) {
  const note = document.getElementById("trails-note");
  const rest = view.trail_count - view.trails.length;
  note.textContent = !view.trails.length ? "" : rest > 0
    ? `${view.focus.cluster.name}, and what stopped elsewhere; ${count(rest, "other trail")} not listed` : "one package on its way to one cluster";
  const place = document.getElementById("trail-rows");
  if (!view.trails.length) {
    fill(place, h("p", { class: "quiet" }, "No trail has begun."));
    return;
  }
  const focus = view.focus.trail && view.focus.trail.id;
  fill(place, h("table", { class: "marks" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, hidden("Trail")),
      ...about.stages.map((stage) => h("th", { scope: "col", "data-stage-head": stage.stage }, h("span", {}, stage.stage))),
      h("th", { scope: "col", class: "end" }, hidden("Outcome")))),
    h("tbody", {}, ...view.trails.map((trail) => h("tr", { "data-trail": trail.id, "data-key": trail.id, "data-on": trail.id === focus ? "yes" : null },
      h("th", { scope: "row" }, h("button", { type: "button", class: "plain", "aria-pressed": trail.id === focus ? "true" : "false" },
        h("b", {}, trail.package), h("span", { class: "quiet" }, ` → ${trail.cluster || trail.repository}`))),
      ...about.stages.map((stage, i) => cell(stage, trail, i)),
      h("td", { class: "end" }, outcome(trail)))))));
}

function cell(stage, trail, i) {
  const quiet = trail.state === "silent" && stage.stage === trail.stands;
  return h("td", { "data-stage-of": stage.stage }, mark(quiet ? "s" : trail.marks[i]), hidden(`${stage.stage} ${STATES[trail.marks[i]][1]}`));
}

function outcome(trail) {
  if (trail.superseded_by) return h("span", { class: "quiet" }, `superseded by ${trail.superseded_by}`);
  if (trail.state === "ready") return h("span", {}, "ready", h("span", { class: "quiet" }, trail.took_s === null ? "" : ` in ${seconds(trail.took_s)}`));
  const word = CLUSTER_STATES[trail.state][1];
  return h("span", { class: `is-${TRAIL_STATES[trail.state]}` }, trail.code ? h("code", {}, trail.code) : null, ` ${word} at ${trail.stands}`);
}

export function drawJournal(entries, fresh) {
  fill(document.getElementById("journal"), ...entries.map((one) => h("li", { "data-key": one.seq, class: one.seq > fresh ? "fresh" : null },
    h("button", { type: "button", class: "entry", "data-seq": one.seq, "data-bad": one.bad ? "yes" : null },
      h("time", { datetime: one.at }, hour(one.at)),
      h("span", { class: "where" }, one.bad ? mark("f") : null, one.stage || "", one.bad ? hidden(" failed") : null),
      h("span", { class: "what" }, one.text)))));
}
