"""The networks of the study as Keras models."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from stages.lib.core.plan import Initializer, Optimizer, Recipe
from stages.lib.core.points import Points
from stages.lib.core.shapes import activations_of, outputs_of
from stages.lib.engine.networks.products import product

OptimizerFactory = Callable[[Any], keras.optimizers.Optimizer]  # takes a learning rate, or a function that returns it

ZEROS = Initializer("zeros")  # of a network whose weights are set
KERAS_QR = 32  # columns; Eigen, which Keras asks, decomposes 48 or more in blocks, whose products follow the cache


class PinnedNetwork(keras.Sequential):
    """Keras's `Sequential`, of `Dense` layers, with products that are the same bits on every processor.

    Where no sum is longer than `LARGEST_SUM` of products.py, it gives the bits of `Sequential`.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None) -> tf.Tensor:
        """Return the answers, shape (batch, outputs), to inputs of shape (batch, inputs)."""
        del training, mask  # a Dense layer has no use for them
        for layer in self.layers:
            inputs = layer.activation(product(inputs, layer.kernel) + layer.bias)
        return inputs


class PinnedOrthogonal(keras.initializers.Orthogonal):
    """Keras's `Orthogonal`, with the same bits on every processor: NumPy decomposes a wide matrix, in float64."""

    def __call__(self, shape: tuple[int, int], dtype: str | None = None) -> Any:
        """Return a kernel of the shape (in, out) whose rows or columns, those that are fewer, are orthonormal."""
        if min(shape) <= KERAS_QR:
            return super().__call__(shape, dtype)
        tall = keras.random.normal((max(shape), min(shape)), seed=self.seed, dtype=dtype)
        q, r = np.linalg.qr(np.asarray(tall, np.float64))
        q *= np.sign(np.diag(r))
        return keras.ops.convert_to_tensor(self.gain * (q if shape[0] >= shape[1] else q.T), dtype)


def pinned_initializer(initializer: Initializer) -> keras.initializers.Initializer:
    """Return Keras's initializer of that name, with its arguments."""
    if initializer.name == "orthogonal":
        return PinnedOrthogonal(**initializer.arguments)
    return keras.initializers.get({"class_name": initializer.name, "config": dict(initializer.arguments)})


def seeded_initializer(initializer: Initializer, seed: int) -> keras.initializers.Initializer:
    """Return Keras's initializer with its arguments and, where it draws at random, that seed."""
    pinned = pinned_initializer(initializer)
    config = pinned.get_config()
    return type(pinned).from_config(config | {"seed": seed} if "seed" in config else config)


def optimizer_of(optimizer: Optimizer) -> OptimizerFactory:
    """Return what makes an optimizer of Keras's from its learning rate."""
    kind: Callable[..., keras.optimizers.Optimizer] = type(keras.optimizers.get(optimizer.name))
    return partial(kind, **optimizer.arguments)


def network_of(
    recipe: Recipe, *, name: str, kernel_initializer: Initializer = ZEROS, steps_per_execution: int = 1
) -> keras.Sequential:
    """Return the network of a recipe, as `dense_network` does."""
    return dense_network(
        recipe.hidden_units,
        recipe.activation,
        optimizer_of(recipe.optimizer)(recipe.learning_rate),
        name=name,
        inputs=recipe.inputs,
        classes=recipe.classes,
        kernel_initializer=kernel_initializer,
        steps_per_execution=steps_per_execution,
    )


def dense_network(
    hidden_units: Sequence[int],
    activation: str | Sequence[str],
    optimizer: keras.optimizers.Optimizer,
    *,
    name: str,
    inputs: int = 2,
    classes: int = 2,
    kernel_initializer: Initializer = ZEROS,
    steps_per_execution: int = 1,
) -> keras.Sequential:
    """Return a network of `Dense` layers, compiled for XLA: one sigmoid output for two classes, a softmax for more.

    All names are given, as those that Keras counts up would differ from call to call and reach
    the files of weights.
    """

    def dense(units: int, activation: str, name: str) -> keras.layers.Dense:
        return keras.layers.Dense(
            units, activation, kernel_initializer=pinned_initializer(kernel_initializer), name=name
        )

    activations = activations_of(activation, hidden_units)
    layers = [
        dense(units, activation, f"hidden_{number}")
        for number, (units, activation) in enumerate(zip(hidden_units, activations, strict=True), 1)
    ]
    output = dense(outputs_of(classes), "sigmoid" if classes == 2 else "softmax", "output")
    network = PinnedNetwork([keras.Input((inputs,), name="x"), *layers, output], name=name)
    optimizer.name = type(optimizer).__name__.lower()
    network.compile(
        optimizer,
        loss="binary_crossentropy" if classes == 2 else "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=True,
        steps_per_execution=steps_per_execution,
    )
    optimizer.build(network.trainable_variables)  # or Keras could not load an archive of a network that is not trained
    return network


def judge(network: keras.Sequential, points: Points) -> dict[str, float]:
    """Return the `loss` and `accuracy` of a network on some points, as Keras evaluates it."""
    return network.evaluate(points.x, points.y, batch_size=len(points), verbose=0, return_dict=True)
