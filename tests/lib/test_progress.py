"""Progress in a log, where standard error is no terminal."""

from dataclasses import replace

import pytest

from stages.lib.points import Points
from stages.lib.progress import Progress, counted
from tests.lib.test_fleet import MEMBER, make_fleet


def test_a_log_gets_a_line_now_and_then_up_to_the_last_epoch(
    points: Points, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = make_fleet([MEMBER, replace(MEMBER, seed=2)], points)
    fleet.train(epochs=25, batch_size=100, callbacks=[Progress()])
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("fleet: epoch 3/25  loss 0.")
    assert lines[-1].startswith("fleet: epoch 25/25  loss 0.")


def test_a_log_gets_the_number_of_fleets_that_are_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(counted("abcd", total=4, name="sweep")) == ["a", "b", "c", "d"]
    assert capsys.readouterr().err.splitlines()[-1] == "sweep: 4 of 4 fleets"
