"""How a plan is cut: what trains as one, how many at once, and what goes first."""

from dataclasses import replace

import numpy as np
import pytest

from stages.lib.core.plan import Initializer, Optimizer, Recipe
from stages.lib.core.points import Draws, Points
from stages.lib.engine import parts
from stages.lib.engine.parts import Run, parts_of
from tests.lib.engine.clouds import clouds
from tests.lib.engine.test_fleets import ADAM, RECIPE

POINTS = {"": {"train": Draws.of(clouds(2, 2))}}
RUN = Run(0, RECIPE, 1)


@pytest.mark.parametrize(
    "other",
    [
        replace(RECIPE, hidden_units=(5,)),
        replace(RECIPE, hidden_units=(4, 4)),
        replace(RECIPE, activation="relu"),
        replace(RECIPE, inputs=3),
        replace(RECIPE, classes=3),
        replace(RECIPE, optimizer=ADAM),
        replace(RECIPE, optimizer=Optimizer("sgd", {"momentum": 0.9})),
        replace(RECIPE, batch_size=33),
        replace(RECIPE, epochs=3),
        replace(RECIPE, l2=0.1),
    ],
    ids=["width", "depth", "activation", "inputs", "classes", "optimizer", "momentum", "batch_size", "epochs", "l2"],
)
def test_networks_that_differ_in_this_do_not_train_as_one(other: Recipe) -> None:
    assert len(list(parts_of([RUN, Run(1, other, 1)], POINTS))) == 2


def test_layers_of_other_activations_do_not_train_as_one_and_a_name_for_all_is_one_for_each() -> None:
    two = replace(RECIPE, hidden_units=(4, 4))
    some, same = Run(0, two, 1), Run(1, replace(two, activation=("tanh", "tanh")), 1)
    other = Run(2, replace(two, activation=("tanh", "relu")), 1)
    assert list(parts_of([some, same, other], POINTS)) == [[some, same], [other]]


@pytest.mark.parametrize(
    "other",
    [
        replace(RECIPE, hidden_units=(1,)),
        replace(RECIPE, kernel_initializer=Initializer("random_normal", {"stddev": 0.5})),
        replace(RECIPE, learning_rate=3.0),
    ],
    ids=["width up to a multiple of 4", "kernel_initializer", "learning_rate"],
)
def test_networks_that_differ_in_this_alone_train_as_one(other: Recipe) -> None:
    assert list(parts_of([RUN, Run(1, other, 2)], POINTS)) == [[RUN, Run(1, other, 2)]]
    decayed = replace(RECIPE, l2=0.1), replace(RECIPE, l2=0.2)
    assert len(list(parts_of([Run(0, decayed[0], 1), Run(1, decayed[1], 1)], POINTS))) == 1


def test_what_takes_longest_is_trained_first() -> None:
    long, wide = replace(RECIPE, epochs=9), replace(RECIPE, hidden_units=(40,))
    first, second, third = parts_of([RUN, Run(1, wide, 1), Run(2, long, 1)], POINTS)
    assert [first[0][1], second[0][1], third[0][1]] == [wide, long, RECIPE]  # 161 * 2, 17 * 9, 17 * 2


@pytest.mark.parametrize(
    ("members", "sizes"),
    [([80], [50, 30]), ([50], [50]), ([300], [150, 150]), ([60, 60], [60, 60]), ([210, 30], [120, 90, 30])],
)
def test_no_shard_is_more_than_half_of_a_sweep_unless_it_is_small(members: list[int], sizes: list[int]) -> None:
    recipes = [replace(RECIPE, batch_size=32 + fleet) for fleet, count in enumerate(members) for _ in range(count)]
    runs = [Run(number, recipe, number) for number, recipe in enumerate(recipes)]
    assert [len(part) for part in parts_of(runs, POINTS)] == sizes


def test_networks_that_fill_the_memory_train_in_smaller_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [Run(number, RECIPE, number) for number in range(10)]
    numbers = 4 * 17 + 3 * 7 * 64 + 3 * 100  # 17 weights; 2 inputs and 5 units at 64 points; 100 rows in an order
    monkeypatch.setattr(parts, "SHARD_MEMORY", 3 * 4 * numbers)
    assert [len(part) for part in parts_of(runs, POINTS)] == [3, 3, 3, 1]
    monkeypatch.setattr(parts, "SHARD_MEMORY", 1)
    assert [len(part) for part in parts_of(runs, POINTS)] == [1] * 10


def test_inputs_and_rows_fill_the_memory_too_and_a_batch_is_no_larger_than_the_rows() -> None:
    zeros = np.zeros((100_000, 1), np.float32)
    many = {"": {"train": Draws.of(Points(zeros, zeros))}}
    wide = replace(RECIPE, inputs=1_000, batch_size=1_000)  # 3 * 1,005 numbers at 1,000 points, and 4 * 4,009 weights
    runs = [Run(number, wide, number) for number in range(400)]
    assert [len(part) for part in parts_of(runs, POINTS)] == [200, 200]  # of 100 rows
    assert len(next(parts_of(runs, many))) == 250_000_000 // (3 * 1_005_000 + 4 * 4_009 + 3 * 100_000)


def test_the_largest_network_of_a_fleet_says_how_many_train_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = replace(RECIPE, hidden_units=(1,))  # 5 weights and 1 unit, which train beside 17 and 4
    runs = [Run(number, recipe, 1) for number, recipe in enumerate([narrow, RECIPE, narrow, narrow])]
    monkeypatch.setattr(parts, "SHARD_MEMORY", 2 * 4 * (4 * 17 + 3 * 7 * 64 + 3 * 100))
    assert [len(part) for part in parts_of(runs, POINTS)] == [2, 2]
