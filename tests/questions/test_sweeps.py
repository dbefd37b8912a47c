"""What each sweep varies, and what is special to it: expected values are worked out by hand."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from stages.lib.analysis.answers import learned_less, number
from stages.lib.analysis.page import Page, SweepPage, pages
from stages.lib.analysis.statistics import compare_to_best
from stages.lib.analysis.sweep import Sweep, Trained
from stages.lib.core.plan import METRICS, Initializer, Optimizer
from stages.lib.publish.charts import drawn
from stages.lib.publish.specs import columns_of
from stages.params.training import Training
from stages.questions import (
    batch_sweep,
    initializer_sweep,
    lr_sweep,
    network_sweep,
    optimizer_sweep,
)
from tests.measured import GIVEN, RING_AND_Y, entries, measured, params, plan_of

NETWORK = {"hidden_units": [5], "activation": "gelu", "kernel_initializer": "lecun_normal"}
STUDY = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text("utf-8"))
TRAINING = {"epochs": 7, "batch_size": 50}
SWEEPS = [page for page in pages() if isinstance(page, SweepPage)]


def page_of(stage: str) -> SweepPage:
    return next(page for page in SWEEPS if page.stage == stage)


def changes(stage: str, **asked: Any) -> list[dict[str, Any]]:
    """For each variant what differs from the recipe of the baseline, and what it is called."""
    plan = plan_of(page_of(stage), network=NETWORK, training=TRAINING, lr=0.07, **{stage: asked})
    usual = {
        "hidden_units": (5,),
        "activation": "gelu",
        "kernel_initializer": Initializer("lecun_normal"),
        "optimizer": Optimizer("sgd"),
        "learning_rate": 0.07,
        "batch_size": 50,
        "epochs": 7,
        "l2": 0.0,
    }
    differences = [
        {name: value for name, value in vars(variant.recipe).items() if usual.get(name, value) != value}
        for variant in plan.variants
    ]
    return [{"called": variant.changed, **each} for variant, each in zip(plan.variants, differences, strict=True)]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stage)
def test_asking_again_asks_for_other_values_than_those_of_the_study(page: Page) -> None:
    given = [word.partition("=") for word in shlex.split(page.command) if "=" in word]
    assert given
    for key, _, value in given:
        section, _, name = key.partition(".")
        asked = STUDY[section][name] if name else STUDY[section]
        assert yaml.safe_load(value) != asked


def test_a_rate_alone_is_changed() -> None:
    assert changes("lr_sweep", learning_rates=[0.5, 0.25], budget=1) == [
        {"called": {"learning_rate": 0.5}, "learning_rate": 0.5},
        {"called": {"learning_rate": 0.25}, "learning_rate": 0.25},
    ]


def test_rates_are_trained_for_more_epochs_where_a_budget_asks_for_it() -> None:
    assert changes("lr_sweep", learning_rates=[0.5], budget=3) == [
        {"called": {"learning_rate": 0.5}, "learning_rate": 0.5},
        {"called": {"learning_rate": 0.5}, "learning_rate": 0.5, "epochs": 21},
    ]


def lr_measured(folder: Path, val_loss: np.ndarray, **asked: Any) -> Any:
    """What is found where rates 0.1 and 0.5 have these losses: after 4 epochs, then of 8, shape (4, replicates, 8)."""
    page = page_of("lr_sweep")
    usual = {"learning_rates": [0.1, 0.5], "budget": 2, "replicates": val_loss.shape[1]}
    plan = plan_of(page, training={"epochs": 4}, lr_sweep=usual | asked)
    measured(folder, plan, val_loss[:, :, -1], epochs=plan.epochs)
    np.save(folder / "val_loss.npy", val_loss[:, :, : plan.epochs].astype(np.float32))
    return page.judge(Trained(plan, folder), GIVEN)


def test_the_best_rate_is_asked_for_again_after_a_part_of_the_epochs_and_after_more(tmp_path: Path) -> None:
    def losses(after_2: float, after_4: float, after_8: float) -> list[float]:
        return [0.9, after_2, 0.8, after_4, 0.7, 0.6, 0.5, after_8]

    short = [0.9, 0.8, 0.7, 0.3, 0.3, 0.3, 0.3, 0.3], [0.9, 0.8, 0.7, 0.2, 0.2, 0.2, 0.2, 0.2]
    long = losses(0.4, 0.3, 0.01), losses(0.1, 0.2, 0.02)
    noise = np.exp(0.01 * np.arange(3))[np.newaxis, :, np.newaxis] * np.ones((4, 3, 8))
    noise[0::2, 1] *= 1.001  # or all pairs would have the same ratio
    values = np.array([*short, *long])[:, np.newaxis] * noise
    found = lr_measured(tmp_path, values)
    assert found.figures.best.changed == {"learning_rate": 0.5}
    assert found.figures.runs == 6  # those that are ranked
    assert [dict(each) for each in found.figures.budgets] == [
        {"epochs": 2, "learning_rate": 0.5, "same_as_best": [0.5]},
        {"epochs": 8, "learning_rate": 0.1, "same_as_best": [0.1]},
    ]
    answer = page_of("lr_sweep").chapter(found).answer
    assert answer.endswith(
        " After 2 epochs it does best, too. After 8 epochs `0.1` does best, and `0.5` is significantly worse."
    )
    one = lr_measured(tmp_path, values[:2], budget=1)
    assert one.figures.budgets == []


def test_a_rate_that_is_as_good_after_more_epochs_is_said_to_be_so(tmp_path: Path) -> None:
    values = np.full((4, 2, 8), 0.5)
    values[1, :, 3:] = values[0, :, 3:] - 0.1
    values[2, :, 7] = 0.499
    values[3, 0, 7], values[3, 1, 7] = 0.3, 0.8
    found = lr_measured(tmp_path, values)
    assert "After 8 epochs `0.1` does best, and `0.5` is not significantly worse." in (
        page_of("lr_sweep").chapter(found).answer
    )


def test_of_other_numbers_of_epochs_that_end_without_a_finite_loss_nothing_is_said(tmp_path: Path) -> None:
    values = np.full((4, 2, 8), 0.5)
    values[1] = 0.25
    values[2:, :, 7] = np.nan
    found = lr_measured(tmp_path, values)
    assert [dict(each) for each in found.figures.budgets] == [
        {"epochs": 2, "learning_rate": 0.1, "same_as_best": [0.1, 0.5]},  # the first of equal ones
        {"epochs": 8, "learning_rate": None, "same_as_best": []},
    ]
    answer = page_of("lr_sweep").chapter(found).answer
    assert answer.endswith(" After 2 epochs `0.1` does best, and `0.5` is not significantly worse.")


@pytest.mark.parametrize(("epochs", "budget", "others"), [(4, 2, [2, 8]), (4, 4, [1, 16]), (2, 5, [10]), (4, 1, [])])
def test_a_part_of_the_epochs_is_at_least_one(tmp_path: Path, epochs: int, budget: int, others: list[int]) -> None:
    page = page_of("lr_sweep")
    asked = {"learning_rates": [0.1, 0.5], "budget": budget, "replicates": 2}
    plan = plan_of(page, training={"epochs": epochs}, lr_sweep=asked)
    measured(tmp_path, plan, np.full((len(plan.variants), 2), 0.5), plan.epochs)
    found: Any = page.judge(Trained(plan, tmp_path), GIVEN)
    assert [each.epochs for each in found.figures.budgets] == others


def test_a_thousand_epochs_have_a_comma(tmp_path: Path) -> None:
    found = lr_measured(tmp_path, np.full((4, 2, 8), 0.5)).figures
    budget = lr_sweep.Budget(epochs=1000, learning_rate=0.5, same_as_best=[])
    assert lr_sweep.after(found, budget).startswith(" After 1,000 epochs ")


def test_an_initializer_alone_is_changed() -> None:
    asked = ["ones", {"random_normal": {"stddev": 0.5}}, {"random_normal": {"stddev": 1, "mean": 0.25}}]
    assert changes("initializer_sweep", kernel_initializers=asked) == [
        {"called": {"kernel_initializer": "ones"}, "kernel_initializer": Initializer("ones")},
        {
            "called": {"kernel_initializer": "random_normal stddev=0.5"},
            "kernel_initializer": Initializer("random_normal", {"stddev": 0.5}),
        },
        {
            "called": {"kernel_initializer": "random_normal stddev=1 mean=0.25"},
            "kernel_initializer": Initializer("random_normal", {"stddev": 1, "mean": 0.25}),
        },
    ]


def test_each_batch_size_is_tuned_and_gets_the_epochs_of_the_sweep() -> None:
    assert changes("batch_sweep", batch_sizes=[8, 16], learning_rates=[0.5, 0.25], epochs=3) == [
        {
            "called": {"batch_size": size, "learning_rate": rate},
            "batch_size": size,
            "learning_rate": rate,
            "epochs": 3,
        }
        for size, rate in ((8, 0.5), (8, 0.25), (16, 0.5), (16, 0.25))
    ]


def test_each_size_is_tried_with_each_activation_and_a_straight_line_once() -> None:
    asked = {"activations": ["tanh", "relu"], "depths": [0, 2], "widths": [3], "learning_rates": [0.5], "epochs": 4}
    found = changes("network_sweep", **asked)
    assert [each["called"] for each in found] == [
        {"activation": "linear", "depth": 0, "width": 0, "parameters": 3, "learning_rate": 0.5},
        {"activation": "tanh", "depth": 2, "width": 3, "parameters": 25, "learning_rate": 0.5},
        {"activation": "relu", "depth": 2, "width": 3, "parameters": 25, "learning_rate": 0.5},
    ]
    assert [(each["hidden_units"], each["activation"], each["epochs"]) for each in found] == [
        ((), "linear", 4),
        ((3, 3), "tanh", 4),
        ((3, 3), "relu", 4),
    ]


def test_each_optimizer_has_a_grid_and_arguments_of_its_own() -> None:
    grids = {"adam": [0.01], "nesterov_0.9": [0.02], "momentum_0.5": [0.03], "sgd": [0.04]}
    assert changes("optimizer_sweep", optimizers=entries(grids)) == [
        {
            "called": {"optimizer": "adam", "learning_rate": 0.01},
            "optimizer": Optimizer("adam"),
            "learning_rate": 0.01,
        },
        {
            "called": {"optimizer": "nesterov_0.9", "learning_rate": 0.02},
            "optimizer": Optimizer("sgd", {"momentum": 0.9, "nesterov": True}),
            "learning_rate": 0.02,
        },
        {
            "called": {"optimizer": "momentum_0.5", "learning_rate": 0.03},
            "optimizer": Optimizer("sgd", {"momentum": 0.5}),
            "learning_rate": 0.03,
        },
        {"called": {"optimizer": "sgd", "learning_rate": 0.04}, "learning_rate": 0.04},
    ]


def test_each_penalty_is_tried_at_each_rate() -> None:
    assert changes("weight_decay_sweep", l2=[0.0, 0.001], learning_rates=[0.5, 0.25]) == [
        {"called": {"l2": l2, "learning_rate": rate}, "learning_rate": rate} | penalty
        for l2, penalty in ((0.0, {}), (0.001, {"l2": 0.001}))
        for rate in (0.5, 0.25)
    ]


@pytest.mark.parametrize(
    ("vary", "value", "called", "changed"),
    [
        ("network.hidden_units", [3, 2], "3-2", {"hidden_units": (3, 2)}),
        ("network.hidden_units", [], "none", {"hidden_units": ()}),
        ("training.epochs", 9, 9, {"epochs": 9}),
        ("network.activation", "tanh", "tanh", {"activation": "tanh"}),
        ("network.activation", ["tanh"], "tanh", {"activation": ("tanh",)}),
        (
            "network.kernel_initializer",
            {"random_normal": {"stddev": 0.5}},
            "random_normal stddev=0.5",
            {"kernel_initializer": Initializer("random_normal", {"stddev": 0.5})},
        ),
        ("training.batch_size", 16, 16, {"batch_size": 16}),
        ("training.batch_size", 5_000, 5_000, {"batch_size": 1209}),  # as many points as there are
        ("training.optimizer", "adam", "adam", {"optimizer": Optimizer("adam")}),
        (
            "training.optimizer",
            {"sgd": {"momentum": 0.9, "nesterov": True}},
            "sgd momentum=0.9 nesterov=true",
            {"optimizer": Optimizer("sgd", {"momentum": 0.9, "nesterov": True})},
        ),
        ("dataset.fraction", 0.5, 0.5, {}),
        ("dataset.noise", 0, 0, {}),
        ("dataset.points", 20, 20, {}),
    ],
)
def test_each_key_that_can_be_varied_reaches_the_recipe_or_the_points(
    vary: str, value: Any, called: int | float | str, changed: dict[str, Any]
) -> None:
    assert changes("own_sweep", vary=vary, values=[value], learning_rates=[]) == [
        {"called": {"vary": vary, "value": called}} | changed
    ]
    assert changes("own_sweep", vary=vary, values=[value], learning_rates=[0.5, 0.25]) == [
        {"called": {"vary": vary, "value": called, "learning_rate": rate}, "learning_rate": rate} | changed
        for rate in (0.5, 0.25)
    ]


def test_each_momentum_is_tried_at_each_rate_and_none_is_plain_sgd() -> None:
    assert changes("momentum_sweep", momentum=[0.0, 0.9], learning_rates=[0.5, 0.25]) == [
        {"called": {"momentum": momentum, "learning_rate": rate}, "learning_rate": rate} | optimizer
        for momentum, optimizer in ((0.0, {}), (0.9, {"optimizer": Optimizer("sgd", {"momentum": 0.9})}))
        for rate in (0.5, 0.25)
    ]


def test_every_sweep_has_a_test_of_what_it_varies() -> None:
    tested = set(re.findall(r'changes\("(\w+)"', Path(__file__).read_text("utf-8")))
    assert {page.stage for page in SWEEPS} == tested


@pytest.mark.parametrize(
    "page", [page for page in SWEEPS if 0 in page.natural.get(page.key, ())], ids=lambda p: p.stage
)
def test_none_at_all_is_a_natural_end_and_the_most_that_was_tried_is_not(page: SweepPage, tmp_path: Path) -> None:
    for least, best, ends in ((0.0, 1, []), (0.0, 0, ["learning_rate"]), (0.0, 4, [page.key]), (0.1, 1, [page.key])):
        asked = {page.key: [least, 0.5], "learning_rates": [0.1, 0.3, 1.0], "replicates": 1}
        final = [[0.1] if place == best else [0.5] for place in range(6)]
        assert judged(page, tmp_path, final, **{page.stage: asked}).figures.best.at_end_of_grid == ends


def judged(page: SweepPage, folder: Path, final: list[list[float]], **asked: Any) -> Any:
    return page.judge(measured(folder, plan_of(page, **asked), final), GIVEN)


def test_an_optimizer_stands_at_an_end_of_its_own_grid_and_not_of_anothers(tmp_path: Path) -> None:
    grids = {"sgd": [0.1, 0.3, 1.0], "adam": [0.3, 1.0, 3.0]}
    asked = {"optimizer_sweep": {"optimizers": entries(grids), "replicates": 1}}
    page = optimizer_sweep.Page()
    inside = judged(page, tmp_path, [[0.5], [0.5], [0.5], [0.5], [0.1], [0.5]], **asked)
    assert inside.figures.best.changed == {"optimizer": "adam", "learning_rate": 1.0}
    assert inside.figures.best.at_end_of_grid == []
    at_end = judged(page, tmp_path, [[0.5], [0.5], [0.1], [0.5], [0.5], [0.5]], **asked)
    assert at_end.figures.best.changed == {"optimizer": "sgd", "learning_rate": 1.0}
    assert at_end.figures.best.at_end_of_grid == ["learning_rate"]
    assert len(at_end.tables["rates"]) == 6


def test_the_gain_of_momentum_is_the_loss_without_it_over_that_with_the_best_of_it(tmp_path: Path) -> None:
    grids = {"sgd": [0.1], "momentum_0.5": [0.1], "nesterov_0.9": [0.1], "adam": [0.1]}
    asked = {"optimizer_sweep": {"optimizers": entries(grids), "replicates": 2}}
    final = [[0.4, 0.9], [0.3, 0.3], [0.2, 0.1], [0.01, 0.01]]
    gain = judged(optimizer_sweep.Page(), tmp_path, final, **asked).figures.momentum
    assert gain.optimizer == "nesterov_0.9"
    assert gain.ratio == pytest.approx(np.sqrt((0.4 / 0.2) * (0.9 / 0.1)), rel=1e-5)
    assert gain.low < gain.ratio < gain.high
    swapped = [final[0], final[2], final[1], final[3]]
    assert judged(optimizer_sweep.Page(), tmp_path, swapped, **asked).figures.momentum.optimizer == "momentum_0.5"
    without = {"optimizer_sweep": {"optimizers": entries({"sgd": [0.1], "adam": [0.1]}), "replicates": 2}}
    assert judged(optimizer_sweep.Page(), tmp_path, final[:2], **without).figures.momentum is None


def test_the_answer_on_optimizers_compares_sgd_with_adam(tmp_path: Path) -> None:
    asked = {"optimizer_sweep": {"optimizers": entries({"sgd": [0.1], "adam": [0.2]}), "replicates": 2}}
    page = optimizer_sweep.Page()
    answer = page.chapter(judged(page, tmp_path, [[0.4, 0.2], [0.02, 0.04]], **asked)).answer
    assert "Mean validation loss at the best rate of each: `sgd` 0.3, `adam` 0.03." in answer
    assert "momentum" not in answer


SIZES = {"activations": ["tanh"], "depths": [0, 1, 2], "widths": [4, 8], "learning_rates": [0.5], "replicates": 1}


@pytest.mark.parametrize(
    ("best", "ends"),
    [
        (0, []),  # the straight line, beyond which there is nothing
        (1, ["width"]),  # 1 x 4
        (4, ["depth", "width"]),  # 2 x 8
    ],
)
def test_no_layers_at_all_are_a_natural_end(tmp_path: Path, best: int, ends: list[str]) -> None:
    final = [[0.1] if place == best else [0.5] for place in range(5)]
    found = judged(network_sweep.Page(), tmp_path, final, network_sweep=SIZES)
    assert found.figures.best.at_end_of_grid == ends


def test_the_widths_of_a_single_layer_have_ends_of_their_own(tmp_path: Path) -> None:
    asked = SIZES | {"depths": [0, 1], "widths": [2, 4, 8]}
    found = judged(network_sweep.Page(), tmp_path, [[0.5], [0.5], [0.1], [0.5]], network_sweep=asked)
    assert found.figures.best.at_end_of_grid == ["depth"]


def test_the_answer_on_sizes_names_the_smallest_that_ties_and_what_a_line_gets(tmp_path: Path) -> None:
    page = network_sweep.Page()
    final = [[0.6, 0.61, 0.6, 0.6], [0.3, 0.2, 0.3, 0.2], [0.5] * 4, [0.4] * 4, [0.2, 0.3, 0.2, 0.29]]
    chapter = page.chapter(judged(page, tmp_path, final, network_sweep=SIZES | {"replicates": 4}))
    assert chapter.title == "Best size: 2 x 8 tanh units"
    assert chapter.answer.startswith(
        "2 layers of 8 `tanh` units (105 parameters) at a learning rate of `0.5` does best, and 3 others not"
    )
    assert "the smallest of them 1 layer of 4 `tanh` units (17 parameters)" in chapter.answer
    assert "A straight line gets 79.97% right." in chapter.answer
    assert "end of the grid" not in chapter.answer  # of a single rate


def test_the_whole_answer_on_sizes(tmp_path: Path) -> None:
    page = network_sweep.Page()
    asked = {"activations": ["tanh", "relu"], "depths": [0, 1], "widths": [4, 8], "learning_rates": [0.5, 1.0, 2.0]}
    final = [
        *([0.6, 0.61], [0.6, 0.61], [0.6, 0.61]),  # the straight line: the first rate
        *([0.5, 0.5], [0.4, 0.41], [0.5, 0.5]),  # 4 tanh units
        *([0.3, 0.3], [0.2, 0.3], [0.3, 0.3]),  # 8
        *([0.45, 0.45], [0.6, 0.6], [0.6, 0.6]),  # 4 relu units: the first rate
        *([0.7, 0.7], [0.7, 0.7], [0.25, 0.22]),  # 8: the last
    ]
    chapter = page.chapter(judged(page, tmp_path, final, network_sweep=asked | {"epochs": 3, "replicates": 2}))
    # The best is variant 14 of the plan; of two replicates Student's t is 12.706: 0.255 ± 12.706 * 0.0212 / sqrt(2).
    assert chapter.answer == (
        "1 layer of 8 `relu` units (33 parameters) at a learning rate of `2` does best, and 4 others not "
        "significantly worse: after 3 epochs it gets 68.59% of new points right. Its loss on these test points, which"
        " were not used for choosing, is 0.26 nats, 95 % interval 0.064 to 0.45 (2 replicates). Of 5 networks 5, with "
        "the best, are not significantly worse (5 %), the smallest of them no layers of `linear` units (3 "
        "parameters): no layers of `linear`, 1 layer of 4 `tanh`, 1 layer of 8 `tanh`, 1 layer of 4 `relu`, 1 layer "
        "of 8 `relu`. Least mean validation loss by activation: `relu` 0.23 (1 layer of 8), `tanh` 0.25 (1 layer of "
        "8). A straight line gets 79.99% right. Its depth and its width and its learning rate stand at an end of what"
        " was tried, so a better one may lie beyond. 3 of the networks do best at an end of the grid of rates. Of 30 "
        "runs 0 diverged."
    )
    named = ["activation", "depth", "width", "parameters", "learning_rate", "val_loss_mean"]
    assert [column.name for column in chapter.table][:6] == named
    assert [chart.kind for chart in chapter.charts] == ["map_of_sizes", "loss_by_size", "curves_of_best_sizes"]
    assert {chart.key for chart in chapter.charts} == {"activation"}


@pytest.mark.parametrize(("widths", "listed"), [([1, 2, 3, 4, 5], True), ([1, 2, 3, 4, 5, 6], False)])
def test_six_networks_that_tie_are_listed_and_seven_are_not(tmp_path: Path, widths: list[int], listed: bool) -> None:
    page = network_sweep.Page()
    asked = SIZES | {"depths": [0, 1], "widths": widths}
    final = [[0.5]] * (1 + len(widths))  # one replicate, by which none is significantly worse
    answer = page.chapter(judged(page, tmp_path, final, network_sweep=asked)).answer
    assert ("(3 parameters): no layers of `linear`, 1 layer of 1 `tanh`" in answer) == listed
    assert ("(3 parameters). Least mean" in answer) != listed


def test_without_a_straight_line_or_with_it_alone_nothing_is_said_of_the_other(tmp_path: Path) -> None:
    page = network_sweep.Page()
    deep = page.chapter(judged(page, tmp_path, [[0.5]], network_sweep=SIZES | {"depths": [1], "widths": [4]})).answer
    assert "`tanh` 0.5 (1 layer of 4). Of 1 run 0" in deep
    line = page.chapter(judged(page, tmp_path, [[0.5]], network_sweep=SIZES | {"depths": [0]})).answer
    assert "is 0.52 nats (1 replicate). A straight line gets 80.00% right. Of 1 run 0" in line
    found = judged(page, tmp_path, [[0.5]], network_sweep=SIZES | {"depths": [0]})
    in_space = replace(RING_AND_Y, features=("x1", "x2", "x3"))
    assert " A network without hidden layers gets 80.00% right." in page.answer(
        found.figures,
        replace(found, data=in_space),
    )


def test_a_variant_is_called_by_its_value_in_a_picture() -> None:
    assert page_of("batch_sweep").called({"batch_size": 1209}) == "1209"
    assert page_of("lr_sweep").called({"learning_rate": 1e-06}) == "1e-06"
    assert page_of("initializer_sweep").called({"kernel_initializer": "zeros"}) == "zeros"


def test_a_layer_of_one_has_a_unit_and_no_units() -> None:
    assert network_sweep.units({"activation": "tanh", "width": 1}) == "`tanh` unit"
    assert network_sweep.units({"activation": "tanh", "width": 2}) == "`tanh` units"


def test_where_no_network_ends_well_the_answer_counts_the_runs(tmp_path: Path) -> None:
    page = network_sweep.Page()
    chapter = page.chapter(judged(page, tmp_path, [[np.nan]] * 5, network_sweep=SIZES))
    assert chapter.answer == "No network ends with a finite loss at every replicate. Of 5 runs 5 diverged."


WITHOUT_AND_WITH = {"sgd": [0.1], "momentum_0.5": [0.1], "nesterov_0.9": [0.1]}


@pytest.mark.parametrize(
    ("final", "said"),
    [
        # The ratio is sqrt(2 * 9). The logarithms 0.693 and 2.197 have the mean 1.445 and the standard deviation 1.064;
        # with one degree of freedom p is 1 - 2 / pi * atan(1.445 / (1.064 / sqrt(2))), times the three pairs of three,
        # and t at a third of 5 % is tan(pi / 2 * (1 - 0.05 / 3)) = 38.19.
        (
            [[0.4, 0.9], [0.3, 0.3], [0.2, 0.1]],
            "4.2 times the loss of the best with it, `nesterov_0.9` (95 % interval 1.4e-12 to 1.3e+13, p 0.9; "
            "corrected for all pairs of optimizers and rates). ",
        ),
        (
            [[0.4], [0.3], [0.2]],
            "2 times the loss of the best with it, `nesterov_0.9` (p 1; "
            "corrected for all pairs of optimizers and rates). ",
        ),
    ],
    ids=["two replicates", "one replicate"],
)
def test_the_gain_of_momentum_is_told_with_its_interval_where_it_has_one(
    tmp_path: Path, final: list[list[float]], said: str
) -> None:
    page = optimizer_sweep.Page()
    asked = {"optimizers": entries(WITHOUT_AND_WITH), "replicates": len(final[0])}
    answer = page.chapter(judged(page, tmp_path, final, optimizer_sweep=asked)).answer
    assert (
        f"Of {3 * len(final[0])} runs 0 diverged. Without momentum SGD ends with {said}"
        "Mean validation loss at the best rate of each: `sgd`"
    ) in answer


def test_the_gain_of_momentum_is_that_over_sgd_at_its_likely_rates_whatever_does_best() -> None:
    # Plain SGD may be best at either rate, as one replicate of the second fails; lion is far better than both.
    losses = [[0.4, 0.4, 0.5, 0.4], [0.2, 0.21, 1.9, 0.2], [0.1, 0.1, 0.11, 0.1], [1e-3, 1e-3, 2e-3, 1e-3]]
    final = np.array(losses)
    names = ["sgd", "sgd", "momentum_0.9", "lion"]
    curves = dict.fromkeys(METRICS, final[:, :, np.newaxis])
    variants = pd.DataFrame({"optimizer": names, "learning_rate": [0.1, 1.0, 0.1, 0.1]})
    one, start = np.ones(4, int), np.ones((4, 4))
    tuned = Sweep(variants, curves, start, test={}, epochs=one, constant=0.6).tuned()
    found = optimizer_sweep.momentum(tuned)["momentum"]
    each = compare_to_best(final, best=2)
    assert found["optimizer"] == "momentum_0.9"
    assert found["ratio"] == pytest.approx(each.ratio[0])
    assert found["low"] == pytest.approx(each.low[:2].min())
    assert found["high"] == pytest.approx(each.high[:2].max())
    assert found["p_value"] == pytest.approx(each.p_value[:2].max())


def test_a_gain_that_is_not_known_is_not_told(tmp_path: Path) -> None:
    page = optimizer_sweep.Page()
    asked = {"optimizers": entries(WITHOUT_AND_WITH), "replicates": 2}
    found = judged(page, tmp_path, [[0.4, np.nan], [0.3, 0.3], [0.2, 0.1]], optimizer_sweep=asked)
    assert page.chapter(found).answer.endswith(
        "Of 6 runs 1 diverged. Mean validation loss at the best rate of each: `sgd` not a number."
    )


def test_without_sgd_and_adam_the_answer_compares_none(tmp_path: Path) -> None:
    page = optimizer_sweep.Page()
    asked = {"optimizers": entries({"rmsprop": [0.1, 0.2], "lion": [0.1, 0.2]}), "replicates": 2}
    found = judged(page, tmp_path, [[0.4, 0.4], [0.3, 0.3], [0.2, 0.1], [0.3, 0.3]], optimizer_sweep=asked)
    chapter = page.chapter(found)
    assert chapter.answer.endswith("Of 8 runs 0 diverged.")
    assert [column.name for column in chapter.table][:3] == ["optimizer", "learning_rate", "val_loss_mean"]
    assert found.tables["rates"]["val_loss_mean"].tolist() == pytest.approx([0.4, 0.3, 0.15, 0.3], rel=1e-6)


def test_the_answer_on_batches_tells_their_costs_where_one_settles_from_every_seed(tmp_path: Path) -> None:
    page = batch_sweep.Page()
    asked = {"batch_sizes": [400, 100], "learning_rates": [0.1], "replicates": 2}
    trained = measured(tmp_path, plan_of(page, batch_sweep=asked), [[0.5, 0.6], [0.4, 0.4]], epochs=4)
    fair = " All sizes get 4 epochs, and so the smaller ones more updates."
    assert page.chapter(page.judge(trained, GIVEN)).answer.endswith(fair)  # all losses fall to the end
    first, second = [0.3, 0.3, 0.3, 0.2], [0.5, 0.3, 0.3, 0.3]  # settled at 1 and at 2
    np.save(tmp_path / "val_loss.npy", np.array([[second, second], [first, second]], np.float32))
    chapter = page.chapter(page.judge(trained, GIVEN))
    assert chapter.answer.endswith(
        f"{fair} Of the sizes that settle at every replicate, `400` does after the fewest updates (8, in 2 epochs) and "
        "`100` after the fewest points seen (1,814, in 2 epochs and 20 updates)."  # 1.5 * 1209, and 1.5 * 13
    )
    asked = asked | {"learning_rates": [0.1, 0.2]}
    trained = measured(
        tmp_path, plan_of(page, batch_sweep=asked), [[0.5] * 2, [0.3] * 2, [0.5] * 2, [0.4] * 2], epochs=4
    )
    np.save(tmp_path / "val_loss.npy", np.array([[second] * 2, [first] * 2, [second] * 2, [first] * 2], np.float32))
    tuned = page.judge(trained, GIVEN).tables["variants"]
    assert (tuned["learning_rate"].tolist(), tuned["epochs"].tolist()) == ([0.2, 0.2], [1, 1])
    names = [column.name for column in chapter.table][:7]
    assert names == ["batch_size", "learning_rate", "settled", "epochs", "updates", "samples", "val_loss_mean"]
    assert [chart.kind for chart in chapter.charts] == ["cost", "variants", "curves"]


@pytest.mark.parametrize(("sizes", "ends"), [([8, 1209], []), ([8, 600], ["batch_size"])])
def test_the_full_batch_is_a_natural_end(tmp_path: Path, sizes: list[int], ends: list[str]) -> None:
    asked = {"batch_sizes": sizes, "learning_rates": [0.1, 0.3, 1.0], "replicates": 1}
    final = [[0.5], [0.4], [0.5], [0.5], [0.1], [0.5]]
    found = judged(batch_sweep.Page(), tmp_path, final, batch_sweep=asked)
    assert found.figures.best.at_end_of_grid == ends


def test_batches_of_more_points_than_there_are_are_one_of_all_points() -> None:
    asked = {"batch_sizes": [8, 1208, 1209, 1210, 200_000], "learning_rates": [0.5], "epochs": 3}
    sizes = [each["called"]["batch_size"] for each in changes("batch_sweep", **asked)]
    assert sizes == [8, 1208, 1209]
    few = replace(RING_AND_Y, rows=10)
    plan = batch_sweep.Page().plan(params(batch_sweep=asked), few)
    assert [variant.changed["batch_size"] for variant in plan.variants] == [8, 10]
    assert batch_sweep.Page().natural_ends(few) == {"batch_size": {1, 10}}


RATES = [round(0.01 * number, 2) for number in range(1, 101)]
MANY = {"learning_rates": RATES, "replicates": 1000}


@pytest.mark.parametrize(
    ("section", "two", "three"),
    [
        ("batch_sweep", MANY | {"batch_sizes": [1, 2]}, MANY | {"batch_sizes": [1, 2, 3]}),
        ("weight_decay_sweep", MANY | {"l2": [0.1, 0.2]}, MANY | {"l2": [0.1, 0.2, 0.3]}),
        (
            "network_sweep",
            MANY | {"activations": ["relu"], "depths": [1, 2], "widths": [1]},
            MANY | {"activations": ["relu"], "depths": [1], "widths": [1, 2, 3]},
        ),
        (
            "optimizer_sweep",
            {"optimizers": entries(dict.fromkeys(["sgd", "adam"], RATES)), "replicates": 1000},
            {"optimizers": entries(dict.fromkeys(["sgd", "adam", "lion"], RATES)), "replicates": 1000},
        ),
    ],
)
def test_two_hundred_thousand_networks_are_the_most(section: str, two: dict[str, Any], three: dict[str, Any]) -> None:
    params(**{section: two})
    with pytest.raises(
        ValueError,
        match="all combinations are 300,000 networks, but at most 200,000 are allowed; "
        "shorten a list or take fewer replicates or restarts",
    ):
        params(**{section: three})


def test_an_optimizer_with_more_rates_than_another_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"as many rates as any other, or it is tuned more; now \{'sgd': 1, 'adam': 2\}"
    ):
        params(optimizer_sweep={"optimizers": entries({"sgd": [0.1], "adam": [0.1, 0.2]})})


def sweep_of(val_loss: list[Any], sizes: list[int]) -> Sweep:
    curves = dict.fromkeys(METRICS, np.array(val_loss))
    start = np.full(curves["loss"].shape[:2], 0.7)
    variants = pd.DataFrame({"batch_size": sizes, "learning_rate": 0.1})
    epochs = np.full(len(sizes), curves["loss"].shape[-1])
    return Sweep(variants, curves, start, test={}, epochs=epochs, constant=0.6)


RULE = Training(epochs=4, batch_size=8, optimizer="sgd", min_delta=0.01, patience=1)
SETTLES_AT_2 = [0.3, 0.1, 0.1, 0.05]
SETTLES_AT_1 = [0.2, 0.2, 0.1, 0.05]
NEVER_SETTLES = [0.5, 0.4, 0.3, 0.2]


def test_a_run_that_diverged_has_not_settled_though_its_loss_no_longer_falls() -> None:
    falling, rising = [0.6, 0.2, 0.1, 0.1], [0.9, 2.0, 4.0, 5.0]
    assert batch_sweep.settled_epochs(sweep_of([[falling, rising]], [8]), RULE) == [[3]]


def test_the_cost_is_the_mean_over_the_seeds_that_settled() -> None:
    table = batch_sweep.cost_table(
        sweep_of([[SETTLES_AT_1, SETTLES_AT_2], [SETTLES_AT_2, NEVER_SETTLES], [NEVER_SETTLES] * 2], [400, 100, 8]),
        RULE,
        rows=1209,
    )
    assert table["settled"].tolist() == [2, 1, 0]
    np.testing.assert_allclose(table["epochs"], [1.5, 2, np.nan])
    np.testing.assert_allclose(table["epochs_min"], [1, 2, np.nan])
    np.testing.assert_allclose(table["epochs_max"], [2, 2, np.nan])
    np.testing.assert_allclose(table["updates"], [1.5 * 4, 2 * 13, np.nan])  # 1209 / 400 and / 100, rounded up
    np.testing.assert_allclose(table["samples"], [1.5 * 1209, 2 * 1209, np.nan])


def test_the_cheapest_sizes_are_chosen_from_those_that_settle_from_every_seed() -> None:
    found = batch_sweep.cheapest(
        sweep_of([[SETTLES_AT_1, NEVER_SETTLES], [SETTLES_AT_2] * 2, [SETTLES_AT_1, SETTLES_AT_2]], [1209, 1000, 100]),
        RULE,
        rows=1209,
    )
    assert found["fewest_updates"]["batch_size"] == 1000  # 2 epochs of 2 updates; the other 1.5 of 13
    assert found["fewest_updates"]["updates"]["mean"] == 4
    assert found["fewest_updates"]["epochs"] == {"mean": 2, "std": 0, "min": 2, "max": 2, "n": 2}
    assert found["fewest_samples"]["batch_size"] == 100
    assert found["fewest_samples"]["samples"]["mean"] == 1.5 * 1209
    assert found["fewest_samples"]["samples"]["max"] == 2 * 1209
    assert batch_sweep.cheapest(sweep_of([[NEVER_SETTLES] * 2], [8]), RULE, rows=1209) == {}


def test_a_straight_line_alone_stands_at_no_end(tmp_path: Path) -> None:
    asked = {"depths": [0], "learning_rates": [0.1, 0.3, 1.0], "replicates": 1}
    found = judged(network_sweep.Page(), tmp_path, [[0.5], [0.1], [0.5]], network_sweep=asked)
    assert found.figures.best.at_end_of_grid == []


def test_one_point_per_update_is_a_natural_end(tmp_path: Path) -> None:
    asked = {"batch_sizes": [1, 2], "learning_rates": [0.1], "replicates": 1}
    found = judged(batch_sweep.Page(), tmp_path, [[0.1], [0.5]], batch_sweep=asked)
    assert found.figures.best.at_end_of_grid == []


def test_where_no_variant_is_finite_there_is_no_best_to_speak_of(tmp_path: Path) -> None:
    page = page_of("lr_sweep")
    plan = plan_of(page, lr_sweep={"learning_rates": [0.1, 0.2], "replicates": 1})
    found = page.judge(measured(tmp_path, plan, [[float("nan")], [float("nan")]]), GIVEN)
    assert found.figures.best.at_end_of_grid == []  # type: ignore[attr-defined]
    assert page.chapter(found).title == "No best learning rate: none ends with a finite loss at every replicate"


def because(page: SweepPage, folder: Path, final: Any, changed: Mapping[str, np.ndarray], **asked: Any) -> str:
    """Why it is so, where some of what was measured is changed; a chart of it stands beside, and only there."""
    plan = plan_of(page, **asked)
    epochs = next((values.shape[-1] for name, values in changed.items() if name in METRICS), 3)
    trained = measured(folder, plan, final, epochs)
    for name, values in changed.items():
        np.save(folder / f"{name}.npy", values.astype(np.float32))
    findings = page.judge(trained, GIVEN)
    chapter = page.chapter(findings)
    assert bool(chapter.reasons) == bool(chapter.because)
    for chart in (picture for reason in chapter.reasons for picture in drawn(reason)):
        assert columns_of(chart.spec) <= {*findings.tables[chart.table]}
    return chapter.because


NOT_ENOUGH = (
    "What is significantly worse has a greater loss on the points that it learned from, too: by the last epoch it has "
    "learned less."
)
TWICE = "of these variants, the loss on new points is more than twice that on learned points."
BY_HEART = (
    "What is significantly worse has no greater loss than the best on the points that it learned from, but more than "
    "twice that loss on new points, as if learned by heart."
)


@pytest.mark.parametrize(
    ("worse", "loss", "told"),
    [
        ([True, True], [0.25, 0.21, 0.1], NOT_ENOUGH),
        ([True, True], [0.25, 0.19, 0.1], f"{NOT_ENOUGH} For 1 {TWICE}"),
        ([True, True], [0.15, 0.19, 0.1], f"{NOT_ENOUGH} For 2 {TWICE}"),
        ([True, True], [0.1, 0.0, 0.1], BY_HEART),
        ([True, False], [0.25, 0.1, 0.1], NOT_ENOUGH),
        ([True, True], [0.25, 0.1, 0.1], ""),
        ([True, True], [0.15, 0.05, 0.1], ""),
        ([True, True], [0.3, 0.29, 0.31], ""),
        ([False, False], [0.25, 0.4, 0.1], ""),
        ([True, True], [np.inf, 0.25, 0.1], ""),
        ([True, True], [np.nan, 0.25, 0.1], ""),
        ([True, True], [0.25, 0.25, 0.0], NOT_ENOUGH),
    ],
)
def test_what_is_worse_has_learned_less_or_by_heart(worse: list[bool], loss: list[float], told: str) -> None:
    variants = pd.DataFrame({"loss_mean": loss, "val_loss_mean": [0.4, 0.4, 0.2]})
    assert learned_less(variants.assign(same_as_best=[*(int(not each) for each in worse), 1])) == told


def test_a_sweep_without_a_reason_of_its_own_has_that_of_all(tmp_path: Path) -> None:
    asked = {"own_sweep": {"vary": "training.batch_size", "values": [8, 16], "learning_rates": [], "replicates": 4}}
    final = np.array([[0.4, 0.41, 0.42, 0.4], [0.01, 0.011, 0.01, 0.012]])
    learned = {"loss": np.repeat(final[:, :, np.newaxis], 3, axis=2)}
    assert because(page_of("own_sweep"), tmp_path, final, learned, **asked) == NOT_ENOUGH


def test_rates_that_climb_and_rates_that_have_no_time_are_told_by_their_curves(tmp_path: Path) -> None:
    page = page_of("lr_sweep")
    asked = {"lr_sweep": {"learning_rates": [0.001, 0.01, 0.1, 1.0, 10.0], "replicates": 2}}
    start = np.full((5, 2), 0.8)
    curves = np.array([[0.8, 0.79, 0.78], [0.8, 0.6, 0.41], [0.5, 0.2, 0.1], [0.7, 0.9, 0.3], [np.nan] * 3])
    changed = {"start_loss": start, "loss": np.repeat(curves[:, np.newaxis], 2, axis=1)}
    final = [[0.7, 0.7], [0.5, 0.5], [0.1, 0.1], [0.3, 0.3], [0.9, 0.9]]
    assert because(page, tmp_path, final, changed, **asked) == (
        "From `1` on, the training loss of most runs climbs above where it began: their steps are too long to follow "
        "the gradient. Up to `0.01`, most runs have lost less than half of their first "
        "training loss when the epochs are over: their steps are too short to get there."
    )
    steady = {"start_loss": start, "loss": np.repeat(curves[[2] * 5, np.newaxis], 2, axis=1)}
    assert because(page, tmp_path, final, steady, **asked) == ""


def test_units_that_stayed_one_are_told_by_their_weights(tmp_path: Path) -> None:
    page = page_of("initializer_sweep")
    asked = {"initializer_sweep": {"kernel_initializers": ["zeros", "he_normal", "ones"], "replicates": 2}}
    plan = plan_of(page, **asked)
    size = plan.variants[0].recipe.parameters
    weights = np.concatenate([np.full(size, 0.5), np.arange(size), np.full(size, 0.25)])
    told = because(page, tmp_path, [[0.6] * 2, [0.1] * 2, [0.5] * 2], {"weights": weights}, **asked)
    assert told.startswith("With `zeros` and `ones` all units of the first layer are still the same after the last")
    lost = {"weights": np.full(3 * size, np.nan)}  # which are alike as well, but for another reason
    assert because(page, tmp_path, [[0.6] * 2, [0.1] * 2, [0.5] * 2], lost, **asked) == ""
    apart = {"weights": np.arange(3 * size)}
    assert because(page, tmp_path, [[0.6] * 2, [0.1] * 2, [0.5] * 2], apart, **asked) == ""


@pytest.mark.parametrize(("losses", "told"), [([0.1, 0.2, 0.3, 0.4, 0.5], True), ([0.3, 0.1, 0.5, 0.2, 0.4], False)])
def test_the_loss_is_said_to_follow_the_updates_where_it_does(tmp_path: Path, losses: list[float], told: bool) -> None:
    asked = {"batch_sizes": [1, 10, 100, 500, 1209], "learning_rates": [0.1], "epochs": 3, "replicates": 2}
    found = because(page_of("batch_sweep"), tmp_path, [[loss] * 2 for loss in losses], {}, batch_sweep=asked)
    expected = (
        "In the same epochs, size `1` makes 3,627 updates of the weights, and size `1209` makes 3. More updates "
        "went with less loss (rank correlation -1.00 over 5 sizes)."
    )
    assert found == (expected if told else "")


def test_kernels_that_a_penalty_makes_small_are_told_where_they_go_with_more_loss(tmp_path: Path) -> None:
    page = page_of("weight_decay_sweep")
    l2 = [0.0, 1e-05, 0.0001, 0.001, 0.01]
    asked = {"weight_decay_sweep": {"l2": l2, "learning_rates": [0.1], "replicates": 2}}
    recipe = plan_of(page, **asked).variants[0].recipe
    kernels = sum(kernel.size for kernel in recipe.split(np.zeros(recipe.parameters))[::2])
    shrinking = {"weights": np.repeat([5.0, 4.0, 3.0, 2.0, 1.0], recipe.parameters)}
    worse = [[loss] * 2 for loss in (0.1, 0.2, 0.3, 0.4, 0.5)]
    told = because(page, tmp_path, worse, shrinking, **asked)
    assert f"is {number(5 * kernels**0.5)} at `0` and {number(kernels**0.5)} at `0.01`, in the first replicate" in told
    assert because(page, tmp_path, worse[::-1], shrinking, **asked) == ""
    assert because(page, tmp_path, worse, {"weights": shrinking["weights"][::-1]}, **asked) == ""
    other = {"weights": np.repeat([3.0, 5.0, 1.0, 4.0, 2.0], recipe.parameters)}  # whatever the penalty is
    assert because(page, tmp_path, [[loss] * 2 for loss in (0.3, 0.1, 0.5, 0.2, 0.4)], other, **asked) == ""


@pytest.mark.parametrize(("epoch", "told"), [(2, True), (3, False)])
def test_an_optimizer_that_is_soon_where_plain_sgd_ends_is_called_faster(
    tmp_path: Path, epoch: int, told: bool
) -> None:
    asked = {"optimizers": entries({"sgd": [0.1], "adam": [0.1]}), "replicates": 2}
    sgd, adam = [0.9, 0.8, 0.7, 0.5], [0.6] * (epoch - 1) + [0.4] * (5 - epoch)
    curves = {"val_loss": np.repeat(np.array([sgd, adam])[:, np.newaxis], 2, axis=1)}
    changed = {"optimizer_sweep": asked, "training": {"epochs": 4}}
    found = because(page_of("optimizer_sweep"), tmp_path, [[0.5] * 2, [0.4] * 2], curves, **changed)
    expected = "`adam` is faster: it needs 2 epochs of 4 to the validation loss with which plain SGD ends"
    assert found == (f"{expected} at its own best rate." if told else "")


def test_the_epoch_at_which_an_optimizer_is_where_plain_sgd_ends_is_one_of_its_own_or_none(tmp_path: Path) -> None:
    page = page_of("optimizer_sweep")
    asked = {"optimizers": entries({"sgd": [0.1], "adam": [0.1], "lion": [0.1]}), "replicates": 2}
    trained = measured(tmp_path, plan_of(page, optimizer_sweep=asked), [[0.5] * 2] * 3)
    curves = np.array([[0.9, 0.7, 0.5], [0.9, 0.5, 0.4], [0.9, 0.8, 0.6]], np.float32)
    np.save(tmp_path / "val_loss.npy", np.repeat(curves[:, np.newaxis], 2, axis=1))
    found = page.judge(trained, GIVEN).tables["variants"]["epochs_to_sgd"]
    np.testing.assert_array_equal(found, [3, 2, np.nan])


def test_plain_sgd_is_not_called_faster_than_itself(tmp_path: Path) -> None:
    """On its way it may have been as low as at its end."""
    asked = {"optimizers": entries({"sgd": [0.1], "adam": [0.1]}), "replicates": 2}
    curves = {"val_loss": np.repeat(np.array([[0.4, 0.9, 0.9, 0.5], [0.9] * 4])[:, np.newaxis], 2, axis=1)}
    changed = {"optimizer_sweep": asked, "training": {"epochs": 4}}
    assert because(page_of("optimizer_sweep"), tmp_path, [[0.5] * 2, [0.9] * 2], curves, **changed) == ""


def test_relu_units_without_a_gradient_are_told_where_another_activation_does_best(tmp_path: Path) -> None:
    """Of the two units of each layer one is dead where its bias is far below 0; the points lie within 1."""
    page = page_of("network_sweep")
    sizes = {"activations": ["relu", "tanh"], "depths": [1, 2], "widths": [2]}
    asked = {"network_sweep": sizes | {"learning_rates": [0.1], "replicates": 2}}
    dying = [1, 1, 1, 1, 0, -9]  # kernel and bias of two inputs, or of two units
    living = [1, 1, 1, 1, 0, 0]
    last = [1, 1, 0]
    relu = [*living, *last], [*living, *dying, *last]
    weights = np.concatenate([np.array(network, float) for network in (*relu, *relu)])
    final = [[0.3] * 2, [0.4] * 2, [0.1] * 2, [0.2] * 2]
    assert because(page, tmp_path, final, {"weights": weights}, **asked) == (
        "With `relu`, 16.67% of all hidden units answer 0 to every training point after the last epoch (first "
        "replicate of each size), so that no gradient reaches them any more. They are 0.00% with 1 hidden layer, "
        "25.00% with 2."
    )
    assert because(page, tmp_path, final[::-1], {"weights": weights}, **asked) == ""
    assert because(page, tmp_path, final, {"weights": np.abs(weights)}, **asked) == ""


def test_a_gradient_that_hardly_reaches_the_first_layer_is_told_where_depth_makes_it_worse() -> None:
    table = pd.DataFrame(
        [
            ("sigmoid", 1, 0.5, 0.20),
            ("sigmoid", 4, 0.002, 0.30),
            ("sigmoid", 4, 0.004, 0.40),
            ("tanh", 1, 0.9, 0.05),
            ("tanh", 4, 1.5, 0.01),
            ("elu", 1, 0.6, 0.10),
            ("elu", 4, 0.5, 0.20),
        ],
        columns=["activation", "depth", "first_gradient", "val_loss_mean"],
    )
    told = (
        "With `sigmoid`, 4 hidden layers do worse than fewer, and before the first epoch the first of them gets hardly "
        "any gradient. The norm of its kernel's gradient, over that of the output layer's, is 0.003 with `sigmoid` "
        "(0.5 with 1 hidden layer); 1.5 with `tanh`, which does best (medians over the widths, first replicate)."
    )
    assert network_sweep.vanishing(table) == told
    nothing: list[dict[str, Any]] = [
        {"first_gradient": 0.5},  # of all
        {"first_gradient": [0.001, 0.002, 0.004, 0.9, 1.5, 0.6, 0.5]},  # with one layer it was less
        {"first_gradient": [0.5, 0.0, 0.0, 0.9, 1.5, 0.6, 0.5]},  # there is no gradient at all
        {"val_loss_mean": [0.5, 0.3, 0.4, 0.05, 0.01, 0.1, 0.2]},  # depth does it good
        {"val_loss_mean": [0.002, 0.003, 0.3, 0.05, 0.01, 0.1, 0.2]},  # it does best
        {"val_loss_mean": np.nan},
    ]
    for changed in nothing:
        assert network_sweep.vanishing(table.assign(**changed)) == ""
    assert network_sweep.vanishing(table[table["depth"] == 4]) == ""
    unknown = table.assign(first_gradient=[0.5, 0.002, 0.004, 0.9, np.nan, 0.6, 0.5])
    assert network_sweep.vanishing(unknown) == told.replace("; 1.5 with `tanh`, which does best", "")
    line = pd.DataFrame([("linear", 0, np.nan, 0.001)], columns=table.columns)  # which has no layer to be told of
    assert network_sweep.vanishing(pd.concat([table, line])) == told.replace("; 1.5 with `tanh`, which does best", "")


def test_how_much_of_the_gradient_reaches_the_first_layer_is_measured_with_the_weights_of_the_start(
    tmp_path: Path,
) -> None:
    """Of one linear unit with kernels of 3 and 2, the answer is that of a line of 6; what is wrong by e has gradients
    of 2 e x and of 3 e (x1 + x2)."""
    page = page_of("network_sweep")
    sizes = {"activations": ["linear"], "depths": [0, 1], "widths": [1], "learning_rates": [0.1], "replicates": 2}
    trained = measured(tmp_path, plan_of(page, network_sweep=sizes), [[0.5, 0.5], [0.2, 0.2]])
    np.save(tmp_path / "start_weights.npy", np.array([1, 1, 0, 3, 3, 0, 2, 0], np.float32))
    found = page.judge(trained, GIVEN).tables["variants"]["first_gradient"]
    x, y = GIVEN.points.x.astype(float), GIVEN.points.y[:, 0]
    wrong = 1 / (1 + np.exp(-6 * x.sum(axis=1))) - y
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(np.linalg.norm(2 * wrong @ x) / abs(3 * wrong @ x.sum(axis=1)))


def test_a_start_with_a_small_gradient_is_told_of_what_is_significantly_worse_than_the_best() -> None:
    table = pd.DataFrame(
        [
            ("he_normal", 0.8, 8, 0.1, 1),
            ("random_normal", 0.008, 8, 0.5, 0),
            ("random_uniform", 0.08, 8, 0.4, 0),
            ("lecun_normal", 0.02, 8, 0.11, 1),
            ("glorot_normal", 0.09, 8, 0.6, 0),
            ("zeros", 0.0, 1, 0.7, 0),
            ("ones", 0.001, 1, 0.7, 0),
        ],
        columns=["kernel_initializer", "start_gradient", "distinct_units", "val_loss_mean", "same_as_best"],
    )
    assert initializer_sweep.faint(table) == (
        "Before the first epoch, the norm of the gradient is 0.008 with `random_normal` and 0.08 with "
        "`random_uniform`, but 0.8 with `he_normal`, which does best (first replicate)."
    )
    assert initializer_sweep.faint(table.assign(start_gradient=0.5)) == ""
    assert initializer_sweep.faint(table.assign(start_gradient=np.nan)) == ""
    assert initializer_sweep.faint(table.assign(val_loss_mean=np.nan)) == ""
    told = page_of("initializer_sweep").reasons(table, GIVEN)
    assert told == {
        "distinct_units": initializer_sweep.alike(table),
        "start_gradient": initializer_sweep.faint(table),
    }


def test_the_gradient_of_the_start_is_that_to_all_kernels(tmp_path: Path) -> None:
    """Without hidden units it is that of a line: at 0 the mean of (1/2 - y) x."""
    page = page_of("initializer_sweep")
    asked = {"network": {"hidden_units": []}, "initializer_sweep": {"kernel_initializers": ["zeros"], "replicates": 2}}
    trained = measured(tmp_path, plan_of(page, **asked), [[0.5, 0.5]])
    (found,) = page.judge(trained, GIVEN).tables["variants"]["start_gradient"]
    assert found == pytest.approx(np.linalg.norm(((0.5 - GIVEN.points.y) * GIVEN.points.x.astype(float)).mean(axis=0)))


def test_without_a_gradient_of_the_output_layer_or_with_an_only_layer_no_share_of_it_is_told() -> None:
    assert network_sweep.first_gradient(np.array([0.2, 0.3, 0.4])) == pytest.approx(0.5)
    for norms in ([0.0, 0.0, 0.0], [0.3], [np.nan, np.nan]):
        assert np.isnan(network_sweep.first_gradient(np.array(norms)))
