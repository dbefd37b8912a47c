"""What is said of faults that no test sees."""

import re
import subprocess

import pytest

from tools import mutants

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


@pytest.mark.parametrize("outcome", ["survived", "no tests", "suspicious", "not checked"])
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


def test_a_line_that_is_gone_is_shown_as_such() -> None:
    shown = SHOWN.replace("+    return x - 1\n", "")
    assert mutants.changed_line(shown) == "stages/one.py: without return x + 1"


def test_each_known_fault_stands_under_a_reason_and_in_a_file_that_is_there() -> None:
    text = mutants.KNOWN.read_text("utf-8")
    assert text.startswith("#")
    assert not re.search(r"\n\n[^#]", text)
    for fault in mutants.known(text):
        assert (mutants.KNOWN.parents[1] / fault.partition(": ")[0]).is_file(), fault


def test_mutmut_is_there_to_be_asked() -> None:
    assert "results" in mutants.mutmut("--help")
    with pytest.raises(subprocess.CalledProcessError):
        mutants.mutmut("no such command")
