"""What is installed: stated, locked with hashes, the same for all uses, and from nowhere in particular."""

import ast
import hashlib
import re
import subprocess
import sys
import tarfile
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


def entries(use: str) -> dict[str, str]:
    """What a lock says of each package, by its name."""
    return {text.partition("==")[0]: text for text in ENTRY.findall((FOLDER / f"{use}.txt").read_text("utf-8"))}


def built() -> list[str]:
    """The packages that the Makefile lets be built on install; pip and uv refuse any other that has no wheel."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (names,) = re.findall(r"^BUILT = (.*)$", makefile, re.MULTILINE)
    (wheels,) = re.findall(r"^WHEELS = (.*)$", makefile, re.MULTILINE)
    assert wheels == "--only-binary :all: $(addprefix --no-binary ,$(BUILT))"
    assert "$(WHEELS)" in makefile.partition("\nINSTALL = ")[2].partition("\n\n")[0]
    assert "uv pip compile $$use.in $(WHEELS)" in makefile
    return names.split()


def test_a_package_that_is_built_on_install_is_listed_with_its_reason() -> None:
    reasons = re.findall(r"^# ([a-z0-9-]+): ", (FOLDER / "build.in").read_text("utf-8"), re.MULTILINE)
    assert built() == reasons


def test_only_a_package_with_a_single_file_can_lack_a_wheel_and_each_such_is_known() -> None:
    """A release with wheels has the hash of its source beside theirs; these have one file, and this is its kind."""
    single = {name for use in USES for name, text in entries(use).items() if text.count("--hash") == 1}
    wheel_alone = {"flatbuffers"}
    assert single - wheel_alone == set(built())


@pytest.mark.parametrize("name", ["setuptools", "wheel"])
def test_what_builds_is_locked_as_in_the_environment_and_installed_before_anything_is_built(name: str) -> None:
    assert entries("build")[name] == entries("run")[name]
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert "--no-build-isolation $(WHEELS)" in makefile
    assert "$(INSTALL) -r requirements/build.txt && $(INSTALL) -r requirements/run.txt" in makefile


def test_a_package_without_a_wheel_that_is_not_listed_is_not_installed(tmp_path: Path) -> None:
    """By pip itself, from a folder in place of an index."""
    project = tmp_path / "unlisted-1"
    project.mkdir()
    (project / "pyproject.toml").write_text('[project]\nname = "unlisted"\nversion = "1"\n', "utf-8")
    with tarfile.open(tmp_path / "unlisted-1.tar.gz", "w:gz") as archive:
        archive.add(project, "unlisted-1")
    digest = hashlib.sha256((tmp_path / "unlisted-1.tar.gz").read_bytes()).hexdigest()
    (tmp_path / "lock.txt").write_text(f"unlisted==1 --hash=sha256:{digest}\n", "utf-8")
    flags = ["--only-binary", ":all:", *(word for name in built() for word in ("--no-binary", name))]
    place = ["--no-index", "--find-links", str(tmp_path), "--target", str(tmp_path / "out")]
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--require-hashes", "--no-build-isolation"]
    ended = subprocess.run(
        [*command, *flags, *place, "-r", str(tmp_path / "lock.txt")], capture_output=True, text=True, check=False
    )
    assert ended.returncode
    assert "No matching distribution found for unlisted==1" in ended.stderr
