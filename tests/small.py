"""The study on small params: every kind of network, a few epochs, two seeds."""

import os
import re
import shutil
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
NUMBERS = {
    "baseline.snapshots": 3,
    "batch_size": 403,
    "epochs": 4,
    "most_parameters": 9,
    "patience": 2,
    "points": 15,
    "replicates": 2,
    "restarts": 2,
    "most_restarts": 2,
    "budget": 2,
}
# At such rates nothing is learned, so that every size has settled and its cost can be drawn.
LISTS = {"batch_sweep": {"batch_sizes": [403, 1209], "learning_rates": [1.0e-05, 2.0e-05]}}
ONE_PROCESS = {"LOKY_MAX_CPU_COUNT": "1"}  # tests run side by side, and another would import TensorFlow again
LONGEST = 2  # of a list that is combined with others


def shrink(params: dict[str, Any]) -> dict[str, Any]:
    """The same params with small numbers, and short lists where several are combined."""
    small = deepcopy(params)
    for name, section in small.items():
        if not isinstance(section, dict) or name == "dataset":
            continue
        section.update({key: NUMBERS[key] for key in section.keys() & NUMBERS.keys()})
        lists = [key for key, value in section.items() if isinstance(value, list | dict) and name.endswith("_sweep")]
        for key in lists if len(lists) > 1 or isinstance(section[lists[0]] if lists else None, dict) else []:
            section[key] = first(section[key])
        section.update(LISTS.get(name, {}))
    small["baseline"]["snapshots"] = 3
    small["smallest_network"]["activations"] = ["tanh"]
    small["optimizer_sweep"]["optimizers"] = [
        entry | {"learning_rates": first(entry["learning_rates"])}
        for entry in first(small["optimizer_sweep"]["optimizers"])
    ]
    return small


def first(values: Any) -> Any:
    """The first values of a list; of a mapping of lists, of its first lists."""
    if isinstance(values, dict):
        return {key: values[key][:LONGEST] for key in list(values)[:LONGEST]}
    return values[:LONGEST]


def run(folder: Path, *command: str, code: int = 0) -> str:
    """What a command prints, after a check of its exit code."""
    ended = subprocess.run(
        command, cwd=folder, env=os.environ | ONE_PROCESS, capture_output=True, text=True, check=False
    )
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def stages_run(output: str) -> list[str]:
    return re.findall(r"Running stage '(\w+)'", output)


def copy_project(clone: Path) -> None:
    """Copies the files that git has or would take, as they are in the work tree, into a repository of their own."""
    names = run(ROOT, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, names.split("\0")):
        if (ROOT / name).exists():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)
    run(clone, "git", "init", "--quiet", "--initial-branch", "main")


def commit(clone: Path, message: str) -> None:
    run(clone, "git", "add", "--all")
    run(clone, "git", "commit", "--quiet", "--message", message)


def build(folder: Path) -> None:
    """Clones the project, runs the pipeline on small params, and commits what came out."""
    clone = folder / "clone"
    shutil.rmtree(folder, ignore_errors=True)
    copy_project(clone)
    params = yaml.safe_load((clone / "params.yaml").read_text("utf-8"))
    text = yaml.safe_dump(shrink(params), sort_keys=False)
    (clone / "params.yaml").write_text(text.replace(": null\n", ":\n"), "utf-8")  # as DVC writes it
    output = run(clone, "dvc", "repro")
    assert set(stages_run(output)) == set(yaml.safe_load((clone / "dvc.yaml").read_text("utf-8"))["stages"])
    commit(clone, "Build on small params")
    (folder / "done").touch()
