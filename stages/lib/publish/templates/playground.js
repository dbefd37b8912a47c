// Pick a network, see what each unit sees, and ask it about any values; those of two columns are a place of the plane.

const UNIT_PLACES = 24; // along each side of a unit's small picture
const PLANE_PLACES = 120; // along each side of the large one
const HEIGHT = 560; // of a column of units, in pixels
const MOST_LINKS = 1500; // beyond, only those of the chosen unit are drawn
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const NUMBER = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const number = (value) => NUMBER.format(value).replace("-", "−");

const short = (name) => (name.length > 60 ? `${name.slice(0, 59)}…` : name);

const element = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

function playground({ networks, points, classes, features, inputs: columnsOf }) {
  const find = (name) => document.getElementById(`play-${name}`);
  const [choice, columns, links, plane] = ["choice", "columns", "links", "plane"].map(find);
  const inputs = [...document.querySelectorAll(".play-input")];
  const several = classes.length > 2;
  const base = plane && element("canvas", { width: plane.width, height: plane.height });
  let network = null;
  let seen = []; // of each layer, of each unit, its values all over the plane
  let chosen = {};

  // What the network is asked about, as it has learned it.
  const place = () =>
    inputs.map((input, column) => {
      const value = Number(input.value) || 0;
      if (plane) return clip(value, features[column].low, features[column].high);
      return (value - columnsOf[column].offset) / columnsOf[column].scale;
    });
  const isLast = (layer) => layer === network.layers.length;
  const layerName = (layer) => (layer === 0 ? "input" : isLast(layer) ? "output" : `hidden layer ${layer}`);
  const unitName = (layer, unit) => {
    if (layer === 0) return features[unit].name;
    if (isLast(layer)) return several ? classes[unit].label : "output";
    return `unit ${unit + 1}`;
  };
  const fullName = (layer, unit) =>
    layer === 0 || isLast(layer) ? unitName(layer, unit) : `${layerName(layer)}, unit ${unit + 1}`;
  const unitsOf = () => [features.length, ...network.layers.map(({ bias }) => bias.length)];

  // White is 0; the strongest of the values has the full colour. An output is a probability already.
  function relative(values, layer) {
    if (isLast(layer) && ["sigmoid", "softmax"].includes(network.layers[layer - 1].activation)) return values;
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
    if (plane) paint(find("unit-picture"), [relative(seen[layer][unit], layer)], UNIT_PLACES);
    const list = find("unit-weights");
    list.replaceChildren();
    if (layer === 0) {
      find("unit-rule").textContent = plane ? "Passes its coordinate on." : "Passes its value on, as it is after standardising.";
      return;
    }
    const { kernel, bias, activation } = network.layers[layer - 1];
    find("unit-rule").textContent = activation === "softmax"
      ? "It takes its share of the softmax of all outputs, each with its bias plus each input times its weight:"
      : `It takes ${activation} of its bias plus each input times its weight:`;
    const chip = (name, weight) =>
      element("li", { className: weight < 0 ? "negative" : "positive" }, `${name} `, element("b", {}, number(weight)));
    list.append(chip("bias", bias[unit]), ...kernel.map((row, i) => chip(short(unitName(layer - 1, i)), row[unit])));
  }

  function drawColumns() {
    const layers = unitsOf();
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
    const name = fullName(layer, unit);
    const button = element("button", { type: "button", ariaLabel: name, title: name });
    if (plane) {
      const canvas = element("canvas", { width: UNIT_PLACES, height: UNIT_PLACES });
      paint(canvas, [relative(seen[layer][unit], layer)], UNIT_PLACES);
      button.append(canvas);
    }
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
    drawCross(plane, features, place());
  }

  function drawBase() {
    const grids = survey(network, features, PLANE_PLACES).at(-1);
    const shown = several ? grids : [relative(grids[0], network.layers.length)];
    paint(base, shown, PLANE_PLACES, { line: true, classes });
    if (find("points").checked) drawPoints(base, { points, features, classes });
    drawPlane();
  }

  // Without a plane a unit has the colour of what it answers now.
  function colourUnits(values) {
    values.forEach((of, layer) =>
      relative(of, layer).forEach((value, unit) => {
        buttonOf(layer, unit).style.background = `rgb(${rampOf(value)})`;
      }),
    );
    inputs.forEach((input) => (input.nextElementSibling.textContent = number(Number(input.value))));
  }

  function showShares(outputs) {
    find("shares").replaceChildren(
      ...classes.map(({ name, colour: background }, label) => {
        const bar = element("span", { className: "share" });
        Object.assign(bar.style, { width: `${100 * outputs[label]}%`, background });
        const rail = element("span", { className: "rail" }, bar);
        return element("li", {}, element("span", { className: "name", title: name }, short(name)), rail, element("b", {}, outputs[label].toFixed(3)));
      }),
    );
  }

  let later;
  function read() {
    if (obstacle(network)) return;
    const values = forward(network, place());
    const outputs = values.at(-1);
    const winner = winnerOf(outputs);
    const sentence = classes[winner].label;
    find("class").textContent = sentence;
    if (several) showShares(outputs);
    else {
      find("output").textContent = outputs[0].toFixed(6);
      find("bar").style.width = `${100 * outputs[0]}%`;
    }
    clearTimeout(later); // a screen reader hears where the pointer comes to rest, not its whole way
    later = setTimeout(() => {
      const [asked, share] = several ? [classes[winner].named, outputs[winner]] : [classes[1].named, outputs[0]];
      find("spoken").textContent = `The probability of ${asked} is ${share.toFixed(3)}: ${sentence}.`;
    }, 500);
    if (plane) drawPlane();
    else colourUnits(values);
    describe();
  }

  function moveTo(point) {
    point.forEach((value, axis) => {
      const { low, high } = features[axis];
      const digits = Math.max(0, 3 - Math.floor(Math.log10(high - low)));
      inputs[axis].value = clip(value, low, high).toFixed(Math.min(digits, 20));
    });
    read();
  }

  function follow(event) {
    const box = plane.getBoundingClientRect();
    const shares = [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
    moveTo(fromShares(features, shares));
  }

  function step(event) {
    const move = ARROWS[event.key];
    if (!move) return;
    event.preventDefault();
    const share = (event.shiftKey ? 5 : 1) / 80;
    moveTo(place().map((value, axis) => value + move[axis] * share * (features[axis].high - features[axis].low)));
  }

  function walk(event) {
    const move = ARROWS[event.key];
    if (!move) return;
    event.preventDefault();
    const layer = clip(chosen.layer + move[0], 0, network.layers.length);
    buttonOf(layer, clip(chosen.unit - move[1], 0, unitsOf()[layer] - 1)).focus();
  }

  function pick() {
    network = networks[Number(choice.value)];
    const hidden = network.layers.slice(0, -1).map(({ shape, activation }) => `${shape[1]} ${activation}`);
    const size = network.layers.reduce((sum, { shape }) => sum + (shape[0] + 1) * shape[1], 0);
    const reason = obstacle(network);
    const last = network.layers.at(-1);
    const outputs = `${last.shape[1]} ${last.activation} output${last.shape[1] > 1 ? "s" : ""}`;
    const asked = `${features.length} input${features.length > 1 ? "s" : ""}`;
    find("about").textContent = `${asked}, ${hidden.join(", ") || "no hidden units"}, ${outputs}: ${size} parameters. ${reason}`;
    find("stage").hidden = Boolean(reason);
    if (reason) return;
    if (plane) seen = survey(network, features, UNIT_PLACES);
    drawColumns();
    chosen = {};
    drawLinks();
    choose(1, 0);
    if (plane) drawBase();
    read();
  }

  choice.append(...networks.map(({ title }, i) => element("option", { value: String(i) }, title)));
  choice.addEventListener("change", pick);
  for (const input of inputs) input.addEventListener("input", read);
  if (plane) {
    find("points").addEventListener("change", drawBase);
    plane.addEventListener("pointermove", follow);
    plane.addEventListener("pointerdown", follow);
    plane.addEventListener("keydown", step);
  } else
    find("means").addEventListener("click", () => {
      inputs.forEach((input) => (input.value = input.defaultValue));
      read();
    });
  columns.addEventListener("keydown", walk);
  pick();
  new ResizeObserver(() => obstacle(network) || drawLinks()).observe(columns);
}
