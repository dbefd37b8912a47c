// Charts, tables, the slider over the epochs, and the switch between light and dark.

const root = document.documentElement;
const data = JSON.parse(document.getElementById("data").textContent);
const records = ({ names, rows }) => rows.map((row) => Object.fromEntries(row.map((value, i) => [names[i], value])));

const [LEAST, MOST] = [110, 180]; // pixels of a side of a map's panel
const [AXIS, LETTER, SYMBOL, GAP] = [50, 7.5, 30, 30]; // pixels, at the size of the labels

let charts = {}; // on the page now, as promises by their ids

function drawCharts() {
  for (const chart of Object.values(charts)) chart.then(({ finalize }) => finalize());
  const ink = getComputedStyle(document.body).color;
  const faint = getComputedStyle(document.querySelector("footer")).borderTopColor;
  const dark = isDark();
  const [accent] = data.looks[dark ? "dark" : "light"].category;
  const text = { labelColor: ink, titleColor: ink, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" };
  const config = {
    background: "transparent",
    font: getComputedStyle(document.body).fontFamily,
    axis: { ...text, labelSeparation: 6, gridColor: faint, domainColor: faint, tickColor: faint },
    header: text,
    legend: { ...text, orient: "bottom", symbolOpacity: 1, symbolType: "stroke", symbolSize: 400, symbolStrokeWidth: 2 },
    mark: { color: ink },
    rule: { color: ink },
    line: { color: accent },
    point: { color: accent },
    bar: { color: accent },
    text: { color: ink },
    view: { stroke: null },
    range: data.looks[dark ? "dark" : "light"],
  };
  const embedded = Object.entries(data.charts).map(([id, { spec, table }]) => {
    // Vega-Lite fits a single view to its place, but not a map of many.
    const fit = { width: "container", height: 260, autosize: { type: "fit-x", contains: "padding" } };
    const place = document.getElementById(`chart-${id}`);
    const rows = records(data.tables[table]);
    const full = spec.facet ? panelled(spec, rows, place.clientWidth) : { ...spec, ...fit };
    if (spec.height) full.height = spec.height.step * different(rows, spec.encoding.y.field);
    full.data = { name: "rows", values: rows };
    const legend = { ...config.legend, ...legendOf(spec, rows, place.clientWidth) };
    const options = { mode: "vega-lite", renderer: "canvas", actions: false, tooltip: { theme: dark ? "dark" : "light" } };
    return [id, vegaEmbed(place, full, { ...options, config: { ...config, legend } })];
  });
  charts = Object.fromEntries(embedded);
}

// Shows the rows that the table of a chart has now.
function redraw(id) {
  const rows = records(data.tables[data.charts[id].table]);
  charts[id]?.then(({ view }) => view.data("rows", rows).runAsync());
}

const different = (rows, field) => new Set(rows.map((row) => row[field])).size;

// A map's panels, as many beside each other as there is room for, and as large.
function panelled(spec, rows, width) {
  const panels = different(rows, spec.facet.field);
  const columns = Math.min(panels, Math.max(2, Math.floor((width - AXIS) / (LEAST + GAP))));
  const side = Math.min(MOST, Math.floor((width - AXIS) / columns) - GAP);
  return { ...spec, columns, spacing: GAP, spec: { ...spec.spec, width: side, height: side } };
}

// As many columns as fit beside each other, so that no name is cut short.
function legendOf(spec, rows, width) {
  const field = spec.encoding?.color?.field;
  const names = rows.length && field in rows[0] ? rows.map((row) => String(row[field] ?? "")) : ["validation"];
  const longest = Math.max(...names.map((name) => name.length));
  return { columns: Math.max(1, Math.floor((width - AXIS) / (longest * LETTER + SYMBOL))), labelLimit: 0 };
}

function sortable(table) {
  const headings = [...table.querySelectorAll("thead th")];
  headings.forEach((heading, column) => {
    heading.querySelector("button").addEventListener("click", () => {
      const direction = heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", direction);
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => compare(a.cells[column].dataset.value, b.cells[column].dataset.value, direction));
      table.tBodies[0].append(...rows);
    });
  });
}

// What has no value stands last in both directions.
function compare(a, b, direction) {
  if (a === "" || b === "") return (a === "") - (b === "");
  const numbers = !Number.isNaN(Number(a)) && !Number.isNaN(Number(b));
  const order = numbers ? Number(a) - Number(b) : a.localeCompare(b);
  return direction === "ascending" ? order : -order;
}

function slider({ learning, points, features, classes }) {
  const [canvas, range, label, play] = ["plane", "epoch", "label", "play"].map((name) =>
    document.getElementById(`learning-${name}`),
  );
  const curves = new Map(records(learning.curves).map((row) => [row.epoch, row]));
  range.max = String(learning.grids.length - 1);
  range.value = range.max;

  function show() {
    const { epoch, places, steps } = learning.grids[Number(range.value)];
    paint(canvas, decode(steps), places, { line: true, classes });
    drawPoints(canvas, { points, features, classes });
    const row = curves.get(epoch);
    const right = row ? `${(100 * row.val_accuracy).toFixed(1)} % of the validation points right` : "not trained yet";
    label.textContent = `Epoch ${epoch}: ${right}`;
    range.setAttribute("aria-valuetext", label.textContent);
  }

  let timer;
  function stop() {
    clearInterval(timer);
    timer = undefined;
    play.textContent = "Play";
  }
  function next() {
    if (Number(range.value) >= Number(range.max)) return stop();
    range.stepUp();
    return show();
  }
  play.addEventListener("click", () => {
    if (timer !== undefined) return stop();
    if (range.value === range.max) range.value = "0";
    play.textContent = "Pause";
    timer = setInterval(next, 700);
    return show();
  });
  range.addEventListener("input", () => {
    stop();
    show();
  });
  show();
}

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.style.colorScheme || (prefersDark.matches ? "dark" : "light")) === "dark";

function showTheme() {
  document.getElementById("theme").setAttribute("aria-pressed", String(isDark()));
  drawCharts();
}

document.getElementById("theme").addEventListener("click", () => {
  root.style.colorScheme = isDark() ? "light" : "dark";
  showTheme();
});
prefersDark.addEventListener("change", showTheme);
if (data.learning) slider(data);
if (data.networks.length) playground(data);
if (data.training) trainer(data, redraw);
document.querySelectorAll("table").forEach(sortable);
showTheme();
root.dataset.ready = "yes";
