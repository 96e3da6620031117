// The panel at the side: a stage or an entry of the journal, what it means, its events, the object, how to look oneself.

import { fill, h, hour, LETTER, mark, seconds, STATES } from "./words.js";

const panel = document.getElementById("inspector");
let opener = null;

export function isOpen() {
  return !panel.hidden;
}

export function close() {
  if (panel.hidden) return;
  panel.hidden = true;
  if (opener && opener.isConnected) opener.focus({ preventScroll: true });
  opener = null;
}

function open(content) {
  if (panel.hidden) opener = document.activeElement;
  panel.hidden = false;
  panel.replaceChildren(...content);
  panel.scrollTop = 0;
  panel.focus({ preventScroll: true });
}

function head(title, letter, word, note) {
  return h("header", {}, h("div", {}, h("p", { class: "quiet" }, note), h("h2", { id: "inspector-title" }, title),
    h("p", { class: `state is-${letter}` }, mark(letter), ` ${word}`)),
  h("button", { type: "button", class: "close", "data-close": "yes", "aria-label": "Close", title: "Close (Esc)" }, "✕"));
}

/** A stage of the trail in focus, at a moment. */
export async function showStage(ask, stage, trail, at) {
  const found = await ask(`/v1/stage?stage=${stage.stage}&trail=${trail.id}${at ? `&at=${at}` : ""}`);
  const row = found.passage;
  const letter = LETTER[row.state];
  const took = row.took_s !== null ? `, ${seconds(row.took_s)}` : "";
  open([
    head(`${stage.number} ${stage.stage}`, letter, `${STATES[letter][1]}${row.at && letter === "d" ? ` at ${hour(row.at)}${took}` : ""}`,
      `${found.trail.package} → ${found.trail.cluster || found.trail.repository}`),
    row.text ? h("p", { class: "said" }, row.text) : null,
    explanation(found.explanation),
    h("dl", { class: "facts" }, h("dt", {}, "Who acts"), h("dd", {}, row.who ? `${row.who}${row.who === stage.actor ? "" : ` (${stage.actor})`}` : stage.actor),
      h("dt", {}, "Done when"), h("dd", {}, stage.done_when)),
    commands([...found.commands.filter((line) => line.startsWith("lab why")), ...found.looks.slice(0, 1).map((look) => look.command), ...found.commands.filter((line) => !line.startsWith("lab why"))]),
    ...objects(found.looks, at),
    events(found.events),
  ].filter(Boolean));
  await Promise.all([...panel.querySelectorAll("[data-object]")].slice(0, 1).map((one) => loadObject(ask, one)));
}

/** An entry of the journal. */
export async function showEntry(ask, seq) {
  const found = await ask(`/v1/record?seq=${seq}`);
  open([
    head(found.kind.replace(/([a-z])([A-Z])/g, "$1 $2"), found.bad ? "f" : "d", `${found.bad ? "failed" : "recorded"} at ${hour(found.at, true)}`, `Entry ${found.seq}${found.stage ? ` · stage ${found.stage}` : ""}`),
    h("p", { class: "said" }, found.text),
    explanation(found.explanation),
    h("p", {}, h("button", { type: "button", class: "soft", "data-go": found.seq }, "Show everything as it was then")),
    h("section", {}, h("h3", {}, "The entry"), h("pre", { tabindex: "0" }, JSON.stringify(found.data, null, 2))),
  ].filter(Boolean));
}

function explanation(found) {
  return found && h("section", { class: "explained" }, h("h3", {}, h("code", {}, found.code), ` ${found.title}`), ...found.text.split("\n\n").map((t) => h("p", {}, t)));
}

function commands(lines) {
  return lines.length ? h("section", {}, h("h3", {}, "Look yourself"),
    ...lines.map((line) => h("div", { class: "line" }, h("code", {}, line),
      h("button", { type: "button", class: "copy", "data-copy": line, "aria-label": `Copy ${line}` }, "Copy"))),
    h("p", { class: "quiet note" }, "In a shell of this lab: make lab-shell, or eval \"$(lab env)\".")) : null;
}

function objects(looks, at) {
  return looks.map((look, i) => {
    const query = new URLSearchParams({ cluster: look.cluster, apiVersion: look.api_version, kind: look.kind, namespace: look.namespace, name: look.name });
    return h("details", { class: "object", "data-object": query, open: i === 0 },
      h("summary", {}, `${look.kind} ${look.name}`, h("span", { class: "quiet" }, ` on ${look.cluster}${at ? ", as it is now" : ""}`)),
      h("pre", { tabindex: "0" }, "…"));
  });
}

function events(found) {
  return found.length ? h("section", {}, h("h3", {}, "Events"), h("ol", { class: "events" },
    ...found.map((one) => h("li", {}, h("button", { type: "button", class: "plain", "data-go": one.seq, title: "Show everything as it was then" },
      h("time", {}, hour(one.at, true)), h("span", {}, one.text)))))) : null;
}

async function loadObject(ask, details) {
  const pre = details.querySelector("pre");
  if (pre.dataset.loaded) return;
  pre.dataset.loaded = "yes";
  try {
    pre.replaceChildren(...colored((await ask(`/v1/object?${details.dataset.object}`)).yaml));
  } catch (error) {
    pre.textContent = error.message;
    pre.classList.add("quiet");
  }
}

function colored(yaml) {
  return yaml.trimEnd().split("\n").flatMap((line) => {
    const found = /^(\s*(?:- )?)([^\s:#"'][^:]*)(:)(.*)$/.exec(line);
    return found ? [found[1], h("b", {}, found[2]), `${found[3]}${found[4]}\n`] : [`${line}\n`];
  });
}

export function listen(ask, go) {
  panel.addEventListener("toggle", (event) => { if (event.target.matches("[data-object]") && event.target.open) loadObject(ask, event.target); }, true);
  panel.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.close) close();
    if (button.dataset.go) go(Number(button.dataset.go));
    if (button.dataset.copy) {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(button.previousElementSibling);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    }
  });
}
