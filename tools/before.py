"""Say what DVC would not say, before `make repro` calls it.

DVC reads params.yaml first, and builds all that it stands for: a few aliases in each other then take all memory. And
where DVC was killed while it wrote dvc.lock, what is left may end with a line: it is YAML, but short.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages.lib.core.runner import PARAMS, Fault, read_yaml

LOCK, PIPELINE = Path("dvc.lock"), Path("dvc.yaml")
WAY_BACK = "rm -f .dvc/tmp/rwlock && git checkout dvc.lock"

Stages = dict[str, Any]


def main() -> None:
    """End with a line where params.yaml can't be read or is beyond all bounds, or where dvc.lock is cut short."""
    shown = subprocess.run(["git", "show", f"HEAD:./{LOCK}"], capture_output=True, text=True, check=False)
    try:
        read_yaml(PARAMS)
        if shown.returncode == 0 and LOCK.is_file():
            pipeline, committed, found = map(
                _stages, (PIPELINE.read_text("utf-8"), shown.stdout, LOCK.read_text("utf-8"))
            )
            refuse_cut(pipeline, committed, found)
    except (YAMLError, AttributeError, TypeError):  # no YAML, or text where stages are: a lock is cut within a line
        return  # DVC says so, and where
    except (Fault, OSError, ValueError) as error:
        sys.exit(str(error))


def refuse_cut(pipeline: Stages, committed: Stages, found: Stages) -> None:
    """Raise Fault where dvc.lock lacks what it had in the last commit, of what dvc.yaml still names.

    Args:
        pipeline: the stages of dvc.yaml.
        committed: those of dvc.lock in the last commit.
        found: those of dvc.lock as it is.
    """
    missing = [
        name
        for name, stage in pipeline.items()
        if _named(stage) & (_noted(committed.get(name)) - _noted(found.get(name)))
    ]
    if missing:
        raise Fault(
            f"{LOCK} lacks what the last commit notes of {', '.join(missing)}, as if DVC had been killed while it "
            f"wrote: `{WAY_BACK}`, then `make repro`"
        )


def _named(stage: dict[str, Any]) -> set[str]:
    """Return the paths that a stage of dvc.yaml reads and writes; an entry is a path, or one with its settings."""
    entries = [entry for kind in ("deps", "outs", "metrics", "plots") for entry in stage.get(kind, [])]
    return {path for entry in entries for path in ([entry] if isinstance(entry, str) else entry)}


def _noted(stage: dict[str, Any] | None) -> set[str]:
    """Return the paths whose content a stage of dvc.lock notes; one that is cut short may have nothing."""
    return {entry["path"] for kind in ("deps", "outs") for entry in (stage or {}).get(kind) or [] if "md5" in entry}


def _stages(text: str) -> Stages:
    return (YAML(typ="safe").load(text) or {}).get("stages") or {}


if __name__ == "__main__":
    main()
