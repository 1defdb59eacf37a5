"use strict";
// What is known of an episode beside its pictures: the diagnosis, the error, scores, events, facts.
Gauntlet.facts = {
  show(place, shown) {
    const seen = new Set();
    place.replaceChildren(...shown.filter((one) => { const key = one.key.split("/")[0]; return !seen.has(key) && seen.add(key); }).map((one) => this.side(one)));
  },

  side(one) {
    const make = Gauntlet.make, episode = one.episode;
    const parts = [make("header", {}, make("h2", {}, one.label), Gauntlet.chip(episode.outcome))];
    if (episode.diagnosis) parts.push(...this.diagnosis(episode));
    if (episode.error) {
      const { kind, phase, step, message, traceback } = episode.error;
      parts.push(make("h3", {}, "Error"), make("p", {}, `${kind} in ${phase} at step ${step}: ${message}`));
      if (traceback) parts.push(make("details", {}, make("summary", {}, "Traceback"), make("pre", { tabindex: "0" }, traceback)));
    }
    if (Object.keys(episode.scores || {}).length) parts.push(make("h3", {}, "Scores"), this.pairs(episode.scores));
    if (Object.keys(episode.subgoals || {}).length) {
      parts.push(make("h3", {}, "Subgoals"), this.pairs(Object.fromEntries(Object.entries(episode.subgoals).map(([name, step]) => [name, step === null ? "never" : `step ${step}`]))));
    }
    const plain = { seed: episode.seed, "agent's seed": episode.agent_seed, environment: episode.env, "control rate": episode.hz ? `${episode.hz} Hz` : null, attempts: episode.attempts };
    parts.push(make("details", {}, make("summary", {}, "Facts of the episode"), this.pairs(plain), this.pairs({ perturbations: episode.perturbations?.length ? episode.perturbations : null, ...episode.facts })));
    if (episode.notes?.length) parts.push(make("p", { class: "faint" }, episode.notes.join(" ")));
    return make("section", { class: `slot run-${one.number % 6}` }, parts);
  },

  // The five parts of a failure report, and the layer at fault.
  diagnosis(episode) {
    const make = Gauntlet.make, found = episode.diagnosis;
    const word = { ok: "success", fault: "failure", unknown: "error" };
    const part = (name, told) => [make("dt", {}, name), make("dd", {}, make("span", { class: `chip ${word[told.verdict] || ""}` }, told.verdict), ` ${told.text}`)];
    const jump = (step) => make("button", { type: "button", onclick: () => Gauntlet.episodePage.player.seek(step / (episode.hz || 1)) }, `step ${step}`);
    return [
      make("h3", {}, `Diagnosis: ${found.mode.replaceAll("_", " ")}`),
      make("p", {}, `${found.description}, at `, jump(found.step), `. At fault: `, make("b", {}, found.layer), found.layer_certain ? "" : " (not certain)", `, as ${found.layer_reason}.`),
      make("dl", { class: "parts" }, part("subtask or meta-action", found.meta_action), part("reasoning and grounding", found.reasoning), part("safety", found.safety),
        part("efficiency, execution", found.efficiency), make("dt", {}, "correction"), make("dd", {}, found.correction.text)),
      found.author === "rules" ? null : make("p", { class: "faint" }, `Texts by ${found.author}, from the same facts.`),
    ];
  },

  // A list of names and values; what is nested is written as JSON.
  pairs(values) {
    const make = Gauntlet.make;
    const word = (value) => value === null || value === undefined ? "does not apply" : typeof value === "number" ? String(Number(value.toPrecision(5))) : typeof value === "string" ? value : JSON.stringify(value);
    return make("dl", { class: "parts" }, Object.entries(values).filter(([, value]) => value !== undefined).flatMap(([name, value]) => [make("dt", {}, name.replaceAll("_", " ")), make("dd", {}, word(value))]));
  },
};
