"""The training engine: many dense networks trained as one.

A loop of `model.fit` over small networks spends nearly all of its time on the overhead of
each batch, not on arithmetic. A `Fleet` stacks M networks along a leading member axis and
runs a whole epoch of all of them in one XLA-compiled call, driven by Keras's own `fit`.

Members differ in seed, learning rate, initializer, width, L2 penalty and their draw of the points; they share
depth, activations, optimizer, batch size and the number of points. A member trains to the same bits whatever else
is in the fleet.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from stages.lib.core.plan import METRICS, Initializer
from stages.lib.core.points import Draws
from stages.lib.core.shapes import activations_of, padded, widths_of
from stages.lib.engine.networks.network import OptimizerFactory, dense_network, seeded_initializer
from stages.lib.engine.networks.products import product
from stages.lib.engine.parts import JUDGED_AT_ONCE

NARROW = 2  # inputs, for which XLA's matrix product takes twice as long as a sum
SMALLEST_FLEET = 2  # XLA turns a batched product of one member into other code


@dataclass(frozen=True)
class Member:
    """One network of a fleet: all that may differ between networks that train together."""

    hidden_units: tuple[int, ...]
    kernel_initializer: Initializer
    learning_rate: float
    seed: int
    l2: float = 0.0
    draw: int = 0  # of the points, from 0

    @property
    def padded_units(self) -> tuple[int, ...]:
        """Return the hidden widths, each rounded up to a multiple of 4."""
        return padded(self.hidden_units)


class Fleet(keras.Model):
    """M dense networks, each trained on its draw of the points.

    One output unit tells two classes apart, a softmax more.

    Kernels have the shape (M, in, out), biases (M, out, 1), activations (M, units, batch): with the batch
    innermost, a bias or a gate is one number to a row, and XLA uses whole vector registers.
    Hidden widths are padded to a multiple of 4 with units that are masked to 0: they have
    no effect and get no gradient. A single member is trained twice, side by side.

    Args:
        members: the networks; `padded_units` must be the same for all, or ValueError is raised.
        activation: Keras's name of the activation of the hidden units, or one for each hidden layer.
        optimizer: a class of Keras's, or a function that makes one from its learning rate; it must
            work element by element, as SGD and Adam do. The rate is a function that returns
            the rates of all members, shape (M, 1, 1), or a number for a network taken out.
        train: the points to learn, of which each member has its own draw, or all have the only one.
        validation: the points to judge by after each epoch, likewise.
        classes: that are told apart.
        name: what the progress bar calls the fleet.
    """

    def __init__(
        self,
        members: Sequence[Member],
        *,
        activation: str | Sequence[str],
        optimizer: OptimizerFactory,
        train: Draws,
        validation: Draws,
        classes: int = 2,
        name: str = "fleet",
    ) -> None:
        super().__init__(name=name)
        if len({member.padded_units for member in members}) != 1:
            raise ValueError("the members of a fleet must have the same `padded_units`; train one fleet of each kind")
        self.members = tuple(members)
        self._inputs, self._classes = train.points.x.shape[1], classes
        self._activations = activations_of(activation, members[0].hidden_units)
        self._activate = [keras.activations.get(name) for name in self._activations]
        self._make_optimizer = optimizer
        self._rows = self.members * (SMALLEST_FLEET if len(members) < SMALLEST_FLEET else 1)
        self._draws, self._draw_of = _numbered([member.draw for member in self._rows])
        # Members of one seed and draw visit the points alike.
        self._visits, self._visit_of = _numbered([(member.seed, member.draw) for member in self._rows])
        self._train = train
        # Outside of what is compiled, so that they are arguments of the program, and no part of it.
        self._learned = (tf.constant(train.points.x), tf.constant(train.points.y))
        *arrays, size = self._judged(validation)
        self._validation = (*map(tf.constant, arrays), size)
        self._add_weights()
        self._l2 = np.array([member.l2 for member in self._rows], np.float32).reshape(-1, 1, 1)
        rates = np.array([member.learning_rate for member in self._rows], np.float32).reshape(-1, 1, 1)
        self.compile(optimizer(lambda: tf.constant(rates)), jit_compile=True)
        self.optimizer.build(self.trainable_variables)
        self._compiled_judge = tf.function(self._judge, autograph=False, jit_compile=True)
        self.built = True

    def _add_weights(self) -> None:
        widths = self._widths(self._rows[0].padded_units)
        kernels = [np.zeros((len(self._rows), *shape), np.float32) for shape in pairwise(widths)]
        masks = [np.zeros((len(self._rows), units, 1), np.float32) for units in widths[1:-1]]
        drawn: dict[str, list[np.ndarray]] = {}  # variants share their seeds, and Keras draws slowly
        for row, member in enumerate(self._rows):
            start = str((member.hidden_units, member.kernel_initializer, member.seed))
            if start not in drawn:
                drawn[start] = initial_kernels(member, self._inputs, self._classes)
            for kernel, values in zip(kernels, drawn[start], strict=True):
                kernel[row, : values.shape[0], : values.shape[1]] = values
            for mask, units in zip(masks, member.hidden_units, strict=True):
                mask[row, :units] = 1
        self._masks = masks
        self._kernels = [self._add(f"kernel_{layer}", kernel) for layer, kernel in enumerate(kernels)]
        biases = [np.zeros((len(self._rows), units, 1), np.float32) for units in widths[1:]]
        self._biases = [self._add(f"bias_{layer}", bias) for layer, bias in enumerate(biases)]

    def _widths(self, hidden_units: Sequence[int]) -> tuple[int, ...]:
        return widths_of(hidden_units, self._inputs, self._classes)

    def _add(self, name: str, values: np.ndarray) -> keras.Variable:
        return self.add_weight(shape=values.shape, initializer=lambda *_, **__: values, dtype="float32", name=name)

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Return the logits, shape (M, outputs, batch), of points (M, inputs, batch)."""
        for kernel, bias, mask, activate in zip(self._kernels, self._biases, self._masks, self._activate, strict=False):
            x = activate(_product(kernel, x) + bias) * mask
        return _product(self._kernels[-1], x) + self._biases[-1]

    def train(
        self,
        *,
        epochs: int,
        batch_size: int,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        epochs_per_step: int = 1,
    ) -> dict[str, np.ndarray]:
        """Return the curves `loss`, `accuracy`, `val_loss`, `val_accuracy`, each of shape (epochs, M).

        As in Keras, `loss` and `accuracy` are means over the epoch, taken before each update.

        Args:
            epochs: passes over the training points; a multiple of `epochs_per_step`, or ValueError is raised.
            batch_size: points per update; all of them where they are fewer.
            callbacks: of Keras.
            epochs_per_step: Keras takes longer over a step than a small fleet over an epoch; with more than
                one, callbacks see only the last epoch of each step. It changes no bit.
        """
        if epochs % epochs_per_step:
            raise ValueError(f"`epochs_per_step` is {epochs_per_step}, but must divide `epochs`, which is {epochs}")
        seeds, draws = (list(values) for values in zip(*self._visits, strict=True))
        steps = batch_orders(
            list(zip(seeds, self._train.rows_of(draws), strict=True)),
            batch_size=min(batch_size, self._train.size),
            epochs=epochs,
            epochs_per_step=epochs_per_step,
        )
        history = self.fit(
            steps,
            epochs=epochs // epochs_per_step,
            steps_per_epoch=1,
            shuffle=False,
            verbose=0,
            callbacks=list(callbacks),
        )
        found = {name: np.concatenate(history.history[f"member_{name}"]) for name in METRICS}
        return {name: values[:, : len(self.members)] for name, values in found.items()}

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]  # takes longer than to trace it
    def train_step(self, orders: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the fleet's means under Keras's names, each member's metrics, shape (epochs, M), under `member_*`.

        One step is a whole epoch, or several: `orders` are their row numbers, shape (epochs, steps, visits, batch).
        The means are those of the last epoch.
        """
        epochs = orders.shape[0]

        def run_epoch(epoch: tf.Tensor, *curves: tf.Tensor) -> tuple[tf.Tensor, ...]:
            found = self._train_epoch(orders[epoch])
            place = epoch[tf.newaxis, tf.newaxis]
            written = (
                tf.tensor_scatter_nd_update(curve, place, value[tf.newaxis])
                for curve, value in zip(curves, found, strict=True)
            )
            return epoch + 1, *written

        empty = [tf.zeros((epochs, len(self._rows))) for _ in METRICS]
        _, *curves = tf.while_loop(lambda epoch, *_: epoch < epochs, run_epoch, (0, *empty))
        metrics = dict(zip(METRICS, curves, strict=True))
        means = {name: tf.reduce_mean(values[-1]) for name, values in metrics.items()}
        return means | {f"member_{name}": values for name, values in metrics.items()}

    def _train_epoch(self, orders: tf.Tensor) -> tuple[tf.Tensor, ...]:
        """Return `METRICS` of each member, each of shape (M,), and updates the weights batch by batch.

        Each member's loss is the mean over its batch; their sum is what is differentiated, so that no
        member's gradient depends on M.
        """
        x, y = self._learned
        size = self._train.size

        def update(step: tf.Tensor, loss: tf.Tensor, hits: tf.Tensor) -> tuple[tf.Tensor, ...]:
            with tf.GradientTape() as tape:
                batch_loss, batch_hits, count = self._score(x, y, tf.gather(orders[step], self._visit_of), step, size)
                total = tf.reduce_sum(batch_loss) / count + self._penalty()
            self.optimizer.apply(tape.gradient(total, self.trainable_variables))
            return step + 1, loss + batch_loss, hits + batch_hits

        trained = self._means(update, steps=orders.shape[0], batch_size=orders.shape[-1], rows=size)
        return *trained, *self._judge(*self._validation)

    def _penalty(self) -> tf.Tensor | float:
        """Return what the members' L2 penalties add to the sum of their losses; a constant 0 changes no bit."""
        if not self._l2.any():
            return 0.0
        return tf.add_n([tf.reduce_sum(self._l2 * tf.square(kernel)) for kernel in self._kernels])

    def judge(self, points: Draws) -> dict[str, np.ndarray]:
        """Return each member's `loss` and `accuracy` on its draw of some points, or on the only one, shape (M,)."""
        loss, accuracy = self._compiled_judge(*self._judged(points))
        return {"loss": loss.numpy()[: len(self.members)], "accuracy": accuracy.numpy()[: len(self.members)]}

    def _judged(self, points: Draws) -> tuple[Any, ...]:
        """Return points, their classes, the rows of each of the members' draws, (steps, draws, batch), and a size."""
        batches = np.stack([_in_batches(rows, JUDGED_AT_ONCE) for rows in points.rows_of(self._draws)], axis=1)
        return points.points.x, points.points.y, batches, points.size

    def _judge(self, x: tf.Tensor, y: tf.Tensor, rows: tf.Tensor, size: int) -> tuple[tf.Tensor, tf.Tensor]:
        def add(step: tf.Tensor, loss: tf.Tensor, hits: tf.Tensor) -> tuple[tf.Tensor, ...]:
            batch_loss, batch_hits, _ = self._score(x, y, tf.gather(rows[step], self._draw_of), step, size)
            return step + 1, loss + batch_loss, hits + batch_hits

        return self._means(add, steps=rows.shape[0], batch_size=JUDGED_AT_ONCE, rows=size)

    def _means(
        self, step: Callable[..., tuple[tf.Tensor, ...]], *, steps: int, batch_size: int, rows: int
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return each member's mean loss and hits, shape (M,), over the rows that `step` adds up batch by batch.

        The sums are kept apart by place in the batch until the end: XLA computes a logarithm that goes into
        a sum one at a time.
        """
        zeros = tf.zeros((len(self._rows), batch_size))
        _, *sums = tf.while_loop(lambda number, *_: number < steps, step, (0, zeros, zeros))
        loss, hits = (tf.reduce_sum(values, axis=1) / rows for values in sums)
        return loss, hits

    def _score(
        self, x: tf.Tensor, y: tf.Tensor, rows: tf.Tensor, step: tf.Tensor, size: int
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Return each member's cross-entropy and hits at its rows, both (M, batch), and how many rows they are.

        `rows` are those of a step, shape (M, batch). Of the last step of the `size` rows of a draw they may be fewer;
        what stands in place of the others counts 0.
        """
        batch_size = rows.shape[-1]
        count = tf.minimum(batch_size, size - step * batch_size)
        present = tf.cast(tf.range(batch_size) < count, tf.float32)
        logits = self(_columns(x, rows))
        y = tf.gather(y[:, 0], rows)
        loss, hits = _of_two_classes(y, logits[:, 0]) if self._classes == 2 else _of_classes(y, logits)
        return loss * present, tf.cast(hits, tf.float32) * present, tf.cast(count, tf.float32)

    def weights_of(self, member: int) -> list[np.ndarray]:
        """Return a member's kernels and biases, without padding, in the order of `network`'s `set_weights`."""
        widths = self._widths(self.members[member].hidden_units)
        arrays = []
        for layer, (kernel, bias) in enumerate(zip(self._kernels, self._biases, strict=True)):
            arrays += [
                kernel.numpy()[member, : widths[layer], : widths[layer + 1]],
                bias.numpy()[member, : widths[layer + 1], 0],
            ]
        return arrays

    def network(self, member: int) -> keras.Sequential:
        """Return a copy of a member as a plain Keras network, which gives the member's answers."""
        chosen = self.members[member]
        optimizer = self._make_optimizer(chosen.learning_rate)
        network = dense_network(
            chosen.hidden_units,
            self._activations,
            optimizer,
            name=self.name,
            inputs=self._inputs,
            classes=self._classes,
        )
        network.set_weights(self.weights_of(member))
        return network


def _numbered(values: list[Any]) -> tuple[list[Any], list[int]]:
    """Return each value once, and the number of that of each."""
    numbers = {value: number for number, value in enumerate(dict.fromkeys(values))}
    return list(numbers), [numbers[value] for value in values]


def _product(kernel: keras.Variable, x: tf.Tensor) -> tf.Tensor:
    """Return what units sum up, shape (M, out, batch), of a kernel (M, in, out) and inputs (M, in, batch)."""
    if kernel.shape[1] <= NARROW:
        return tf.reduce_sum(tf.expand_dims(kernel, 3) * x[:, :, tf.newaxis], axis=1)
    return product(kernel, x, transpose_a=True)


def _columns(x: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
    """Return the points of some rows, shape (M, batch), with the batch innermost: (M, inputs, batch)."""
    if x.shape[1] <= NARROW:
        return tf.stack([tf.gather(column, rows) for column in tf.unstack(x, axis=1)], axis=1)
    return tf.transpose(tf.gather(x, rows), (0, 2, 1))


def _of_two_classes(y: tf.Tensor, logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the binary cross-entropy, and whether the answer is right; all of shape (M, batch)."""
    return tf.nn.sigmoid_cross_entropy_with_logits(y, logits), (logits > 0) == (y > 0.5)


def _of_classes(y: tf.Tensor, logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the cross-entropy of a softmax, and whether the answer is right, of logits (M, classes, batch)."""
    right = y[:, tf.newaxis] == tf.range(logits.shape[1], dtype=tf.float32)[:, tf.newaxis]
    shifted = logits - tf.stop_gradient(tf.reduce_max(logits, axis=1, keepdims=True))  # no exponential overflows
    loss = tf.math.log(tf.reduce_sum(tf.exp(shifted), axis=1)) - tf.reduce_sum(tf.where(right, shifted, 0.0), axis=1)
    return loss, tf.argmax(logits, axis=1, output_type=tf.int32) == tf.cast(y, tf.int32)


def initial_kernels(member: Member, inputs: int = 2, classes: int = 2) -> list[np.ndarray]:
    """Return the kernels, each of shape (in, out), that Keras's initializer draws for a network of its own."""
    widths = widths_of(member.hidden_units, inputs, classes)
    seeds = np.random.SeedSequence(member.seed).generate_state(len(widths) - 1)
    return [
        np.asarray(seeded_initializer(member.kernel_initializer, int(seed))(shape, dtype="float32"))
        for seed, shape in zip(seeds, pairwise(widths), strict=True)
    ]


def batch_orders(
    visits: Sequence[tuple[int, np.ndarray]], *, batch_size: int, epochs: int, epochs_per_step: int = 1
) -> tf.data.Dataset:
    """Return row numbers for each step of Keras, shape (epochs_per_step, steps, visits, batch).

    A visit is a seed and the rows that are visited, all of them in each epoch: in the orders that the seed's
    `RandomState` gives one after the other. The last batch of an epoch, where it is short, is filled up with 0.
    """
    shape = (epochs_per_step, -(-len(visits[0][1]) // batch_size), len(visits), batch_size)

    def generate() -> Iterator[np.ndarray]:
        generators = [np.random.RandomState(seed) for seed, _ in visits]
        for _ in range(epochs // epochs_per_step):
            orders = np.empty(shape, np.int32)
            for epoch in orders:
                for number, (generator, (_, rows)) in enumerate(zip(generators, visits, strict=True)):
                    epoch[:, number] = _in_batches(rows[generator.permutation(len(rows))], batch_size)
            yield orders

    orders = tf.data.Dataset.from_generator(generate, output_signature=tf.TensorSpec(shape, tf.int32))
    options = tf.data.Options()
    options.autotune.enabled = False  # on one core, the end of training would wait for it as long as training took
    return orders.with_options(options)


def _in_batches(order: np.ndarray, batch_size: int) -> np.ndarray:
    """Return row numbers, shape (rows,), in batches: (steps, batch), the last filled up with 0."""
    steps = -(-len(order) // batch_size)
    padded = np.zeros(steps * batch_size, np.int32)
    padded[: len(order)] = order
    return padded.reshape(steps, batch_size)
