"""A question of the user's own: its points, what can't be asked, and what is said of it."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stages import check
from stages.lib.core.places import Places
from stages.lib.core.points import Draws, read_draws
from stages.lib.core.runner import Fault
from stages.params.own_sweep import VARIED, OwnSweep
from stages.questions import own_sweep
from tests.measured import GIVEN, draw_points, measured, params, plan_of

PAGE = own_sweep.Page()
POINTS: dict[str, tuple[list[Any], list[int]]] = {
    "dataset.fraction": ([0.1, 0.5], [60, 300]),
    "dataset.points": ([20, 40], [20, 40]),
    "dataset.noise": ([0.0, 0.5], [600, 600]),
}


def asked(vary: str, values: list[Any], rates: list[float] | None = None) -> dict[str, Any]:
    return {"own_sweep": {"vary": vary, "values": values, "learning_rates": rates or [], "replicates": 2}}


@pytest.mark.parametrize("vary", POINTS)
def test_each_value_of_the_points_has_sets_of_its_own_and_the_plan_names_them(tmp_path: Path, vary: str) -> None:
    places = Places(tmp_path)
    values, sizes = POINTS[vary]
    found = draw_points(places, dataset={"source": "moons"}, **asked(vary, values, [0.1, 0.2]))
    plan = PAGE.plan(found, GIVEN.data)
    assert [variant.points for variant in plan.variants] == ["0", "0", "1", "1"]
    first, second = (draws(places, name) for name in ("0", "1"))
    assert [first["train"].size, second["train"].size] == sizes
    for draw in (0, 1):
        assert values_of(first["train"], draw) != values_of(second["train"], draw)
        held_out = [values_of(some["validation"], draw) for some in (first, second)]
        assert (held_out[0] == held_out[1]) == (vary == "dataset.fraction")
    assert sorted(path.name for path in places.draws("own_sweep").iterdir()) == ["0", "1"]


def draws(places: Places, name: str) -> dict[str, Draws]:
    return read_draws(places.draws("own_sweep", name), draws=2, inputs=2, classes=2)


def values_of(draws: Draws, draw: int) -> bytes:
    return draws.points.x[draws.rows[draw]].tobytes()


def test_no_sets_are_left_of_a_question_that_was_of_the_points(tmp_path: Path) -> None:
    places = Places(tmp_path)
    for vary in ("dataset.fraction", "lr"):
        found = draw_points(places, **asked(vary, [0.5]))
    left = sorted(path.name for path in places.draws("own_sweep").iterdir())
    assert left == ["points.npy", "test.npy", "train.npy", "validation.npy"]
    assert {variant.points for variant in PAGE.plan(found, GIVEN.data).variants} == {""}


def test_a_batch_is_no_larger_than_the_points_of_the_study() -> None:
    sizes = [variant.recipe.batch_size for variant in plan_of(PAGE, **asked("training.batch_size", [8, 5000])).variants]
    assert sizes == [8, GIVEN.data.rows]


@pytest.mark.parametrize(
    ("vary", "values", "rates", "said"),
    [
        (
            "dataset.fraction",
            [0.5, 2],
            [],
            "values holds 2, which can't be dataset.fraction: input should be less",
        ),
        ("training.batch_size", [0.5], [], "values holds 0.5, which can't be training.batch_size: input should be a"),
        ("network.activation", ["rleu"], [], "values holds 'rleu', which can't be network.activation: must be one of"),
        (
            "network.hidden_units",
            [8],
            [],
            "values holds 8, which can't be network.hidden_units: input should be a",
        ),
        ("training.optimizer", ["Adam"], [], "did you mean 'adam'?"),
        ("lr", [0.1], [0.1], "learning_rates must be empty where lr is varied"),
        ("lr", [0.1, 0.1], [], "each value may stand once, but 0.1 stands twice; remove one"),
        ("lr", [], [], "at least 1 item"),
        ("training.patience", [10], [], "changes how losses are judged, and nothing that is trained"),
        ("batch_size", [10], [], "did you mean 'training.batch_size'?"),
        ("dataset.sauce", [10], [], "must be one of dataset.fraction, "),
    ],
)
def test_what_cant_be_asked_is_refused(vary: str, values: list[Any], rates: list[float], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        params(**asked(vary, values, rates))


def test_two_hundred_thousand_networks_are_the_most_with_rates_and_without() -> None:
    values = [round(0.01 * number, 2) for number in range(1, 101)]
    OwnSweep("dataset.fraction", values, values[:2], 1000)
    with pytest.raises(ValueError, match="all combinations are 300,000 networks"):
        OwnSweep("dataset.fraction", values, values[:3], 1000)


def test_every_key_that_can_be_varied_is_in_the_docs_and_in_the_params() -> None:
    root = Path(__file__).parents[2]
    for file in ("docs/your-own-points.md", "params.yaml"):
        text = (root / file).read_text("utf-8")
        for key in VARIED:
            assert key in text or key.partition(".")[2] in text, f"{file}: {key}"


def judged(folder: Path, final: list[list[float]], **question: Any) -> Any:
    return PAGE.judge(measured(folder, plan_of(PAGE, **question), final), GIVEN)


def test_the_question_names_the_key_and_the_answer_the_value(tmp_path: Path) -> None:
    found = judged(tmp_path, [[0.5, 0.5], [0.2, 0.3]], **asked("training.batch_size", [16, 64]))
    chapter = PAGE.chapter(found)
    assert chapter.question == "Which training.batch_size?"
    assert chapter.answer.startswith(
        "Of the values of `training.batch_size` that were tried: `64` does best, and 1 other not significantly worse: "
    )
    assert chapter.title == "Best training.batch_size: 64"
    assert [column.name for column in chapter.table][:2] == ["value", "val_loss_mean"]


def test_the_default_asks_how_many_points_it_takes(tmp_path: Path) -> None:
    plan = plan_of(PAGE)
    final = np.linspace(0.9, 0.1, len(plan.variants))[:, np.newaxis].repeat(len(plan.seeds), axis=1)
    found = PAGE.judge(measured(tmp_path, plan, final), GIVEN)
    chapter = PAGE.chapter(found)
    assert chapter.question == "How many points does it take?"
    assert chapter.title == "Best dataset.fraction: 1.0"
    assert found.figures.best.at_end_of_grid == ["learning_rate"]  # type: ignore[attr-defined]


def test_values_with_arguments_and_of_several_layers_are_judged_by_their_labels(tmp_path: Path) -> None:
    values = [{"random_normal": {"stddev": deviation}} for deviation in (0.05, 0.5)]
    found = judged(tmp_path, [[0.2, 0.3], [0.5, 0.5]], **asked("network.kernel_initializer", values))
    assert PAGE.chapter(found).title == "Best network.kernel_initializer: random_normal stddev=0.05"
    found = judged(tmp_path, [[0.2, 0.3], [0.5, 0.5]], **asked("network.hidden_units", [[8, 4], []]))
    assert PAGE.chapter(found).title == "Best network.hidden_units: 8-4"


def test_points_that_a_value_cant_have_are_refused_by_check_before_anything_is_written(tmp_path: Path) -> None:
    places = Places(tmp_path)
    found = params(**asked("dataset.noise", [0.1, 0.2]))
    with pytest.raises(Fault, match=r"own_sweep\.vary is dataset\.noise, which changes nothing of ring_and_y"):
        check.main(found, places=places)
    assert not places.plans.exists()


def test_a_value_that_the_rest_does_not_go_with_is_refused_by_name() -> None:
    found = params(network={"activation": ["tanh", "relu"]}, **asked("network.hidden_units", [[8], [8, 8]]))
    with pytest.raises(Fault, match=r"own_sweep.values holds \[8\], and with it as network.hidden_units, network has"):
        PAGE.plan(found, GIVEN.data)


@pytest.mark.parametrize(
    ("vary", "values", "network"),
    [
        ("training.batch_size", [16, 1209, 2000], {}),
        ("network.activation", ["tanh", ["tanh"]], {"hidden_units": [4]}),
        ("training.optimizer", ["sgd", {"sgd": {"momentum": 0.5}}, {"sgd": {"momentum": 0.5}}], {}),
    ],
)
def test_values_that_train_the_same_networks_are_refused(vary: str, values: list[Any], network: dict[str, Any]) -> None:
    with pytest.raises((Fault, ValueError), match=r"train the same networks; remove one|may stand once"):
        PAGE.plan(params(network=network, **asked(vary, values)), GIVEN.data)


def test_a_full_batch_is_full_for_each_number_of_points() -> None:
    found = params(
        dataset={"source": "moons", "points": 100}, training={"batch_size": 5000}, **asked("dataset.points", [50, 2000])
    )
    plan = PAGE.plan(found, replace(GIVEN.data, rows=100))
    assert [variant.recipe.batch_size for variant in plan.variants] == [5000, 5000]


@pytest.mark.parametrize(("vary", "ends"), [("dataset.fraction", []), ("lr", ["value"])])
def test_the_whole_is_the_natural_end_of_a_share_and_of_nothing_else(
    tmp_path: Path, vary: str, ends: list[str]
) -> None:
    found = params(**asked(vary, [0.1, 0.5, 1.0]))
    plan = PAGE.plan(found, GIVEN.data)
    figures = PAGE.judge(measured(tmp_path, plan, [[0.5, 0.5], [0.4, 0.4], [0.1, 0.1]]), GIVEN).figures
    assert figures.best.at_end_of_grid == ends  # type: ignore[attr-defined]
