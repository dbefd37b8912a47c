"""The networks of the study as plain Keras models."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras

from stages.lib.core.plan import Optimizer
from stages.lib.core.points import Points
from stages.lib.core.shapes import INPUTS

OptimizerFactory = Callable[[Any], keras.optimizers.Optimizer]  # takes a learning rate, or a function that returns it


def optimizer_of(optimizer: Optimizer) -> OptimizerFactory:
    """Return what makes an optimizer of Keras's from its learning rate."""
    kind: Callable[..., keras.optimizers.Optimizer] = type(keras.optimizers.get(optimizer.name))
    return partial(kind, **optimizer.arguments)


def dense_network(
    hidden_units: Sequence[int],
    activation: str,
    optimizer: keras.optimizers.Optimizer,
    *,
    name: str,
    kernel_initializer: str = "zeros",
    steps_per_execution: int = 1,
) -> keras.Sequential:
    """Returns a network of `Dense` layers with one sigmoid output, compiled for XLA.

    All names are given, as those that Keras counts up would differ from call to call and reach
    the files of weights.
    """
    layers = [
        keras.layers.Dense(units, activation, kernel_initializer=kernel_initializer, name=f"hidden_{i}")
        for i, units in enumerate(hidden_units, 1)
    ]
    output = keras.layers.Dense(1, "sigmoid", kernel_initializer=kernel_initializer, name="output")
    network = keras.Sequential([keras.Input((INPUTS,), name="x"), *layers, output], name=name)
    optimizer.name = type(optimizer).__name__.lower()
    network.compile(
        optimizer,
        loss="binary_crossentropy",
        metrics=["accuracy"],
        jit_compile=True,
        steps_per_execution=steps_per_execution,
    )
    optimizer.build(network.trainable_variables)  # or Keras could not load an archive of a network that is not trained
    return network


def judge(network: keras.Sequential, points: Points) -> dict[str, float]:
    """Returns the `loss` and `accuracy` of a network on some points, as Keras evaluates it."""
    return network.evaluate(points.x, points.y, batch_size=len(points), verbose=0, return_dict=True)
