"use strict";
// The diagrams, drawn by Plotly, again whenever the theme changes.
Gauntlet.charts = {
  CONFIG: { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] },

  stale: new Set(),   // ids of diagrams that are to be drawn once they come into view

  // Marks all diagrams to be drawn (again); each is drawn when the reader comes near it, as a hidden one has no size to fit.
  drawAll() {
    const draw = { "chart-tasks": "tasks", "chart-matrix": "matrix", "chart-severity": "severity", "chart-modes": "modes", "chart-phases": "phases", "chart-stages": "stages" };
    this.watch ||= new IntersectionObserver((seen) => {
      for (const { target, isIntersecting } of seen) if (isIntersecting && this.stale.delete(target.id)) this[draw[target.id]]();
    }, { rootMargin: "400px" });
    for (const id of Object.keys(draw)) {
      const place = Gauntlet.byId(id);
      if (!place) continue;
      this.stale.add(id);
      this.watch.unobserve(place);   // observing anew reports at once whether it is in view
      this.watch.observe(place);
    }
  },

  // Axes and fonts in the theme's colours; `more` is laid over it.
  layout(more) {
    const colour = (role) => Gauntlet.theme.colour(role);
    const axis = { gridcolor: colour("line"), zerolinecolor: colour("line"), linecolor: colour("line"), automargin: true };
    const layout = {
      paper_bgcolor: colour("ground"), plot_bgcolor: colour("ground"),
      font: { family: "system-ui, sans-serif", size: 13, color: colour("ink") },
      margin: { l: 55, r: 20, t: 30, b: 45 },
      hoverlabel: { font: { size: 13 } },
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
      ...more,
    };
    for (const name of Object.keys(more).filter((key) => /^[xy]axis\d*$/.test(key)).concat("xaxis", "yaxis")) {
      layout[name] = { ...axis, ...(more[name] || {}) };
    }
    return layout;
  },

  runColour: (number) => Gauntlet.theme.colour(`run-${number % 6}`),

  errorBars(rates, number) {
    return {
      type: "data", symmetric: false, color: this.runColour(number), thickness: 1.6, width: 4,
      array: rates.map((r) => (r.high - r.rate) * 100), arrayminus: rates.map((r) => (r.rate - r.low) * 100),
    };
  },

  tasks() {
    const { runs, summaries, matrix } = Gauntlet.report;
    const traces = runs.map((run, number) => {
      const given = matrix.tasks.filter((task) => summaries[number].tasks[task]?.rate != null);
      const rates = given.map((task) => summaries[number].tasks[task]);
      return {
        type: "scatter", mode: "markers", name: Gauntlet.textOnly(run.label), x: given.map(Gauntlet.textOnly), y: rates.map((r) => 100 * r.rate), error_y: this.errorBars(rates, number),
        marker: { size: 10, color: this.runColour(number), symbol: ["circle", "diamond", "square", "triangle-up", "x", "star"][number % 6] },
        text: rates.map(Gauntlet.interval), hovertemplate: "%{x}<br>%{text}<extra>%{fullData.name}</extra>",
      };
    });
    // Marked under the axis too: a diagram is looked at, and copied, without its table.
    const marked = (task) => Gauntlet.textOnly(task) + (summaries.some((one) => one.tasks[task]?.substituted) ? " †" : "");
    const layout = this.layout({
      height: 340, scattermode: "group", scattergap: 0.7, showlegend: runs.length > 1,
      yaxis: { title: { text: "success, %" }, range: [-4, 104] }, xaxis: { type: "category", categoryarray: matrix.tasks.map(Gauntlet.textOnly), categoryorder: "array", tickvals: matrix.tasks.map(Gauntlet.textOnly), ticktext: matrix.tasks.map(marked) },
    });
    Plotly.react("chart-tasks", traces, layout, this.CONFIG);
  },

  matrix() {
    const { matrix } = Gauntlet.report;
    const shown = Number(Gauntlet.byId("matrix-shown").value);
    const minus = Object.is(shown, -0) || shown < 0;
    const cells = matrix.cells[Math.abs(shown)];
    const difference = (row, column) => {
      const [one, two] = [matrix.cells[0][row][column], cells[row][column]];
      return one?.rate == null || two?.rate == null ? null : 100 * (two.rate - one.rate);
    };
    const z = cells.map((line, row) => line.map((cell, column) => minus ? difference(row, column) : cell?.rate == null ? null : 100 * cell.rate));
    const words = z.map((line, row) => line.map((value, column) => {
      if (value === null) return cells[row][column]?.mixes ? "mixed" : "-";
      return minus ? `${value > 0 ? "+" : ""}${value.toFixed(0)}` : `${value.toFixed(0)} %${Gauntlet.mark(cells[row][column])}<br>${cells[row][column].k}/${cells[row][column].n}`;
    }));
    const hover = cells.map((line, row) => line.map((cell, column) =>
      minus ? `${Gauntlet.interval(matrix.cells[0][row][column])}<br>${Gauntlet.interval(cell)}` : Gauntlet.interval(cell)));
    const dark = Gauntlet.theme.now === "dark";
    const middle = Gauntlet.theme.colour("raised");
    const rates = dark ? [[0, "#5c2a1e"], [0.5, "#4d4a3a"], [1, "#1d4f6e"]] : [[0, "#f6c9b5"], [0.5, "#f6efd6"], [1, "#a9d3ea"]];
    const sides = dark ? [[0, "#8c3a22"], [0.5, middle], [1, "#216a94"]] : [[0, "#ec9a77"], [0.5, middle], [1, "#6db4dc"]];
    const trace = {
      type: "heatmap", x: matrix.axes.map(Gauntlet.textOnly), y: matrix.tasks.map(Gauntlet.textOnly), z, text: words, texttemplate: "%{text}", customdata: hover,
      hovertemplate: "%{y}, %{x}<br>%{customdata}<extra></extra>", colorscale: minus ? sides : rates,
      zmin: minus ? -100 : 0, zmax: 100, xgap: 3, ygap: 3, hoverongaps: false,
      colorbar: { title: { text: minus ? "points" : "success, %" }, thickness: 12 },
    };
    const layout = this.layout({
      height: Math.max(220, 90 + 46 * matrix.tasks.length), yaxis: { autorange: "reversed", type: "category", showgrid: false },
      xaxis: { type: "category", side: "top", showgrid: false }, margin: { l: 60, r: 20, t: 60, b: 10 },
    });
    Plotly.react("chart-matrix", [trace], layout, this.CONFIG).then((plot) => {
      plot.removeAllListeners("plotly_click");
      plot.on("plotly_click", (event) => {
        const [row, column] = event.points[0].pointNumber;
        location.hash = Gauntlet.address("/episodes", { task: matrix.tasks[row], axis: matrix.axes[column] });
      });
    });
  },

  severity() {
    const { runs, severity } = Gauntlet.report;
    const axes = Object.keys(severity);
    const columns = Math.min(axes.length, 3), rows = Math.ceil(axes.length / columns);
    const traces = [], layout = { grid: { rows, columns, pattern: "independent" }, height: 90 + 260 * rows, annotations: [], showlegend: runs.length > 1 };
    axes.forEach((axis, index) => {
      const suffix = index ? String(index + 1) : "";
      severity[axis].forEach((points, number) => {
        const given = points.filter((p) => p.rate !== null);
        traces.push({
          type: "scatter", mode: "lines+markers", name: Gauntlet.textOnly(runs[number].label), legendgroup: number, showlegend: index === 0,
          x: given.map((p) => p.severity + 0.08 * (number - (runs.length - 1) / 2)), customdata: given.map((p) => p.severity), y: given.map((p) => 100 * p.rate), error_y: this.errorBars(given, number),
          line: { color: this.runColour(number), dash: ["solid", "dash", "dot", "dashdot", "longdash", "solid"][number % 6] }, marker: { size: 7 },
          xaxis: `x${suffix}`, yaxis: `y${suffix}`, text: given.map(Gauntlet.interval), hovertemplate: "severity %{customdata}<br>%{text}<extra>%{fullData.name}</extra>",
        });
      });
      layout[`xaxis${suffix}`] = { title: { text: `${Gauntlet.textOnly(axis)}, severity` }, dtick: 1, range: [-0.3, 5.3] };
      layout[`yaxis${suffix}`] = { range: [-4, 104], title: index % columns ? undefined : { text: "success, %" } };
    });
    Plotly.react("chart-severity", traces, this.layout(layout), this.CONFIG);
  },

  modes() {
    const { runs, modes } = Gauntlet.report;
    const totals = {};
    for (const row of modes.flat()) totals[row.mode] = (totals[row.mode] || 0) + row.episodes;
    const names = Object.keys(totals).sort((a, b) => totals[b] - totals[a]);
    const traces = runs.map((run, number) => ({
      type: "bar", orientation: "h", name: Gauntlet.textOnly(run.label), y: names.map((name) => Gauntlet.textOnly(name.replaceAll("_", " "))), marker: { color: this.runColour(number) },
      x: names.map((name) => modes[number].filter((row) => row.mode === name).reduce((sum, row) => sum + row.episodes, 0)),
      hovertemplate: "%{y}: %{x} episodes<extra>%{fullData.name}</extra>",
    }));
    const layout = this.layout({ height: 110 + 34 * names.length * Math.max(1, runs.length * 0.6), barmode: "group", showlegend: runs.length > 1,
      xaxis: { title: { text: "failed episodes" }, rangemode: "tozero" }, yaxis: { type: "category", autorange: "reversed" }, margin: { l: 120, r: 20, t: 40, b: 45 } });
    Plotly.react("chart-modes", traces, layout, this.CONFIG);
  },

  phases() {
    const { runs, latency } = Gauntlet.report;
    this.stacked("chart-phases", "ms a control step (mean)", runs, latency.map((one) => one.phases));
  },

  stages() {
    const { runs, latency } = Gauntlet.report;
    this.stacked("chart-stages", "ms a decision (median)", runs, latency.map((one) => one.stages));
  },

  stacked(id, title, runs, parts) {
    const names = [...new Set(parts.flatMap((part) => Object.keys(part)))];
    const shades = ["#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#9c755f", "#76b7b2"];
    const labels = runs.map((run) => Gauntlet.textOnly(run.label));
    const traces = names.map((name, index) => ({
      type: "bar", orientation: "h", name: Gauntlet.textOnly(name), y: labels, x: parts.map((part) => 1000 * (part[name] || 0)), marker: { color: shades[index % shades.length] },
      hovertemplate: `${Gauntlet.textOnly(name)}: %{x:.2f} ms<extra>%{y}</extra>`,
    }));
    const annotations = names.length ? [] : [{ text: "the policy reported no stages", showarrow: false, xref: "paper", yref: "paper", x: 0.5, y: 0.5 }];
    const layout = this.layout({ height: 150 + 44 * runs.length, barmode: "stack", legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, traceorder: "normal" }, xaxis: { title: { text: title }, rangemode: "tozero" },
      yaxis: { type: "category", autorange: "reversed", showticklabels: names.length > 0 }, annotations, margin: { l: 90, r: 20, t: 50, b: 45 } });
    Plotly.react(id, traces, layout, this.CONFIG);
  },
};
