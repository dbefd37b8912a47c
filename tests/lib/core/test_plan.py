"""Plans: what is to be trained, as a file with exact numbers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stages.lib.core.plan import (
    EarlyStopping,
    Initializer,
    Kept,
    Optimizer,
    Plan,
    Recipe,
    Round,
    Variant,
    point_seeds,
    read_kept,
    read_plan,
    read_weights,
    replicate_seeds,
    write_kept,
    write_plan,
)
from stages.lib.core.runner import Fault

RECIPE = Recipe(
    (3, 2), "tanh", Initializer("zeros"), Optimizer("sgd", {"momentum": 0.9, "nesterov": True}), 0.1, 32, 7, 1e-5
)
PLAN = Plan(
    [Variant({"learning_rate": 0.1 + 0.2, "name": "a"}, RECIPE), Variant({}, replace(RECIPE, hidden_units=()))],
    seeds=[7, 2**32 - 1, 3],
    kept=2,
    curves=False,
    rounds=[Round(2, 1, 2)],
)
FOLLOWED = Plan([Variant({}, RECIPE)], seeds=[3], snapshots=[0, 3], early_stopping=EarlyStopping(0.001, 5))


def test_a_plan_comes_back_from_its_file_to_the_last_bit(tmp_path: Path) -> None:
    write_plan(FOLLOWED, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == FOLLOWED
    write_plan(PLAN, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == PLAN
    text = (tmp_path / "plan.json").read_text("utf-8")
    assert len(text.splitlines()) == 2 + len(PLAN.variants)
    assert text.count('"variants"') == 1


def test_a_plan_without_rounds_wants_every_seed_of_every_variant() -> None:
    plan = Plan(PLAN.variants, seeds=[1, 2, 3])
    assert plan.wanted(np.zeros(2, int), np.zeros(2, int)).tolist() == [3, 3]
    assert plan.wanted(np.full(2, 3), np.zeros(2, int)).tolist() == [3, 3]


def test_after_a_round_those_that_it_tells_of_get_the_replicates_of_the_next() -> None:
    variants = [Variant({"number": number}, RECIPE) for number in range(5)]
    plan = Plan(variants, seeds=list(range(10)), rounds=[Round(2, 1, 1), Round(4, 2, 3)])
    first = plan.wanted(np.zeros(5, int), np.zeros(5, int))
    assert first.tolist() == [2] * 5
    second = plan.wanted(first, np.array([0, 1, 1, 1, 2]))
    assert second.tolist() == [2, 4, 4, 4, 2]
    last = plan.wanted(second, np.array([0, 1, 2, 3, 2]))
    assert last.tolist() == [2, 4, 10, 10, 2]
    assert plan.wanted(last, np.array([0, 1, 6, 6, 2])).tolist() == last.tolist()


@pytest.mark.parametrize("sizes", [(2, 2), (3, 2), (2, 11), (0, 2)])
def test_rounds_grow_from_those_that_are_kept_to_all(sizes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="must have more replicates than the one before"):
        Plan(PLAN.variants, seeds=list(range(10)), rounds=[Round(size, 0, 1) for size in sizes])


def test_what_is_kept_of_a_network_comes_back_from_its_file(tmp_path: Path) -> None:
    kept = Kept(RECIPE, units=True)
    write_kept(kept, tmp_path / "kept.json")
    assert read_kept(tmp_path / "kept.json") == kept


@pytest.mark.parametrize("content", ["", "{}", '{"variants": [], "seeds": [1], "more": 2}', "\ud800"])
def test_a_file_that_holds_no_plan_is_a_clear_word(tmp_path: Path, content: str) -> None:
    (tmp_path / "plan.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(Fault, match=r"plan\.json: not what its stage has written .*`dvc repro` makes it again"):
        read_plan(tmp_path / "plan.json")


def test_the_parameters_are_counted_layer_by_layer() -> None:
    assert RECIPE.parameters == (2 * 3 + 3) + (3 * 2 + 2) + (2 * 1 + 1)
    assert replace(RECIPE, hidden_units=()).parameters == 2 + 1


def test_the_weights_of_a_network_are_found_among_those_of_all_that_are_kept() -> None:
    row = np.arange(2 * RECIPE.parameters + 2 * 3, dtype=np.float32)
    assert PLAN.weights_of(row, 0, 1).tolist() == list(range(RECIPE.parameters, 2 * RECIPE.parameters))
    assert PLAN.weights_of(row, 1, 1).tolist() == row[-3:].tolist()


def test_a_row_of_weights_is_cut_into_kernels_and_biases_in_keras_order() -> None:
    parts = RECIPE.split(np.arange(RECIPE.parameters, dtype=np.float32))
    assert [part.shape for part in parts] == [(2, 3), (3,), (3, 2), (2,), (2, 1), (1,)]
    assert parts[0].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert parts[1].tolist() == [6, 7, 8]
    assert parts[-1].tolist() == [RECIPE.parameters - 1]


def test_the_baseline_has_the_first_of_the_seeds_that_all_variants_share() -> None:
    assert replicate_seeds(42, 3)[0] == replicate_seeds(42, 1)[0]
    assert replicate_seeds(42, 3)[2] == np.random.SeedSequence((42, 2)).generate_state(1)[0]
    assert len(set(replicate_seeds(42, 1000))) == 1000
    assert replicate_seeds(42, 3) != replicate_seeds(43, 3)


@pytest.mark.parametrize("changed", [{"seeds": [1, 2]}, {"variants": PLAN.variants}])
def test_a_network_that_is_followed_is_the_only_one_of_its_plan(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="only a plan of one network has"):
        replace(FOLLOWED, **changed)


def test_curves_are_as_long_as_the_longest_training() -> None:
    plan = Plan([Variant({}, RECIPE), Variant({}, replace(RECIPE, epochs=9)), Variant({}, RECIPE)], seeds=[1])
    assert plan.epochs == 9
    assert plan.shape_of("loss") == (3, 1, 9)
    assert plan.shape_of("start_loss") == (3, 1)


def test_the_shapes_of_what_is_measured_follow_from_the_plan() -> None:
    assert PLAN.shape_of("val_loss") == (2, 3, 1)
    assert replace(PLAN, curves=True).shape_of("val_loss") == (2, 3, 7)
    assert PLAN.shape_of("test_accuracy") == (2, 3)
    for name in ("start_weights", "weights"):
        assert PLAN.shape_of(name) == (2 * RECIPE.parameters + 2 * 3,)
    assert FOLLOWED.shape_of("snapshots") == (2, RECIPE.parameters)


def test_weights_of_another_network_are_a_clear_word(tmp_path: Path) -> None:
    np.save(tmp_path / "weights.npy", np.arange(RECIPE.parameters, dtype=np.float32))
    assert read_weights(tmp_path / "weights.npy", RECIPE)[1].tolist() == [6, 7, 8]
    np.save(tmp_path / "weights.npy", np.zeros(RECIPE.parameters - 1, np.float32))
    with pytest.raises(Fault, match=r"weights\.npy: its shape is \(19,\), but must be \(20,\)"):
        read_weights(tmp_path / "weights.npy", RECIPE)


def test_the_first_draw_of_the_points_has_the_seed_itself_and_more_draws_leave_the_first_ones() -> None:
    assert point_seeds(42, 1) == [42]
    assert point_seeds(42, 5)[:3] == point_seeds(42, 3)
    assert len({*point_seeds(42, 50), *replicate_seeds(42, 50)}) == 100
