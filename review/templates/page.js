// Puts a chart that can be pointed at in the place of each picture of curves.

const data = JSON.parse(document.getElementById("data").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
let drawn = []; // charts on the page now
const refuse = () => Promise.reject(new Error("a review follows no address"));
const nowhere = { load: refuse, sanitize: refuse, http: refuse, file: refuse };

// A spec has the names of its columns once; Vega-Lite reads one object for each row.
function restored(value) {
  if (Array.isArray(value)) return value.map(restored);
  if (value === null || typeof value !== "object") return value;
  const { names, rows } = value.values ?? {};
  if (names && rows) {
    const records = rows.map((row) => Object.fromEntries(row.map((cell, i) => [names[i], cell])));
    return { ...value, values: records };
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, restored(item)]));
}

async function draw() {
  for (const chart of drawn) chart.finalize();
  drawn = [];
  const ink = getComputedStyle(document.body).color;
  const faint = getComputedStyle(document.querySelector("main section")).borderTopColor;
  const text = { labelColor: ink, titleColor: ink };
  const config = {
    background: "transparent",
    font: getComputedStyle(document.body).fontFamily,
    title: { color: ink, subtitleColor: ink },
    axis: { ...text, gridColor: faint, domainColor: faint, tickColor: faint },
    legend: text,
    header: text,
    view: { stroke: faint },
  };
  const options = {
    mode: "vega-lite",
    renderer: "canvas",
    actions: false,
    loader: nowhere,
    logLevel: 1, // errors; a template may warn of rows without numbers
    config,
    tooltip: { theme: dark.matches ? "dark" : "light" },
  };
  for (const place of document.querySelectorAll(".chart")) {
    const former = [...place.childNodes];
    const fresh = document.createElement("div");
    place.replaceChildren(fresh); // first, so that a chart that fits its place has one
    try {
      drawn.push(await vegaEmbed(fresh, restored(data[place.dataset.name]), options));
      fresh.querySelector("canvas").setAttribute("role", "img");
      fresh.querySelector("canvas").setAttribute("aria-label", place.getAttribute("aria-label"));
    } catch (error) {
      place.replaceChildren(...former);
      console.warn(`${place.dataset.name} stays a picture: ${error.message}`);
    }
  }
  document.documentElement.dataset.ready = "";
}

dark.addEventListener("change", draw);
draw();
