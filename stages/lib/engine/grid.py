"""What a trained network answers: all over the plane, or at given points."""

import keras
import numpy as np

from stages.lib.core.points import Limits
from stages.lib.engine.network import PinnedNetwork


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
