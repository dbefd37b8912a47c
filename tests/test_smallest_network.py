"""The search for the smallest network, on few restarts."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from stages import smallest_network
from stages.lib.recipe import Recipe
from stages.params.smallest_network import SmallestNetwork
from tests.conftest import SEED


def table_of(rows: list[tuple[str, int, int]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["hidden_units", "parameters", "perfect"])
    return table.assign(activation="tanh", restarts=50, share=table["perfect"] / 50)


def test_every_shape_of_one_or_two_layers_up_to_a_size_is_tried(network: Any, training: Any) -> None:
    recipe = Recipe.of_baseline(network, training, 0.1)
    shapes = list(smallest_network.shapes_up_to(13, recipe))
    # one layer of h: 4h + 1 parameters; two of a and b: 3a + ab + 2b + 1
    assert sorted(shapes) == [(1,), (1, 1), (1, 2), (1, 3), (2,), (2, 1), (3,)]


def test_the_answers_are_the_smallest_with_any_and_with_nine_of_ten_perfect_restarts() -> None:
    found = smallest_network.answer(table_of([("6", 25, 46), ("3", 13, 0), ("4", 17, 2), ("2-2", 17, 3)]))
    assert found["smallest"]["hidden_units"] == "2-2"
    assert found["smallest_reliable"]["hidden_units"] == "6"
    assert found["runs"] == 200


def test_without_a_perfect_restart_there_is_no_answer() -> None:
    found = smallest_network.answer(table_of([("3", 13, 0)]))
    assert found["smallest"] is None
    assert found["smallest_reliable"] is None


def test_the_units_and_the_bias_sum_to_the_logit_of_the_saved_network(
    tmp_path: Path, network: Any, training: Any, prediction_grid: Any, data: dict[str, Path]
) -> None:
    names = {"model": "keras", "grid": "npy", "units": "npy", "variants": "csv", "metrics": "json"}
    paths = {name: tmp_path / f"{name}.{kind}" for name, kind in names.items()}
    asked = SmallestNetwork(["tanh"], most_parameters=9, restarts=2, epochs=3, batch_size=403, learning_rate=0.1)
    sets = {"train": data["train"], "validation": data["validation"], "shards": tmp_path / "unfinished"}
    smallest_network.main(SEED, network, training, prediction_grid, asked, **sets, **paths)

    variants = pd.read_csv(paths["variants"], dtype={"hidden_units": str})
    assert variants["hidden_units"].tolist() == ["1", "1-1", "2"]
    assert variants["parameters"].tolist() == [5, 7, 9]
    assert json.loads(paths["metrics"].read_text("utf-8"))["smallest"] is None  # nine parameters are too few
    *parts, logit = np.load(paths["units"])
    bias = keras.models.load_model(paths["model"]).get_weights()[-1][0]
    np.testing.assert_allclose(np.sum(parts, axis=0) + bias, logit, atol=1e-5)
    assert np.load(paths["grid"]) == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-5)
