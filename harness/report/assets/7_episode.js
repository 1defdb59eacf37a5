"use strict";
// The page of one scenario: two episodes, or two cameras of one, on one scrubber; their curves; why they failed; everything that is known.
Gauntlet.episodePage = {
  player: null,

  open(id, query) {
    this.close();
    this.id = id;
    const page = Gauntlet.byId("episode");
    page.replaceChildren(Gauntlet.make("p", { class: "faint" }, `Loading ${id} ...`));
    if (!Gauntlet.report.scenarios.id.includes(id)) {
      page.replaceChildren(this.crumbs(id), Gauntlet.make("p", {}, `This report has no scenario ${id}.`));
      return;
    }
    Gauntlet.load(id, (runs) => {
      if (this.id !== id) return;
      if (runs === null) { page.replaceChildren(this.crumbs(id), Gauntlet.make("p", {}, `data/episodes/${id}.js cannot be loaded: the report's folder is not whole.`)); return; }
      this.runs = runs;
      this.addTwin(id, () => { if (this.id === id) this.build(page, id, query); });
    });
  },

  // A perturbed episode can be set beside its clean twin.
  addTwin(id, then) {
    const { scenarios } = Gauntlet.report;
    const twin = scenarios.twin[scenarios.id.indexOf(id)];
    this.twin = null;
    if (!twin || !scenarios.id.includes(twin)) { then(); return; }
    Gauntlet.load(twin, (runs) => { this.twin = runs; then(); });
  },

  close() {
    this.player?.close();
    this.player = null;
    this.id = null;
  },

  // Everything that a side can show: {key: "run/camera" or "run~/camera" for the twin, title, number, episode, camera}.
  describeChoices() {
    const labels = Gauntlet.report.runs.map((run) => run.label);
    const of = (runs, mark, word) => (runs || []).flatMap((episode, number) => {
      if (!episode) return [];
      const cameras = Object.keys(episode.videos || {});
      return (cameras.length ? cameras : [""]).map((camera) => ({
        key: `${number}${mark}/${camera}`, number, episode, camera, label: `${labels[number]}${word}`,
        title: [`${labels[number]}${word}`, camera || "no video"].join(", "),
      }));
    });
    return [...of(this.runs, "", ""), ...of(this.twin, "~", " (clean twin)")];
  },

  // Two runs side by side; in a single one the clean twin, else its second camera.
  defaults(choices) {
    const first = choices.find((one) => !one.key.includes("~")) || choices[0];
    const last = choices.filter((one) => !one.key.includes("~") && one.number !== first.number).pop();
    const second = last ? choices.find((one) => one.number === last.number && !one.key.includes("~")) : choices.find((one) => one.key.includes("~")) || choices[1];
    return [first, second];
  },

  build(page, id, query) {
    const make = Gauntlet.make, choices = this.describeChoices();
    const { scenarios } = Gauntlet.report, k = scenarios.id.indexOf(id);
    if (!choices.length) { page.replaceChildren(this.crumbs(id), make("p", {}, "No run has an episode of this scenario.")); return; }
    const wanted = [query.get("left"), query.get("right")];
    const chosen = this.defaults(choices).map((standard, place) => choices.find((one) => one.key === wanted[place]) || standard);
    this.player = new GauntletPlayer((seconds) => this.showTime(seconds));
    const sides = chosen.filter(Boolean);
    this.sides = sides.map((one, place) => new GauntletSlot(place, choices, one.key, (key) => { this.fill(place, choices.find((c) => c.key === key)); this.remember(); }));
    const about = [scenarios.task[k], scenarios.axis[k] !== "clean" ? scenarios.axis[k] : "", scenarios.severity[k] ? `severity ${scenarios.severity[k]}` : "",
      ...Object.entries(scenarios.tags).map(([tag, values]) => values[k] === null ? "" : `${tag} ${values[k]}`)].filter(Boolean).join(" · ");
    page.replaceChildren(this.crumbs(id), make("h1", {}, `“${scenarios.instruction[k] || id}”`), make("p", { class: "lead" }, `${about} · ${id}`),
      make("div", { class: "slots" }, this.sides.map((side) => side.element)), this.transport(),
      make("div", { class: "slots" }, this.sides.map((side) => side.notes)),
      make("div", { class: "halves" },
        make("div", { id: "chart-progress", class: "chart", role: "img", "aria-label": "Progress by simulated time" }),
        make("div", { id: "chart-cost", class: "chart", role: "img", "aria-label": "Wall time of each step" })),
      make("div", { id: "facts", class: "slots" }));
    this.shown = [];
    sides.forEach((one, place) => this.fill(place, one, true));
    this.refresh();
    const step = Number(query.get("step"));
    this.player.seekStep(Number.isFinite(step) ? step : 0);
    page.focus({ preventScroll: true });
  },

  crumbs(id) {
    const make = Gauntlet.make;
    const beside = (way, text) => {
      const other = Gauntlet.browser.neighbour(id, way);
      return make("button", { type: "button", disabled: !other, onclick: () => { location.hash = Gauntlet.address(`/episode/${other}`, {}); } }, text);
    };
    return make("nav", { class: "crumbs", "aria-label": "Episodes" },
      make("a", { href: "#episodes", onclick: (event) => { event.preventDefault(); Gauntlet.leave(); } }, "All episodes"), beside(-1, "Previous (p)"), beside(1, "Next (n)"));
  },

  transport() {
    const make = Gauntlet.make;
    this.playButton = make("button", { type: "button", id: "play", onclick: () => this.player.toggle() }, "Play");
    this.scrubber = make("input", { type: "range", id: "scrubber", min: 0, max: 1, step: 1, value: 0, "aria-label": "Step", oninput: () => this.scrub() });
    this.clock = make("output", { for: "scrubber" });
    const pace = make("select", { "aria-label": "Pace", onchange: () => this.player.setPace(Number(pace.value)) },
      [0.25, 0.5, 1, 2, 4].map((value) => make("option", { value, selected: value === 1 }, `${value}×`)));
    return make("div", { class: "transport", role: "group", "aria-label": "Player; space plays, the arrows step" },
      this.playButton, make("button", { type: "button", "aria-label": "One step back", onclick: () => this.nudge(-1) }, "◀"),
      make("button", { type: "button", "aria-label": "One step on", onclick: () => this.nudge(1) }, "▶"), this.scrubber, this.clock, pace);
  },

  scrub() {
    if (this.player.playing) this.player.pause();
    this.player.seekStep(Number(this.scrubber.value));
    this.remember();
  },

  nudge(way) {
    if (this.player.playing) this.player.pause();
    this.player.seekStep(this.player.step + way);
    this.remember();
  },

  fill(place, choice, quiet = false) {
    const seek = (step) => { if (this.player.playing) this.player.pause(); this.player.seek(step / (choice.episode.hz || 1)); this.remember(); };
    this.shown[place] = choice;
    this.player.put(place, this.sides[place].show(choice.label, choice.number, choice.episode, choice.camera, seek));
    if (!quiet) this.refresh();
  },

  refresh() {
    this.scrubber.max = Math.max(1, this.player.steps);
    for (const [place, side] of this.sides.entries()) {
      const slot = this.player.slots[place];
      side.stretch(this.player.duration ? slot.steps / slot.hz / this.player.duration : 1);
    }
    this.drawCharts();
    Gauntlet.facts.show(Gauntlet.byId("facts"), this.shown);
    this.showTime(this.player.time);
  },

  // The moment and the sides become part of the address.
  remember() {
    const standard = this.defaults(this.describeChoices());
    const side = (place) => this.shown[place] && this.shown[place].key !== standard[place]?.key ? this.shown[place].key : "";
    history.replaceState(null, "", Gauntlet.address(`/episode/${this.id}`, { step: this.player.step || "", left: side(0), right: side(1) }));
  },

  showTime(seconds) {
    if (!this.player || !this.clock || this.shown.length < this.sides.length) return;
    this.scrubber.value = this.player.step;
    this.clock.value = `step ${this.player.step}/${this.player.steps} · ${seconds.toFixed(1)} s`;
    this.playButton.textContent = this.player.playing ? "Pause" : "Play";
    const steps = this.player.slots.map((slot) => this.player.stepOf(slot));
    if (String(steps) !== this.stepsShown || !this.player.playing) {
      this.stepsShown = String(steps);
      this.sides.forEach((side, place) => side.at(steps[place]));
      this.moveCursor(seconds);
    }
  },

  drawCharts() {
    const { charts } = Gauntlet, seen = new Set();
    const distinct = this.shown.filter((one) => { const key = one.key.split("/")[0]; return one.episode.progress && !seen.has(key) && seen.add(key); });
    const colour = (one, place) => charts.runColour(one.key.includes("~") ? 2 : one.number === distinct[0].number && place ? 3 : one.number);
    const line = (one, place, y) => ({
      type: "scatter", mode: "lines", name: Gauntlet.textOnly(one.label), x: y.map((_, step) => step / one.episode.hz), y,
      line: { color: colour(one, place), dash: place ? "dash" : "solid", width: 2.5 },
    });
    const progress = distinct.map((one, place) => ({ ...line(one, place, one.episode.progress), line: { ...line(one, place, []).line, shape: "hv" } }));
    const cost = distinct.map((one, place) => {
      const { act = [], step = [], render = [] } = one.episode.seconds || {};
      return { ...line(one, place, act.map((value, k) => 1000 * (value + (step[k] || 0) + (render[k] || 0)))),
        customdata: act.map((value, k) => `act ${Gauntlet.seconds(value)}, step ${Gauntlet.seconds(step[k] || 0)}, render ${Gauntlet.seconds(render[k] || 0)}${this.stagesAt(one, k)}`),
        hovertemplate: "%{y:.1f} ms<br>%{customdata}<extra>%{fullData.name}</extra>" };
    });
    const time = { title: { text: "simulated time, s" }, range: [0, Math.max(0.1, this.player.duration)], automargin: false };
    const look = (title, more) => charts.layout({ height: 300, showlegend: true, title: { text: title, font: { size: 14 } }, margin: { l: 55, r: 15, t: 60, b: 45 }, xaxis: time, ...more });
    Plotly.react("chart-progress", progress, look("progress", { yaxis: { range: [-0.05, 1.05], automargin: false } }), charts.CONFIG);
    Plotly.react("chart-cost", cost, look("wall time a step, ms", { yaxis: { rangemode: "tozero", automargin: false } }), charts.CONFIG);
    for (const id of ["chart-progress", "chart-cost"]) {
      const plot = Gauntlet.byId(id);
      plot.removeAllListeners("plotly_click");
      plot.on("plotly_click", (event) => { if (this.player.playing) this.player.pause(); this.player.seek(event.points[0].x); this.remember(); });
    }
  },

  stagesAt(one, step) {
    const found = (one.episode.stages || []).find(([at]) => at === step);
    return found ? `<br>${Object.entries(found[1]).map(([name, value]) => `${Gauntlet.textOnly(name)} ${Gauntlet.seconds(value)}`).join(", ")}` : "";
  },

  moveCursor(seconds) {
    const shape = { type: "line", x0: seconds, x1: seconds, yref: "paper", y0: 0, y1: 1, line: { color: Gauntlet.theme.colour("ink"), width: 1.5 } };
    for (const id of ["chart-progress", "chart-cost"]) {
      if (Gauntlet.byId(id)?.layout) Plotly.relayout(id, { shapes: [shape] });
    }
  },

  key(event) {
    const acts = { " ": () => this.player?.toggle(), ArrowLeft: () => this.nudge(-1), ArrowRight: () => this.nudge(1),
      Home: () => this.player?.seekStep(0), End: () => this.player?.seekStep(this.player.steps),
      n: () => this.go(1), p: () => this.go(-1), Escape: () => Gauntlet.leave() };
    if (!this.id || !(event.key in acts) || (!this.player && !["n", "p", "Escape"].includes(event.key))) return;
    event.preventDefault();
    acts[event.key]();
  },

  go(way) {
    const other = Gauntlet.browser.neighbour(this.id, way);
    if (other) location.hash = Gauntlet.address(`/episode/${other}`, {});
  },
};
