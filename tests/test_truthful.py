"""The check of reports: it sees what may not be said, and nothing else."""

import numpy as np
import pytest

from stages.questions.lr_sweep import Page
from tests.measured import plan_of
from tests.truthful import (
    NO_NUMBER,
    PLURAL_OF_ONE,
    places_judged,
    refuse_best_that_was_not_tried,
    refuse_tie_called_worse,
)

TRIED = [{"learning_rate": rate} for rate in (0.1, 0.5, 1.0)]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("after 1 epochs: 0.1 (1 seed)", True),
        ("of 1 runs 0 diverged", True),
        ("Best size: 1 x 1 tanh units", True),
        ("4 layers of 1 `tanh` units", True),
        ("1 epoch runs out before", False),
        ("after 11 epochs", False),
        ("a loss of 0.1 epochs", False),
        ("`3-1` `tanh` units, in 1 start of 1", False),
        ("the best of them 1; loaded again", False),
    ],
)
def test_a_plural_of_one_is_seen(text: str, wrong: bool) -> None:
    assert bool(PLURAL_OF_ONE.search(text)) == wrong


def test_what_is_no_number_is_seen() -> None:
    assert NO_NUMBER.search("0.1, 95 % interval nan to inf")
    assert not NO_NUMBER.search("None does so in nine starts; | none |; the financial")


@pytest.mark.parametrize(
    ("same", "answer", "wrong"),
    [
        ([0.1], "All others are worse at 5 %.", True),
        ([0.1, 1.0], "All others are worse at 5 %.", True),
        ([0.1, 1.0], "Not to be told from it at 5 %: `1`.", False),
    ],
)
def test_a_tie_that_is_called_worse_is_seen(same: list[float], answer: str, wrong: bool) -> None:
    losses = np.array([[0.1, 0.2], [0.3, 0.4], [0.1, 0.2]], np.float32)
    found = {"best": {"learning_rate": 0.1, "val_loss": {}}, "same_as_best": same}
    if wrong:
        with pytest.raises(AssertionError):
            refuse_tie_called_worse(Page(), TRIED, losses, found, answer)
    else:
        refuse_tie_called_worse(Page(), TRIED, losses, found, answer)


def test_a_best_that_was_not_tried_is_seen() -> None:
    refuse_best_that_was_not_tried(TRIED, {"learning_rate": 0.5, "val_loss": {}})
    with pytest.raises(AssertionError):
        refuse_best_that_was_not_tried(TRIED, {"learning_rate": 0.3, "val_loss": {}})


@pytest.mark.parametrize(("budget", "trained"), [(1, 2), (5, 4)])
def test_what_was_trained_for_longer_too_is_judged_by_the_fewest_epochs(budget: int, trained: int) -> None:
    plan = plan_of(Page(), lr_sweep={"learning_rates": [0.1, 0.5], "budget": budget, "replicates": 2})
    assert len(plan.variants) == trained
    assert places_judged(plan) == [0, 1]
