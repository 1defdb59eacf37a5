"use strict";
// The table of scenarios: filtered, sorted and shown a page at a time, so that thousands cost no more than fifty. Its state is the page's address.
Gauntlet.browser = {
  PAGE: 50,
  FILTERS: ["text", "task", "axis", "severity", "outcome", "flip", "mode"],
  state: { sort: "", down: false, page: 0 },
  rows: [],

  start() {
    const { scenarios, runs } = Gauntlet.report;
    this.rows = scenarios.id.map((_, index) => index);
    this.columns = this.describeColumns(scenarios, runs);
    this.words = scenarios.id.map((id, k) =>
      [id, scenarios.task[k], scenarios.axis[k], scenarios.instruction[k], ...Object.entries(scenarios.tags).map(([tag, values]) => `${tag}=${values[k]}`)]
        .join(" ").toLowerCase());
    this.fill("task", scenarios.task);
    this.fill("axis", scenarios.axis);
    this.fill("severity", scenarios.severity.filter((value) => value !== null));
    const outcomes = runs.flatMap((run, number) => Gauntlet.OUTCOMES.concat("none").map((name, code) => [`${number}:${code}`, runs.length > 1 ? `${run.label}: ${name}` : name]));
    this.options("outcome", outcomes);
    const modes = runs.flatMap((run, number) => scenarios.modes.map((name, mode) => ({ number, name, mode, run })).filter((one) => scenarios.mode[number].includes(one.mode)));
    this.options("mode", modes.map(({ number, name, run }) => [`${number}:${name}`, `${runs.length > 1 ? `${run.label}: ` : ""}${name.replaceAll("_", " ")}`]));
    this.head();
    for (const name of this.FILTERS) {
      const field = Gauntlet.byId(`filter-${name}`);
      if (field) field.addEventListener(name === "text" ? "input" : "change", () => { this.state.page = 0; this.changed(); });
    }
    Gauntlet.byId("filters").addEventListener("submit", (event) => event.preventDefault());
    Gauntlet.byId("filter-clear").addEventListener("click", () => { this.restore(new URLSearchParams()); this.changed(); });
    Gauntlet.byId("page-back").addEventListener("click", () => { this.state.page -= 1; this.changed(); });
    Gauntlet.byId("page-on").addEventListener("click", () => { this.state.page += 1; this.changed(); });
    this.show();
  },

  describeColumns(scenarios, runs) {
    const make = Gauntlet.make, several = runs.length > 1;
    const plain = (value) => value === null || value === undefined ? "-" : String(value);
    const columns = [
      { key: "id", title: "scenario", value: (k) => scenarios.id[k], cell: (k) => make("a", { href: this.link(scenarios.id[k]) }, scenarios.id[k].slice(0, 8)) },
      { key: "task", title: "task", value: (k) => scenarios.task[k] },
    ];
    if (new Set(scenarios.axis).size > 1) columns.push({ key: "axis", title: "axis", value: (k) => scenarios.axis[k] });
    if (scenarios.severity.some((value) => value)) columns.push({ key: "severity", title: "severity", number: true, value: (k) => scenarios.severity[k] });
    runs.forEach((run, number) => {
      const name = several ? `, ${run.label}` : "";
      columns.push({
        key: `outcome${number}`, title: several ? run.label : "outcome", value: (k) => scenarios.outcome[number][k],
        cell: (k) => Gauntlet.chip(Gauntlet.OUTCOMES[scenarios.outcome[number][k]]),
      });
      if (runs.length <= 2) {
        columns.push({ key: `progress${number}`, title: `progress${name}`, number: true, value: (k) => scenarios.progress[number][k], cell: (k) => plain(scenarios.progress[number][k]?.toFixed(2)) });
        columns.push({ key: `steps${number}`, title: `steps${name}`, number: true, value: (k) => scenarios.steps[number][k] });
      }
    });
    if (several) columns.push({ key: "flip", title: "flip", value: (k) => scenarios.flip[k], cell: (k) => ["", "same"].includes(scenarios.flip[k]) ? "" : Gauntlet.chip(scenarios.flip[k]) });
    if (scenarios.modes.length) {
      const mode = (k) => [...new Set(scenarios.mode.map((column) => scenarios.modes[column[k]]).filter(Boolean))].join(" / ").replaceAll("_", " ");
      columns.push({ key: "mode", title: "failure mode", value: mode });
    }
    if (scenarios.substituted.some((column) => column.some(Boolean))) {
      const used = (k) => scenarios.substituted.some((column) => column[k]) ? "†" : "";
      columns.push({ key: "substitutes", title: "substitutes", value: used, cell: used });
    }
    columns.push({ key: "instruction", title: "instruction", value: (k) => scenarios.instruction[k], told: true });
    return columns;
  },

  link: (id) => Gauntlet.address(`/episode/${id}`, {}),

  fill(name, values) {
    const kinds = [...new Set(values)].sort((a, b) => typeof a === "number" ? a - b : String(a).localeCompare(String(b)));
    this.options(name, kinds.map((value) => [String(value), String(value)]));
  },

  options(name, pairs) {
    for (const [value, text] of pairs) Gauntlet.byId(`filter-${name}`).append(Gauntlet.make("option", { value }, text));
  },

  head() {
    const row = document.querySelector("#browser thead tr");
    for (const column of this.columns) {
      const button = Gauntlet.make("button", { type: "button", onclick: () => this.sortBy(column.key) }, column.title, Gauntlet.make("span", { "aria-hidden": "true" }));
      row.append(Gauntlet.make("th", { scope: "col", "data-key": column.key, class: column.number ? "num" : "" }, button));
    }
  },

  sortBy(key) {
    this.state = { sort: key, down: this.state.sort === key && !this.state.down, page: 0 };
    this.changed();
  },

  value: (name) => Gauntlet.byId(`filter-${name}`)?.value ?? "",

  // What the reader did becomes the address, which can be sent to somebody else.
  changed() {
    const values = Object.fromEntries(this.FILTERS.map((name) => [name, this.value(name)]));
    const { sort, down, page } = this.state;
    history.replaceState(null, "", Gauntlet.address("/episodes", { ...values, sort, down: down ? 1 : "", page: page || "" }));
    this.show();
  },

  restore(query) {
    for (const name of this.FILTERS) {
      const field = Gauntlet.byId(`filter-${name}`);
      if (field) field.value = query.get(name) || "";
    }
    this.state = { sort: query.get("sort") || "", down: query.get("down") === "1", page: Math.max(0, Number(query.get("page")) || 0) };
  },

  matches(k) {
    const { scenarios } = Gauntlet.report;
    const wanted = this.wanted;
    if (wanted.text.some((word) => !this.words[k].includes(word))) return false;
    if (wanted.task && scenarios.task[k] !== wanted.task) return false;
    if (wanted.axis && scenarios.axis[k] !== wanted.axis) return false;
    if (wanted.severity && String(scenarios.severity[k]) !== wanted.severity) return false;
    if (wanted.flip && (wanted.flip === "any" ? ["", "same"].includes(scenarios.flip[k]) : scenarios.flip[k] !== wanted.flip)) return false;
    if (wanted.outcome) {
      const [number, code] = wanted.outcome.split(":").map(Number);
      if ((scenarios.outcome[number]?.[k] ?? 3) !== code) return false;
    }
    if (!wanted.mode) return true;
    const [number, mode] = [wanted.mode.slice(0, 1), wanted.mode.slice(2)];
    return scenarios.modes[scenarios.mode[number]?.[k]] === mode;
  },

  show() {
    this.wanted = Object.fromEntries(this.FILTERS.map((name) => [name, this.value(name)]));
    this.wanted.text = this.wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
    const all = Gauntlet.report.scenarios.id.length;
    this.rows = [];
    for (let k = 0; k < all; k += 1) if (this.matches(k)) this.rows.push(k);
    const column = this.columns.find((one) => one.key === this.state.sort);
    if (column) this.rows.sort(this.order(column));
    const pages = Math.max(1, Math.ceil(this.rows.length / this.PAGE));
    this.state.page = Math.min(Math.max(0, this.state.page), pages - 1);
    const begin = this.state.page * this.PAGE, shown = this.rows.slice(begin, begin + this.PAGE);
    document.querySelector("#browser tbody").replaceChildren(...shown.map((k) => this.line(k)));
    Gauntlet.byId("count").textContent = this.rows.length === all ? `${all} scenarios` : `${this.rows.length} of ${all} scenarios`;
    Gauntlet.byId("page-now").textContent = shown.length ? `${begin + 1} to ${begin + shown.length} of ${this.rows.length}` : "nothing fits these filters";
    Gauntlet.byId("page-back").disabled = this.state.page === 0;
    Gauntlet.byId("page-on").disabled = this.state.page >= pages - 1;
    for (const cell of document.querySelectorAll("#browser thead th")) {
      const sorted = cell.dataset.key === this.state.sort;
      cell.setAttribute("aria-sort", sorted ? (this.state.down ? "descending" : "ascending") : "none");
      cell.querySelector("span").textContent = sorted ? (this.state.down ? " ▼" : " ▲") : "";
    }
  },

  // What is missing stands last, whichever way it is sorted.
  order(column) {
    const sign = this.state.down ? -1 : 1;
    const empty = (value) => value === null || value === undefined || value === "";
    return (a, b) => {
      const [one, two] = [column.value(a), column.value(b)];
      if (empty(one) || empty(two)) return empty(one) - empty(two) || a - b;
      const found = typeof one === "number" ? one - two : String(one).localeCompare(String(two));
      return sign * found || a - b;
    };
  },

  line(k) {
    const cells = this.columns.map((column, place) => {
      const content = column.cell ? column.cell(k) : String(column.value(k) ?? "-");
      const kind = column.number ? "num" : column.told ? "told" : "";
      return Gauntlet.make(place ? "td" : "th", { class: kind, scope: place ? false : "row", title: column.told ? content : false }, content);
    });
    return Gauntlet.make("tr", {}, cells);
  },

  // The scenario before or after one, in the order now shown.
  neighbour(id, way) {
    const { scenarios } = Gauntlet.report;
    const place = this.rows.findIndex((k) => scenarios.id[k] === id);
    const next = this.rows[place + way];
    return place < 0 || next === undefined ? null : scenarios.id[next];
  },
};
