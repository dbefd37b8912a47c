// Pick a network, see what each unit sees, and ask it about any place of the plane.

const UNIT_PLACES = 24; // along each side of a unit's small picture
const PLANE_PLACES = 120; // along each side of the large one
const HEIGHT = 560; // of a column of units, in pixels
const MOST_LINKS = 1500; // beyond, only those of the chosen unit are drawn
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const NUMBER = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const number = (value) => NUMBER.format(value).replace("-", "−");

const element = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

function playground({ networks, points, limit }) {
  const find = (name) => document.getElementById(`play-${name}`);
  const [choice, columns, links, plane] = ["choice", "columns", "links", "plane"].map(find);
  const inputs = [find("x1"), find("x2")];
  const base = element("canvas", { width: plane.width, height: plane.height });
  let network = null;
  let seen = []; // of each layer, of each unit, its values all over the plane
  let chosen = {};

  const place = () => inputs.map((input) => clip(Number(input.value) || 0, -limit, limit));
  const layerName = (layer) =>
    layer === 0 ? "input" : layer === network.layers.length ? "output" : `hidden layer ${layer}`;
  const unitName = (layer, unit) =>
    layer === 0 ? `x${unit + 1}` : layer === network.layers.length ? "output" : `unit ${unit + 1}`;
  const fullName = (layer, unit) =>
    layer === 0 || layer === network.layers.length ? unitName(layer, unit) : `${layerName(layer)}, unit ${unit + 1}`;

  // All units' values on a grid, layer by layer.
  function survey(places) {
    const layers = [2, ...network.layers.map(({ bias }) => bias.length)];
    const grids = layers.map((units) => Array.from({ length: units }, () => new Float32Array(places * places)));
    for (let at = 0; at < places * places; at++) {
      const [row, column] = [Math.floor(at / places), at % places];
      const point = [column, row].map((step) => (2 * limit * step) / (places - 1) - limit);
      forward(network, point).forEach((values, layer) => values.forEach((v, unit) => (grids[layer][unit][at] = v)));
    }
    return grids;
  }

  // White is 0; the strongest answer of the unit has the full colour. The output is a probability already.
  function relative(values, layer) {
    if (layer === network.layers.length && network.layers[layer - 1].activation === "sigmoid") return values;
    const strongest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
    return values.map((value) => 0.5 + value / strongest / 2);
  }

  const buttonOf = (layer, unit) => columns.querySelector(`[data-layer="${layer}"][data-unit="${unit}"]`);

  function choose(layer, unit) {
    if (chosen.layer === layer && chosen.unit === unit) return;
    chosen = { layer, unit };
    for (const button of columns.querySelectorAll("button")) {
      const ours = button === buttonOf(layer, unit);
      button.setAttribute("aria-pressed", String(ours));
      button.tabIndex = ours ? 0 : -1; // one stop for the whole network; the arrow keys go on from there
    }
    for (const path of links.children) path.classList.toggle("chosen", path.dataset.to === `${layer}-${unit}`);
    if (links.dataset.all === "no") drawLinks();
    describe();
  }

  function describe() {
    const { layer, unit } = chosen;
    const value = forward(network, place())[layer][unit];
    find("unit-name").textContent = fullName(layer, unit);
    find("unit-value").textContent = number(value);
    paint(find("unit-picture"), relative(seen[layer][unit], layer), UNIT_PLACES);
    const list = find("unit-weights");
    list.replaceChildren();
    if (layer === 0) {
      find("unit-rule").textContent = "Passes its coordinate on.";
      return;
    }
    const { kernel, bias, activation } = network.layers[layer - 1];
    find("unit-rule").textContent = `It takes ${activation} of its bias plus each input times its weight:`;
    const chip = (name, weight) =>
      element("li", { className: weight < 0 ? "negative" : "positive" }, `${name} `, element("b", {}, number(weight)));
    list.append(chip("bias", bias[unit]), ...kernel.map((row, i) => chip(unitName(layer - 1, i), row[unit])));
  }

  function drawColumns() {
    const layers = [2, ...network.layers.map(({ bias }) => bias.length)];
    const tallest = Math.min(16, Math.max(...layers));
    columns.style.setProperty("--unit", `${clip(Math.floor(HEIGHT / tallest) - 5, 24, 56)}px`);
    columns.replaceChildren(
      ...layers.map((units, layer) =>
        element(
          "div",
          { className: "layer", role: "group", ariaLabel: layerName(layer) },
          element("span", { className: "layer-name" }, layer && layer < layers.length - 1 ? `hidden ${layer}` : layerName(layer)),
          element("div", { className: "units" }, ...Array.from({ length: units }, (_, unit) => unitButton(layer, unit))),
        ),
      ),
    );
  }

  function unitButton(layer, unit) {
    const canvas = element("canvas", { width: UNIT_PLACES, height: UNIT_PLACES });
    paint(canvas, relative(seen[layer][unit], layer), UNIT_PLACES);
    const button = element("button", { type: "button", ariaLabel: fullName(layer, unit) }, canvas);
    Object.assign(button.dataset, { layer, unit });
    // Not pointerenter: a unit that scrolls under a resting pointer was not pointed at.
    for (const event of ["focus", "pointermove", "click"]) button.addEventListener(event, () => choose(layer, unit));
    return button;
  }

  function drawLinks() {
    const origin = columns.getBoundingClientRect();
    const box = (layer, unit) => buttonOf(layer, unit).getBoundingClientRect();
    const count = network.layers.reduce((sum, { kernel, bias }) => sum + kernel.length * bias.length, 0);
    links.dataset.all = count <= MOST_LINKS ? "yes" : "no";
    links.setAttribute("viewBox", `0 0 ${origin.width} ${origin.height}`);
    links.replaceChildren();
    network.layers.forEach(({ kernel }, before) => {
      const strongest = kernel.flat().reduce((most, weight) => Math.max(most, Math.abs(weight)), 1e-12);
      kernel.forEach((row, from) =>
        row.forEach((weight, to) => {
          const ours = chosen.layer === before + 1 && chosen.unit === to;
          if (count > MOST_LINKS && !ours) return;
          const [a, b] = [box(before, from), box(before + 1, to)];
          const [x, y] = [a.right - origin.left, (a.top + a.bottom) / 2 - origin.top];
          const [u, v] = [b.left - origin.left, (b.top + b.bottom) / 2 - origin.top];
          const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
          path.setAttribute("d", `M${x},${y}C${(x + u) / 2},${y} ${(x + u) / 2},${v} ${u},${v}`);
          path.setAttribute("stroke-width", String(0.4 + (3.6 * Math.abs(weight)) / strongest));
          path.classList.add(weight < 0 ? "negative" : "positive");
          path.classList.toggle("chosen", ours);
          path.dataset.to = `${before + 1}-${to}`;
          const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
          title.textContent = `${fullName(before, from)} to ${fullName(before + 1, to)}: ${number(weight)}`;
          path.append(title);
          links.append(path);
        }),
      );
    });
  }

  function drawPlane() {
    plane.getContext("2d").drawImage(base, 0, 0);
    drawCross(plane, place(), limit);
  }

  function drawBase() {
    paint(base, relative(survey(PLANE_PLACES).at(-1)[0], network.layers.length), PLANE_PLACES, true);
    if (find("points").checked) drawPoints(base, points, limit);
    drawPlane();
  }

  let later;
  function read() {
    if (obstacle(network)) return;
    const output = forward(network, place()).at(-1)[0];
    const sentence = `${output > 0.5 ? "Y (class 1)" : "ring (class 0)"}`;
    find("output").textContent = output.toFixed(6);
    find("class").textContent = sentence;
    find("bar").style.width = `${100 * output}%`;
    clearTimeout(later); // a screen reader hears where the pointer comes to rest, not its whole way
    later = setTimeout(() => {
      find("spoken").textContent = `The probability of the Y is ${output.toFixed(3)}: ${sentence}.`;
    }, 500);
    drawPlane();
    describe();
  }

  function moveTo(point) {
    point.forEach((value, axis) => (inputs[axis].value = clip(value, -limit, limit).toFixed(3)));
    read();
  }

  function follow(event) {
    const box = plane.getBoundingClientRect();
    moveTo([
      (2 * (event.clientX - box.left)) / box.width - 1,
      1 - (2 * (event.clientY - box.top)) / box.height,
    ].map((share) => share * limit));
  }

  function step(event) {
    const move = ARROWS[event.key];
    if (!move) return;
    event.preventDefault();
    const width = (limit / 40) * (event.shiftKey ? 5 : 1);
    moveTo(place().map((value, axis) => value + move[axis] * width));
  }

  function walk(event) {
    const move = ARROWS[event.key];
    if (!move) return;
    event.preventDefault();
    const layer = clip(chosen.layer + move[0], 0, network.layers.length);
    buttonOf(layer, clip(chosen.unit - move[1], 0, seen[layer].length - 1)).focus();
  }

  function pick() {
    network = networks[Number(choice.value)];
    const hidden = network.layers.slice(0, -1).map(({ shape, activation }) => `${shape[1]} ${activation}`);
    const size = network.layers.reduce((sum, { shape }) => sum + (shape[0] + 1) * shape[1], 0);
    const reason = obstacle(network);
    find("about").textContent =
      `2 inputs, ${hidden.join(", ") || "no hidden units"}, 1 ${network.layers.at(-1).activation} output: ${size} parameters. ${reason}`;
    find("stage").hidden = Boolean(reason);
    if (reason) return;
    seen = survey(UNIT_PLACES);
    drawColumns();
    chosen = {};
    drawLinks();
    choose(1, 0);
    drawBase();
    read();
  }

  choice.append(...networks.map(({ title }, i) => element("option", { value: String(i) }, title)));
  choice.addEventListener("change", pick);
  find("points").addEventListener("change", drawBase);
  for (const input of inputs) input.addEventListener("input", read);
  plane.addEventListener("pointermove", follow);
  plane.addEventListener("pointerdown", follow);
  plane.addEventListener("keydown", step);
  columns.addEventListener("keydown", walk);
  pick();
  new ResizeObserver(() => obstacle(network) || drawLinks()).observe(columns);
}
