// Pictures of the plane on a canvas: what is answered where, the lines between the classes, the points.

// From a custom property of the style, so that the colours have one home.
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const mix = (from, to, share) => from.map((value, i) => Math.round(value + (to[i] - value) * share));
const PAPER = channels(colour("--paper"));
const LINE = [34, 34, 34];
const DEEP = 0.55; // how much of its colour an area has where its class is sure, as in the pictures of the study

// 256 colours from class 0 over paper to class 1.
const RAMP = (() => {
  const [low, high] = ["--soft-0", "--soft-1"].map((name) => channels(colour(name)));
  return Array.from({ length: 256 }, (_, step) =>
    step < 127.5 ? mix(low, PAPER, step / 127.5) : mix(PAPER, high, step / 127.5 - 1),
  );
})();
const rampOf = (value) => RAMP[Math.round(clip(value, 0, 1) * 255)];

// The value at a place of a grid, between its neighbours; row 0 is the lowest x2.
function between(grid, places, column, row) {
  const left = Math.min(Math.floor(column), places - 2);
  const low = Math.min(Math.floor(row), places - 2);
  const [right, up] = [column - left, row - low];
  const at = low * places + left;
  return (
    (grid[at] * (1 - right) + grid[at + 1] * right) * (1 - up) +
    (grid[at + places] * (1 - right) + grid[at + places + 1] * right) * up
  );
}

// Which class wins by the values of all, or by that of class 1 alone, and the colour of that; none by no numbers.
function verdict(values, colours) {
  if (values.includes(NaN)) return [-1, PAPER];
  if (values.length === 1) return [Number(values[0] > 0.5), rampOf(values[0])];
  const best = values.reduce((first, value, label) => (value > values[first] ? label : first), 0);
  const even = 1 / values.length;
  return [best, mix(PAPER, colours[best], DEEP * clip((values[best] - even) / (1 - even), 0, 1))];
}

// Paints values from 0 to 1 on the whole canvas: a grid of class 1, or one of each class with its colour; with `line`,
// also where the class that wins changes.
function paint(canvas, grids, places, { line = false, classes = [] } = {}) {
  const { width, height } = canvas;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const colours = classes.map((of) => channels(of.colour));
  const winners = new Int8Array(width * height);
  const [across, up] = [(places - 1) / (width - 1), (places - 1) / (height - 1)];
  for (let at = 0; at < winners.length; at++) {
    const [x, y] = [at % width, height - 1 - Math.floor(at / width)];
    const [winner, [red, green, blue]] = verdict(grids.map((grid) => between(grid, places, x * across, y * up)), colours);
    winners[at] = winner;
    image.data.set([red, green, blue, 255], at * 4);
  }
  const thick = Math.max(1, Math.round(Math.max(width, height) / 240));
  for (let at = 0; line && at < winners.length - thick * width; at++)
    if (at % width < width - thick && (winners[at] !== winners[at + thick] || winners[at] !== winners[at + thick * width]))
      image.data.set(LINE, at * 4);
  context.putImageData(image, 0, 0);
}

// Where a value of each column lies on a canvas, in pixels, and back.
const toCanvas = ({ width, height }, [across, up], [x1, x2]) => [
  ((x1 - across.low) / (across.high - across.low)) * width,
  ((up.high - x2) / (up.high - up.low)) * height,
];
const fromShares = (features, shares) => features.map(({ low, high }, axis) => low + shares[axis] * (high - low));

// All units' values on a grid over the plane, layer by layer; the first layer is the place itself.
function survey(network, features, places) {
  const units = [features.length, ...network.layers.map(({ bias }) => bias.length)];
  const grids = units.map((count) => Array.from({ length: count }, () => new Float32Array(places * places)));
  for (let at = 0; at < places * places; at++) {
    const [row, column] = [Math.floor(at / places), at % places];
    const point = fromShares(features, [column, row].map((step) => step / (places - 1)));
    forward(network, point).forEach((values, layer) => values.forEach((v, unit) => (grids[layer][unit][at] = v)));
  }
  return grids;
}

// Corners of markers, by their names in matplotlib: so many, evenly around from an angle; a star's lie farther in between.
const corners = (count, turn, inner = 1) =>
  Array.from({ length: inner === 1 ? count : 2 * count }, (_, i) => {
    const angle = (turn + (360 * i) / (inner === 1 ? count : 2 * count)) * (Math.PI / 180);
    const radius = i % 2 && inner !== 1 ? inner : 1;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
const MARKERS = {
  o: corners(16, 0),
  "^": corners(3, -90),
  s: corners(4, 45),
  D: corners(4, 0),
  v: corners(3, 90),
  P: corners(4, 0, 0.4),
  "*": corners(5, -90, 0.4),
  X: corners(4, 45, 0.4),
  "<": corners(3, 180),
  ">": corners(3, 0),
};

// Draws the points with the colours and markers of their classes, as in the pictures of the study.
function drawPoints(canvas, { points, features, classes }) {
  const context = canvas.getContext("2d");
  const radius = Math.max(canvas.width, canvas.height) / 170;
  context.lineWidth = radius / 2;
  context.strokeStyle = colour("--paper");
  for (const [x1, x2, label] of points) {
    const [x, y] = toCanvas(canvas, features, [x1, x2]);
    const { marker, colour: fill } = classes[label];
    const size = marker === "o" ? radius : 1.3 * radius;
    context.fillStyle = fill;
    context.beginPath();
    for (const [dx, dy] of MARKERS[marker]) context.lineTo(x + size * dx, y + size * dy);
    context.closePath();
    context.stroke(); // a thin rim of paper, or a point would sink into the colour of its own class
    context.fill();
  }
}

// Draws a cross hair at a point of the plane.
function drawCross(canvas, features, point) {
  const context = canvas.getContext("2d");
  const [x, y] = toCanvas(canvas, features, point);
  const arm = Math.max(canvas.width, canvas.height) / 28;
  for (const [width, style] of [[7, "#ffffff"], [3, "#111111"]]) {
    context.lineWidth = width;
    context.strokeStyle = style;
    context.beginPath();
    context.arc(x, y, arm / 2, 0, 2 * Math.PI);
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(x + (dx * arm) / 2, y + (dy * arm) / 2);
      context.lineTo(x + dx * arm, y + dy * arm);
    }
    context.stroke();
  }
}

// The probabilities that the page holds as steps of 1/255 in base64, class by class.
const decode = (steps) => steps.map((text) => Float32Array.from(atob(text), (letter) => letter.charCodeAt(0) / 255));
