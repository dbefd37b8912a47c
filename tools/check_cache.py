"""Finds, names and removes what is damaged in DVC's cache and among the outputs; `make check-cache` calls it.

DVC takes a read-only file of its cache for sound and never looks into it again, so that a flipped
bit would be checked out, trained on and pushed. Here every file is held against its digest.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML

CACHE, LOCK = Path(".dvc/cache/files/md5"), Path("dvc.lock")


def main() -> None:
    """End with exit code 1 where something was damaged; `dvc repro` then makes it again."""
    expected = dict(outputs())
    names = {digest: path for path, digest in expected.items()}
    damaged = [path for path, digest in expected.items() if path.is_file() and md5(path) != digest]
    for file in CACHE.glob("*/*"):
        digest = f"{file.parent.name}{file.name}"
        if md5(file) != digest.removesuffix(".dir"):
            damaged.append(file)
            print(f"{file}: was {names.get(digest, 'of an earlier run')}", file=sys.stderr)
    for path in damaged:
        path.unlink()
        print(f"{path}: damaged, removed", file=sys.stderr)
    if damaged:
        sys.exit("`dvc repro` makes again what was removed; `dvc repro --force` all, if outputs may have come from it.")


def outputs() -> Iterator[tuple[Path, str]]:
    """Yield every output file that DVC keeps, and its digest; of a folder those that its list in the cache names."""
    for stage in YAML(typ="safe").load(LOCK.read_text("utf-8"))["stages"].values():
        for entry in stage.get("outs", []):
            path, digest = Path(entry["path"]), entry["md5"]
            yield path, digest
            listed = CACHE / digest[:2] / digest[2:]
            if digest.endswith(".dir") and listed.is_file() and md5(listed) == digest.removesuffix(".dir"):
                yield from ((path / file["relpath"], file["md5"]) for file in json.loads(listed.read_bytes()))


def md5(path: Path) -> str:
    """Return the digest under which DVC keeps a file."""
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


if __name__ == "__main__":
    main()
