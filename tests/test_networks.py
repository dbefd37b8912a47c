"""What the chosen networks are asked for, by where their points lie."""

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from stages import networks
from stages.lib.core.files import write_array, write_csv
from stages.lib.core.places import Places
from stages.lib.core.plan import Initializer, Kept, Optimizer, Recipe, write_kept
from stages.lib.core.points import Description, Points, write_description
from tests.lib.engine.clouds import clouds
from tests.measured import params

LIMITS = ((-1.0, 0.0), (2.0, 5.0), (0.0, 9.0))
POINTS = 3  # places along each side


def answered(folder: Path, inputs: int, classes: int) -> Places:
    """A study with one chosen network, whose units are to be drawn, after the stage `networks`."""
    places, points = Places(folder), clouds(inputs, classes, rows=20)
    recipe = Recipe((3,), "tanh", Initializer("zeros"), Optimizer("sgd"), 0.1, 32, 1, inputs=inputs, classes=classes)
    weights = np.random.RandomState(0).standard_normal(recipe.parameters).astype(np.float32)
    write_array(weights, places.chosen / "any/weights.npy")
    write_kept(Kept(recipe, units=True), places.chosen / "any/kept.json")
    features, names = tuple(f"x{number}" for number in range(inputs)), tuple(map(str, range(classes)))
    write_description(
        Description("Any", "points", features, names, "the ", LIMITS[:inputs], rows=20), places.description
    )
    write_csv(table_of(points), places.points("validation"), float_format="%.9g")
    networks.main(params(prediction_grid={"points": POINTS})["prediction_grid"], places=places)
    return places


def table_of(points: Points) -> pd.DataFrame:
    return pd.DataFrame(points.x).assign(label=points.y.astype(int))


@pytest.mark.parametrize(("inputs", "classes"), [(1, 2), (3, 2), (3, 4)])
def test_other_than_in_the_plane_a_network_answers_at_the_validation_points(
    inputs: int, classes: int, tmp_path: Path
) -> None:
    places = answered(tmp_path, inputs, classes)
    answers = np.load(places.answers / "any.npy")
    assert (answers.shape, answers.dtype) == ((20, classes), np.float32)
    network = keras.models.load_model(places.model("any"))
    expected = np.asarray(network(clouds(inputs, classes, rows=20).x))
    np.testing.assert_allclose(answers[:, -expected.shape[1] :], expected, rtol=1e-5)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)
    assert list(places.grids.iterdir()) == []


@pytest.mark.parametrize(("classes", "shape"), [(2, (3, 3)), (4, (4, 3, 3))])
def test_in_the_plane_it_answers_between_the_limits_of_each_axis(
    classes: int, shape: tuple[int, ...], tmp_path: Path
) -> None:
    places = answered(tmp_path, 2, classes)
    grid = np.load(places.grids / "any.npy")
    network = keras.models.load_model(places.model("any"))
    corner = np.asarray(network(np.array([[-1.0, 5.0]], np.float32)))[0]  # the lowest x1, the highest x2
    assert grid.shape == shape
    np.testing.assert_allclose(grid[..., 2, 0], corner if classes > 2 else corner[0], rtol=1e-5)
    assert list(places.answers.iterdir()) == []


def test_units_are_drawn_where_they_add_up_to_one_logit(tmp_path: Path) -> None:
    assert np.load(answered(tmp_path / "two", 2, 2).grids / "any_units.npy").shape == (3 + 1, 3, 3)
    assert not (answered(tmp_path / "three", 2, 3).grids / "any_units.npy").exists()
