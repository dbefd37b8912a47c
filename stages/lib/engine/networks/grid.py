"""What a trained network answers: all over the plane, or at given points."""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from stages.lib.core.plan import Recipe
from stages.lib.core.points import Limits
from stages.lib.engine.networks.network import PinnedNetwork
from stages.lib.engine.networks.products import product


def predict(network: keras.Sequential, x: np.ndarray) -> np.ndarray:
    """Return the probability of each class, shape (rows, classes), float32, at inputs of shape (rows, inputs)."""
    answers = network.predict(x, batch_size=len(x), verbose=0)
    return np.hstack([1 - answers, answers]) if answers.shape[1] == 1 else answers


def predict_grid(network: keras.Sequential, *, limits: Limits, points: int) -> np.ndarray:
    """Return probabilities on a grid, float32; row 0 is the lowest x2.

    Of two classes it is that of class 1, shape (points, points); of more that of each, (classes, points, points).

    Args:
        network: with two inputs.
        limits: where the grid begins and ends on the axis of x1, and on that of x2.
        points: places along each side.
    """
    places = _places(limits, points)
    answers = network.predict(places, batch_size=len(places), verbose=0)
    shape = (points, points)
    return answers.reshape(shape) if answers.shape[1] == 1 else answers.T.reshape(-1, *shape)


def predict_grids(networks: Sequence[tuple[Recipe, list[np.ndarray]]], *, limits: Limits, points: int) -> np.ndarray:
    """Return the grids of many networks, as `predict_grid` gives that of one, stacked in their order.

    Networks of the same activations are asked as one, so that a program is compiled for each of these, and not for
    each network. Narrow ones are padded with units that nothing depends on.

    Args:
        networks: recipes, all of two inputs and the same classes, with the kernels and biases of each.
        limits: where the grids begin and end on the axis of x1, and on that of x2.
        points: places along each side.
    """
    places = _places(limits, points).T[np.newaxis]
    alike: dict[tuple[str, ...], list[int]] = {}
    for number, (recipe, _) in enumerate(networks):
        alike.setdefault(recipe.activations, []).append(number)
    answers = tf.function(_answers, jit_compile=True)
    grids: dict[int, np.ndarray] = {}
    for activations, numbers in alike.items():
        stacked = _stacked([networks[number][1] for number in numbers])
        grids |= zip(numbers, answers(places.repeat(len(numbers), axis=0), stacked, activations).numpy(), strict=True)
    found = np.stack([grids[number] for number in range(len(networks))])
    return found.reshape(len(found), *found.shape[1:2] * (found.shape[1] > 1), points, points)


def _stacked(networks: list[list[np.ndarray]]) -> list[np.ndarray]:
    """Return kernels, each of shape (M, in, out), and biases, (M, out, 1), padded with 0 to the widest of each."""
    stacked = []
    for arrays in zip(*networks, strict=True):
        widest = np.max([array.shape for array in arrays], axis=0)
        pad = [[(0, most - size) for most, size in zip(widest, array.shape, strict=True)] for array in arrays]
        padded = np.stack([np.pad(array, by) for array, by in zip(arrays, pad, strict=True)])
        stacked.append(padded if padded.ndim == 3 else padded[..., np.newaxis])
    return stacked


def _answers(x: tf.Tensor, stacked: list[tf.Tensor], activations: tuple[str, ...]) -> tf.Tensor:
    """Return probabilities, shape (M, outputs, places), of M networks at places of shape (M, inputs, places)."""
    *hidden, (kernel, bias) = zip(stacked[::2], stacked[1::2], strict=True)
    for (inner, offset), activation in zip(hidden, activations, strict=True):
        x = keras.activations.get(activation)(product(inner, x, transpose_a=True) + offset)
    logits = product(kernel, x, transpose_a=True) + bias
    return tf.nn.softmax(logits, axis=1) if logits.shape[1] > 1 else tf.sigmoid(logits)


def summary_text(network: keras.Sequential) -> str:
    """Return Keras's table of a network's layers."""
    lines: list[str] = []
    network.summary(print_fn=lines.append, line_length=80)
    return "\n".join(lines)


def predict_units(network: keras.Sequential, *, limits: Limits, points: int) -> np.ndarray:
    """Return what each unit of the last hidden layer adds to the logit, then the logit: (units + 1, points, points).

    A unit adds its activation times its weight to the output; with the output's bias they sum to
    the logit, which the sigmoid turns into the probability. So the network must tell two classes apart.
    """
    *inner_layers, output = network.layers
    places = _places(limits, points)
    inner = PinnedNetwork([keras.Input((places.shape[1],)), *inner_layers])
    inner.compile(jit_compile=True)
    activations = inner.predict(places, batch_size=len(places), verbose=0)
    kernel, bias = output.get_weights()
    parts = activations * kernel[:, 0]
    logit = parts.sum(axis=1, keepdims=True) + bias
    return np.concatenate([parts, logit], axis=1).T.reshape(-1, points, points)


def _places(limits: Limits, points: int) -> np.ndarray:
    x1, x2 = np.meshgrid(*(np.linspace(low, high, points, dtype=np.float32) for low, high in limits))
    return np.stack([x1.ravel(), x2.ravel()], axis=1)
