"""The writers: whole files or none, and bytes that depend on the values alone."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.lib.files import whole, write_array, write_csv, write_json


def test_a_failure_half_way_leaves_the_former_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("former", "utf-8")

    def fail_half_way() -> None:
        with whole(path) as partial:
            partial.write_text("half", "utf-8")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail_half_way()
    assert path.read_text("utf-8") == "former"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_takes_the_place_of_the_former_one_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "steps"
    for name in ("old", "new"):
        with whole(folder) as partial:
            partial.mkdir()
            (partial / name).touch()
    assert [file.name for file in folder.iterdir()] == ["new"]


def test_json_has_sorted_keys_six_digits_and_null_for_what_is_not_finite(tmp_path: Path) -> None:
    path = tmp_path / "metrics" / "out.json"
    write_json({"b": np.float32(1 / 3), "a": {"loss": float("nan"), "n": np.int64(3)}, "c": [1, np.inf]}, path)
    text = path.read_text("utf-8")
    assert json.loads(text) == {"a": {"loss": None, "n": 3}, "b": 0.333333, "c": [1, None]}
    assert text.index('"a"') < text.index('"b"')
    assert text.endswith("}\n")


def test_csv_leaves_what_is_not_finite_empty(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_csv(pd.DataFrame({"rate": [1e-6, 0.1], "loss": [np.inf, 2 / 3]}), path)
    assert path.read_bytes() == b"rate,loss\n1e-06,\n0.1,0.666667\n"


def test_arrays_are_float32(tmp_path: Path) -> None:
    write_array(np.eye(2), tmp_path / "grid.npy")
    assert np.load(tmp_path / "grid.npy").dtype == np.float32
