"""The search for the smallest network, on few restarts."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from stages import smallest_network
from stages.lib.core.points import read_points
from stages.params.smallest_network import SmallestNetwork
from tests.conftest import SEED


def table_of(rows: list[tuple[str, int, int]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["hidden_units", "parameters", "perfect"])
    return table.assign(activation="tanh", restarts=50, share=table["perfect"] / 50)


def asking(**values: Any) -> SmallestNetwork:
    wanted: dict[str, Any] = {"activations": ["tanh"], "most_parameters": 9, "restarts": 2, "epochs": 3}
    return SmallestNetwork(**{**wanted, "batch_size": 403, "learning_rate": 0.1, **values})


def test_every_shape_of_one_or_two_layers_up_to_a_size_is_tried() -> None:
    # one layer of h: 4h + 1 parameters; two of a and b: 3a + ab + 2b + 1
    assert sorted(asking(most_parameters=13).shapes) == [(1,), (1, 1), (1, 2), (1, 3), (2,), (2, 1), (3,)]


def test_a_search_of_tens_of_thousands_of_networks_is_accepted_and_one_beyond_all_patience_refused() -> None:
    shapes = len(asking(most_parameters=33).shapes)
    assert asking(activations=["tanh", "relu"], most_parameters=33, restarts=2000).restarts == 2000
    with pytest.raises(ValueError, match=f"all combinations are {2 * shapes * 10_000:,} networks"):
        asking(activations=["tanh", "relu"], most_parameters=33, restarts=10_000)


def test_the_answers_are_the_smallest_with_any_and_with_nine_of_ten_perfect_restarts() -> None:
    accuracy = np.linspace(0, 1, 8).reshape(4, 2)
    found = smallest_network.answer(table_of([("6", 25, 46), ("3", 13, 0), ("4", 17, 2), ("2-2", 17, 3)]), accuracy)
    assert found["smallest"]["hidden_units"] == "2-2"
    assert found["smallest_reliable"]["hidden_units"] == "6"
    assert found["smallest"]["accuracy"]["mean"] == pytest.approx(accuracy[3].mean())
    assert found["runs"] == 200


def test_without_a_perfect_restart_there_is_no_answer() -> None:
    found = smallest_network.answer(table_of([("3", 13, 0)]), np.zeros((1, 2)))
    assert found["smallest"] is None
    assert found["smallest_reliable"] is None


def test_the_units_and_the_bias_sum_to_the_logit_of_the_saved_network(
    tmp_path: Path, network: Any, prediction_grid: Any, data: dict[str, Path]
) -> None:
    names = {"model": "keras", "grid": "npy", "units": "npy", "variants": "csv", "metrics": "json"}
    paths = {name: tmp_path / f"{name}.{kind}" for name, kind in names.items()}
    smallest_network.main(SEED, network, prediction_grid, asking(), **data, shards=tmp_path / "unfinished", **paths)

    variants = pd.read_csv(paths["variants"], dtype={"hidden_units": str})
    assert variants["hidden_units"].tolist() == ["1", "1-1", "2"]
    assert variants["parameters"].tolist() == [5, 7, 9]
    found = json.loads(paths["metrics"].read_text("utf-8"))
    assert found["smallest"] is None  # nine parameters are too few
    test = read_points(data["test"])
    loss, accuracy = keras.models.load_model(paths["model"]).evaluate(test.x, test.y, verbose=0)
    assert found["kept"]["test"]["accuracy"] == pytest.approx(accuracy)
    assert found["kept"]["test"]["loss"] == pytest.approx(loss, rel=1e-5)
    *parts, logit = np.load(paths["units"])
    bias = keras.models.load_model(paths["model"]).get_weights()[-1][0]
    np.testing.assert_allclose(np.sum(parts, axis=0) + bias, logit, atol=1e-5)
    assert np.load(paths["grid"]) == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-5)
