"""Say whether outputs came out as committed; `make repro` calls it after `dvc repro`.

Where a stage read the same params, code and data as in the last commit and wrote other bits, the promise of the same
bits on every processor is broken. What reads something else is the user's own change, and no promise is made of it.
"""

import subprocess
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

LOCK, PROCESSOR = Path("dvc.lock"), Path("/proc/cpuinfo")

Stages = dict[str, dict[str, Any]]


def main() -> None:
    """Print a line; or none, where git has no dvc.lock to compare with."""
    shown = subprocess.run(["git", "show", f"HEAD:./{LOCK}"], capture_output=True, text=True, check=False)
    if shown.returncode == 0 and LOCK.is_file():
        print(verdict(_stages(shown.stdout), _stages(LOCK.read_text("utf-8"))))


def verdict(committed: Stages, found: Stages) -> str:
    """Return the line on two states of dvc.lock."""
    broken = [name for name in found if name in committed and _broke_promise(committed[name], found[name])]
    if broken:
        return (
            f"Not as committed: {', '.join(broken)}, and what follows. What was read is that of the last commit, "
            "so this breaks the promise of the same bits on every processor. Please report it, with this processor's "
            f"name: {processor()}."
        )
    changed = [name for name in found if _inputs(found[name]) != _inputs(committed.get(name, {}))]
    if changed:
        return (
            f"Other params, code or data than those of the committed dvc.lock were read by {', '.join(changed)}; the "
            "outputs of all other stages are as committed."
        )
    return f"All outputs of {len(found)} stages came out as committed."


def processor() -> str:
    """Return the name that the processor gives itself."""
    names = [
        line.partition(":")[2].strip() for line in PROCESSOR.read_text("utf-8").splitlines() if "model name" in line
    ]
    return names[0] if names else "unknown"


def _broke_promise(committed: dict[str, Any], found: dict[str, Any]) -> bool:
    return _inputs(committed) == _inputs(found) and committed.get("outs") != found.get("outs")


def _inputs(stage: dict[str, Any]) -> dict[str, Any]:
    return {name: stage.get(name) for name in ("cmd", "deps", "params")}


def _stages(lock: str) -> Stages:
    return YAML(typ="safe").load(lock)["stages"]


if __name__ == "__main__":
    main()
