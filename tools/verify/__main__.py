"""Builds HEAD twice, from nothing and under other conditions, and compares every output byte by byte."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.verify.conditions import Build, disorder, order_again, two_builds
from tools.verify.differences import COMMITTED, differences, outputs
from tools.verify.tables import TWICE, write_table

REPOSITORY = Path(__file__).parents[2]


def main() -> None:
    """End with exit code 1, and a line for each output that differs, unless both builds are the same."""
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        first, second, conditions = two_builds(Path(folder))
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True, check=True
        ).stdout.strip()
        for build in (first, second):
            build_from_nothing(build, commit)  # HEAD may move while the first is built
        found = [*differences(first.folder, second.folder), *uncommitted(first)]
        count = len(outputs(first.folder))
    for condition in conditions:
        print(f"{condition.what}: {condition.first}, {condition.second or 'so it was not varied'}")
    if found:
        sys.exit("\n".join(found))
    rows = [
        [condition.what, condition.first, f"{condition.second}"]
        if condition.second
        else [condition.what, "", f"not varied: {condition.first}"]
        for condition in conditions
    ]
    outcome = (
        f"All {count} outputs of the two builds of commit {commit}, dvc.lock included, are the same bits, and those "
        "that were committed."
    )
    write_table(TWICE, ["varied", "first build", "second build"], rows, outcome)
    print(outcome)


def build_from_nothing(build: Build, commit: str) -> None:
    """Clone a commit, take away `COMMITTED`, and run the pipeline."""
    print(f"{build.folder}:", *build.wrapper, "dvc repro", flush=True)
    below = build.folder.with_name("below") if build.disordered else build.folder
    build.folder.mkdir(parents=True)
    subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(below)], check=True, umask=build.umask)
    subprocess.run(["git", "checkout", "--quiet", "--detach", commit], cwd=below, check=True, umask=build.umask)
    for name in COMMITTED:
        path = below / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if build.disordered and not disorder(below, build.folder):
        raise OSError(f"{build.folder}: disorderfs could not show {below} there")
    try:
        log = build.folder.parent / "log.txt"
        with log.open("w") as file:
            ended = subprocess.run(
                [*build.wrapper, "dvc", "repro"],
                cwd=build.folder,
                env={**build.environment, "DVC_SITE_CACHE_DIR": str(build.folder.parent / "dvc")},
                umask=build.umask,
                stdout=file,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if ended.returncode:
            sys.exit(f"`dvc repro` failed in {build.folder}:\n{os.linesep.join(log.read_text().splitlines()[-20:])}")
    finally:
        if build.disordered:
            order_again(build.folder)
            build.folder.rmdir()
            below.rename(build.folder)


def uncommitted(build: Build) -> list[str]:
    """Return a line for each output that is not as it was committed."""
    command = ["git", "status", "--porcelain"]
    changed = subprocess.run(command, cwd=build.folder, capture_output=True, text=True, check=True).stdout.splitlines()
    return [f"{line[3:]}: not as committed" for line in changed]


if __name__ == "__main__":
    main()
