"""What is installed: stated, locked with hashes, the same for all uses, and from nowhere in particular."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import licences

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "requirements"
USES = sorted(path.stem for path in FOLDER.glob("*.in"))
ENTRY = re.compile(r"[a-z0-9-]+==\S+(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n")


def stated(use: str) -> list[Requirement]:
    lines = (line.split(" #")[0].strip() for line in (FOLDER / f"{use}.in").read_text("utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-c "))]


def test_each_use_has_a_lock() -> None:
    assert USES == sorted(path.stem for path in FOLDER.glob("*.txt")) == sorted(licences.USES)


@pytest.mark.parametrize("use", USES)
def test_what_is_stated_is_locked_at_a_version_that_it_allows(use: str) -> None:
    locked = licences.locked(use)
    for requirement in stated(use):
        name = canonicalize_name(requirement.name)
        assert name in locked, f"{name}: `make lock`"
        assert locked[name] in requirement.specifier, f"{requirement}: `make lock`"


@pytest.mark.parametrize("use", USES)
def test_a_lock_is_versions_with_hashes_and_nothing_else(use: str) -> None:
    text = (FOLDER / f"{use}.txt").read_text("utf-8")
    assert ENTRY.sub("", text) == ""  # no address of an index or a file, no option
    assert len(ENTRY.findall(text)) == len(licences.locked(use))


def test_tests_run_with_the_versions_that_the_pipeline_runs_with() -> None:
    run, dev = licences.locked("run"), licences.locked("dev")
    shared = run.keys() & dev.keys()
    assert shared
    assert {name: run[name] for name in shared} == {name: dev[name] for name in shared}


def test_the_page_of_licences_has_every_locked_package() -> None:
    rows = [line.strip("| ").split(" | ") for line in licences.PAGE.read_text("utf-8").splitlines() if " | " in line]
    shown = {name: version for name, version, *_ in rows[2:]}
    assert shown == {name: version for use in USES for name, version in licences.locked(use).items()}, "`make licences`"
    installed = {**licences.locked("run"), **licences.locked("dev")}
    for name, _, licence, _ in rows[2:]:
        assert licence not in {"", "not stated"}
        assert name not in installed or licence == licences.licence(name), "`make licences`"


def test_every_module_that_is_imported_is_stated() -> None:
    """A package that only comes along with another may go with it."""
    names = {
        "markdown_it": "markdown-it-py",
        "IPython": "ipython",
        "PIL": "pillow",
        "ruamel": "ruamel-yaml",
        "sklearn": "scikit-learn",
        "yaml": "pyyaml",
        "vl_convert": "vl-convert-python",
    }
    ours = {"notebooks", "stages", "review", "tools", "tests"}
    requirements = {canonicalize_name(requirement.name) for use in USES for requirement in stated(use)}
    files = [file for folder in ours for file in (ROOT / folder).rglob("*.py")]
    imported = {module for file in files for module in modules_of(ast.parse(file.read_text("utf-8")))}
    others = {module for module in imported - ours if module not in sys.stdlib_module_names}
    assert {canonicalize_name(names.get(module, module)) for module in others} <= requirements


def modules_of(code: ast.Module) -> Iterator[str]:
    """The packages that a module imports when it is imported itself."""
    for statement in code.body:
        if isinstance(statement, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            yield str(statement.module).partition(".")[0]
