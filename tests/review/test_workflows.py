"""The workflows: valid, with the least permissions, and each step's shell run in a real shell.

Linting, the tests and the whole pipeline are what .ci/run runs; here a `make` stands in for those that
take long, and writes down what it was told.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.review.conftest import plain, run, write

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS: dict[str, dict[Any, Any]] = {
    path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.yml"))
}
STEPS = {step["name"]: step for step in WORKFLOWS["check"]["jobs"]["check"]["steps"] if "run" in step}
ON = True  # YAML 1.1 reads `on` so
MAKE = """\
#!/bin/sh
echo "$@" >> "$MADE"
case "$1" in review|unchanged) exec "{make}" --no-print-directory --file "{makefile}" --old-file .venv/run "$@" ;; esac
"""


def test_they_are_valid_by_the_public_schema() -> None:
    command = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows")
    run(ROOT, *command, *map(str, FOLDER.glob("*.yml")))
    assert list(WORKFLOWS) == ["check", "comment"]


def test_no_workflow_may_do_more_than_it_must() -> None:
    assert WORKFLOWS["check"]["permissions"] == {"contents": "read"}
    assert WORKFLOWS["comment"]["permissions"] == {"actions": "read", "contents": "read", "pull-requests": "write"}
    for workflow in WORKFLOWS.values():
        for job in workflow["jobs"].values():
            assert "permissions" not in job
            for step in job["steps"]:
                if step.get("uses", "").startswith("actions/checkout@"):
                    assert step["with"]["persist-credentials"] is False


def test_foreign_code_sees_no_secret_and_what_can_write_sees_no_foreign_code() -> None:
    check = (FOLDER / "check.yml").read_text("utf-8")
    assert set(WORKFLOWS["check"][ON]) == {"pull_request"}
    assert "secrets" not in check
    assert "github.token" not in check
    assert set(WORKFLOWS["comment"][ON]) == {"workflow_run"}
    assert WORKFLOWS["comment"][ON]["workflow_run"]["workflows"] == [WORKFLOWS["check"]["name"]]
    (checkout,) = [step for step in WORKFLOWS["comment"]["jobs"]["comment"]["steps"] if "uses" in step]
    assert "ref" not in checkout["with"]
    assert "repository" not in checkout["with"]


def test_actions_are_pinned_by_hash_as_a_tag_can_be_moved() -> None:
    used = [line for path in FOLDER.glob("*.yml") for line in path.read_text("utf-8").splitlines() if "uses:" in line]
    assert used
    for line in used:
        assert re.search(r"uses: actions/[a-z-]+@[0-9a-f]{40} # v[0-9.]+$", line), line


def test_no_name_of_a_pull_request_is_pasted_into_a_shell() -> None:
    for workflow in WORKFLOWS.values():
        for job in workflow["jobs"].values():
            for step in job["steps"]:
                assert "${{" not in step.get("run", "")


def shell(step: str, folder: Path, tmp_path: Path, code: int = 0, **variables: str) -> tuple[str, list[str]]:
    """Returns what a step's shell prints, and what it had made."""
    tools = tmp_path / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "make").write_text(MAKE.format(make=shutil.which("make"), makefile=ROOT / "Makefile"), "utf-8")
    (tools / "make").chmod(0o755)
    path = os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ["PATH"]])
    made = tmp_path / "made"
    made.write_text("", "utf-8")
    ended = subprocess.run(
        ["bash", "-e", "-c", STEPS[step]["run"]],
        cwd=folder,
        env=os.environ | {"PATH": path, "MADE": str(made), "PYTHONPATH": str(ROOT)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr, made.read_text("utf-8").splitlines()


@pytest.fixture
def copy(tea: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tea, tmp_path / "copy", symlinks=True))


@pytest.mark.parametrize(
    ("step", "made"),
    [
        ("Set up from the lock, check style and types", "lint"),
        ("Test", "test"),
        ("Run the pipeline", "repro"),
    ],
)
def test_a_check_is_a_target_of_make(step: str, made: str, copy: Path, tmp_path: Path) -> None:
    assert shell(step, copy, tmp_path)[1] == [made]
    assert re.search(rf"^{made}:", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE)


def test_outputs_that_come_out_other_than_committed_fail_and_are_named(copy: Path, tmp_path: Path) -> None:
    assert shell("Outputs are as committed", copy, tmp_path) == ("", ["unchanged"])
    write(copy, {"out/scores.json": {"loss": 7}, "plots/more.png": plain(3)})
    output, _ = shell("Outputs are as committed", copy, tmp_path, code=2)
    assert " M out/scores.json\n?? plots/more.png\n" in output


def test_the_review_is_of_what_the_branch_did_with_pictures_at_their_commits(copy: Path, tmp_path: Path) -> None:
    run(copy, "git", "switch", "--quiet", "--create", "main-went-on", "old")
    write(copy, {"params.yaml": {"rate": 9, "sizes": [], "leaf": "", "kettle": 1}})
    run(copy, "git", "commit", "--quiet", "--all", "--message", "Go on")
    went_on, old, new = run(copy, "git", "rev-parse", "HEAD", "old", "new").split()
    run(copy, "git", "switch", "--quiet", "--detach", new)
    output, made = shell(
        "Write the review", copy, tmp_path, BASE_SHA=went_on, HEAD_SHA=new, GITHUB_REPOSITORY="tea/pot"
    )
    assert len(made) == 1
    assert any(line.startswith("5 parameters changed; scores val accuracy 0.9967") for line in output.splitlines())
    text = (copy / "review" / "review.md").read_text("utf-8")
    assert text.startswith(f"### Review: `{old[:7]}` → `{new[:7]}`\n")
    addresses = re.findall('src="([^"]+)"', text)
    raw = "https://raw.githubusercontent.com/tea/pot"
    expected = [f"{raw}/{commit}/plots/{name}.png" for name in ("changed", "grown") for commit in (old, new)]
    assert addresses == [*expected, f"{raw}/{new}/plots/new.png", f"{raw}/{old}/plots/gone.png"]
    (kept,) = [step for step in WORKFLOWS["check"]["jobs"]["check"]["steps"] if step.get("name") == "Keep the review"]
    for path in kept["with"]["path"].split():
        assert (copy / path).exists()


def test_a_review_of_what_asks_for_too_much_fails_its_step_and_is_kept_and_posted(copy: Path, tmp_path: Path) -> None:
    old = run(copy, "git", "rev-parse", "old").strip()
    write(copy, {"params.yaml": f"rate: 2\n{5000 * '7'}: 1\n"})
    run(copy, "git", "commit", "--quiet", "--all", "--message", "Ask for too much")
    head = run(copy, "git", "rev-parse", "HEAD").strip()
    variables = {"BASE_SHA": old, "HEAD_SHA": head, "GITHUB_REPOSITORY": "tea/pot"}
    output, _ = shell("Write the review", copy, tmp_path, code=2, **variables)
    assert "review: params.yaml of " in output
    assert (copy / "review" / "review.md").read_text("utf-8").count("**Can't read params.yaml of ") == 1
    (kept,) = [step for step in WORKFLOWS["check"]["jobs"]["check"]["steps"] if step.get("name") == "Keep the review"]
    assert kept["if"] == "${{ !cancelled() }}"
    assert "conclusion != 'cancelled'" in WORKFLOWS["comment"]["jobs"]["comment"]["if"]
