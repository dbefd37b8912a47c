"""The sweep of initializers."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from stages import initializer_sweep
from stages.params.initializer_sweep import InitializerSweep
from tests.conftest import SEED


def test_zeros_never_learn_more_than_the_constant_answer(
    tmp_path: Path, network: Any, training: Any, prediction_grid: Any, data: dict[str, Path]
) -> None:
    names = {"model": "keras", "grid": "npy", "curves": "csv", "variants": "csv", "metrics": "json"}
    paths = {name: tmp_path / f"{name}.{kind}" for name, kind in names.items()}
    sets = {"train": data["train"], "validation": data["validation"], "shards": tmp_path / "unfinished"}
    initializers = InitializerSweep(kernel_initializers=["zeros", "he_uniform"], replicates=3)
    initializer_sweep.main(SEED, 0.1, network, training, prediction_grid, initializers, **sets, **paths)

    variants = pd.read_csv(paths["variants"])
    assert variants["kernel_initializer"].tolist() == ["zeros", "he_uniform"]
    assert variants["val_accuracy_mean"][0] == round(809 / 1209, 6)  # of class 0, the larger one
    metrics = json.loads(paths["metrics"].read_text("utf-8"))
    assert metrics["best"]["kernel_initializer"] == "he_uniform"
    assert metrics["same_as_best"] == ["he_uniform"]
