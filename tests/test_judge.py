"""What `judge` writes of every page, from measurements made by hand."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages import judge
from stages.lib.analysis.chapter import read_chapters
from stages.lib.analysis.page import Page, Params, pages
from stages.lib.core.files import write_csv, write_json
from stages.lib.core.places import Places
from stages.lib.core.plan import read_kept, read_plan, write_plan
from stages.lib.core.points import write_description
from tests.measured import RING_AND_Y, measured, params, plan_for

SMALL = {
    "training": {"epochs": 6, "batch_size": 400, "optimizer": "sgd", "min_delta": 0.15, "patience": 2},
    "baseline": {"snapshots": 3},
    "smallest_network": {"activations": ["tanh"], "most_parameters": 9, "restarts": 2},
}
HELD_OUT = {"val_loss": 0.25, "val_accuracy": 0.875}


def measure(page: Page, values: Params, places: Places) -> None:
    """Files of a stage whose variants end with losses of 0.2, 0.3 and so on; the second seed's are 0.01 higher."""
    plan = plan_for(page.plan(values, RING_AND_Y), epochs=6)
    folder = places.trained(page.stage)
    folder.mkdir(parents=True)
    write_plan(plan, places.plan(page.stage))
    final = [
        [0.2 + 0.1 * number + 0.01 * seed for seed in range(len(plan.seeds))] for number in range(len(plan.variants))
    ]
    measured(folder, plan, final, epochs=6)
    parameters = plan.variants[0].recipe.parameters
    np.save(
        folder / "snapshots.npy", np.stack([np.full(parameters, each, np.float32) for each in plan.snapshots or [0]])
    )
    if page.stage == "callbacks_demo":
        write_csv(
            pd.DataFrame({"epoch": [1, 2], "val_loss": [0.5, 0.25], "val_accuracy": [0.5, 0.875]}),
            folder / "curves.csv",
        )
        found = {"best_epoch": 2, "restored": HELD_OUT, "loaded": HELD_OUT, "epochs_saved": [1, 2]}
        write_json(found, folder / "callbacks.json")


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A study that was judged; each test judges anew, so that mutmut sees in which of them the code runs."""
    places = Places(tmp_path)
    values = params(**SMALL)
    labels = {"x1": np.linspace(-1, 1, 8), "x2": 0.5, "label": [0, 0, 0, 0, 0, 0, 1, 1]}
    write_csv(pd.DataFrame(labels), places.points("train"))
    write_description(RING_AND_Y, places.description)
    for page in pages():
        measure(page, values, places)
    places.chosen.mkdir()
    (places.chosen / "former").touch()
    judge.main(values["training"], places=places)
    return places


def test_every_page_gets_its_figures_and_its_chapter(places: Places) -> None:
    stages = [page.stage for page in pages()]
    assert sorted(path.stem for path in (places.root / "metrics").iterdir()) == sorted(stages)
    assert [chapter.stage for chapter in read_chapters(places.chapters)] == stages
    for page in pages():
        page.figures.read(places.metrics(page.stage))


def test_the_rule_that_a_page_is_judged_by_is_that_of_the_params(places: Places) -> None:
    found = json.loads(places.metrics("baseline").read_text("utf-8"))
    # Each epoch gains 0.1, so that two gain 0.2, which is no less than 0.15.
    assert found["plateau"] == {"epoch": None, "min_delta": 0.15, "patience": 2}


def test_the_tables_of_a_page_stand_in_its_folder(places: Places) -> None:
    tables = sorted(path.relative_to(places.root / "plots") for path in (places.root / "plots").rglob("*.csv"))
    names = {str(table) for table in tables}
    assert {"baseline/curves.csv", "lr_sweep/curves.csv", "lr_sweep/variants.csv", "optimizer_sweep/rates.csv"} <= names
    sizes = pd.read_csv(places.table("batch_sweep", "variants"))
    assert "updates" in sizes
    rates = pd.read_csv(places.table("lr_sweep", "variants"))
    assert rates["val_loss_min"].tolist() == pytest.approx(
        [0.2 + 0.1 * number for number in range(len(rates))], rel=1e-5
    )


def test_the_networks_that_are_chosen_are_kept_with_their_weights(places: Places) -> None:
    kept = sorted(path.name for path in places.chosen.iterdir())
    assert kept == sorted(page.stage for page in pages() if page.stage != "callbacks_demo")
    folder = places.chosen / "lr_sweep"
    recipe = read_kept(folder / "kept.json").recipe
    weights = np.load(folder / "weights.npy")
    assert weights.shape == (recipe.parameters,)
    assert not weights.any()  # of variant 0, seed 0
    assert [file.name for file in sorted(folder.iterdir())] == ["kept.json", "variants", "weights.npy"]


def test_a_network_of_each_variant_is_kept_to_be_drawn_beside_the_others(places: Places) -> None:
    plan = read_plan(places.plan("lr_sweep"))
    folder = places.chosen / "lr_sweep" / "variants"
    assert sorted(path.name for path in folder.iterdir()) == sorted(map(str, range(len(plan.variants))))
    for number, variant in enumerate(plan.variants):
        assert read_kept(folder / str(number) / "kept.json").recipe == variant.recipe
        assert set(np.load(folder / str(number) / "weights.npy")) == {number * 100}  # of its first seed


def test_the_weights_of_a_network_while_it_learned_are_kept_by_epoch(places: Places) -> None:
    folder = places.chosen / "baseline"
    snapshots = {file.stem: np.load(file) for file in (folder / "snapshots").iterdir()}
    assert {name: set(values) for name, values in snapshots.items()} == {"0": {0}, "1": {1}, "6": {6}}
    kept = read_kept(folder / "kept.json")
    assert (kept.summary, kept.units) == (True, False)
    assert read_kept(places.chosen / "smallest_network" / "kept.json").units


def test_costs_and_divergence_are_judged_by_the_points_that_there_are(tmp_path: Path) -> None:
    places = Places(tmp_path)
    write_csv(pd.DataFrame({"x1": np.arange(10), "x2": 0, "label": [0, 1] * 5}), places.points("train"))
    write_description(replace(RING_AND_Y, rows=10), places.description)
    values = params(**SMALL, batch_sweep={"batch_sizes": [4], "learning_rates": [0.1], "replicates": 1})
    for page in pages():
        measure(page, values, places)
    folder = places.trained("batch_sweep")
    flat = np.full((1, 1, 6), 0.5, np.float32)
    for name in ("loss", "val_loss"):
        np.save(folder / f"{name}.npy", flat)
    loss = np.load(places.trained("lr_sweep") / "loss.npy")
    loss[:2, 0] = np.linspace(0.5, [0.68, 0.7], 6).T  # half the labels are 1: the constant answer has ln 2 = 0.693
    np.save(places.trained("lr_sweep") / "loss.npy", loss)
    judge.main(values["training"], places=places)
    assert json.loads(places.metrics("lr_sweep").read_text("utf-8"))["diverged"] == 1
    found = json.loads(places.metrics("batch_sweep").read_text("utf-8"))
    assert found["fewest_updates"]["epochs"]["mean"] == 1
    assert found["fewest_updates"]["updates"]["mean"] == 3  # ten points in batches of 4
    assert found["fewest_samples"]["samples"]["mean"] == 10
