"use strict";
// Words shared by the page's scripts. They are plain scripts: a page opened from disk may not load modules.
const Gauntlet = {
  report: null,      // data/report.js
  episodes: {},      // scenario id -> data/episodes/<id>.js, once loaded
  waiting: {},       // scenario id -> functions to call when it is
  OUTCOMES: ["failure", "success", "error"],
};

Gauntlet.byId = (id) => document.getElementById(id);

// An element with properties and children. Text goes in as text: nothing that came from outside is ever parsed as HTML.
Gauntlet.make = (tag, properties = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== "") element.append(child);
  }
  return element;
};

// Plotly reads a few tags in names (<b>, <a href>, <br>): those of the data are shown as they are written.
Gauntlet.textOnly = (text) => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

Gauntlet.chip = (outcome) => outcome ? Gauntlet.make("span", { class: `chip ${outcome}` }, outcome) : Gauntlet.make("span", { class: "faint" }, "none");

Gauntlet.percent = (rate) => rate && rate.rate !== null && rate.rate !== undefined ? `${(100 * rate.rate).toFixed(1)} %` : "-";

// Behind a figure some of whose episodes used substitutes for original data.
Gauntlet.mark = (rate) => rate.substituted ? " †" : "";

Gauntlet.interval = (rate) => {
  if (!rate) return "no episode";
  if (rate.mixes) return `mixes ${rate.mixes}`;
  if (rate.rate === null) return `no result, ${rate.errors} errors`;
  const errors = rate.errors ? `, ${rate.errors} errors` : "";
  return `${Gauntlet.percent(rate)}${Gauntlet.mark(rate)} [${(100 * rate.low).toFixed(0)}, ${(100 * rate.high).toFixed(0)}], ${rate.k} of ${rate.n}${errors}`;
};

Gauntlet.seconds = (value) => value >= 1 ? `${value.toFixed(2)} s` : `${(1000 * value).toFixed(1)} ms`;

// The address after "#": {path, query}. Routes begin with "/"; anything else is a plain anchor.
Gauntlet.route = () => {
  const hash = location.hash.slice(1);
  if (!hash.startsWith("/")) return { path: "", query: new URLSearchParams() };
  const [path, query] = hash.split("?", 2);
  return { path: decodeURIComponent(path), query: new URLSearchParams(query || "") };
};

Gauntlet.address = (path, values) => {
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined));
  return `#${path}${[...query].length ? `?${query}` : ""}`;
};

// Calls back with a scenario's episodes; null where their file cannot be loaded.
Gauntlet.load = (id, then) => {
  if (id in Gauntlet.episodes) { then(Gauntlet.episodes[id]); return; }
  if (Gauntlet.waiting[id]) { Gauntlet.waiting[id].push(then); return; }
  Gauntlet.waiting[id] = [then];
  const script = Gauntlet.make("script", { src: `data/episodes/${encodeURIComponent(id)}.js` });
  script.addEventListener("error", () => gauntletEpisode(id, null));
  document.head.append(script);
};

function gauntletEpisode(id, runs) {
  Gauntlet.episodes[id] = runs;
  for (const then of Gauntlet.waiting[id] || []) then(runs);
  delete Gauntlet.waiting[id];
}
