"""The notebooks: the same in both languages, and whole from start to end."""

import re
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import jupytext
import pytest
from nbclient import NotebookClient

from stages.lib.core.environment import PINNED

ROOT = Path(__file__).parents[2]
LOOK_AND_THINK = {"en": ("**Look for**", "**Think:**"), "ru": ("**Обратите внимание", "**Подумайте:**")}
MOST_SECONDS = 600  # of a notebook; it takes one or two minutes where nothing else runs


def cells(language: str, kind: str) -> list[str]:
    return [cell.source for cell in read(language).cells if cell.cell_type == kind]


def read(language: str) -> Any:
    return jupytext.read(ROOT / f"notebooks/assignment.{language}.md")


def test_the_code_is_the_same_in_both_languages() -> None:
    assert cells("en", "code") == cells("ru", "code")


def test_both_languages_have_the_same_headings_and_name_the_same_things_in_each_text() -> None:
    english, russian = cells("en", "markdown"), cells("ru", "markdown")
    for pattern in (r"^#+", r"`[^`]+`"):
        found = [[sorted(re.findall(pattern, text, re.MULTILINE)) for text in texts] for texts in (english, russian)]
        assert found[0] == found[1]


@pytest.mark.parametrize("language", LOOK_AND_THINK)
def test_each_cell_says_what_to_look_for_and_asks_something(language: str) -> None:
    notebook = read(language).cells
    texts = [text.source for text, code in pairwise(notebook) if code.cell_type == "code"]
    assert len(texts) == len(cells(language, "code"))
    for text in texts[1:]:  # the first cell imports
        for part in LOOK_AND_THINK[language]:
            assert text.count(part) == 1, text
        assert "?" in text.partition(LOOK_AND_THINK[language][1])[2], text


@pytest.mark.parametrize("language", LOOK_AND_THINK)
def test_jupyter_writes_the_file_as_it_is(language: str) -> None:
    """Or git would show a change where a student has but looked at it."""
    text = (ROOT / f"notebooks/assignment.{language}.md").read_text("utf-8")
    assert jupytext.writes(read(language), fmt="md") == text


def test_the_tasks_are_those_of_the_assignment_in_its_order() -> None:
    found = re.findall(r"^## Task (\d)", "\n".join(cells("en", "markdown")), re.MULTILINE)
    assert found == ["1", "2", "3", "4"]


def test_the_first_line_pins_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = cells("en", "code")[0].splitlines()[0]
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in PINNED:
        monkeypatch.delenv(name)
    code = f"import sys; before = 'numpy' in sys.modules\n{first}\nimport os; print(before, os.environ['XLA_FLAGS'])"
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ended.stdout == f"False {PINNED['XLA_FLAGS']}\n"
    assert ended.stderr == ""


@pytest.mark.long
@pytest.mark.parametrize("language", LOOK_AND_THINK)
def test_it_runs_from_start_to_end_in_minutes(language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, folder = tmp_path / "home", tmp_path / "folder"
    home.mkdir()
    folder.mkdir()
    for name in PINNED:  # which the notebook must pin itself
        monkeypatch.delenv(name)
    for name, value in {"HOME": home, "PYTHONPATH": ROOT}.items():
        monkeypatch.setenv(name, str(value))
    notebook = read(language)
    began = time.monotonic()
    resources = {"metadata": {"path": folder}}
    NotebookClient(notebook, kernel_name="python3", timeout=MOST_SECONDS, resources=resources).execute()
    assert time.monotonic() - began < MOST_SECONDS
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 15
    assert [path.name for path in folder.iterdir()] == ["best.keras"]
