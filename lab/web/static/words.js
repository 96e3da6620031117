// Words and marks: every state is a shape and a word beside its color.

export const STATES = {
  d: ["done", "done"], f: ["failed", "stopped"], w: ["waiting", "waiting"], p: ["pending", "not begun"],
};

export const CLUSTER_STATES = {
  failed: ["f", "stopped"],
  silent: ["s", "waiting for a person"],
  waiting: ["w", "waiting"],
  moving: ["w", "on its way"],
  ready: ["d", "ready"],
  empty: ["p", "nothing sent yet"],
};

const SVG = "http://www.w3.org/2000/svg";

/** An element: attributes by name, children as nodes or text; `null` and `false` are left out. */
export function h(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

export function svg(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

const SHAPES = {
  d: () => [svg("circle", { cx: 10, cy: 10, r: 8, class: "fill" }), svg("path", { d: "M6.4 10.3 8.9 12.7 13.6 7.6", class: "cut" })],
  f: () => [svg("path", { d: "M10 1.2 18.8 10 10 18.8 1.2 10z", class: "fill" }), svg("path", { d: "M7.4 7.4l5.2 5.2M12.6 7.4l-5.2 5.2", class: "cut" })],
  w: () => [svg("circle", { cx: 10, cy: 10, r: 7.2, class: "ring" }), svg("path", { d: "M10 10V5.6A4.4 4.4 0 0 1 14.4 10z", class: "fill" })],
  s: () => [svg("rect", { x: 2.8, y: 2.8, width: 14.4, height: 14.4, rx: 3, class: "ring" }), svg("path", { d: "M10 6v4.6M10 13.6v.2", class: "stroke" })],
  p: () => [svg("circle", { cx: 10, cy: 10, r: 2.4, class: "fill" })],
};

/** The mark of a state: d(one), f(ailed), w(aiting), s(ilent), p(ending). Decoration: its word stands beside it. */
export function mark(letter) {
  return svg("svg", { viewBox: "0 0 20 20", class: `mark mark-${letter}`, "aria-hidden": "true" }, ...SHAPES[letter]());
}

export function hidden(text) {
  return h("span", { class: "sr" }, text);
}

export const LETTER = { done: "d", failed: "f", waiting: "w", pending: "p" };

export function short(commit) {
  return (commit || "").slice(0, 7);
}

export function seconds(value) {
  if (value === null || value === undefined) return "";
  return value < 60 ? `${value.toFixed(1)} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}

export function hour(at, precise) {
  if (!at) return "";
  const moment = new Date(at);
  const two = (n) => String(n).padStart(2, "0");
  const text = `${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}`;
  return precise ? `${text}.${String(moment.getMilliseconds()).padStart(3, "0")}` : text;
}

export function count(number, word) {
  return `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
}

/** Make `from` look like `to` and keep what is the same, so that focus and selection stay where they are. */
export function morph(from, to) {
  for (const { name } of [...from.attributes]) if (!to.hasAttribute(name) && name !== "open" && name !== "style") from.removeAttribute(name);
  for (const { name, value } of [...to.attributes]) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  const wanted = [...to.childNodes];
  let here = from.firstChild;
  for (const node of wanted) {
    if (!here) {
      from.append(node);
      continue;
    }
    const next = here.nextSibling;
    if (here.nodeType !== node.nodeType || here.nodeName !== node.nodeName || (here.dataset && here.dataset.key !== node.dataset.key)) here.replaceWith(node);
    else if (here.nodeType === Node.TEXT_NODE) { if (here.nodeValue !== node.nodeValue) here.nodeValue = node.nodeValue; }
    else morph(here, node);
    here = next;
  }
  while (here) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
}

/** Fill a place with new content, keeping what is the same. */
export function fill(place, ...children) {
  const wanted = place.cloneNode(false);
  append(wanted, children);
  morph(place, wanted);
}
