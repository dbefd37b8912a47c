"""What is said of faults that no test sees."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from scipy.stats import binomtest

from tools import mutants

ROOT = Path(__file__).parents[2]
SHOWN = """# stages.one.x_f__mutmut_3: survived
--- stages/one.py
+++ stages/one.py
@@ -1,3 +1,3 @@
 def f(x: int) -> int:
-    return x + 1
+    return x - 1
"""
RESULTS = {"stages.one.x_f__mutmut_1": "killed", "stages.one.x_f__mutmut_2": "timeout"}
FAULT = "stages/one.py: return x - 1"


def said(
    results: dict[str, str], known: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[bool, list[str]]:
    """Whether `make mutants` would end well, and what it prints, for what mutmut has found."""
    found = "".join(f"    {name}: {outcome}\n" for name, outcome in results.items())
    monkeypatch.setattr(mutants, "mutmut", lambda *arguments: found if arguments[0] == "results" else SHOWN)
    monkeypatch.setattr(mutants, "known", lambda _: {known} if known else set())
    try:
        mutants.main()
    except SystemExit as ended:
        return ended.code == 0, capsys.readouterr().out.splitlines()
    return True, capsys.readouterr().out.splitlines()


def killed(count: int) -> dict[str, str]:
    return {f"stages.one.x_f__mutmut_{number}": "killed" for number in range(10, 10 + count)}


@pytest.mark.parametrize("outcome", ["survived", "no tests", "suspicious"])
def test_a_fault_that_no_test_sees_is_shown_and_ends_it(
    outcome: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = killed(99) | {"stages.one.x_f__mutmut_3": outcome}
    well, lines = said(results, "", monkeypatch, capsys)
    assert not well
    assert lines == [
        f"stages.one.x_f__mutmut_3 ({outcome}): {FAULT}",
        "99 of 100 mutants killed (99.0%); 0 of the others are known",
    ]


def test_a_known_fault_and_one_that_makes_a_test_wait_for_ever_end_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = killed(8) | {"stages.one.x_f__mutmut_2": "timeout", "stages.one.x_f__mutmut_3": "survived"}
    well, lines = said(results, FAULT, monkeypatch, capsys)
    assert well
    assert lines == ["9 of 10 mutants killed (90.0%); 1 of the others are known"]


def test_too_many_known_faults_end_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    well, lines = said(killed(8) | {"stages.one.x_f__mutmut_3": "survived"}, FAULT, monkeypatch, capsys)
    assert not well
    assert lines == ["8 of 9 mutants killed (88.9%); 1 of the others are known"]


def test_a_known_fault_that_a_test_sees_by_now_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    well, lines = said(killed(2), FAULT, monkeypatch, capsys)
    assert well
    assert lines[0] == f"mutants.txt holds a fault that a test sees by now, or that is gone: {FAULT}"


def test_of_a_part_it_says_what_share_of_all_are_seen_and_calls_no_known_fault_gone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    untried = {f"stages.one.x_f__mutmut_{number}": "not checked" for number in range(200, 210)}
    _, lines = said(killed(9) | {"stages.one.x_f__mutmut_3": "survived"} | untried, "another", monkeypatch, capsys)
    low, high = (f"{end:.0%}" for end in binomtest(9, 10).proportion_ci(method="exact"))
    assert lines == [
        f"stages.one.x_f__mutmut_3 (survived): {FAULT}",
        "9 of 10 mutants killed (90.0%); 0 of the others are known",
        f"of all 20, {low} to {high} are killed (95 %), as those tried are drawn at random",
    ]


def test_as_many_as_are_asked_for_are_drawn_of_those_that_were_not_tried(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    untried = {f"stages.one.x_f__mutmut_{number}": "not checked" for number in range(200, 210)}
    found = "".join(f"    {name}: {outcome}\n" for name, outcome in (killed(9) | untried).items())
    monkeypatch.setattr(mutants, "mutmut", lambda *_: found)

    def drawn(asked: str) -> list[str]:
        mutants.draw(asked)
        return capsys.readouterr().out.splitlines()

    some = drawn("4")
    assert len({*some}) == 4
    assert {*some} <= untried.keys()
    assert some not in (sorted(untried)[:4], sorted(untried)[-4:])
    assert drawn("4") == some
    assert {*drawn("99")} == untried.keys()


@pytest.mark.parametrize("asked", ["abc", "-1", "0", ""])
def test_what_is_no_number_of_faults_is_refused_in_a_line(asked: str) -> None:
    with pytest.raises(SystemExit, match=f"of is '{asked}', but must be a whole number above 0"):
        mutants.draw(asked)


def test_a_line_that_is_gone_is_shown_as_such() -> None:
    shown = SHOWN.replace("+    return x - 1\n", "")
    assert mutants.changed_line(shown) == "stages/one.py: without return x + 1"


def test_each_known_fault_stands_under_a_reason_and_in_a_file_that_is_there() -> None:
    text = mutants.KNOWN.read_text("utf-8")
    assert text.startswith("#")
    assert not re.search(r"\n\n[^#]", text)
    for fault in mutants.known(text):
        assert (mutants.KNOWN.parents[1] / fault.partition(": ")[0]).is_file(), fault


@pytest.mark.long
def test_the_tests_that_look_for_faults_pass_in_the_copy_that_they_get(tmp_path: Path) -> None:
    """Else mutmut would end before the first fault."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]
    for name in [*settings["source_paths"], "tests", "pyproject.toml", *settings["also_copy"]]:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    command = [sys.executable, "-m", "pytest", "-q", *settings["pytest_add_cli_args"]]
    command += settings["pytest_add_cli_args_test_selection"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_mutmut_is_there_to_be_asked() -> None:
    assert "results" in mutants.mutmut("--help")
    with pytest.raises(subprocess.CalledProcessError):
        mutants.mutmut("no such command")
