"""What a network answers all over the plane, against sums by NumPy."""

import keras
import numpy as np
import pytest

from stages.lib.core.plan import Initializer, Optimizer, Recipe
from stages.lib.engine.networks.grid import predict, predict_grid, predict_grids, predict_units, summary_text
from stages.lib.engine.networks.network import dense_network, network_of

SQUARE = ((-2.0, 2.0), (-2.0, 2.0))
PLACES = [-2.0, 0.0, 2.0]  # of both axes
KERNEL, BIAS = np.array([[0.5, -1.0], [0.25, 0.75]]), np.array([0.1, -0.2])
OUTPUT, OFFSET = np.array([[1.5], [-2.0]]), np.array([0.3])


def network() -> keras.Sequential:
    made = dense_network([2], "tanh", keras.optimizers.SGD(0.1), name="known")
    made.set_weights([KERNEL, BIAS, OUTPUT, OFFSET])
    return made


def test_rows_of_a_grid_are_places_of_x2_from_the_lowest_and_columns_those_of_x1() -> None:
    grid = predict_grid(network(), limits=SQUARE, points=3)
    assert grid.shape == (3, 3)
    assert grid.dtype == np.float32
    for row, x2 in enumerate(PLACES):
        for column, x1 in enumerate(PLACES):
            logit = (np.tanh([x1, x2] @ KERNEL + BIAS) @ OUTPUT + OFFSET)[0]
            np.testing.assert_allclose(grid[row, column], 1 / (1 + np.exp(-logit)), rtol=1e-5)


def softmax(logits: np.ndarray) -> np.ndarray:
    return np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)


def test_the_axes_of_a_grid_have_limits_of_their_own_and_each_of_many_classes_a_grid() -> None:
    made = dense_network([], (), keras.optimizers.SGD(0.1), name="known", classes=3)
    kernel, bias = np.array([[1.0, -1.0, 0.5], [0.1, 0.2, -0.3]]), np.array([0.1, 0.2, -0.3])
    made.set_weights([kernel, bias])
    grid = predict_grid(made, limits=((0.0, 1.0), (-5.0, 5.0)), points=2)
    assert grid.shape == (3, 2, 2)
    for row, x2 in enumerate((-5.0, 5.0)):
        for column, x1 in enumerate((0.0, 1.0)):
            np.testing.assert_allclose(grid[:, row, column], softmax([x1, x2] @ kernel + bias), rtol=1e-5)


@pytest.mark.parametrize("classes", [2, 3])
def test_an_answer_has_the_probability_of_each_class(classes: int) -> None:
    made = dense_network([], (), keras.optimizers.SGD(0.1), name="known", inputs=3, classes=classes)
    draw = np.random.RandomState(0).standard_normal
    kernel, bias, x = draw((3, classes)), draw(classes), draw((4, 3)).astype(np.float32)
    # Of two classes, a softmax is the sigmoid of the difference of their logits.
    made.set_weights([kernel[:, 1:] - kernel[:, :1], bias[1:] - bias[:1]] if classes == 2 else [kernel, bias])
    answers = predict(made, x)
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers, softmax(x @ kernel + bias), rtol=1e-5)


def test_each_unit_adds_its_activation_times_its_weight_and_the_last_is_the_logit() -> None:
    parts = predict_units(network(), limits=SQUARE, points=3)
    assert parts.shape == (3, 3, 3)
    first, second = np.tanh([2.0, -2.0] @ KERNEL + BIAS) * OUTPUT[:, 0]
    np.testing.assert_allclose(parts[:, 0, 2], [first, second, first + second + 0.3], rtol=1e-5)


def test_a_summary_names_each_layer_and_counts_the_parameters() -> None:
    text = summary_text(network())
    assert "hidden_1" in text
    assert "output" in text
    assert "Trainable params: 9" in text


@pytest.mark.parametrize("classes", [2, 3])
def test_many_networks_at_once_answer_as_each_does(classes: int) -> None:
    random = np.random.RandomState(0)
    shapes: list[tuple[tuple[int, ...], str | tuple[str, ...]]] = [
        ((3, 4), "tanh"),
        ((5, 2), "tanh"),
        ((), "tanh"),
        ((4,), ("sigmoid",)),
    ]
    recipes = [
        Recipe(units, activation, Initializer("zeros"), Optimizer("sgd"), 0.1, 8, 1, classes=classes)
        for units, activation in shapes
    ]
    networks = [
        (recipe, recipe.split(random.standard_normal(recipe.parameters).astype(np.float32))) for recipe in recipes
    ]
    limits = ((-1.0, 2.0), (-3.0, 3.0))
    found = predict_grids(networks, limits=limits, points=7)
    assert found.shape == ((4, 7, 7) if classes == 2 else (4, 3, 7, 7))
    for (recipe, weights), grid in zip(networks, found, strict=True):
        alone = network_of(recipe, name="alone")
        alone.set_weights(weights)
        np.testing.assert_allclose(grid, predict_grid(alone, limits=limits, points=7), rtol=1e-5, atol=1e-7)
