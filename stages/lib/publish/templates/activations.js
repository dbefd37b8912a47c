// Keras's activations, by Keras's names, with their derivatives, and what a network of them answers.

const clip = (x, low, high) => Math.min(Math.max(x, low), high);
const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const elu = (x) => (x > 0 ? x : Math.expm1(x));

// erf(x) = 2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·5 … (2n+1)): no term is negative, so none cancels another.
function erf(x) {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
    term *= (2 * x * x) / odd;
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

const ACTIVATIONS = {
  celu: elu,
  elu,
  exponential: Math.exp,
  gelu: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  hard_shrink: (x) => (Math.abs(x) > 0.5 ? x : 0),
  hard_sigmoid: (x) => clip(x + 3, 0, 6) / 6,
  hard_silu: (x) => (x * clip(x + 3, 0, 6)) / 6,
  hard_tanh: (x) => clip(x, -1, 1),
  leaky_relu: (x) => (x > 0 ? x : 0.2 * x),
  linear: (x) => x,
  log_sigmoid: (x) => -softplus(-x),
  mish: (x) => x * Math.tanh(softplus(x)),
  relu: (x) => Math.max(x, 0),
  relu6: (x) => clip(x, 0, 6),
  selu: (x) => SELU_SCALE * (x > 0 ? x : SELU_ALPHA * Math.expm1(x)),
  sigmoid,
  silu: (x) => x * sigmoid(x),
  soft_shrink: (x) => Math.sign(x) * Math.max(Math.abs(x) - 0.5, 0),
  softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  sparse_plus: (x) => (x <= -1 ? 0 : x < 1 ? (x + 1) ** 2 / 4 : x),
  sparse_sigmoid: (x) => clip((x + 1) / 2, 0, 1),
  squareplus: (x) => (x + Math.sqrt(x * x + 4)) / 2,
  tanh: Math.tanh,
  tanh_shrink: (x) => x - Math.tanh(x),
};

// Their derivatives; at a corner the one that Keras has there, but for celu at 0, where Keras adds up both sides.
const DERIVATIVES = {
  celu: (x) => (x > 0 ? 1 : Math.exp(x)),
  elu: (x) => (x > 0 ? 1 : Math.exp(x)),
  exponential: Math.exp,
  gelu: (x) => (1 + erf(x / Math.SQRT2)) / 2 + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
  hard_shrink: (x) => Number(Math.abs(x) > 0.5),
  hard_sigmoid: (x) => Number(Math.abs(x) < 3) / 6,
  hard_silu: (x) => (x <= -3 ? 0 : x < 3 ? (2 * x + 3) / 6 : 1),
  hard_tanh: (x) => Number(Math.abs(x) <= 1),
  leaky_relu: (x) => (x > 0 ? 1 : 0.2),
  linear: () => 1,
  log_sigmoid: (x) => sigmoid(-x),
  mish: (x) => {
    const tanh = Math.tanh(softplus(x));
    return tanh + x * (1 - tanh ** 2) * sigmoid(x);
  },
  relu: (x) => Number(x > 0),
  relu6: (x) => Number(x > 0 && x < 6),
  selu: (x) => SELU_SCALE * (x < 0 ? SELU_ALPHA * Math.exp(x) : 1),
  sigmoid: (x) => sigmoid(x) * sigmoid(-x),
  silu: (x) => sigmoid(x) * (1 + x * sigmoid(-x)),
  soft_shrink: (x) => Number(Math.abs(x) > 0.5),
  softplus: sigmoid,
  softsign: (x) => (1 + Math.abs(x)) ** -2,
  sparse_plus: (x) => clip((x + 1) / 2, 0, 1),
  sparse_sigmoid: (x) => Number(Math.abs(x) < 1) / 2,
  squareplus: (x) => (1 + x / Math.sqrt(x * x + 4)) / 2,
  tanh: (x) => 1 - Math.tanh(x) ** 2,
  tanh_shrink: (x) => Math.tanh(x) ** 2,
};

// The shares of all units of a layer, which sum to 1.
function softmax(logits) {
  const most = Math.max(...logits); // exp of a difference to it is at most 1
  const powers = logits.map((logit) => Math.exp(logit - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

// For one point, layer by layer: the values of all units, the first of which are the point itself, and the sums that the
// activations take.
function pass(network, point) {
  const [values, sums] = [[point], []];
  for (const { kernel, bias, activation } of network.layers) {
    const inputs = values.at(-1);
    const taken = bias.map((start, unit) => inputs.reduce((sum, value, i) => sum + value * kernel[i][unit], start));
    sums.push(taken);
    values.push(activation === "softmax" ? softmax(taken) : taken.map(ACTIVATIONS[activation]));
  }
  return { values, sums };
}
const forward = (network, point) => pass(network, point).values;

// The class that wins by the probabilities of all, or by that of class 1 alone.
const winnerOf = (outputs) => (outputs.length > 1 ? outputs.indexOf(Math.max(...outputs)) : Number(outputs[0] > 0.5));

// Why a network can't be played with, or nothing.
function obstacle(network) {
  const known = (activation) => activation === "softmax" || Object.hasOwn(ACTIVATIONS, activation);
  const unknown = network.layers.find(({ activation }) => !known(activation));
  if (unknown) return `This page cannot compute the activation ${unknown.activation}.`;
  if (network.layers.some(({ kernel }) => kernel === null)) return "It is too large to play with in a page.";
  const finite = network.layers.every(({ kernel, bias }) => ![...kernel.flat(), ...bias].includes(null));
  return finite ? "" : "Some of its weights are no numbers: its training diverged.";
}
