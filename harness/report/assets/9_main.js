"use strict";
// Starts the page, and follows its address: "#/episode/ID?step=..." is one scenario, "#/episodes?task=..." the filtered table, anything else a section.
function gauntletReport(report) {
  Gauntlet.report = report;
  Gauntlet.theme.start();
  Gauntlet.browser.start();
  Gauntlet.charts.drawAll();
  Gauntlet.theme.listeners.push(() => { Gauntlet.charts.drawAll(); if (Gauntlet.episodePage.player) Gauntlet.episodePage.refresh(); });
  Gauntlet.byId("matrix-shown").addEventListener("change", () => Gauntlet.charts.matrix());
  document.querySelector(".skip").addEventListener("click", (event) => {   // no address of its own: it must not leave an episode
    event.preventDefault();
    Gauntlet.byId("content").focus();
  });
  addEventListener("hashchange", () => Gauntlet.follow());
  addEventListener("keydown", (event) => {
    const busy = event.target.closest?.("input, select, textarea, .thoughts, .scroll, pre, summary, a") || (event.key === " " && event.target.closest?.("button"));
    if (!event.ctrlKey && !event.metaKey && !event.altKey && (!busy || event.key === "Escape")) Gauntlet.episodePage.key(event);
  });
  Gauntlet.follow();
  document.documentElement.dataset.ready = "true";
}

Gauntlet.follow = () => {
  const { path, query } = Gauntlet.route();
  const found = path.match(/^\/episode\/([^/]+)$/);
  Gauntlet.byId("report").hidden = Boolean(found);
  Gauntlet.byId("episode").hidden = !found;
  if (found) { Gauntlet.episodePage.open(found[1], query); scrollTo(0, 0); return; }
  Gauntlet.episodePage.close();
  Gauntlet.byId("episode").replaceChildren();
  if (path === "/episodes") { Gauntlet.browser.restore(query); Gauntlet.browser.show(); Gauntlet.byId("episodes").scrollIntoView(); Gauntlet.focusLeft(); return; }
  const section = location.hash.length > 1 && !path ? Gauntlet.byId(location.hash.slice(1)) : null;
  if (section) section.scrollIntoView();
};

// From an episode back to the table as it was filtered, with the focus on the row that was left.
Gauntlet.leave = () => {
  const id = Gauntlet.episodePage.id, { browser } = Gauntlet;
  const values = Object.fromEntries(browser.FILTERS.map((name) => [name, browser.value(name)]));
  const { sort, down, page } = browser.state;
  location.hash = Gauntlet.address("/episodes", { ...values, sort, down: down ? 1 : "", page: page || "" });
  Gauntlet.left = id;
};

Gauntlet.focusLeft = () => {
  if (Gauntlet.left) document.querySelector(`#browser a[href$="/${CSS.escape(Gauntlet.left)}"]`)?.focus();
  Gauntlet.left = null;
};
