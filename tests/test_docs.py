"""The pages of docs/ against what they speak of."""

import ast
import re
import shutil
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides

from stages.lib.analysis.page import sections
from stages.lib.core.runner import Fault, read_params

ROOT = Path(__file__).parents[1]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "SECURITY.md"]
FAULTS = (ROOT / "docs/faults.md").read_text("utf-8")
TABLE = [line for line in FAULTS.split("## The table")[1].splitlines() if line.startswith("|")][2:]
NAMED = re.compile(r"\[`(test_\w+)`\]\(\.\./(tests/[\w/]+\.py)\)")


def named_in(file: str) -> set[str]:
    nodes = ast.walk(ast.parse((ROOT / file).read_text("utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.split("|")[1].strip()[:40])
def test_each_fault_of_the_table_is_shown_by_tests_that_exist(row: str) -> None:
    named = NAMED.findall(row)
    assert named
    for test, file in named:
        assert test in named_in(file)


def test_each_test_of_a_fault_is_in_the_table() -> None:
    files = [str(file.relative_to(ROOT)) for file in (ROOT / "tests/faults").glob("test_*.py")]
    named = {test for test, _ in NAMED.findall(FAULTS)}
    of_the_docs = {test for file in files for test in named_in(file) if test.endswith("is_the_documented_one")}
    helpers = {"test_a_sound_cache_passes", "test_a_stage_that_meets_a_damaged_input_names_it_in_one_line"}
    assert {test for file in files for test in named_in(file)} - named <= of_the_docs | helpers


def test_what_is_refused_in_readme_is_refused_in_these_words(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    ((key, value, begins, ends),) = re.findall(r"^\$ dvc exp run -S ([\w.]+)=(\w+)\n(.*)…(.*)$", readme, re.MULTILINE)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    apply_overrides(tmp_path / "params.yaml", [f"{key}={value}"])
    with pytest.raises(Fault) as caught:
        read_params(tmp_path / "params.yaml", sections(), whole=True)
    said = str(caught.value).replace(str(tmp_path / "params.yaml"), "params.yaml")
    assert said.startswith(begins)
    assert said.endswith(ends)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_links_exists(page: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")) if "://" not in link]
    for link in links:
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"`make ([a-z-]+)", page.read_text("utf-8")):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
