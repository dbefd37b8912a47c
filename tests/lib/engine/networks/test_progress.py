"""Progress of a fleet in a log, where standard error is no terminal."""

from dataclasses import replace

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
    assert lines[0].startswith("fleet (means of 2 networks): epoch 3/25  loss 0.")
    assert lines[-1].startswith("fleet (means of 2 networks): epoch 25/25  loss 0.")
