"""dvc.yaml against the code: what a stage lists is what it reads and writes, and no more."""

import ast
import importlib
import shlex
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
PAGES = {path.stem for path in (ROOT / "stages").glob("*.py")} - {"__init__"}
EVERY_STAGE = {"requirements/run.txt", "stages/lib/core/settings"}
TEMPLATES = "stages/lib/publish/templates"


def paths(entries: list[Any]) -> set[str]:
    return {path for entry in entries for path in (entry if isinstance(entry, dict) else [entry])}


def outputs(stage: dict[str, Any]) -> set[str]:
    return paths([*stage.get("outs", []), *stage.get("metrics", []), *stage.get("plots", [])])


def options(stage: dict[str, Any]) -> dict[str, str]:
    """The options of a stage's command, by the names of `main`."""
    words = shlex.split(stage["cmd"])[4:]
    return {name[2:].replace("-", "_"): path for name, path in zip(words[::2], words[1::2], strict=True)}


def imported_files(path: Path) -> set[Path]:
    """All files of the project that a file imports, itself, and through others, with their packages."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found.add(file)
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            waiting += [file for name in names for file in files_of(name)]
        waiting += [folder / "__init__.py" for folder in file.relative_to(ROOT).parents if str(folder) != "."]
        waiting = [ROOT / file for file in waiting]
    return found


def files_of(module: str) -> list[Path]:
    place = ROOT.joinpath(*module.split("."))
    return [file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()]


def test_there_is_one_stage_for_each_page_of_the_same_name() -> None:
    assert set(PIPELINE) == PAGES
    for name, stage in PIPELINE.items():
        assert stage["cmd"].startswith(f"exec python -m stages.{name} ")


@pytest.mark.parametrize("name", PIPELINE)
def test_a_stage_depends_on_the_modules_that_it_imports_and_on_no_others(name: str) -> None:
    expected = {str(file.relative_to(ROOT)) for file in imported_files(ROOT / "stages" / f"{name}.py")}
    listed = {path for path in PIPELINE[name]["deps"] if path.endswith(".py")}
    assert listed == expected


@pytest.mark.parametrize("name", PIPELINE)
def test_a_stage_depends_on_the_templates_if_it_fills_them_in(name: str) -> None:
    renders = ROOT / "stages" / "lib" / "rendering.py" in imported_files(ROOT / "stages" / f"{name}.py")
    assert (TEMPLATES in PIPELINE[name]["deps"]) == renders


@pytest.mark.parametrize("name", PIPELINE)
def test_the_paths_of_a_command_are_the_deps_and_outputs_of_its_stage(name: str) -> None:
    stage = PIPELINE[name]
    code = {path for path in stage["deps"] if path.endswith(".py")}
    waited_for = set() if name == "check" else {"data/params.ok"}
    read = set(stage["deps"]) - code - EVERY_STAGE - waited_for - {TEMPLATES}
    assert set(stage["deps"]) >= EVERY_STAGE | waited_for
    unfinished = {f"data/unfinished/{name}"} if "shards" in options(stage) else set()  # gone when the stage ends
    assert sorted(options(stage).values()) == sorted(read | outputs(stage) | unfinished)


@pytest.mark.parametrize("name", PIPELINE)
def test_the_signature_of_main_names_the_options_and_the_params_of_its_stage(name: str) -> None:
    parameters = signature(importlib.import_module(f"stages.{name}").main, eval_str=True).parameters
    path_names = [name for name, parameter in parameters.items() if parameter.annotation is Path]
    sections = [name for name in parameters if name not in path_names]
    assert path_names == list(options(PIPELINE[name]))
    if name == "check":  # it reads the file as a whole
        assert PIPELINE[name]["params"] == [{"params.yaml": None}]
        assert set(sections) == set(PARAMS)
    else:
        assert PIPELINE[name]["params"] == sections


def test_every_section_of_the_params_is_read_by_a_stage_besides_check() -> None:
    read = {section for name, stage in PIPELINE.items() if name != "check" for section in stage["params"]}
    assert read == set(PARAMS)


def test_metrics_and_plots_live_in_git_and_under_the_name_of_their_stage() -> None:
    for name, stage in PIPELINE.items():
        for entry in [*stage.get("metrics", []), *stage.get("plots", [])]:
            ((path, settings),) = entry.items()
            assert settings["cache"] is False
            assert path == f"metrics/{name}.json" or path.startswith(f"plots/{name}/")


def test_only_what_check_writes_persists() -> None:
    persistent = {path for stage in PIPELINE.values() for path in persistent_outputs(stage)}
    assert persistent == {"data/params.ok"}


def persistent_outputs(stage: dict[str, Any]) -> list[str]:
    entries = [entry for entry in stage.get("outs", []) if isinstance(entry, dict)]
    return [path for entry in entries for path, settings in entry.items() if settings.get("persist")]


def test_pages_import_no_page_and_what_they_share_knows_no_page() -> None:
    pages = {ROOT / "stages" / f"{name}.py" for name in PAGES}
    for page in pages:
        assert imported_files(page) & pages == {page}
    for shared in (ROOT / "stages" / "lib").glob("*.py"):
        assert not imported_files(shared) & pages


def test_what_trains_never_imports_what_draws() -> None:
    drawing = ROOT / "stages" / "lib" / "drawing.py"
    users = {name for name in PAGES if drawing in imported_files(ROOT / "stages" / f"{name}.py")}
    assert users == {"figures"}


def test_each_stage_says_in_a_sentence_what_it_asks() -> None:
    for name, stage in PIPELINE.items():
        question = str(importlib.import_module(f"stages.{name}").__doc__).splitlines()[0]
        assert question.endswith("?")
        assert stage["desc"].startswith(question), name
