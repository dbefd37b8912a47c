"""Progress of a fleet in a log, where standard error is no terminal."""

from dataclasses import replace

import numpy as np
import pytest

from stages.lib.core.points import Points
from stages.lib.engine.networks.progress import Progress
from tests.lib.engine.networks.test_fleet import MEMBER, make_fleet


def test_a_log_gets_a_line_now_and_then_up_to_the_last_epoch(
    points: Points, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = make_fleet([MEMBER, replace(MEMBER, seed=2)], points)
    fleet.train(epochs=25, batch_size=100, callbacks=[Progress(2)])
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("fleet (medians of 2 networks): epoch 3/25  loss 0.")
    assert lines[-1].startswith("fleet (medians of 2 networks): epoch 25/25  loss 0.")


def last_line(member_rates: list[float], points: Points, capsys: pytest.CaptureFixture[str]) -> tuple[str, np.ndarray]:
    """What a log says at last of networks that differ in their rates, and the last training loss of each."""
    fleet = make_fleet([replace(MEMBER, learning_rate=rate) for rate in member_rates], points)
    curves = fleet.train(epochs=4, batch_size=100, callbacks=[Progress(len(member_rates))])
    return capsys.readouterr().err.splitlines()[-1], curves["loss"][-1]


def test_a_line_says_that_its_figures_are_those_of_the_network_in_the_middle(
    points: Points, capsys: pytest.CaptureFixture[str]
) -> None:
    line, losses = last_line([0.01, 0.1, 1.0], points, capsys)
    assert f"loss {sorted(losses)[1]:.4f}  accuracy" in line


def test_few_that_diverge_leave_the_figures_to_the_others(points: Points, capsys: pytest.CaptureFixture[str]) -> None:
    line, losses = last_line([0.01, 0.1, 1e30], points, capsys)
    assert not np.isfinite(losses[2])
    assert f"loss {max(losses[:2]):.4f}  accuracy" in line


def test_a_single_network_is_said_to_be_one(points: Points, capsys: pytest.CaptureFixture[str]) -> None:
    line, losses = last_line([0.1], points, capsys)
    assert line.startswith(f"fleet (one network): epoch 4/4  loss {losses[0]:.4f}")
