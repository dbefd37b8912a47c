"""A sweep as fleets in several processes: the same bits as one network after the other."""

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import keras
import numpy as np
import pytest

from stages.lib.engine import fleets
from stages.lib.engine.fleets import train_sweep
from stages.lib.core.points import Points
from stages.lib.engine.recipe import Recipe
from stages.lib.analysis.sweep import Sweep

RECIPE = Recipe((4,), "tanh", "glorot_uniform", keras.optimizers.SGD, 0.1, batch_size=32, epochs=2)
SEEDS = [1, 2, 3]
Tried = list[tuple[dict[str, Any], Recipe]]


@pytest.fixture(scope="module")
def tried() -> Tried:
    return [
        ({"what": "plain"}, RECIPE),
        ({"what": "fast"}, replace(RECIPE, learning_rate=0.5)),
        ({"what": "deep"}, replace(RECIPE, hidden_units=(4, 4))),
        ({"what": "Adam, large batches"}, replace(RECIPE, optimizer=keras.optimizers.Adam, batch_size=100)),
    ]


@pytest.fixture(scope="module")
def expected(tried: Tried, points: Points, tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """The sweep as it comes out by default: each kind of network a shard, in as many processes as there are cores."""
    with train_sweep(tried, SEEDS, train=points, validation=points, shards=tmp_path_factory.mktemp("shards")) as sweep:
        return sweep


def bits(sweep: Sweep) -> dict[str, bytes]:
    arrays = {**sweep.curves, "start": sweep.start, "train_accuracy": sweep.train_accuracy}
    return {name: np.asarray(values).tobytes() for name, values in arrays.items()}


def test_every_variant_and_seed_stands_in_its_place_with_the_figures_it_has_alone(
    tried: Tried, points: Points, expected: Sweep
) -> None:
    assert expected.variants["what"].tolist() == ["plain", "fast", "deep", "Adam, large batches"]
    assert expected.curves["val_loss"].shape == (4, 3, 2)
    for variant, (_, recipe) in enumerate(tried):
        network = recipe.network(SEEDS[1], train=points, validation=points, name="alone")
        loss, accuracy = network.evaluate(points.x, points.y, verbose=0)
        assert expected.curves["val_loss"][variant, 1, -1] == pytest.approx(loss, rel=1e-5)
        assert expected.train_accuracy[variant, 1] == pytest.approx(accuracy)


@pytest.mark.parametrize(("backend", "cores"), [("loky", "1"), ("threading", "2")])
def test_neither_the_number_of_processes_nor_the_backend_changes_a_bit(
    backend: str,
    cores: str,
    tried: Tried,
    points: Points,
    expected: Sweep,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", cores)
    with (
        joblib.parallel_config(backend=backend),
        train_sweep(tried, SEEDS, train=points, validation=points, shards=tmp_path / "shards") as sweep,
    ):
        assert bits(sweep) == bits(expected)


def test_the_size_of_a_shard_changes_no_bit(
    tried: Tried, points: Points, expected: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleets, "SHARD", 4)
    with train_sweep(tried, SEEDS, train=points, validation=points, shards=tmp_path / "shards") as sweep:
        assert bits(sweep) == bits(expected)


def test_networks_that_fill_the_memory_train_in_smaller_shards(
    tried: Tried, points: Points, expected: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleets, "SHARD_MEMORY", 1)
    found = ended_before_its_end(tried[:1], points, points, tmp_path)
    assert len(list(tmp_path.glob("*.npz"))) == len(SEEDS)
    assert found["loss"] == expected.curves["loss"][:1].tobytes()


def test_a_sweep_that_was_ended_takes_finished_shards_from_where_they_were_kept(
    tried: Tried, points: Points, expected: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "shards"
    ended_before_its_end(tried[:3], points, points, folder)
    trained = []
    train = fleets._train

    def noted(shard: list[fleets.Run], *rest: Any) -> fleets.Outcome:
        trained.append(shard[0][1])
        return train(shard, *rest)

    monkeypatch.setattr(fleets, "_train", noted)
    with train_sweep(tried, SEEDS, train=points, validation=points, shards=folder) as sweep:
        assert bits(sweep) == bits(expected)
    assert trained == [tried[3][1]]  # one shard alone is trained in this process
    assert not folder.exists()


def test_other_points_train_all_shards_again(tried: Tried, points: Points, expected: Sweep, tmp_path: Path) -> None:
    other = Points(points.x, 1 - points.y)
    of_others = ended_before_its_end(tried[:1], other, points, tmp_path)
    found = ended_before_its_end(tried[:1], points, points, tmp_path)
    assert found["loss"] == expected.curves["loss"][:1].tobytes() != of_others["loss"]
    assert len(list(tmp_path.glob("*.npz"))) == 2


def ended_before_its_end(tried: Tried, train: Points, validation: Points, shards: Path) -> dict[str, bytes]:
    """The bits of a sweep whose stage fails once it is trained."""
    with (
        contextlib.suppress(RuntimeError),
        train_sweep(tried, SEEDS, train=train, validation=validation, shards=shards) as sweep,
    ):
        found = bits(sweep)
        raise RuntimeError("the machine went off")
    return found


def test_curves_lie_on_disk_so_that_memory_does_not_bound_the_sweep(expected: Sweep) -> None:
    assert all(isinstance(values, np.memmap) for values in expected.curves.values())


def test_the_parameters_of_a_recipe_are_those_that_keras_counts(points: Points) -> None:
    for hidden_units in ((), (4,), (3, 2)):
        recipe = replace(RECIPE, hidden_units=hidden_units, epochs=1)
        network = recipe.network(1, train=points, validation=points, name="counted")
        assert recipe.parameters == network.count_params()
        assert np.isfinite(network.get_weights()[0]).all()
