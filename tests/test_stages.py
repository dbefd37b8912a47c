"""What the stages write, in a study that the real DVC has built on small params; each stage has its own outputs."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
import yaml
from PIL import Image

from stages import figures, judge, networks
from stages.lib.analysis.chapter import read_chapters
from stages.lib.analysis.page import pages
from stages.lib.core.places import Places
from stages.lib.core.plan import Variant, read_kept, read_plan
from stages.lib.core.points import read_draws, read_points
from stages.params.prediction_grid import PredictionGrid
from stages.params.training import Training
from tests.conftest import pixels
from tests.measured import ROOT

KEPT = [page.stage for page in pages() if page.stage != "callbacks_demo"]
SQUARE = PredictionGrid(limit=2.0, points=15)


@pytest.fixture(scope="module")
def places(built: Path) -> Places:
    return Places(built)


def answers(places: Places, stage: str, x: list[list[float]]) -> np.ndarray:
    """What the network of a stage answers at some places, by NumPy: tanh and relu are all that is needed."""
    recipe = read_kept(places.chosen / stage / "kept.json").recipe
    weights = recipe.split(np.load(places.chosen / stage / "weights.npy"))
    values = np.array(x)
    activate: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "relu": lambda z: np.maximum(z, 0),
        "tanh": np.tanh,
        "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    }
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        values = activate[str(recipe.activation)](values @ kernel + bias)
    return 1 / (1 + np.exp(-(values @ weights[-2] + weights[-1])))[:, 0]


@pytest.mark.parametrize("stage", KEPT)
def test_the_grid_and_the_keras_network_of_a_stage_answer_as_the_weights_that_it_kept(
    places: Places, stage: str
) -> None:
    corners = [[-2.0, -2.0], [2.0, -2.0], [-2.0, 2.0], [2.0, 2.0]]  # row 0 of a grid is the lowest x2
    expected = answers(places, stage, corners)
    grids = places.grids / stage
    grid = np.load(max(grids.iterdir(), key=lambda file: int(file.stem)) if grids.is_dir() else f"{grids}.npy")
    assert (grid.shape, grid.dtype) == ((15, 15), np.float32)
    np.testing.assert_allclose([grid[0, 0], grid[0, -1], grid[-1, 0], grid[-1, -1]], expected, rtol=1e-4)
    network = keras.models.load_model(places.model(stage))
    np.testing.assert_allclose(network.predict(np.array(corners), verbose=0)[:, 0], expected, rtol=1e-4)


def test_no_two_stages_keep_the_same_network_but_the_baseline_and_its_member_of_a_sweep(places: Places) -> None:
    weights = {stage: np.load(places.chosen / stage / "weights.npy").tobytes() for stage in KEPT}
    assert len(set(weights.values())) >= len(KEPT) - 1


def test_the_baseline_is_bit_for_bit_its_member_of_the_sweeps_that_try_its_values(places: Places) -> None:
    ours = np.load(places.trained("baseline") / "weights.npy")
    seen = set()
    for page in pages():
        plan = read_plan(places.plan(page.stage))
        for number, variant in enumerate(plan.variants):
            if page.stage not in {"baseline", "callbacks_demo"} and not variant.points and is_baseline(variant, places):
                theirs = plan.weights_of(np.load(places.trained(page.stage) / "weights.npy"), number, 0)
                assert theirs.tobytes() == ours.tobytes(), page.stage
                seen.add(page.stage)
    assert seen >= {"lr_sweep", "initializer_sweep"}


def is_baseline(variant: Variant, places: Places) -> bool:
    return variant.recipe == read_plan(places.plan("baseline")).variants[0].recipe


def test_the_figures_of_the_baseline_are_those_that_keras_evaluates(places: Places) -> None:
    network = keras.models.load_model(places.model("baseline"))
    found = json.loads(places.metrics("baseline").read_text("utf-8"))
    for part in ("train", "validation", "test"):
        points = read_points(places.points(part), 2)
        loss, accuracy = network.evaluate(points.x, points.y, verbose=0)
        assert found[part]["loss"] == pytest.approx(loss, rel=1e-4)
        assert found[part]["accuracy"] == pytest.approx(accuracy, rel=1e-4)
    assert found["parameters"] == network.count_params() == (2 * 16 + 16) + (16 * 16 + 16) + (16 + 1)
    assert "337" in places.summary("baseline").read_text("utf-8")


def test_the_figures_of_the_smallest_network_are_those_that_keras_evaluates(places: Places) -> None:
    network = keras.models.load_model(places.model("smallest_network"))
    found = json.loads(places.metrics("smallest_network").read_text("utf-8"))
    plan = read_plan(places.plan("smallest_network"))
    draws = read_draws(places.draws("smallest_network"), draws=len(plan.seeds), inputs=2, classes=2)
    for part in ("validation", "test"):
        points, rows = draws[part].points, draws[part].rows[found["kept"]["start"]]
        loss, accuracy = network.evaluate(points.x[rows], points.y[rows], verbose=0)
        assert found["kept"][part]["loss"] == pytest.approx(loss, rel=1e-4)
        assert found["kept"][part]["accuracy"] == pytest.approx(accuracy, rel=1e-4)


def test_the_units_and_the_bias_sum_to_the_logit_of_the_network(places: Places) -> None:
    *parts, logit = np.load(places.grids / "smallest_network_units.npy")
    bias = keras.models.load_model(places.model("smallest_network")).get_weights()[-1][0]
    np.testing.assert_allclose(np.sum(parts, axis=0) + bias, logit, atol=1e-5)
    grid = np.load(places.grids / "smallest_network.npy")
    assert grid == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-5)


def test_the_baseline_is_followed_from_before_the_first_epoch_to_after_the_last(places: Places) -> None:
    grids = {int(file.stem): np.load(file) for file in (places.grids / "baseline").iterdir()}
    assert sorted(grids) == [0, 1, 4]
    assert not np.array_equal(grids[0], grids[4])
    pictures = sorted(file.name for file in (places.pictures / "baseline").iterdir())
    assert pictures == ["0.png", "1.png", "4.png"]


def test_zeros_never_learn_more_than_the_constant_answer(places: Places) -> None:
    with places.table("initializer_sweep", "variants").open(encoding="utf-8") as file:
        rows = {row["kernel_initializer"]: row for row in csv.DictReader(file)}
    assert float(rows["zeros"]["val_accuracy_mean"]) == round(809 / 1209, 6)  # of class 0, the larger one


@pytest.mark.long
def test_judging_and_building_again_gives_the_same_bytes(built: Path, study: Places) -> None:
    params = yaml.safe_load((built / "params.yaml").read_text("utf-8"))
    judge.main(Training(**params["training"]), places=study)
    networks.main(SQUARE, places=study)
    figures.main(SQUARE, places=study)
    for place in ("data/chapters", "data/chosen", "data/grids", "metrics", "models", "plots"):
        for file in (built / place).rglob("*"):
            if file.is_file() and file.name != ".gitignore":
                assert (study.root / file.relative_to(built)).read_bytes() == file.read_bytes(), file


def test_every_picture_shows_the_points_of_both_classes_and_no_note_of_software(places: Places) -> None:
    pictures = sorted(places.pictures.rglob("*.png"))
    assert len(pictures) > len(KEPT)
    for path in pictures:
        of_points = not path.stem.endswith("_variants")  # small boundaries, without the points
        for colour in ([0x00, 0x72, 0xB2], [0xD5, 0x5E, 0x00]) if of_points else ():
            assert (pixels(path) == colour).all(axis=1).sum() > 100, path.name
        with Image.open(path) as picture:
            assert "Software" not in picture.info


def test_there_is_a_picture_for_each_network_and_every_one_that_a_chapter_names(places: Places) -> None:
    chapters = read_chapters(places.chapters)
    assert [chapter.stage for chapter in chapters] == [page.stage for page in pages()]
    for chapter in chapters:
        assert chapter.pictures
        for picture in chapter.pictures:
            assert (places.root / picture.path).is_file(), picture.path


@pytest.mark.parametrize("stage", ["check", "judge", "figures", "report"])
def test_what_trains_nothing_starts_without_tensorflow(stage: str) -> None:
    code = (
        f"import sys, stages.{stage}; from stages.lib.analysis.page import pages; pages();"
        "sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
