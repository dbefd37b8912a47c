"""What all pages share: how they are found, and how a sweep is judged, on curves made by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from stages.lib.analysis.chapter import Chart, Picture
from stages.lib.analysis.page import Page, SweepPage, baseline, pages, sections
from stages.lib.core.plan import Initializer, Optimizer, replicate_seeds
from stages.questions import batch_sweep, initializer_sweep, lr_sweep, optimizer_sweep
from tests.measured import GIVEN, RING_AND_Y, ROOT, measured, params, plan_of

PAGES = pages()
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))


def test_every_section_has_a_type_of_its_name_and_no_other_type_is_a_section() -> None:
    assert set(sections()) == set(PARAMS)


def test_pages_are_found_by_their_sections_and_come_in_an_order_of_their_own() -> None:
    names = [page.stage for page in PAGES]
    assert names[:3] == ["baseline", "lr_sweep", "initializer_sweep"]
    assert set(names) <= set(PARAMS)
    assert len({page.order for page in PAGES}) == len(PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stage)
def test_a_plan_follows_from_the_sections_that_the_page_reads_and_from_no_other(page: Page) -> None:
    changes = {
        "seed": 43,
        "lr": 0.05,
        "network": {"hidden_units": [3], "activation": "gelu", "kernel_initializer": "ones"},
        "training": {"epochs": 7, "batch_size": 9},
    }
    expected = page.plan(params(), RING_AND_Y)
    for name, change in changes.items():
        same = page.plan(params(**{name: change}), RING_AND_Y) == expected
        assert same or name in page.reads, name
    assert (
        page.plan(params(prediction_grid={"points": 9}, training={"min_delta": 0.5, "patience": 3}), RING_AND_Y)
        == expected
    )
    assert page.stage in page.reads


def test_a_sweep_that_has_activations_of_its_own_is_not_planned_anew_for_another_of_the_baseline() -> None:
    same = {
        page.stage
        for page in PAGES
        if page.plan(params(network={"activation": "tanh"}), RING_AND_Y) == page.plan(params(), RING_AND_Y)
    }
    assert same == {"network_sweep", "smallest_network"}


def test_the_baseline_is_plain_sgd_at_lr() -> None:
    recipe = baseline(
        params(lr=0.07, network={"hidden_units": [5, 4]}, training={"epochs": 9, "batch_size": 11}), RING_AND_Y
    )
    assert recipe.hidden_units == (5, 4)
    assert recipe.optimizer == Optimizer("sgd")
    assert (recipe.learning_rate, recipe.batch_size, recipe.epochs, recipe.l2) == (0.07, 11, 9, 0)
    assert (recipe.activation, recipe.kernel_initializer) == ("relu", Initializer("glorot_uniform"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stage)
def test_every_network_has_the_columns_and_classes_of_the_points(page: Page) -> None:
    table = replace(RING_AND_Y, features=("x1", "x2", "x3", "x4", "x5"), classes=("a", "b", "c"))
    recipes = [variant.recipe for variant in page.plan(params(), table).variants]
    assert {(recipe.inputs, recipe.classes) for recipe in recipes} == {(5, 3)}


def test_every_variant_is_trained_from_the_replicates_seeds() -> None:
    plan = plan_of(initializer_sweep.Page(), seed=5, initializer_sweep={"replicates": 3})
    assert plan.seeds == replicate_seeds(5, 3)


def test_the_first_network_of_the_variant_with_the_least_loss_is_kept(tmp_path: Path) -> None:
    changed = {"learning_rates": [0.1, 0.2, 0.4], "replicates": 2}
    page = lr_sweep.Page()
    plan = plan_of(page, lr_sweep=changed)
    found = page.judge(measured(tmp_path, plan, [[0.3, 0.3], [0.2, 0.1], [0.5, 0.6]]), GIVEN)
    assert found.chosen is not None
    assert found.chosen.kept.recipe == replace(plan.variants[1].recipe, epochs=3)
    assert set(found.chosen.weights) == {100}  # of variant 1, seed 0
    assert found.figures.best.changed == {"learning_rate": 0.2}  # type: ignore[attr-defined]
    assert found.figures.best.at_end_of_grid == []  # type: ignore[attr-defined]
    assert found.tables["variants"]["learning_rate"].tolist() == [0.1, 0.2, 0.4]
    assert found.tables["curves"]["epoch"].max() == 3


def test_a_tuned_variant_keeps_the_network_of_its_best_rate(tmp_path: Path) -> None:
    page = batch_sweep.Page()
    plan = plan_of(page, batch_sweep={"batch_sizes": [8, 16], "learning_rates": [0.1, 0.3, 1.0], "replicates": 1})
    trained = measured(tmp_path, plan, [[0.5], [0.4], [0.6], [0.9], [0.1], [0.3]])
    found = page.judge(trained, GIVEN)
    assert found.chosen is not None
    assert found.chosen.kept.recipe == replace(plan.variants[4].recipe, epochs=3)
    assert set(found.chosen.weights) == {400}
    assert found.tables["variants"]["learning_rate"].tolist() == [0.3, 0.3]
    np.testing.assert_allclose(found.tables["variants"]["val_loss_mean"], [0.4, 0.1], rtol=1e-6)
    best = found.figures.best  # type: ignore[attr-defined]
    assert best.changed == {"batch_size": 16, "learning_rate": 0.3}
    assert best.at_end_of_grid == ["batch_size"]
    assert (found.figures.runs, found.figures.variants) == (6, 2)  # type: ignore[attr-defined]


def test_a_chapter_names_the_best_and_its_evidence(tmp_path: Path) -> None:
    page = initializer_sweep.Page()
    plan = plan_of(page, initializer_sweep={"kernel_initializers": ["ones", "he_normal"], "replicates": 2})
    chapter = page.chapter(page.judge(measured(tmp_path, plan, [[0.3, 0.3], [0.2, 0.1]]), GIVEN))
    assert chapter.stage == "initializer_sweep"
    assert chapter.question == "Which initial weights?"
    assert chapter.title == "Best initializer: he_normal"
    assert chapter.answer.startswith(
        "Kernel initializer `he_normal` does best, and 1 other not significantly worse: after 3 epochs it gets"
    )
    alt = "The answer over the plane, soft and strict. Best initializer: he_normal."
    beside = "The boundary of a network of each variant, from the first replicate, with its validation loss."
    assert chapter.pictures == (
        Picture("plots/figures/initializer_sweep.png", alt),
        Picture("plots/figures/initializer_sweep_variants.png", beside),
    )
    assert chapter.charts == tuple(Chart(kind, "kernel_initializer", page.names) for kind in ("variants", "curves"))
    assert [column.name for column in chapter.table][:2] == ["kernel_initializer", "val_loss_mean"]


@pytest.mark.parametrize(
    ("page", "names"),
    [
        (lr_sweep.Page(), ["learning_rate"]),
        (initializer_sweep.Page(), ["kernel_initializer"]),
        (optimizer_sweep.Page(), ["optimizer", "learning_rate"]),
    ],
    ids=lambda value: getattr(value, "stage", ""),
)
def test_the_table_names_a_variant_by_its_key_and_by_the_rate_that_it_was_tuned_to(
    tmp_path: Path, page: SweepPage, names: list[str]
) -> None:
    plan = plan_of(page, **{page.stage: {"replicates": 1}})
    chapter = page.chapter(page.judge(measured(tmp_path, plan, [[0.1]] * len(plan.variants)), GIVEN))
    assert [column.name for column in chapter.table[: len(names) + 1]] == [*names, "val_loss_mean"]
