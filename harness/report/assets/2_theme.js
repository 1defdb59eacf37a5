"use strict";
// Light and dark: the system's choice until the reader makes one.
Gauntlet.theme = {
  listeners: [],

  start() {
    const system = matchMedia("(prefers-color-scheme: dark)");
    this.apply(this.stored() || (system.matches ? "dark" : "light"));
    system.addEventListener("change", () => { if (!this.stored()) this.apply(system.matches ? "dark" : "light"); });
    Gauntlet.byId("theme").addEventListener("click", () => {
      const wanted = this.now === "dark" ? "light" : "dark";
      try { localStorage.setItem("gauntlet-theme", wanted); } catch { /* pages from disk may have no storage */ }
      this.apply(wanted);
    });
  },

  stored() {
    try { return localStorage.getItem("gauntlet-theme"); } catch { return null; }
  },

  apply(name) {
    this.now = name;
    document.documentElement.dataset.theme = name;
    Gauntlet.byId("theme").setAttribute("aria-pressed", String(name === "dark"));
    for (const listener of this.listeners) listener();
  },

  colour(role) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${role}`).trim();
  },
};
