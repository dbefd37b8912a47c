"""What a study will need: told where it is much, refused where nobody has it, and never in the way of a small one."""

from typing import Any, get_args

import pytest

from stages.lib.analysis import needs as needs_module
from stages.lib.analysis.needs import LIMITS, Needs, Rows, needs_of, refuse_too_much, table_rows, told
from stages.lib.analysis.page import pages
from stages.lib.core.plan import Plan
from stages.lib.core.runner import Fault
from stages.params.network import Activation
from tests.measured import RING_AND_Y, params

Plans = dict[str, Plan]
HUGE = {"hidden_units": [1024] * 8}
MANY = {"activations": list(get_args(Activation)), "depths": list(range(1, 9)), "widths": list(range(1, 27))}
ROWS = dict.fromkeys(("", *map(str, range(5))), Rows(RING_AND_Y.rows, RING_AND_Y.rows))


def needed(**changed: Any) -> tuple[dict[str, Needs], Plans]:
    """What each stage needs, and its plan, at the study's params with some changed."""
    asked = params(**changed)
    plans = {page.stage: page.plan(asked, RING_AND_Y) for page in pages()}
    return {
        stage: needs_of(plan, RING_AND_Y, ROWS, asked["prediction_grid"].points) for stage, plan in plans.items()
    }, plans


def refusal(**changed: Any) -> list[str]:
    with pytest.raises(Fault) as caught:
        refuse_too_much(*needed(**changed))
    return str(caught.value).splitlines()


def test_the_study_itself_is_not_worth_a_word() -> None:
    needs, plans = needed()
    refuse_too_much(needs, plans)
    assert told(needs) == ""
    assert 0.05 < sum(each["hours"] for each in needs.values()) < 0.6  # some minutes of two cores


@pytest.mark.parametrize(
    ("changed", "stage", "said"),
    [
        (
            {"network": HUGE, "training": {"epochs": 10_000}, "lr_sweep": {"replicates": 1000}},
            "lr_sweep",
            "hours of a core, but at most 1,000 are allowed; take fewer epochs, values, replicates or units",
        ),
        (
            {"network": HUGE, "training": {"epochs": 1}, "callbacks_demo": {"epochs": 10_000}},
            "callbacks_demo",
            "GB of disk, but at most 100 are allowed; take fewer epochs,",
        ),
        (
            {"network_sweep": {"epochs": 10_000, "replicates": 400}},
            "network_sweep",
            "59 GB of memory, but at most 32 are allowed; take fewer epochs,",
        ),
        (
            {"network_sweep": MANY | {"learning_rates": [0.1, 0.2], "replicates": 1, "epochs": 1}},
            "network_sweep",
            "its table would have 5,200 rows, but at most 5,000 are allowed; take fewer values",
        ),
    ],
    ids=["time", "disk", "memory", "rows"],
)
def test_what_nobody_can_wait_for_or_store_is_refused_with_its_numbers(
    changed: dict[str, Any], stage: str, said: str
) -> None:
    (fault,) = [line for line in refusal(**changed) if said in line]
    assert fault.startswith(f"params.yaml: {stage} is too large: ")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lr_sweep": {"replicates": 1000}, "training": {"epochs": 500}}, "hours of a core"),
        ({"prediction_grid": {"points": 1000}, "network": {"hidden_units": [1024]}}, "9 GB of memory"),
        ({"callbacks_demo": {"epochs": 10_000}, "network": HUGE | {"hidden_units": [256, 256]}}, "7 GB of disk"),
        ({"baseline": {"snapshots": 100}, "training": {"epochs": 1000}}, "MB of git"),
    ],
    ids=["time", "memory", "disk", "git"],
)
def test_what_is_much_is_told(changed: dict[str, Any], said: str) -> None:
    needs, plans = needed(**changed)
    refuse_too_much(needs, plans)
    assert said in told(needs)


def test_all_that_is_much_is_told_in_one_sentence() -> None:
    needs = {"one": dict.fromkeys(LIMITS, 0.0) | {"hours": 1.5}, "other": dict.fromkeys(LIMITS, 0.0) | {"disk": 4.5}}
    expected = "What the params ask for needs some 2 hours of a core, 5 GB of disk, as an order of magnitude."
    assert told(needs) == expected


def test_curves_take_four_bytes_for_each_metric_run_and_epoch_and_are_kept_twice() -> None:
    few, _ = needed(lr_sweep={"replicates": 1})
    many, plans = needed(lr_sweep={"replicates": 101})
    runs, epochs = 100 * len(plans["lr_sweep"].variants), 200
    assert many["lr_sweep"]["disk"] - few["lr_sweep"]["disk"] == pytest.approx(
        (2 * 4 * 4 * runs * epochs + 2 * 4 * 3 * 1209 * 100 * 4) / 1e9  # and rows, columns and classes of the draws
    )


def test_each_row_of_a_table_takes_a_coarse_grid() -> None:
    few, plans = needed(weight_decay_sweep={"l2": [0.0, 0.1]})
    many, _ = needed(weight_decay_sweep={"l2": [0.0, 0.1, 0.2]})
    replicates, epochs, rates = 20, 200, 4
    parameters = plans["weight_decay_sweep"].variants[0].recipe.parameters
    numbers = rates * (4 * replicates * epochs + 2 * parameters) + 60**2  # curves, weights, and a grid
    more = many["weight_decay_sweep"]["disk"] - few["weight_decay_sweep"]["disk"]
    assert more == pytest.approx(2 * 4 * numbers / 1e9)


def test_each_call_of_a_watched_epoch_comes_on_top_of_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs_module, "SECONDS_PER_CALL", 0.0)
    without, _ = needed()
    monkeypatch.setattr(needs_module, "SECONDS_PER_CALL", 36.0)
    found, plans = needed()
    more = found["callbacks_demo"]["hours"] - without["callbacks_demo"]["hours"]
    assert more == pytest.approx(0.01 * plans["callbacks_demo"].epochs)
    assert without["callbacks_demo"]["hours"] > 0
    assert found["lr_sweep"] == without["lr_sweep"]


def test_restarts_are_counted_as_if_every_network_got_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of them do is not known before."""
    monkeypatch.setattr(needs_module, "SECONDS_PER_PROGRAM", 0.0)
    few, _ = needed(smallest_network={"restarts": 10, "most_restarts": 10})
    many, _ = needed(smallest_network={"restarts": 10, "most_restarts": 10_000})
    assert many["smallest_network"]["hours"] == pytest.approx(1000 * few["smallest_network"]["hours"])


def test_checkpoints_take_the_weights_of_each_epoch() -> None:
    """The 290 GB of eight layers of 1,024 units over 10,000 epochs, beside a copy in DVC's cache."""
    needs, _ = needed(network=HUGE, callbacks_demo={"epochs": 10_000})
    assert needs["callbacks_demo"]["disk"] == pytest.approx(2 * 294, rel=0.01)


def test_a_row_is_a_variant_at_its_best_rate() -> None:
    _, plans = needed()
    assert {stage: table_rows(plan) for stage, plan in plans.items()}.items() >= {
        "lr_sweep": 15,
        "network_sweep": 65,
        "batch_sweep": 11,
        "optimizer_sweep": 13,
        "smallest_network": 68,
    }.items()


def test_a_batch_of_one_takes_longer_than_one_of_all() -> None:
    one, _ = needed(training={"batch_size": 1})
    every, _ = needed(training={"batch_size": 1209})
    assert one["lr_sweep"]["hours"] > every["lr_sweep"]["hours"]


def test_a_network_that_learns_from_few_points_is_judged_by_all_the_same() -> None:
    """After each epoch: a third of the work of a row that is learned from, for each but the first of one million."""
    plan = needed(lr_sweep={"budget": 1})[1]["lr_sweep"]
    few, many = (needs_of(plan, RING_AND_Y, {"": Rows(1, judged)}, 2) for judged in (1, 1_000_001))
    runs, units, weights = len(plan.variants) * len(plan.seeds), 16 + 16 + 1, 337
    row = 50e-9 + units * 5e-9 + weights * 0.25e-9
    assert many["hours"] - few["hours"] == pytest.approx(runs * 200 * 1e6 / 3 * row / 3600)
    assert many["memory"] > few["memory"]
    assert many["disk"] > few["disk"]


@pytest.mark.parametrize("name", LIMITS)
def test_what_is_a_little_beyond_a_limit_is_not_told_as_at_it(name: str) -> None:
    _, plans = needed()
    needs = {stage: dict.fromkeys(LIMITS, 0.0) for stage in plans} | {"baseline": dict.fromkeys(LIMITS, 0.0)}
    needs["baseline"][name] = LIMITS[name].most + 0.1
    with pytest.raises(Fault) as caught:
        refuse_too_much(needs, plans)
    limit = LIMITS[name]
    assert f"some {limit.most + 1:,} {limit.unit}, but at most {limit.most:,} are allowed" in str(caught.value)
