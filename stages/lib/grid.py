"""What a trained network answers all over the plane."""

import keras
import numpy as np

from stages.params.prediction_grid import PredictionGrid


def predict_grid(network: keras.Sequential, grid: PredictionGrid) -> np.ndarray:
    """Returns the probability of class 1 on the grid, shape (points, points), float32; row 0 is the lowest x2."""
    axis = np.linspace(-grid.limit, grid.limit, grid.points, dtype=np.float32)
    x1, x2 = np.meshgrid(axis, axis)
    places = np.stack([x1.ravel(), x2.ravel()], axis=1)
    return network.predict(places, batch_size=len(places), verbose=0).reshape(x1.shape)


def summary_text(network: keras.Sequential) -> str:
    """Returns Keras's table of a network's layers."""
    lines: list[str] = []
    network.summary(print_fn=lines.append, line_length=80)
    return "\n".join(lines)
