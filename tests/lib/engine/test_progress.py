"""Progress in a log, where standard error is no terminal."""

import pytest

from stages.lib.engine.progress import counted


def test_a_log_gets_the_number_of_networks_that_are_trained_those_of_before_included(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = [(1, "large"), (0, "small")]
    assert list(counted(found, [10, 50], done=40, name="sweep")) == found
    assert capsys.readouterr().err.splitlines() == ["sweep: 90 of 100 networks", "sweep: 100 of 100 networks"]


def test_a_shard_that_is_the_whole_sweep_leaves_the_log_to_its_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(counted([(0, "all")], [100], done=0, name="sweep")) == [(0, "all")]
    assert capsys.readouterr().err == ""
