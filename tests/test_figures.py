"""The pictures, drawn from files that a test can make by hand."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from stages import figures
from tests.conftest import pixels

STAGES = (
    "baseline",
    "lr_sweep",
    "initializer_sweep",
    "network_sweep",
    "batch_sweep",
    "optimizer_sweep",
    "smallest_network",
)


@pytest.fixture
def inputs(tmp_path: Path, data: dict[str, Path]) -> dict[str, Path]:
    grids = tmp_path / "grids"
    grids.mkdir()
    left_to_right = np.tile(np.linspace(0, 1, 20, dtype=np.float32), (20, 1))
    for epoch in (0, 7):
        np.save(grids / f"{epoch}.npy", left_to_right)
    np.save(tmp_path / "grid.npy", left_to_right)
    best = {
        "learning_rate": 0.1,
        "kernel_initializer": "he_normal",
        "depth": 2,
        "width": 4,
        "activation": "tanh",
        "batch_size": 8,
        "optimizer": "adam",
    }
    smallest = {"hidden_units": "2", "activation": "tanh", "parameters": 9}
    (tmp_path / "metrics.json").write_text(json.dumps({"best": best, "smallest": smallest}), "utf-8")
    np.save(tmp_path / "units.npy", np.stack([left_to_right, -left_to_right, left_to_right - 0.5]))
    files = {"grid": "grid.npy", "metrics": "metrics.json"}
    sweeps = {f"{stage}_{kind}": tmp_path / file for stage in STAGES[1:] for kind, file in files.items()}
    units = {"smallest_network_units": tmp_path / "units.npy"}
    return {"train": data["train"], "baseline_grids": grids, **sweeps, **units}


def draw(folder: Path, inputs: dict[str, Path], prediction_grid: Any) -> dict[str, Path]:
    paths = {name: folder / f"{name}.png" for name in ("data", *STAGES, "units")} | {"epochs": folder / "epochs"}
    figures.main(prediction_grid, **inputs, **paths)
    return paths


def test_every_picture_shows_the_points_of_both_classes(
    tmp_path: Path, inputs: dict[str, Path], prediction_grid: Any
) -> None:
    paths = draw(tmp_path / "out", inputs, prediction_grid)
    pictures = [path for name, path in paths.items() if name != "epochs"] + sorted(paths["epochs"].iterdir())
    for picture in pictures:
        for colour in ([0x00, 0x72, 0xB2], [0xD5, 0x5E, 0x00]):
            assert (pixels(picture) == colour).all(axis=1).sum() > 100, picture.name


def test_there_is_a_numbered_step_picture_for_each_epoch(
    tmp_path: Path, inputs: dict[str, Path], prediction_grid: Any
) -> None:
    paths = draw(tmp_path / "out", inputs, prediction_grid)
    assert sorted(file.name for file in paths["epochs"].iterdir()) == ["0.png", "7.png"]


def test_the_same_files_give_the_same_pictures_without_a_note_of_software(
    tmp_path: Path, inputs: dict[str, Path], prediction_grid: Any
) -> None:
    first, second = (draw(tmp_path / name, inputs, prediction_grid) for name in ("one", "two"))
    assert first["baseline"].read_bytes() == second["baseline"].read_bytes()
    with Image.open(first["baseline"]) as picture:
        assert "Software" not in picture.info


def test_drawing_starts_without_tensorflow() -> None:
    code = "import sys, stages.figures; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
