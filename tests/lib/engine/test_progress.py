"""Progress in a log, where standard error is no terminal."""

from dataclasses import replace

import pytest

from stages.lib.core.points import Points
from stages.lib.engine.networks.progress import Progress
from stages.lib.engine.progress import counted
from tests.lib.engine.networks.test_fleet import MEMBER, make_fleet


def test_a_log_gets_a_line_now_and_then_up_to_the_last_epoch(
    points: Points, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = make_fleet([MEMBER, replace(MEMBER, seed=2)], points)
    fleet.train(epochs=25, batch_size=100, callbacks=[Progress(2)])
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("fleet (means of 2 networks): epoch 3/25  loss 0.")
    assert lines[-1].startswith("fleet (means of 2 networks): epoch 25/25  loss 0.")


def test_a_log_gets_the_number_of_networks_that_are_trained_those_of_before_included(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = [(1, "large"), (0, "small")]
    assert list(counted(found, [10, 50], done=40, name="sweep")) == found
    assert capsys.readouterr().err.splitlines() == ["sweep: 90 of 100 networks", "sweep: 100 of 100 networks"]


def test_a_shard_that_is_the_whole_sweep_leaves_the_log_to_its_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(counted([(0, "all")], [100], done=0, name="sweep")) == [(0, "all")]
    assert capsys.readouterr().err == ""
