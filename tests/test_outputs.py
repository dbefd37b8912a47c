"""Outputs against docs/outputs.md: those in git, and those of params that nobody has chosen."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import keras
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from PIL import Image

from stages import check, dataset, figures, judge, networks, report
from stages.lib.analysis.page import pages, sections
from stages.lib.core.places import Places
from stages.lib.core.plan import read_plan
from stages.lib.core.runner import read_params
from stages.lib.engine import callbacks, train
from tests.arbitrary_params import tiny_params
from tests.test_dvc_yaml import PIPELINE

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/outputs.md").read_text("utf-8")
SCHEMA = json.loads((ROOT / "docs/metrics.schema.json").read_text("utf-8"))
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")]


def columns() -> dict[str, list[str]]:
    """The columns of each table of the page, the words for several spelled out."""
    words = {
        row[0]: re.findall(r"`(\w+)`", row[1]) for row in ROWS if re.fullmatch(r"[a-z]+", row[0]) and len(row) == 3
    }
    return {
        file: [name for cell in row[2].split(", ") for name in words.get(cell, [cell.strip("`")])]
        for row in ROWS
        for file in re.findall(r"`([\w/]+\.csv)`", row[0])
    }


def outputs(suffix: str) -> list[str]:
    """The files that dvc.yaml names as outputs of a stage, by how they end."""
    entries = [
        entry for stage in PIPELINE.values() for kind in ("outs", "metrics", "plots") for entry in stage.get(kind, [])
    ]
    paths = [path for entry in entries for path in (entry if isinstance(entry, dict) else [entry])]
    return [path for path in paths if path.endswith(suffix)]


def test_the_page_has_every_table_and_no_other() -> None:
    assert set(columns()) == set(outputs(".csv"))


def test_the_schema_has_every_file_of_figures_and_no_other() -> None:
    assert set(SCHEMA["properties"]) == {page.stage for page in pages()}


def refuse_wrong_table(folder: Path, file: str) -> None:
    table = pd.read_csv(folder / file)
    assert sorted(table.columns) == sorted(columns()[file]), file
    assert len(table), file
    numbers = table.select_dtypes("number")
    assert not np.isinf(numbers).any(axis=None), file
    for name in numbers.columns:
        if "accuracy" in name or name in {"p_value", "share"}:
            spread = numbers[name].dropna()
            assert spread.between(0, 1).all(), f"{file}: {name}"


def refuse_wrong_figures(folder: Path, stage: str) -> None:
    found = json.loads((folder / f"metrics/{stage}.json").read_text("utf-8"))
    jsonschema.validate({stage: found}, SCHEMA)


@pytest.mark.parametrize("file", [file for file in outputs(".csv") if file.startswith("plots")])
def test_a_table_in_git_is_as_documented(file: str) -> None:
    refuse_wrong_table(ROOT, file)


@pytest.mark.parametrize("stage", SCHEMA["properties"])
def test_figures_in_git_are_as_documented(stage: str) -> None:
    refuse_wrong_figures(ROOT, stage)


def run_pipeline(folder: Path, params: dict[str, Any]) -> None:
    """Runs every stage as dvc.yaml does, in one process: TensorFlow is loaded once."""
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")
    read, places = read_params(folder / "params.yaml", sections(), whole=True), Places(folder)
    check.main(read, places=places)
    dataset.main(read["seed"], places=places)
    for page in pages():
        watched = read_plan(places.plan(page.stage)).early_stopping is not None
        (callbacks if watched else train).train(page.stage, places=places)
    judge.main(read["training"], places=places)
    networks.main(read["prediction_grid"], places=places)
    figures.main(read["prediction_grid"], places=places)
    report.main(read, places=places)


def refuse_wrong_outputs(folder: Path, points: int) -> None:
    for file in outputs(".csv"):
        refuse_wrong_table(folder, file)
    for stage in SCHEMA["properties"]:
        refuse_wrong_figures(folder, stage)
    for file in outputs(".keras"):
        assert keras.models.load_model(folder / file).input_shape == (None, 2)
    for grid in (folder / "data/grids").rglob("*.npy"):
        answers = np.load(grid)
        assert answers.dtype == np.float32
        assert answers.shape[-2:] == (points, points)
    for picture in files_of(folder, "plots", "*.png"):
        with Image.open(picture) as image:
            image.verify()
    assert (folder / "report/index.html").stat().st_size > 1000
    assert (folder / "report/report.md").read_text("utf-8").count("\n## ") == len(SCHEMA["properties"])


def files_of(folder: Path, place: str, pattern: str) -> Iterator[Path]:
    found = list((folder / place).rglob(pattern))
    assert found
    yield from found


@pytest.mark.long
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(params=tiny_params())
def test_whatever_check_accepts_runs_to_outputs_as_documented(
    params: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    run_pipeline(folder, params)
    refuse_wrong_outputs(folder, params["prediction_grid"]["points"])
