// Stochastic gradient descent on dense networks: points, initial weights, gradients and updates, in float64.

const NOISE = 0.05; // standard deviation of the points that are drawn
const EXTENT = 1.7; // of the plane around them

// Numbers from 0 to below 1, the same for the same seed: Mulberry32, by Tommy Ettinger (2017).
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// From the normal distribution, by Box and Muller (1958).
const normal = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

// A place of each class, before noise: the figures of stages/lib/data/drawn.py, each around the middle of the plane.
const FIGURES = {
  "Two circles": (label, random) => onCircle(2 * Math.PI * random(), label ? 0.5 : 1),
  "Two moons": (label, random) => {
    const [x1, x2] = onCircle(Math.PI * random(), 1);
    return label ? [0.5 - x1, 0.25 - x2] : [x1 - 0.5, x2 - 0.25];
  },
  "Two spirals": (label, random) => {
    const along = random();
    return onCircle(Math.PI * (3.5 * along + label), along);
  },
  "Four quarters": (label, random) => {
    const [x1, x2] = [2 * random() - 1, random()];
    return [x1, x1 > 0 === Boolean(label) ? -x2 : x2];
  },
};
const onCircle = (angle, radius) => [radius * Math.cos(angle), radius * Math.sin(angle)];

// Points of a figure as x1, x2 and class, half of them of each class.
const drawFigure = (figure, count, random) =>
  Array.from({ length: count }, (_, i) => [
    ...FIGURES[figure](i % 2, random).map((value) => value + NOISE * normal(random)),
    i % 2,
  ]);

// A network whose kernels are drawn as Keras's glorot_uniform does, by Glorot and Bengio (2010), and whose biases are 0.
function freshNetwork(widths, activations, random) {
  const layers = activations.map((activation, layer) => {
    const [inputs, units] = [widths[layer], widths[layer + 1]];
    const limit = Math.sqrt(6 / (inputs + units));
    const row = () => Array.from({ length: units }, () => limit * (2 * random() - 1));
    return { activation, kernel: Array.from({ length: inputs }, row), bias: new Array(units).fill(0) };
  });
  return { layers };
}

// In nats, from the sums that the output takes: no logarithm of a probability that has been rounded to 0.
function crossEntropy(sums, label) {
  if (sums.length === 1) return softplus(sums[0]) - label * sums[0];
  const most = Math.max(...sums);
  return most + Math.log(sums.reduce((total, sum) => total + Math.exp(sum - most), 0)) - sums[label];
}

// The mean loss, and the share that is right.
function judge(network, points) {
  let [loss, right] = [0, 0];
  for (const [x1, x2, label] of points) {
    const { values, sums } = pass(network, [x1, x2]);
    loss += crossEntropy(sums.at(-1), label);
    right += winnerOf(values.at(-1)) === label;
  }
  return { loss: loss / points.length, accuracy: right / points.length };
}

// The gradient of the mean loss of a batch, by each kernel and bias.
function gradientOf(network, batch) {
  const gradient = network.layers.map(({ kernel, bias }) => ({
    kernel: kernel.map((row) => row.map(() => 0)),
    bias: bias.map(() => 0),
  }));
  for (const [x1, x2, label] of batch) {
    const { values, sums } = pass(network, [x1, x2]);
    const outputs = values.at(-1);
    // By the sums of the output: the probability less what it ought to be, under a sigmoid and a softmax alike.
    let deltas = outputs.map((output, unit) => output - (outputs.length === 1 ? label : Number(unit === label)));
    for (let layer = network.layers.length - 1; layer >= 0; layer--) {
      const of = gradient[layer];
      deltas.forEach((delta, unit) => (of.bias[unit] += delta / batch.length));
      values[layer].forEach((value, i) =>
        deltas.forEach((delta, unit) => (of.kernel[i][unit] += (value * delta) / batch.length)),
      );
      if (layer === 0) break;
      const slope = DERIVATIVES[network.layers[layer - 1].activation];
      deltas = network.layers[layer].kernel.map(
        (row, i) => row.reduce((sum, weight, unit) => sum + weight * deltas[unit], 0) * slope(sums[layer - 1][i]),
      );
    }
  }
  return gradient;
}

// One step against the gradient.
function update(network, batch, rate) {
  gradientOf(network, batch).forEach((of, layer) => {
    const { kernel, bias } = network.layers[layer];
    of.bias.forEach((slope, unit) => (bias[unit] -= rate * slope));
    of.kernel.forEach((row, i) => row.forEach((slope, unit) => (kernel[i][unit] -= rate * slope)));
  });
}

// Trains for ever, an update at each step; yields whether it was the last one of an epoch.
function* descend(network, points, { rate, batchSize, random }) {
  for (;;) {
    const order = shuffled(points, random);
    for (let at = 0; at < order.length; at += batchSize) {
      update(network, order.slice(at, at + batchSize), rate);
      yield at + batchSize >= order.length;
    }
  }
}

// By Fisher and Yates.
function shuffled(items, random) {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}
