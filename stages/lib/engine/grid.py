"""What a trained network answers all over the plane."""

import keras
import numpy as np

from stages.lib.core.shapes import INPUTS
from stages.lib.engine.network import PinnedNetwork


def predict_grid(network: keras.Sequential, *, limit: float, points: int) -> np.ndarray:
    """Return the probability of class 1 on a square grid, shape (points, points), float32; row 0 is the lowest x2.

    Args:
        network: with two inputs and one sigmoid output.
        limit: the grid reaches from -limit to limit on both axes.
        points: places along each side.
    """
    places = _places(limit, points)
    return network.predict(places, batch_size=len(places), verbose=0).reshape(points, points)


def summary_text(network: keras.Sequential) -> str:
    """Return Keras's table of a network's layers."""
    lines: list[str] = []
    network.summary(print_fn=lines.append, line_length=80)
    return "\n".join(lines)


def predict_units(network: keras.Sequential, *, limit: float, points: int) -> np.ndarray:
    """Return what each unit of the last hidden layer adds to the logit, then the logit: (units + 1, points, points).

    A unit adds its activation times its weight to the output; with the output's bias they sum to
    the logit, which the sigmoid turns into the probability.
    """
    *inner_layers, output = network.layers
    inner = PinnedNetwork([keras.Input((INPUTS,)), *inner_layers])
    inner.compile(jit_compile=True)
    places = _places(limit, points)
    activations = inner.predict(places, batch_size=len(places), verbose=0)
    kernel, bias = output.get_weights()
    parts = activations * kernel[:, 0]
    logit = parts.sum(axis=1, keepdims=True) + bias
    return np.concatenate([parts, logit], axis=1).T.reshape(-1, points, points)


def _places(limit: float, points: int) -> np.ndarray:
    axis = np.linspace(-limit, limit, points, dtype=np.float32)
    x1, x2 = np.meshgrid(axis, axis)
    return np.stack([x1.ravel(), x2.ravel()], axis=1)
