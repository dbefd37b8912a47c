"""A plan trained as fleets in several processes: the same bits as one network after the other."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stages.lib.core.plan import KEPT_WEIGHTS, METRICS, Initializer, Optimizer, Plan, Recipe, Round, Variant
from stages.lib.core.points import Draws, Points
from stages.lib.core.runner import Fault
from stages.lib.engine import fleets, parts
from stages.lib.engine.fleets import IN_A_ROW, train_plan
from stages.lib.engine.networks import shard
from stages.lib.engine.networks.shard import fleet_of
from stages.lib.engine.parts import Outcome, Run, Sets, shapes_of
from tests.lib.engine.clouds import clouds

RECIPE = Recipe((4,), "tanh", Initializer("glorot_uniform"), Optimizer("sgd"), 0.1, batch_size=32, epochs=2)
ADAM = Optimizer("adam")
RECIPES = [
    RECIPE,
    replace(RECIPE, learning_rate=0.5),
    replace(RECIPE, hidden_units=(3, 4)),
    replace(RECIPE, optimizer=ADAM, batch_size=100),
]
PLAN = Plan([Variant({"number": number}, recipe) for number, recipe in enumerate(RECIPES)], seeds=[1, 2, 3])
FIRST_TWO = replace(PLAN, variants=PLAN.variants[:2])


@pytest.fixture(scope="module")
def sets(points: Points) -> dict[str, Draws]:
    """Three sets that differ, as the places of their points are turned; two of them have a draw for each seed."""
    orders = np.stack([np.random.RandomState(draw).permutation(len(points)) for draw in range(3)]).astype(np.int32)
    return {
        "train": Draws(points, orders[:, :80]),
        "validation": Draws(Points(points.x[::-1].copy(), points.y), orders[:, 30:]),
        "test": Draws.of(Points(-points.x, points.y)),
    }


def trained(folder: Path, sets: dict[str, Draws], plan: Plan = PLAN) -> dict[str, np.ndarray]:
    return trained_by_variant(folder, lambda _: sets, plan)


def trained_by_variant(folder: Path, points_of: Callable[[Variant], Sets], plan: Plan) -> dict[str, np.ndarray]:
    train_plan(plan, points_of, name="sweep", shards=folder / "shards", folder=folder / "out")
    return {file.stem: np.load(file) for file in (folder / "out").iterdir()}


@pytest.fixture(scope="module")
def expected(sets: dict[str, Draws], tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """The plan as it comes out by default: each kind of network a shard, in as many processes as there are cores."""
    return trained(tmp_path_factory.mktemp("default"), sets)


def assert_same_bits(some: dict[str, np.ndarray], others: dict[str, np.ndarray]) -> None:
    assert some.keys() == others.keys()
    for name, values in some.items():
        assert values.tobytes() == others[name].tobytes(), name


def without_weights(measured: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What was measured for each variant and seed."""
    return {name: values for name, values in measured.items() if name not in KEPT_WEIGHTS}


def test_every_network_stands_in_its_place_with_the_figures_it_has_alone(
    sets: dict[str, Draws], expected: dict[str, np.ndarray]
) -> None:
    assert expected["val_loss"].shape == (4, 3, 2)
    for number, seed in ((0, 2), (1, 0), (2, 0), (3, 0)):
        recipe = RECIPES[number]
        alone = fleet_of(
            [(recipe, PLAN.seeds[seed], seed)], train=sets["train"], validation=sets["validation"], name="one"
        )
        start, before = alone.judge(sets["train"])["loss"][0], alone.weights_of(0)
        curves = alone.train(epochs=2, batch_size=recipe.batch_size)
        for metric in METRICS:
            assert expected[metric][number, seed].tobytes() == curves[metric][:, 0].tobytes()
        assert expected["start_loss"][number, seed] == start
        for part in ("train", "test"):
            judged = alone.judge(sets[part])
            assert expected[f"{part}_loss"][number, seed] == judged["loss"][0]
            assert expected[f"{part}_accuracy"][number, seed] == judged["accuracy"][0]
        if seed == 0:
            for name, weights in (("start_weights", before), ("weights", alone.weights_of(0))):
                kept = recipe.split(PLAN.weights_of(expected[name], number, 0))
                assert [w.tobytes() for w in kept] == [w.tobytes() for w in weights]


def test_the_variant_without_a_penalty_is_bit_for_bit_the_baseline(
    sets: dict[str, Draws], expected: dict[str, np.ndarray], tmp_path: Path
) -> None:
    plan = replace(PLAN, variants=[Variant({"l2": l2}, replace(RECIPE, l2=l2)) for l2 in (0.1, 0.0)])
    found = trained(tmp_path, sets, plan)
    for name, values in without_weights(expected).items():
        assert found[name][1].tobytes() == values[0].tobytes(), name
    weights = PLAN.weights_of(expected["weights"], 0, 0).tobytes()
    assert plan.weights_of(found["weights"], 1, 0).tobytes() == weights
    assert plan.weights_of(found["weights"], 0, 0).tobytes() != weights


@pytest.mark.parametrize("cores", ["1", pytest.param("5", marks=pytest.mark.long)])
def test_the_number_of_processes_changes_no_bit(
    cores: str,
    sets: dict[str, Draws],
    expected: dict[str, np.ndarray],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("stages.lib.core.cores.cpu_count", lambda: int(cores))
    assert_same_bits(trained(tmp_path, sets), expected)


def test_the_size_of_a_shard_changes_no_bit(
    sets: dict[str, Draws], expected: dict[str, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "SHARD", 4)  # of the six networks of two variants, which are one shard by default
    found = trained(tmp_path, sets, FIRST_TWO)
    assert_same_bits(without_weights(found), {name: of[:2] for name, of in without_weights(expected).items()})
    for name in KEPT_WEIGHTS:
        assert expected[name].tobytes().startswith(found[name].tobytes())


def test_variants_with_points_of_their_own_train_each_on_its_own(
    sets: dict[str, Draws], expected: dict[str, np.ndarray], tmp_path: Path
) -> None:
    """The points are made anew for each variant, so that only what they hold can say which are the same."""
    plan = replace(PLAN, variants=[Variant({"turned": turned}, RECIPE) for turned in (0, 1, 0)])

    def points_of(variant: Variant) -> Sets:
        turned = variant.changed["turned"] == 1
        return {
            part: replace(some, points=Points(-some.points.x if turned else some.points.x.copy(), some.points.y))
            for part, some in sets.items()
        }

    found = trained_by_variant(tmp_path / "both", points_of, plan)
    alone = trained(tmp_path / "alone", {**points_of(plan.variants[1])}, replace(PLAN, variants=plan.variants[1:2]))
    for name in without_weights(expected):
        assert found[name][0].tobytes() == found[name][2].tobytes() == expected[name][0].tobytes(), name
        assert found[name][1].tobytes() == alone[name][0].tobytes() != expected[name][0].tobytes(), name
    weights = [plan.weights_of(found["weights"], variant, 0).tobytes() for variant in range(3)]
    first = PLAN.weights_of(expected["weights"], 0, 0).tobytes()
    assert weights == [first, alone["weights"].tobytes(), first]


def test_a_plan_of_many_inputs_and_classes_is_trained_and_tested(tmp_path: Path) -> None:
    """Each class has a centre far from the others, so that even a few epochs tell them apart."""
    recipe = replace(RECIPE, inputs=64, classes=10, epochs=20, batch_size=500)
    points = Draws.of(clouds(64, 10))
    plan = Plan([Variant({}, recipe)], seeds=[1])
    found = trained(tmp_path, dict.fromkeys(("train", "validation", "test"), points), plan)
    assert found["weights"].shape == (64 * 4 + 4 + 4 * 10 + 10,)
    assert found["test_loss"] == found["train_loss"] < found["start_loss"]


def test_a_sweep_that_was_ended_takes_finished_shards_from_where_they_were_kept(
    sets: dict[str, Draws], expected: dict[str, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = replace(PLAN, variants=PLAN.variants[2:])
    ended_before_its_end(sets, tmp_path, plan)
    kept = sorted((tmp_path / "shards").glob("*.npz"))
    assert len(kept) == 2
    kept[0].unlink()
    asked = []
    train_shard = shard.train_shard

    def noted(part: list[Run], *rest: Any) -> Outcome:
        asked.append(part)
        return train_shard(part, *rest)

    monkeypatch.setattr(shard, "train_shard", noted)
    found = trained(tmp_path, sets, plan)
    assert_same_bits(without_weights(found), {name: of[2:] for name, of in without_weights(expected).items()})
    for name in KEPT_WEIGHTS:
        assert expected[name].tobytes().endswith(found[name].tobytes())
    assert len(asked) == 1  # one shard alone is trained in this process
    assert not (tmp_path / "shards").exists()


def test_other_points_of_any_set_train_all_shards_again(sets: dict[str, Draws], tmp_path: Path) -> None:
    plan = replace(PLAN, variants=PLAN.variants[:1])
    for changed in ({}, {"validation": sets["test"]}, {"test": sets["train"]}):
        ended_before_its_end({**sets, **changed}, tmp_path, plan)
    assert len(list((tmp_path / "shards").glob("*.npz"))) == 3


def ended_before_its_end(sets: dict[str, Draws], folder: Path, plan: Plan = PLAN) -> None:
    """Trains a plan whose stage fails once all is trained."""
    with pytest.MonkeyPatch.context() as patch:

        def fail(*_: Any) -> None:
            raise Fault("the disk is full")

        patch.setattr(fleets, "_merge", fail)
        with pytest.raises(Fault, match="the disk is full"):
            trained(folder, sets, plan)


def test_snapshots_begin_before_the_first_epoch_and_end_with_the_last(sets: dict[str, Draws], tmp_path: Path) -> None:
    plan = Plan([Variant({}, RECIPE)], seeds=[1], snapshots=[0, 1, 2])
    found = trained(tmp_path, sets, plan)
    assert found["snapshots"].shape == (3, RECIPE.parameters)
    start = fleet_of([(RECIPE, 1, 0)], train=sets["train"], validation=sets["validation"], name="one").weights_of(0)
    assert found["snapshots"][0].tobytes() == b"".join(values.tobytes() for values in start)
    assert found["snapshots"][2].tobytes() == found["weights"].tobytes()
    assert not np.array_equal(found["snapshots"][1], found["snapshots"][2])


def test_the_weights_of_several_replicates_are_kept_where_the_plan_says_so(
    sets: dict[str, Draws], expected: dict[str, np.ndarray], tmp_path: Path
) -> None:
    plan = replace(PLAN, variants=PLAN.variants[1:3], kept=2)
    found = trained(tmp_path, sets, plan)
    for variant in (0, 1):
        first = plan.weights_of(found["weights"], variant, 0)
        assert first.tobytes() == PLAN.weights_of(expected["weights"], variant + 1, 0).tobytes()
        assert not np.array_equal(first, plan.weights_of(found["weights"], variant, 1))


def test_a_variant_of_fewer_epochs_ends_as_it_does_alone_and_its_last_values_stand(
    sets: dict[str, Draws], expected: dict[str, np.ndarray], tmp_path: Path
) -> None:
    plan = replace(PLAN, variants=[Variant({"epochs": epochs}, replace(RECIPE, epochs=epochs)) for epochs in (2, 5)])
    together = trained(tmp_path / "both", sets, plan)
    assert together["val_loss"].shape == (2, 3, 5)
    for metric in METRICS:
        fewer, more = together[metric]
        assert fewer[:, :2].tobytes() == more[:, :2].tobytes() == expected[metric][0].tobytes()
        assert (fewer[:, 2:] == fewer[:, 1:2]).all()
    alone = trained(tmp_path / "alone", sets, replace(plan, variants=plan.variants[1:]))
    for name in without_weights(expected):
        assert together[name][1].tobytes() == alone[name][0].tobytes(), name
    weights = [plan.weights_of(together["weights"], place, 0).tobytes() for place in (0, 1)]
    assert weights == [PLAN.weights_of(expected["weights"], 0, 0).tobytes(), alone["weights"].tobytes()]


def test_the_shapes_of_a_shard_follow_from_its_networks() -> None:
    part = [Run(0, RECIPE, 1), Run(1, replace(RECIPE, hidden_units=(2,)), 2)]
    plan = Plan([Variant({}, run.recipe) for run in part], seeds=[1])
    assert shapes_of(part, plan) == {
        **dict.fromkeys(METRICS, (2, 2)),
        **dict.fromkeys(("start_loss", "train_loss", "train_accuracy", "test_loss", "test_accuracy"), (2,)),
        **dict.fromkeys(("start_weights", "weights"), (17 + 9,)),
    }


def test_a_variant_gets_more_replicates_where_the_first_ones_do_not_tell(
    tmp_path: Path, sets: dict[str, Draws]
) -> None:
    """Labels that all are of class 1 are learned at a rate that is not 0, and not at one that is."""
    of_one_class = {
        part: Draws(Points(some.points.x, np.ones_like(some.points.y)), some.rows) for part, some in sets.items()
    }
    recipes = [replace(RECIPE, learning_rate=rate, epochs=9) for rate in (1.0, 1e-9)]
    plan = Plan(
        [Variant({"number": number}, recipe) for number, recipe in enumerate(recipes)],
        seeds=[1, 2, 3],
        rounds=[Round(2, least=2, most=2)],
    )
    found = trained(tmp_path / "rounds", of_one_class, plan)
    whole = trained(tmp_path / "whole", of_one_class, replace(plan, rounds=[]))
    assert (whole["train_accuracy"][0] == 1).all()
    assert (whole["train_accuracy"][1, :2] < 1).any()
    for name in found.keys() - IN_A_ROW:
        assert found[name][0].tobytes() == whole[name][0].tobytes()
        assert found[name][1, :2].tobytes() == whole[name][1, :2].tobytes()
        assert np.isnan(found[name][1, 2]).all()
    assert found["weights"].tobytes() == whole["weights"].tobytes()


def test_without_curves_the_last_values_are_kept(
    tmp_path: Path, sets: dict[str, Draws], expected: dict[str, np.ndarray]
) -> None:
    found = trained(tmp_path, sets, replace(FIRST_TWO, curves=False))
    for name, values in without_weights(expected).items():
        assert found[name].tobytes() == (values[:2, :, -1:] if name in METRICS else values[:2]).tobytes()
    for name in KEPT_WEIGHTS:
        assert expected[name].tobytes().startswith(found[name].tobytes())
