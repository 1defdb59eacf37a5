"use strict";
// One side of the player: which episode and camera, the video, the prompts drawn on it, what is thought now, and the thoughts on a timeline.
class GauntletSlot {
  constructor(place, choices, chosen, onChange) {
    this.place = place;
    const make = Gauntlet.make;
    this.choice = make("select", { "aria-label": `What the ${place ? "right" : "left"} side shows`, onchange: () => onChange(this.choice.value) },
      choices.map(({ key, title }) => make("option", { value: key, selected: key === chosen }, title)));
    this.title = make("h2", {});
    this.state = make("span", {});
    this.screen = make("div", { class: "screen" });
    this.now = make("div", { class: "now" });
    this.timeline = make("div", { class: "timeline", role: "group", "aria-label": "Subtasks by step" });
    this.list = make("ol", { class: "thoughts", tabindex: "0", "aria-label": "Thoughts and events" });
    this.element = make("section", { class: "slot" }, make("header", {}, this.title, this.state, this.choice), this.screen);
    this.notes = make("section", { class: "slot", "aria-label": "Thoughts" }, this.now, this.timeline,
      make("details", { open: true }, make("summary", {}, "Thoughts and events"), this.list));
  }

  // Shows one run's episode; `seekStep(step in this episode)` is called when the reader picks a moment. Returns the player's slot.
  show(run, number, episode, camera, seekStep) {
    this.element.className = this.notes.className = `slot run-${number % 6}`;
    this.title.textContent = run;
    this.state.replaceChildren(Gauntlet.chip(episode?.outcome));
    this.episode = episode;
    this.camera = camera;
    this.svg = null;
    const slot = { video: null, hz: episode?.hz || 1, steps: episode?.steps || 0 };
    const found = episode?.videos?.[camera];
    if (found) {
      slot.video = Gauntlet.make("video", { src: found.file, preload: "auto", muted: true, playsinline: true, "aria-label": `${run}, camera ${camera}`, tabindex: "-1" });
      slot.video.muted = true;
      slot.broken = () => this.say(`${found.file} cannot be played`);
      this.screen.replaceChildren(slot.video);
      if (found.image) this.addPrompts(found);
    } else {
      this.say(this.reason(episode));
    }
    this.list.replaceChildren(...this.entries(episode, seekStep));
    this.drawTimeline(episode, seekStep);
    this.at(0);
    return slot;
  }

  reason(episode) {
    if (!episode) return "This run has no episode of the scenario.";
    if (episode.error) return `Error in ${episode.error.phase} at step ${episode.error.step}: ${episode.error.message}`;
    return ["No video.", ...(episode.notes || [])].join(" ");
  }

  say(text) { this.screen.replaceChildren(Gauntlet.make("p", {}, text)); }

  addPrompts(found) {
    this.draw = found;
    this.svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.svg.setAttribute("viewBox", `0 0 ${found.frame[0]} ${found.frame[1]}`);
    this.svg.setAttribute("preserveAspectRatio", "xMidYMid meet");
    this.svg.setAttribute("aria-hidden", "true");
    this.screen.append(this.svg);
  }

  entries(episode, seekStep) {
    const make = Gauntlet.make;
    const thoughts = (episode?.thoughts || []).map(([step, thought]) => [step, [thought?.subtask, thought?.reasoning].filter(Boolean).join(": ") || "prompts only"]);
    const events = (episode?.events || []).map(([step, name, detail]) =>
      [step, `event: ${[name.replaceAll("_", " "), ...Object.values(detail).filter((v) => typeof v === "string")].join(" ")}`]);
    const told = thoughts.filter(([, text], k) => k === 0 || text !== thoughts[k - 1][1]);
    this.moments = told.concat(events).sort((a, b) => a[0] - b[0]);
    return this.moments.map(([step, text]) => make("li", {},
      make("button", { type: "button", onclick: () => seekStep(step) }, make("span", { class: "faint" }, `step ${step}`), make("span", {}, text))));
  }

  drawTimeline(episode, seekStep) {
    const spans = [], last = Math.max(1, episode?.steps || 1);
    for (const [step, thought] of episode?.thoughts || []) {
      const name = thought?.subtask || "thinking";
      if (spans.length && spans[spans.length - 1].name === name) continue;
      if (spans.length) spans[spans.length - 1].end = step;
      spans.push({ name, begin: step, end: last });
    }
    this.spans = spans;
    const buttons = spans.map((span, k) => Gauntlet.make("button", {
      type: "button", class: k % 2 ? "odd" : "", title: `step ${span.begin}: ${span.name}`, "aria-label": `step ${span.begin}: ${span.name}`,
      onclick: () => seekStep(span.begin), style: `flex: ${Math.max(0.2, span.end - span.begin)} 0 0`,
    }, span.name));
    this.cursor = Gauntlet.make("span", { class: "cursor" });
    this.timeline.replaceChildren(...buttons, this.cursor);
    this.timeline.hidden = !spans.length;
  }

  // The longest episode fills the width of its timeline, the others their share of it.
  stretch(share) {
    this.timeline.style.width = `${Math.max(2, 100 * share)}%`;
  }

  thoughtAt(step) {
    let found = null;
    for (const [at, thought] of this.episode?.thoughts || []) { if (at > step) break; found = thought; }
    return found;
  }

  // What lay under its points and boxes, by the simulator's masks; only while the thought that was looked up still holds.
  truthAt(step) {
    let found = null, since = -1;
    for (const [at, truth] of this.episode?.grounding || []) { if (at > step) break; [found, since] = [truth, at]; }
    const later = (this.episode?.thoughts || []).some(([at]) => at > since && at <= step);
    return later ? null : found;
  }

  truthInWords(truth) {
    const hit = (one) => !one.expected ? one.object || "nothing" : one.object === one.expected ? `${one.object} (as meant)` : `${one.object || "nothing"} instead of ${one.expected}`;
    const parts = [...(truth.points || []).map(hit), ...(truth.boxes || []).map((one) => `${hit(one)}${typeof one.iou === "number" ? `, overlap ${one.iou.toFixed(2)}` : ""}`)];
    return parts.length ? `points at: ${parts.join("; ")}` : "";
  }

  at(step) {
    const thought = this.thoughtAt(step), truth = this.truthAt(step), make = Gauntlet.make, episode = this.episode;
    const sure = thought?.confidence !== null && thought?.confidence !== undefined ? ` (${Math.round(100 * thought.confidence)} %)` : "";
    const said = (episode?.changes || []).filter(([at]) => at <= step).pop()?.[1] ?? episode?.instruction ?? "";
    const event = (this.moments || []).filter(([at, text]) => at <= step && at > step - 6 && text.startsWith("event: ")).pop();
    this.now.replaceChildren(
      make("p", { class: "faint" }, `step ${step} of ${episode?.steps ?? 0}${said ? ` · “${said}”` : ""}`),
      make("p", { class: "subtask" }, thought?.subtask ? `${thought.subtask}${sure}` : ""),
      make("p", {}, thought?.reasoning || "", event ? make("span", { class: "faint" }, ` ${event[1].slice(7)}`) : ""),
      ...(truth ? [make("p", { class: "faint" }, this.truthInWords(truth))] : []));
    if (this.cursor) this.cursor.style.left = `${100 * step / Math.max(1, episode?.steps || 1)}%`;
    let current = -1;
    (this.moments || []).forEach(([begin], k) => { if (begin <= step) current = k; });
    [...this.list.children].forEach((item, k) => item.classList.toggle("current", k === current));
    if (this.svg) this.drawPrompts(thought, truth);
  }

  // The prompts that the video lacks, and, dashed, where what they mean really is.
  drawPrompts(thought, truth) {
    const { image, picture, draw } = this.draw;
    const [left, top] = picture, kx = picture[2] / image[0], ky = picture[3] / image[1];
    const size = this.draw.frame[0] / 34, colours = ["#ffc400", "#00d6ff", "#ff60b2", "#8cff78"];
    const mine = (kind) => draw.includes(kind) ? (thought?.[kind] || []).filter((shape) => !shape.camera || shape.camera === this.camera) : [];
    const labels = [...new Set([...(thought?.points || []), ...(thought?.boxes || []), ...(thought?.traces || [])].map((shape) => shape.label || ""))];
    const colour = (shape) => colours[labels.indexOf(shape.label || "") % colours.length];
    const marks = [];
    const add = (name, values, text) => {
      const mark = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(values)) mark.setAttribute(key, value);
      if (text) mark.textContent = text;
      marks.push(mark);
    };
    const label = (shape, x, y) => add("text", { x, y, fill: colour(shape), "font-size": size, stroke: "#000", "stroke-width": size / 6, "paint-order": "stroke" }, shape.label);
    for (const kind of ["points", "boxes"]) {
      (truth?.[kind] || []).forEach((one, k) => {
        const said = thought?.[kind]?.[k];
        if (!one.box || !said || (said.camera && said.camera !== this.camera)) return;
        const [x0, y0, x1, y1] = one.box;
        add("rect", { x: left + x0 * kx, y: top + y0 * ky, width: (x1 - x0) * kx, height: (y1 - y0) * ky, fill: "none", stroke: "#fff", "stroke-width": size / 9, "stroke-dasharray": `${size / 3} ${size / 4}`, class: "truth" });
      });
    }
    const numbers = (...values) => values.every((value) => typeof value === "number");
    for (const t of mine("traces")) {
      if (!t.points.every((p) => numbers(...p))) continue;
      add("polyline", { points: t.points.map(([x, y]) => `${left + x * kx},${top + y * ky}`).join(" "), fill: "none", stroke: colour(t), "stroke-width": size / 6 });
    }
    for (const b of mine("boxes")) {
      if (!numbers(b.x0, b.y0, b.x1, b.y1)) continue;
      const [x, y] = [left + Math.min(b.x0, b.x1) * kx, top + Math.min(b.y0, b.y1) * ky];
      add("rect", { x, y, width: Math.abs(b.x1 - b.x0) * kx, height: Math.abs(b.y1 - b.y0) * ky, fill: "none", stroke: colour(b), "stroke-width": size / 6 });
      label(b, x, y - size / 3);
    }
    for (const p of mine("points")) {
      if (!numbers(p.x, p.y)) continue;
      const [x, y] = [left + p.x * kx, top + p.y * ky];
      add("circle", { cx: x, cy: y, r: size / 2, fill: "none", stroke: colour(p), "stroke-width": size / 5 });
      label(p, x + size, y + size / 3);
    }
    this.svg.replaceChildren(...marks);
  }
}
