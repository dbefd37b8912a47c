// Choose a network and points, press play, and see the loss and the boundary move.

const [MOST_LAYERS, MOST_WIDTH] = [8, 100];
const MOST_BATCH = 200_000;
const MOST_EPOCHS = 2_000;
const DRAWN_POINTS = 400; // of each set of a figure
const QUICK_PLACES = 60; // along each side of the plane while it moves; of PLANE_PLACES it takes 4 times as long
const BUSY = 20; // milliseconds of training in each frame; the rest is for the reader
const [BETWEEN, BETWEEN_CALM] = [100, 1000]; // milliseconds from one picture to the next
const BETWEEN_WORDS = 5000; // milliseconds from one sentence of a screen reader to the next
const NO_NUMBER = "the loss is no number any more. The training has diverged; try a smaller learning rate.";
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

const whole = (text, least, most) => /^\d+$/.test(text) && least <= Number(text) && Number(text) <= most;

// What a reader may set: how it is read, and what is allowed, for those who wrote something else.
const FIELDS = {
  units: {
    read: (text) => text.split(/[\s,]+/).filter(Boolean),
    allowed: (units) => units.length <= MOST_LAYERS && units.every((of) => whole(of, 1, MOST_WIDTH)),
    hint: `The units must be at most ${MOST_LAYERS} whole numbers from 1 to ${MOST_WIDTH}, one for each hidden layer, such as 16, 16`,
  },
  rate: {
    read: (text) => Number(text),
    allowed: (rate) => rate > 0 && rate <= 100,
    hint: "The learning rate must be a number above 0, up to 100, such as 0.1",
  },
  batch: {
    allowed: (text) => whole(text, 1, MOST_BATCH),
    hint: `The batch size must be a whole number from 1 to ${MOST_BATCH}, such as 32`,
  },
  seed: {
    allowed: (text) => whole(text, 0, 2 ** 32 - 1),
    hint: `The seed must be a whole number from 0 to ${2 ** 32 - 1}, such as 42`,
  },
};

// The loss of the best constant answer: the entropy of the classes' shares, in nats.
function constantLoss(points, classes) {
  const counts = new Array(classes).fill(0);
  for (const [, , label] of points) counts[label] += 1;
  const shares = counts.filter(Boolean).map((count) => count / points.length);
  return shares.reduce((sum, share) => sum - share * Math.log(share), 0);
}

function trainer({ training, points, classes, features, tables }, redraw) {
  const find = (name) => document.getElementById(`train-${name}`);
  const [plane, play, step, reset, label] = ["plane", "play", "step", "reset", "label"].map(find);
  const controls = [...document.querySelectorAll("#train select, #train input")];
  const size = [plane.width, plane.height];
  const small = element("canvas"); // what moves is painted on it, then enlarged
  let run = null;
  let frameId = 0; // while it plays
  let [drawn, spoken] = [0, 0]; // when, in milliseconds

  // What the reader has set, or nothing where a field holds what is not allowed; that is said.
  function settings() {
    const found = {};
    find("fault").textContent = "";
    for (const [name, { read = (text) => text, allowed, hint }] of Object.entries(FIELDS)) {
      const text = find(name).value.trim();
      found[name] = read(text);
      const sound = allowed(found[name]);
      find(name).setAttribute("aria-invalid", String(!sound));
      if (!sound) find("fault").textContent ||= `${hint}; ${text ? `the field holds “${short(text)}”` : "the field is empty"}.`;
    }
    return find("fault").textContent ? null : found;
  }

  function chosenPoints(seed) {
    const figure = find("points").value;
    if (!figure) return { points, heldOut: training.validation, features, classes, size };
    const random = randomOf(seed);
    const [learned, heldOut] = [0, 1].map(() => drawFigure(figure, DRAWN_POINTS, random));
    const axis = { low: -EXTENT, high: EXTENT };
    const side = Math.min(...size);
    return { points: learned, heldOut, features: [axis, axis], classes: classes.slice(0, 2), size: [side, side] };
  }

  function restart() {
    pause();
    const set = settings();
    for (const button of [play, step, reset]) button.disabled = !set;
    if (!set) return;
    const chosen = chosenPoints(Number(set.seed));
    const outputs = chosen.classes.length > 2 ? chosen.classes.length : 1;
    const named = find("activation").value.split(", "); // one for all hidden layers, or one for each
    const activations = set.units.map((_, layer) => named[Math.min(layer, named.length - 1)]);
    const random = randomOf(Number(set.seed));
    const widths = [2, ...set.units.map(Number), outputs];
    const network = freshNetwork(widths, [...activations, outputs > 1 ? "softmax" : "sigmoid"], random);
    const steps = descend(network, chosen.points, { rate: set.rate, batchSize: Number(set.batch), random });
    run = { ...chosen, network, steps, constant: constantLoss(chosen.points, chosen.classes.length), epoch: 0 };
    [plane.width, plane.height] = chosen.size;
    [small.width, small.height] = chosen.size.map((side) => Math.ceil(side / 2));
    tables.train.rows = [];
    record();
    show();
  }

  // Judges the network as it is now.
  function record() {
    const [learned, heldOut] = [run.points, run.heldOut].map((of) => judge(run.network, of));
    run.start ??= learned.loss;
    const finite = Number.isFinite(learned.loss) && Number.isFinite(heldOut.loss);
    if (finite) tables.train.rows.push([run.epoch, learned.loss || null, heldOut.loss || null]); // the axis has no 0
    run.ended = !finite || run.epoch >= MOST_EPOCHS;
    label.textContent = `Epoch ${run.epoch}: ${finite ? report(learned, heldOut) : NO_NUMBER}`;
  }

  function report(learned, heldOut) {
    const [loss, ofHeldOut] = [learned.loss, heldOut.loss].map((value) => value.toPrecision(3));
    const right = `${(100 * heldOut.accuracy).toFixed(1)}\u00a0% of the validation points right`;
    const diverges = learned.loss > run.start && learned.loss > run.constant;
    const warning = ` It has diverged: its loss rose above that of a constant answer, ${run.constant.toPrecision(3)}.`;
    const end = run.epoch >= MOST_EPOCHS ? " The page trains no longer than this." : "";
    return `training loss ${loss}, validation loss ${ofHeldOut}, ${right}.${diverges ? warning : ""}${end}`;
  }

  function show() {
    const [canvas, places] = frameId ? [small, QUICK_PLACES] : [plane, PLANE_PLACES];
    paint(canvas, survey(run.network, run.features, places).at(-1), places, { line: true, classes: run.classes });
    if (frameId) plane.getContext("2d").drawImage(small, 0, 0, plane.width, plane.height);
    drawPoints(plane, run);
    redraw("train");
    drawn = performance.now();
  }

  // Not at each epoch: a screen reader would never come to an end.
  function speak() {
    find("spoken").textContent = label.textContent;
    spoken = performance.now();
  }

  // Trains to the end of the epoch, or until so many milliseconds are over.
  function advance(milliseconds) {
    const end = performance.now() + milliseconds;
    do {
      if (!run.steps.next().value) continue;
      run.epoch += 1;
      return record();
    } while (performance.now() < end);
  }

  function frame() {
    advance(BUSY);
    const now = performance.now();
    if (run.ended) return halt();
    if (now - drawn > (CALM.matches ? BETWEEN_CALM : BETWEEN)) show();
    if (now - spoken > BETWEEN_WORDS) speak();
    frameId = requestAnimationFrame(frame);
  }

  function pause() {
    cancelAnimationFrame(frameId);
    frameId = 0;
    play.textContent = "Play";
  }

  // Stops, and shows and says where it has come to.
  function halt() {
    pause();
    show();
    speak();
  }

  find("points").append(...Object.keys(FIGURES).map((figure) => element("option", { value: figure }, `${figure} (noise ${NOISE})`)));
  const names = new Set([training.activation, ...Object.keys(DERIVATIVES)]);
  find("activation").append(...[...names].map((name) => element("option", { value: name }, name)));
  for (const control of controls) control.addEventListener("change", restart);
  play.addEventListener("click", () => {
    if (frameId || run.ended) return halt();
    play.textContent = "Pause";
    spoken = performance.now();
    frameId = requestAnimationFrame(frame);
  });
  step.addEventListener("click", () => {
    if (!run.ended) advance(Infinity);
    halt();
  });
  reset.addEventListener("click", () => {
    restart();
    speak();
  });
  restart();
}
