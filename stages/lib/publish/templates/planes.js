// Pictures of the plane on a canvas: what is answered where, the line between the classes, the points.

// From a custom property of the style, so that the colours have one home.
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

// 256 colours from class 0 over paper to class 1.
const RAMP = (() => {
  const [low, middle, high] = ["--soft-0", "--paper", "--soft-1"].map((name) => channels(colour(name)));
  return Array.from({ length: 256 }, (_, step) => {
    const [from, to, share] = step < 127.5 ? [low, middle, step / 127.5] : [middle, high, step / 127.5 - 1];
    return from.map((value, i) => Math.round(value + (to[i] - value) * share));
  });
})();

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

// Paints values from 0 to 1 on the whole canvas; with `line`, also where they pass 0.5.
function paint(canvas, grid, places, line = false) {
  const size = canvas.width;
  const context = canvas.getContext("2d");
  const image = context.createImageData(size, size);
  const values = new Float32Array(size * size);
  const step = (places - 1) / (size - 1);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) values[y * size + x] = between(grid, places, x * step, (size - 1 - y) * step);
  const thick = Math.max(1, Math.round(size / 240));
  for (let at = 0; at < values.length; at++) {
    const sure = values[at] > 0.5;
    const edge = line && (sure !== values[at + thick] > 0.5 || sure !== values[at + thick * size] > 0.5);
    const inside = at % size < size - thick && at < values.length - thick * size;
    const [red, green, blue] = edge && inside ? [34, 34, 34] : RAMP[Math.round(clip(values[at], 0, 1) * 255)];
    image.data.set([red, green, blue, 255], at * 4);
  }
  context.putImageData(image, 0, 0);
}

// Draws the points: circles for class 0 and triangles for class 1, as in the pictures of the study.
function drawPoints(canvas, points, limit) {
  const context = canvas.getContext("2d");
  const scale = canvas.width / (2 * limit);
  const radius = canvas.width / 170;
  const colours = [colour("--class-0"), colour("--class-1")];
  context.lineWidth = radius / 2;
  context.strokeStyle = colour("--paper");
  for (const [x1, x2, label] of points) {
    const [x, y] = [(x1 + limit) * scale, (limit - x2) * scale];
    context.fillStyle = colours[label];
    context.beginPath();
    if (label === 0) context.arc(x, y, radius, 0, 2 * Math.PI);
    else
      for (const corner of [0, 1, 2]) {
        const angle = (corner * 2 * Math.PI) / 3 - Math.PI / 2;
        context.lineTo(x + 1.3 * radius * Math.cos(angle), y + 1.3 * radius * Math.sin(angle));
      }
    context.closePath();
    context.stroke(); // a thin rim of paper, or a point would sink into the colour of its own class
    context.fill();
  }
}

// Draws a cross hair at a point of the plane.
function drawCross(canvas, [x1, x2], limit) {
  const context = canvas.getContext("2d");
  const scale = canvas.width / (2 * limit);
  const [x, y, arm] = [(x1 + limit) * scale, (limit - x2) * scale, canvas.width / 28];
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

// The probabilities that the page holds as steps of 1/255 in base64.
const decode = (steps) => Float32Array.from(atob(steps), (letter) => letter.charCodeAt(0) / 255);
