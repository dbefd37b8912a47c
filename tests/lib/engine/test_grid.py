"""What a network answers all over the plane, against sums by NumPy."""

import keras
import numpy as np

from stages.lib.engine.grid import predict_grid, predict_units, summary_text
from stages.lib.engine.network import dense_network

PLACES = [-2.0, 0.0, 2.0]  # of both axes
KERNEL, BIAS = np.array([[0.5, -1.0], [0.25, 0.75]]), np.array([0.1, -0.2])
OUTPUT, OFFSET = np.array([[1.5], [-2.0]]), np.array([0.3])


def network() -> keras.Sequential:
    made = dense_network([2], "tanh", keras.optimizers.SGD(0.1), name="known")
    made.set_weights([KERNEL, BIAS, OUTPUT, OFFSET])
    return made


def test_rows_of_a_grid_are_places_of_x2_from_the_lowest_and_columns_those_of_x1() -> None:
    grid = predict_grid(network(), limit=2.0, points=3)
    assert grid.shape == (3, 3)
    assert grid.dtype == np.float32
    for row, x2 in enumerate(PLACES):
        for column, x1 in enumerate(PLACES):
            logit = (np.tanh([x1, x2] @ KERNEL + BIAS) @ OUTPUT + OFFSET)[0]
            np.testing.assert_allclose(grid[row, column], 1 / (1 + np.exp(-logit)), rtol=1e-5)


def test_each_unit_adds_its_activation_times_its_weight_and_the_last_is_the_logit() -> None:
    parts = predict_units(network(), limit=2.0, points=3)
    assert parts.shape == (3, 3, 3)
    first, second = np.tanh([2.0, -2.0] @ KERNEL + BIAS) * OUTPUT[:, 0]
    np.testing.assert_allclose(parts[:, 0, 2], [first, second, first + second + 0.3], rtol=1e-5)


def test_a_summary_names_each_layer_and_counts_the_parameters() -> None:
    text = summary_text(network())
    assert "hidden_1" in text
    assert "output" in text
    assert "Trainable params: 9" in text
