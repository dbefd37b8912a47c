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
from stages.lib.analysis.page import SweepPage, pages, sections
from stages.lib.analysis.statistics import compare_to_best
from stages.lib.core.places import Places
from stages.lib.core.plan import VARIANT_PLACES, read_plan
from stages.lib.core.runner import read_params
from stages.lib.engine import train
from stages.lib.engine.networks import callbacks
from tests.arbitrary_params import tiny_params
from tests.measured import plan_of
from tests.test_dvc_yaml import PIPELINE
from tests.truthful import refuse_false_words
from tools import outputs as documented

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/outputs.md").read_text("utf-8")
SCHEMA = json.loads((ROOT / "docs/metrics.schema.json").read_text("utf-8"))
WORDS = documented.words(PAGE)
SWEEPS = [page for page in pages() if isinstance(page, SweepPage)]


def columns() -> dict[str, list[str]]:
    """The columns of each table of the page, the words for several spelled out."""
    rows = re.findall(r"^\| (`.+\.csv`) \| (.+) \|$", PAGE, flags=re.MULTILINE)
    return {
        file: [name for cell in cells.split(", ") for name in WORDS.get(cell, [cell.strip("`")])]
        for files, cells in rows
        for file in re.findall(r"`(.+?)`", files)
    }


def changed_by(page: SweepPage) -> list[str]:
    """What names a variant of a sweep."""
    return [*plan_of(page).variants[0].changed]


def outputs(suffix: str) -> list[str]:
    """The files that dvc.yaml names as outputs of a stage, by how they end."""
    entries = [
        entry for stage in PIPELINE.values() for kind in ("outs", "metrics", "plots") for entry in stage.get(kind, [])
    ]
    paths = [path for entry in entries for path in (entry if isinstance(entry, dict) else [entry])]
    return [path for path in paths if path.endswith(suffix)]


def test_the_page_has_every_table_and_no_other() -> None:
    assert set(columns()) == set(outputs(".csv")), "`make docs`"


def test_the_page_says_what_every_other_output_is() -> None:
    rows = re.findall(r"^\| (`.+?) \|", PAGE.split("## Other files")[1], flags=re.MULTILINE)
    files = re.findall(r"`(.+?)`", " ".join(rows))
    named = [file.replace("<stage>", page.stage) for file in files for page in pages()]
    others = [path for path in outputs("") if not path.endswith(".csv") and path != "metrics"]
    assert others
    for path in others:
        assert any(file == path or file.startswith(f"{path}/") for file in named), path


def test_the_page_of_statistics_says_what_each_sweep_can_see() -> None:
    text = documented.STATISTICS.read_text("utf-8")
    assert documented.with_power(text) == text, "`make docs`"


def test_the_spread_is_that_of_the_logarithms_that_were_compared() -> None:
    values = np.exp([[0.0, 0.1, 0.2, 0.4], [0.3, 0.9, 0.1, 0.8], [0.5, 0.4, 0.9, 0.9]])
    found = compare_to_best(values, 0)
    table = pd.DataFrame({"ratio": found.ratio, "ratio_low": found.low, "n": 4})
    paired = np.log(values[1:] / values[0])
    assert documented.spread_of(table, candidates=3) == pytest.approx(np.median(paired.std(axis=1, ddof=1)))
    of_two_rates = table.assign(ratio_low=table["ratio_low"] / 2)  # which the other one has
    assert documented.spread_of(of_two_rates, candidates=3) > documented.spread_of(table, candidates=3)


def test_the_page_has_the_columns_of_every_table() -> None:
    assert documented.with_tables(PAGE) == PAGE, "`make docs`"


@pytest.mark.parametrize("page", SWEEPS, ids=lambda page: page.stage)
def test_every_sweep_has_its_curves_and_its_variants_under_the_same_names(page: SweepPage) -> None:
    names, found = changed_by(page), columns()
    assert found[f"plots/{page.stage}/curves.csv"] == [*names, "epoch", *WORDS["spread"]]
    variants = found[f"plots/{page.stage}/variants.csv"]
    assert variants[: len(names) + 23] == [*names, *WORDS["final"], *WORDS["compared"]]


def test_the_schema_is_that_of_the_types() -> None:
    assert set(documented.schema()["properties"]) == set(SCHEMA["properties"]), "`make docs`"
    assert documented.schema() == SCHEMA, "`make docs`"


FOUND = {"mean": 0.5, "std": 0.1, "min": 0.4, "max": 0.6, "n": 2}
TESTED = {"test_loss": FOUND, "test_accuracy": FOUND}
SWEEP = {
    "best": {"learning_rate": 0.9, "diverged": 0, "val_loss": FOUND, "val_accuracy": FOUND, **TESTED},
    "same_as_best": [0.9, {"momentum": 0.5, "learning_rate": 0.1}],
    "variants": 2,
    "runs": 4,
    "diverged": 0,
    "epochs": 3,
}


def test_the_schema_takes_figures_without_those_that_may_be_missing_and_null_for_what_is_not_finite() -> None:
    jsonschema.validate({"lr_sweep": SWEEP}, SCHEMA)
    jsonschema.validate({"batch_sweep": SWEEP}, SCHEMA)  # no `fewest_updates`
    best = SWEEP["best"] | {"at_end_of_grid": ["momentum"], "val_loss": FOUND | {"mean": None, "std": None}}  # type: ignore[operator]
    jsonschema.validate({"optimizer_sweep": SWEEP | {"best": best}}, SCHEMA)  # no `momentum`


@pytest.mark.parametrize(
    "change",
    [
        {"runs": -1},
        {"runs": 1.5},
        {"runs": None},
        {"other": 1},
        {"best": {"momentum": 0.9, "diverged": 0, "val_loss": FOUND}},
        {"best": SWEEP["best"] | {"val_loss": FOUND | {"min": -0.1}}},  # type: ignore[operator]
        {"best": SWEEP["best"] | {"momentum": None}},  # type: ignore[operator]
        {"same_as_best": [None]},
    ],
    ids=str,
)
def test_the_schema_refuses_other_figures(change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"lr_sweep": SWEEP | change}, SCHEMA)


@pytest.mark.parametrize("accuracy", [-0.1, 1.1])
def test_the_schema_takes_no_share_beyond_0_and_1(accuracy: float) -> None:
    found = {"val_loss": 0.1, "val_accuracy": accuracy}
    part = SCHEMA["$defs"]["HeldOut"]
    jsonschema.validate(found | {"val_accuracy": 1.0}, part)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, part)


def test_every_kind_of_figures_is_described() -> None:
    assert [name for name, kind in SCHEMA["$defs"].items() if not kind.get("description")] == []


def tunes(folder: Path, stage: str) -> bool:
    """Whether each variant is tuned over rates: the user's own question may be asked without."""
    return stage != "own_sweep" or "learning_rate" in names_of(folder, stage)


def names_of(folder: Path, stage: str) -> list[str]:
    """What names a variant, in a study that has been run, or in that of git, which has no plans."""
    plan = Places(folder).plan(stage)
    (page,) = (page for page in SWEEPS if page.stage == stage)
    return [*read_plan(plan).variants[0].changed] if plan.exists() else changed_by(page)


def refuse_wrong_table(folder: Path, file: str) -> None:
    table = pd.read_csv(folder / file)
    documented = columns()[file]
    if not tunes(folder, file.split("/")[1]):
        documented.remove("learning_rate")
    assert sorted(table.columns) == sorted(documented), file
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
    for page in SWEEPS:
        if page.stage == stage:
            refuse_other_names(found, names_of(folder, stage))


def refuse_other_names(found: dict[str, Any], names: list[str]) -> None:
    """What was changed stands beside the figures of the best variant, and names those that are as good."""
    figures = {"at_end_of_grid", "diverged", "val_loss", "val_accuracy", "test_loss", "test_accuracy"}
    assert found["best"].keys() - figures == set(names)
    for variant in found["same_as_best"]:
        assert (set(variant) == set(names)) if len(names) > 1 else isinstance(variant, int | float | str)


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
    dataset.main(read["seed"], read["dataset"], read["own_sweep"], places=places)
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
        side = VARIANT_PLACES if grid.stem.endswith("_variants") else points
        assert answers.shape[-2:] == (side, side)
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
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(params=tiny_params())
def test_whatever_check_accepts_runs_to_outputs_as_documented_and_to_a_report_that_reads_right(
    params: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    run_pipeline(folder, params)
    refuse_wrong_outputs(folder, params["prediction_grid"]["points"])
    refuse_false_words(folder)
