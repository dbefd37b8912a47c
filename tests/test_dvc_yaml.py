"""dvc.yaml against the code: what a stage lists is what it reads and writes, and no more."""

import ast
import importlib
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from stages.lib.analysis.page import pages
from tests.measured import plan_of
from tests.small import commit, copy_project, run

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "dvc.yaml").read_text("utf-8")
PIPELINE = yaml.safe_load(TEXT)["stages"]
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
FLOORS = [f"stages/lib/{floor}" for floor in ("core", "data", "engine", "analysis", "publish")]
FOLDERS = [*FLOORS, "stages/params", "stages/questions"]
PAGES = [page.stage for page in pages()]
TRAINED = ["stages.lib.engine.train", "stages.lib.engine.networks.callbacks"]
# These do nothing but name a package; stages/__init__.py imports `start` of the core.
EMPTY = {"stages/__init__.py", "stages/lib/__init__.py"}


def paths(entries: list[Any]) -> list[str]:
    return [path for entry in entries for path in (entry if isinstance(entry, dict) else [entry])]


def outputs(stage: dict[str, Any]) -> list[str]:
    return paths([*stage.get("outs", []), *stage.get("metrics", []), *stage.get("plots", [])])


def module_of(name: str) -> str:
    """The module that the command of a stage runs."""
    return str(PIPELINE[name]["cmd"].split()[3])


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


def code_of(name: str) -> set[str]:
    """The folders and files of code that a stage runs; `check` and `judge` import the pages that the folder has."""
    starts = {ROOT / files_of(module_of(name))[0], ROOT / "stages/__init__.py"}
    if name in {"check", "judge"}:
        starts |= set((ROOT / "stages/questions").glob("*.py"))
    if "stages.lib.analysis.page" in {imported_name(file) for start in starts for file in imported_files(start)}:
        starts |= set((ROOT / "stages/params").glob("*.py"))
    files = {str(file.relative_to(ROOT)) for start in starts for file in imported_files(start)} - EMPTY
    return {next((folder for folder in FOLDERS if file.startswith(f"{folder}/")), file) for file in files}


def imported_name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


def test_a_stage_is_a_page_of_its_name_or_trains_the_plan_of_one() -> None:
    for name in PIPELINE:
        if name in PAGES:
            assert PIPELINE[name]["cmd"] in {f"exec python -m {module} {name}" for module in TRAINED}
        else:
            assert PIPELINE[name]["cmd"] == f"exec python -m stages.{name}"
    assert modules_of("stages/questions") == set(PAGES)
    assert modules_of("stages") | set(PAGES) == set(PIPELINE)


def modules_of(folder: str) -> set[str]:
    return {path.stem for path in (ROOT / folder).glob("*.py")} - {"__init__"}


def test_the_lock_has_the_stages_in_the_order_in_which_a_build_from_nothing_writes_them() -> None:
    assert list(yaml.safe_load((ROOT / "dvc.lock").read_text("utf-8"))["stages"]) == list(PIPELINE)


@pytest.mark.parametrize("name", PIPELINE)
def test_a_stage_depends_on_the_floors_and_files_that_it_imports_and_on_no_others(name: str) -> None:
    assert {path for path in PIPELINE[name]["deps"] if path.startswith("stages/")} == code_of(name)
    assert "requirements/run.txt" in PIPELINE[name]["deps"]


@pytest.mark.parametrize("file", sorted(EMPTY))
def test_what_no_stage_depends_on_holds_no_code(file: str) -> None:
    docstring, *imports = ast.parse((ROOT / file).read_text("utf-8")).body
    assert isinstance(docstring, ast.Expr)
    assert [ast.unparse(node) for node in imports] == (
        ["from stages.lib.core import start"] if file == "stages/__init__.py" else []
    )


def test_every_stage_waits_for_check() -> None:
    makers = {path: name for name, stage in PIPELINE.items() for path in outputs(stage)}

    def causes(name: str) -> set[str]:
        read = PIPELINE[name]["deps"]
        direct = {maker for path, maker in makers.items() for dep in read if lies_in(path, dep) or lies_in(dep, path)}
        return {name}.union(*(causes(cause) for cause in direct - {name}))

    for name in PIPELINE:
        assert "check" in causes(name), name


def lies_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def test_a_stage_that_trains_depends_on_its_plan_and_draws_and_on_no_param() -> None:
    for page in pages():
        stage = PIPELINE[page.stage]
        assert f"data/plans/{page.stage}.json" in stage["deps"]
        assert (f"data/draws/{page.stage}" in stage["deps"]) == (plan_of(page).early_stopping is None), page.stage
        assert "params" not in stage
        assert paths(stage["outs"])[0] == f"data/trained/{page.stage}"


def test_judge_depends_on_what_each_page_has_trained_and_on_no_other_folder() -> None:
    read = {path for path in PIPELINE["judge"]["deps"] if path.startswith("data/trained")}
    assert read == {f"data/trained/{name}" for name in PAGES}


def test_no_folder_of_plots_is_left_of_a_page_that_is_gone() -> None:
    assert {path.name for path in (ROOT / "plots").iterdir()} == {*PAGES, "figures"}


def test_metrics_and_plots_live_in_git_and_under_the_name_of_their_page() -> None:
    for stage in PIPELINE.values():
        for entry in [*stage.get("metrics", []), *stage.get("plots", [])]:
            ((path, settings),) = entry.items()
            assert settings["cache"] is False
            assert path == "metrics" or path.split("/")[1] in [*PAGES, "figures"]
    assert {path.stem for path in (ROOT / "metrics").iterdir()} == set(PAGES)


@pytest.mark.parametrize("name", PIPELINE)
def test_every_stage_writes_something_that_git_does_not_hold(name: str) -> None:
    """Else DVC takes what git brings to a fresh clone for made, and does not run the stage."""
    assert [path for path in outputs(PIPELINE[name]) if not run(ROOT, "git", "ls-files", path)]


def test_the_network_of_every_page_that_trains_a_fleet_is_an_output() -> None:
    kept = [f"models/{page.stage}.keras" for page in pages() if not plan_of(page).early_stopping]
    assert [path for path in paths(PIPELINE["networks"]["outs"]) if path.endswith(".keras")] == kept


def test_what_check_writes_persists_and_points_that_may_be_the_users() -> None:
    entries = [entry for stage in PIPELINE.values() for entry in stage.get("outs", []) if isinstance(entry, dict)]
    persistent = [path for entry in entries for path, settings in entry.items() if settings.get("persist")]
    assert persistent == ["data/plans", "data/train.csv", "data/validation.csv", "data/test.csv"]


ALLOWED = {
    "questions": {"questions", "analysis", "core", "params"},
    "data": {"data", "core", "params"},
    "params": {"params", "core"},
    "core": {"core"},
    "engine": {"engine", "core"},
    "analysis": {"analysis", "core", "params"},
    "publish": {"publish", "analysis", "core", "params"},
}


@pytest.mark.parametrize("floor", ALLOWED)
def test_a_floor_rests_on_those_below_it_and_knows_no_page(floor: str) -> None:
    folder = next(path for path in (ROOT / "stages/lib" / floor, ROOT / "stages" / floor) if path.is_dir())
    for file in folder.rglob("*.py"):
        for other in imported_files(file) - {ROOT / name for name in EMPTY}:
            parts = other.relative_to(ROOT / "stages").parts
            assert (parts[1] if parts[0] == "lib" else parts[0]) in ALLOWED[floor], f"{file.name} imports {other}"


def test_the_docs_say_what_a_floor_may_import() -> None:
    table = (ROOT / "docs/structure.md").read_text("utf-8").partition("| may import |")[2].partition("\n\n")[0]
    said: dict[str, set[str]] = {}
    for folders, others in re.findall(r"^\| (.+) \| (.+) \|$", table, flags=re.MULTILINE):
        for folder in re.findall(r"`(?:lib/)?(\w+)`", folders):
            said[folder] = {folder, *re.findall(r"`(?:lib/)?(\w+)`", others)}
    assert said == ALLOWED


def test_tensorflow_is_imported_by_one_folder_alone() -> None:
    users = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "stages").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        for module in names_of(node)
        if module.split(".")[0] in {"tensorflow", "keras", "livelossplot"}
    }
    assert users
    assert all(file.startswith("stages/lib/engine/networks/") for file in users)


def test_a_stage_that_trains_waits_for_its_processes_without_tensorflow() -> None:
    code = "import sys, stages.lib.engine.train; print('tensorflow' in sys.modules)"
    assert run(ROOT, sys.executable, "-c", code) == "False\n"


def names_of(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def test_pages_import_no_page() -> None:
    files = {file for file in [*ROOT.glob("stages/*.py"), *ROOT.glob("stages/questions/*.py")] if file.stem in PIPELINE}
    assert len(files) == len(PIPELINE)
    for page in files:
        assert imported_files(page) & files == {page}


def test_each_stage_says_in_a_sentence_what_it_asks() -> None:
    for name, stage in PIPELINE.items():
        module = f"stages.questions.{name}" if name in PAGES else f"stages.{name}"
        question = str(importlib.import_module(module).__doc__).splitlines()[0]
        assert question.endswith("?")
        assert stage["desc"].startswith(question), name


def test_the_sections_of_the_pages_and_their_stages_stand_in_the_order_of_the_report() -> None:
    assert [name for name in PIPELINE if name in PAGES] == PAGES
    assert [name for name in PARAMS if name in PAGES] == PAGES


def test_the_file_is_short_and_in_the_form_that_dvc_writes(tmp_path: Path) -> None:
    assert len(TEXT.splitlines()) <= 350
    assert all(len(line) <= 120 for line in TEXT.splitlines())
    run(tmp_path, "git", "init", "--quiet")
    run(tmp_path, "dvc", "init", "--quiet")
    for name in ("dvc.yaml", "dvc.lock", "params.yaml", ".dvcignore"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("check", "network_sweep", "report"):
        run(tmp_path, "dvc", "freeze", name)
        run(tmp_path, "dvc", "unfreeze", name)
    assert (tmp_path / "dvc.yaml").read_text("utf-8") == TEXT


def test_a_clone_with_line_ends_of_windows_has_the_bytes_that_dvc_lock_notes(tmp_path: Path) -> None:
    """What is a dependency of a stage is not changed by `core.autocrlf`, so that all stages stay up to date."""
    copy_project(tmp_path / "project")
    commit(tmp_path / "project", "Start")
    run(tmp_path, "git", "clone", "--quiet", "--config", "core.autocrlf=true", "project", "clone")
    names = run(tmp_path / "project", "git", "ls-files", "-z").rstrip("\0").split("\0")
    differ = [name for name in names if (tmp_path / "clone" / name).read_bytes() != (ROOT / name).read_bytes()]
    assert differ == []
