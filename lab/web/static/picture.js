// The document's picture: management cluster, Git, the line, and the cluster that comes and asks.

import { fill, h, hidden, hour, LETTER, mark, seconds, short, STATES, svg } from "./words.js";

/** Draw the picture of the cluster and the trail in focus. */
export function drawPicture(place, view, about, live) {
  const { trail, cluster } = view.focus;
  const rows = Object.fromEntries(about.stages.map((stage, i) => [stage.stage, stageRow(stage, trail && trail.stages[i])]));
  fill(
    place,
    zone("management", "Management cluster", fidelity(view, "mgmt"), management(view, trail, cluster, rows)),
    h("div", { class: "way commit", "aria-hidden": "true", "data-state": trail ? trail.stages[5].state : "pending" },
      h("span", { class: "arrow" }), h("span", { class: "caption" }, "commit")),
    zone("git", "Git", fidelity(view, "git"), git(view, trail, cluster, rows)),
    theLine(about, view, cluster, trail, live),
    zone("workload", cluster ? cluster.name : "Workload cluster", cluster ? cluster.fidelity : "", workload(cluster, trail, rows), cluster ? "workload cluster" : ""),
  );
}

/** The same as a table, for whoever reads rather than sees. */
export function drawWords(place, view, about) {
  const { trail, cluster } = view.focus;
  if (!trail) {
    fill(place, h("p", {}, "No package is on its way yet. A PackageVariant on the management cluster begins a trail."));
    return;
  }
  const body = about.stages.map((stage, i) => {
    const row = trail.stages[i];
    const crossing = stage.stage === "pull" ? h("tr", { class: "crossing" }, h("td", { colspan: 6 }, about.line)) : null;
    return [crossing, h("tr", {},
      h("th", { scope: "row" }, `${stage.number} ${stage.stage}`),
      h("td", {}, STATES[LETTER[row.state]][1]), h("td", {}, row.who || stage.actor),
      h("td", {}, hour(row.at)), h("td", {}, seconds(row.took_s)), h("td", {}, [row.code, row.text].filter(Boolean).join(" ")))];
  });
  fill(place,
    h("p", {}, sentence(view, cluster, trail)),
    h("div", { class: "scroll" }, h("table", {},
      h("caption", {}, `${trail.package} on its way to ${trail.cluster || trail.repository}`),
      h("thead", {}, h("tr", {}, ...["Stage", "State", "Who", "At", "Took", "What"].map((t) => h("th", { scope: "col" }, t)))),
      h("tbody", {}, ...body.flat()))));
}

function sentence(view, cluster, trail) {
  const agent = cluster && { up: "runs its agent, Config Sync", stopped: "has an agent that is stopped", missing: "has no agent" }[cluster.agent];
  const sync = cluster && cluster.syncs[0];
  return `The management cluster renders and commits to ${trail.repository}. ${cluster ? `${cluster.name} ${agent}` : ""}` +
    (sync ? `, which asks ${sync.url} every ${sync.period} seconds. ` : ". ") + "Nothing reaches into the cluster from outside.";
}

function zone(kind, title, real, content, note) {
  return h("section", { class: `zone ${kind}`, "data-key": kind, "aria-label": title },
    h("header", {}, h("h2", {}, title), note ? h("span", { class: "quiet" }, note) : null, real ? h("span", { class: "tag" }, real) : null),
    ...content);
}

function fidelity(view, part) {
  const found = view.parts[part];
  return found ? found.fidelity : "";
}

function stageRow(stage, row) {
  const letter = LETTER[row ? row.state : "pending"];
  const text = letter === "d" ? briefly(stage.stage, row.text || "") : row && row.text ? row.text : "";
  return h("button", { type: "button", class: "stage", "data-stage": stage.stage, "data-state": row ? row.state : "pending", disabled: row ? null : true },
    mark(letter),
    h("span", { class: "name" }, h("b", {}, String(stage.number)), ` ${stage.stage}`),
    h("span", { class: "took" }, letter === "d" ? (row.took_s !== null && stage.number > 2 ? seconds(row.took_s) : "") : STATES[letter][1]),
    row && row.code && letter !== "d" ? h("code", {}, row.code) : null,
    text ? h("span", { class: "text" }, text) : null,
    hidden(`: ${STATES[letter][1]}`));
}

/** What is told in the row of a done stage; what the card says anyway is left out. */
function briefly(stage, text) {
  if (stage === "context" || stage === "variant") return "";
  return stage === "ready" || stage === "commit" ? text.split(/; |: "/)[0] : text.replaceAll("`", "");
}

function management(view, trail, cluster, rows) {
  const context = cluster && cluster.context;
  const facts = context ? Object.entries(context.facts).filter(([key]) => key !== "cluster-name") : [];
  return [
    h("div", { class: "card context" }, h("h3", {}, "ClusterContext"), rows.context,
      context ? h("dl", {}, ...facts.flatMap(([key, value]) => [h("dt", {}, key.replace("-code", "")), h("dd", {}, value.replace(/^\[|\]$/g, ""))])) : null,
      h("p", { class: "quiet aside" }, "Metadata only: no address, no key.")),
    h("div", { class: "card variant" }, h("h3", {}, "PackageVariant"), rows.variant,
      trail ? h("dl", {}, h("dt", {}, "deploy"), h("dd", {}, trail.package), h("dt", {}, "to"), h("dd", {}, trail.repository)) : null),
    h("div", { class: "card porch" }, h("h3", {}, "Porch ", h("span", { class: "tag" }, fidelity(view, "porch"))), rows.draft, rows.render, rows.approve),
  ];
}

function git(view, trail, cluster, rows) {
  const repository = cluster && cluster.repository;
  const packages = repository ? repository.packages : [];
  const log = repository ? repository.log : [];
  const away = repository && repository.known && !repository.ready;
  return [
    h("div", { class: "card repo" },
      h("h3", {}, repository ? repository.name : "deployment repository"),
      rows.commit,
      away ? h("p", { class: "bad" }, `Not ready: ${repository.message}`) : null,
      h("ul", { class: "tree" }, ...packages.map((one) => h("li", { "data-on": trail && trail.directory === one.directory ? "yes" : null },
        h("span", {}, `${one.directory}/`), h("code", {}, one.revision), h("code", { class: "quiet" }, short(one.commit)))),
      packages.length ? null : h("li", { class: "quiet" }, "nothing on main yet")),
      log.length ? h("div", { class: "log" }, h("h3", {}, `${repository.branch}, newest first`),
        h("ol", {}, ...log.map((one) => h("li", { "data-on": trail && trail.commit === one.commit ? "yes" : null }, h("code", {}, short(one.commit)), h("span", {}, one.subject))))) : null,
      h("p", { class: "quiet aside" }, "Git is the bridge.")),
  ];
}

function theLine(about, view, cluster, trail, live) {
  const agent = cluster ? cluster.agent : "missing";
  const sync = cluster && cluster.syncs[0];
  const failed = cluster && cluster.pulls.find((pull) => pull.code);
  const asks = agent === "up" && sync;
  const state = !asks ? "silent" : failed ? "failed" : "asks";
  const name = cluster ? cluster.name : "the cluster";
  const words = !asks
    ? agent === "missing" ? "nobody asks: no agent" : agent === "stopped" ? "nobody asks: agent stopped" : "nobody asks: no RootSync"
    : failed ? "asked, and got no answer" : `asks every ${sync.period} s`;
  return h("div", { class: "way line", "data-key": "line", "data-state": state },
    h("span", { class: "dash", "aria-hidden": "true" }),
    h("span", { class: "says" }, "nobody pushes across this line"),
    h("span", { class: "arrow", "aria-hidden": "true" }, h("i", { class: "pulse" })),
    h("span", { class: "clock", "data-cluster": name, "data-live": live && asks ? "yes" : null },
      svg("svg", { viewBox: "0 0 48 48", "aria-hidden": "true" },
        svg("circle", { cx: 24, cy: 24, r: 20, class: "face" }), svg("circle", { cx: 24, cy: 24, r: 20, class: "hand", pathLength: 1 })),
      h("b", {}, asks ? failed ? "!" : "?" : "–")),
    h("span", { class: "caption" }, h("span", { class: "who" }, name), h("span", { class: "when", "data-rest": words }, words)));
}

function workload(cluster, trail, rows) {
  const agent = cluster ? cluster.agent : "missing";
  const words = { up: "running", stopped: "stopped", missing: "not installed" }[agent];
  const sync = cluster && cluster.syncs[0];
  const namespaces = cluster ? cluster.namespaces : [];
  const shown = namespaces.slice(0, 6);
  return [
    h("div", { class: "card agent", "data-agent": agent },
      h("h3", {}, "Config Sync ", h("span", { class: `tag ${agent === "up" ? "" : "warn"}` }, words)),
      rows.pull, rows.apply,
      sync ? h("p", { class: "quiet aside" }, `Pulls ${sync.branch} every ${sync.period} s, with its own rights.`)
        : h("p", { class: "quiet aside" }, "Installed by hand, once: configsync.yaml, rootsync.yaml.")),
    h("div", { class: "card resources" },
      h("h3", {}, "Kubernetes resources"), rows.ready,
      h("ul", { class: "names" }, ...shown.map((name) => h("li", {}, h("span", { class: "quiet" }, "ns "), name)),
        namespaces.length > shown.length ? h("li", { class: "quiet" }, `and ${namespaces.length - shown.length} more`) : null)),
  ];
}
