"""What `make verify` varies between its two builds."""

import subprocess
from pathlib import Path

import pytest

from stages.lib.core.environment import PINNED
from tools.verify.conditions import HOSTILE, two_builds


def test_every_variable_that_is_pinned_is_set_to_another_value_or_has_no_hostile_one() -> None:
    others = {"CUDA_VISIBLE_DEVICES", "ONEDNN_MAX_CPU_ISA", "TF_CPP_MIN_LOG_LEVEL"}  # no other value does harm here
    of_a_home = {"MATPLOTLIBRC", "MPLCONFIGDIR"}
    assert set(PINNED) - set(HOSTILE) == others | of_a_home
    for name in set(PINNED) & set(HOSTILE):
        assert HOSTILE[name] != PINNED[name]


def test_the_builds_differ_in_what_the_table_says(tmp_path: Path) -> None:
    first, second, varied = two_builds(tmp_path)
    whats = [condition.what for condition in varied]
    assert len(set(whats)) == len(whats) == 10
    assert len(str(second.folder)) > len(str(first.folder)) + 100
    assert first.umask != second.umask
    for name in ("HOME", "TZ", "PYTHONHASHSEED"):
        assert first.environment[name] != second.environment[name]
    assert set(HOSTILE) <= set(second.environment)
    by_name = {condition.what: condition for condition in varied}
    assert bool(by_name["clock"].second) == any("faketime" in word for word in second.wrapper)
    assert bool(by_name["order of files"].second) == second.disordered


def test_the_second_build_sees_one_core(tmp_path: Path) -> None:
    _, second, _ = two_builds(tmp_path)
    code = "import os; print(len(os.sched_getaffinity(0)))"
    ended = subprocess.run(
        [*second.wrapper, "python3", "-c", code],
        env=dict(second.environment),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.strip() == "1"


def test_what_a_machine_lacks_is_said_and_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    _, second, varied = two_builds(tmp_path)
    reasons = {condition.what: condition.first for condition in varied if condition.second is None}
    assert reasons["clock"] == "faketime is not installed"
    assert {"cores", "order of files"} <= set(reasons)
    assert second.wrapper == []
