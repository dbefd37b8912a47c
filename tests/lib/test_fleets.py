"""A sweep as fleets in several processes: the same bits as one network after the other."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from stages.lib import fleets
from stages.lib.points import Points
from stages.lib.recipe import Recipe

RECIPE = Recipe((4,), "tanh", "glorot_uniform", keras.optimizers.SGD, 0.1, batch_size=32, epochs=2)
SEEDS = [1, 2, 3]


@pytest.fixture(scope="module")
def tried() -> list[tuple[dict[str, Any], Recipe]]:
    return [
        ({"what": "plain"}, RECIPE),
        ({"what": "deep"}, replace(RECIPE, hidden_units=(4, 4))),
        ({"what": "fast"}, replace(RECIPE, learning_rate=0.5)),
        ({"what": "Adam"}, replace(RECIPE, optimizer=keras.optimizers.Adam)),
        ({"what": "large batches"}, replace(RECIPE, batch_size=100)),
    ]


def test_every_variant_and_seed_stands_in_its_place_with_the_bits_it_has_alone(
    tried: list[tuple[dict[str, Any], Recipe]], points: Points
) -> None:
    sweep = fleets.train_sweep(tried, SEEDS, train=points, validation=points, name="sweep")
    assert sweep.variants["what"].tolist() == ["plain", "deep", "fast", "Adam", "large batches"]
    assert sweep.curves["val_loss"].shape == (5, 3, 2)
    for variant, (_, recipe) in enumerate(tried):
        network = recipe.network(SEEDS[1], train=points, validation=points, name="alone")
        loss, accuracy = network.evaluate(points.x, points.y, verbose=0)
        assert sweep.curves["val_loss"][variant, 1, -1] == pytest.approx(loss, rel=1e-5)
        assert sweep.train_accuracy[variant, 1] == pytest.approx(accuracy)


def test_the_size_of_a_shard_changes_no_bit(
    tried: list[tuple[dict[str, Any], Recipe]], points: Points, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [tried[0], tried[2]]
    whole = fleets.train_sweep(some, SEEDS, train=points, validation=points, name="whole")
    monkeypatch.setattr(fleets, "SHARD", 1)
    cut = fleets.train_sweep(some, SEEDS, train=points, validation=points, name="cut")
    for metric, values in whole.curves.items():
        assert values.tobytes() == cut.curves[metric].tobytes(), metric
    assert whole.start.tobytes() == cut.start.tobytes()


def test_the_parameters_of_a_recipe_are_those_that_keras_counts(points: Points) -> None:
    for hidden_units in ((), (4,), (3, 2)):
        recipe = replace(RECIPE, hidden_units=hidden_units, epochs=1)
        network = recipe.network(1, train=points, validation=points, name="counted")
        assert recipe.parameters == network.count_params()
        assert np.isfinite(network.get_weights()[0]).all()
