"""What has been trained of a plan that has not ended: a file for each shard, so that none is trained twice."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest, sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from stages.lib.core.files import whole
from stages.lib.core.runner import Fault, changed_code

FLOORS = Path(__file__).parents[1]
TRAINS = ("core", "engine")  # the floors that a shard's bits follow from
LIBRARIES = ("keras", "numpy", "tensorflow")

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Shards:
    """A folder of what shards found, by a hash of all that it follows from: code, libraries, and what the caller says.

    The name of a file ends with the hash of its content, so that an altered file is known as such.

    Args:
        folder: where the files are.
        key: of the code and the libraries.
    """

    folder: Path
    key: str

    def name_of(self, *cause: Any) -> str:
        """Return how the name of a shard's file begins; `cause` is all that its outcome follows from."""
        return str(joblib.hash((self.key, cause), hash_name="sha1"))

    def find(self, name: str, shapes: Shapes) -> Path | None:
        """Return the file of a shard, or None; remove one that is cut short, altered, or of other shapes."""
        for path in self.folder.glob(f"{name}-*.npz"):
            if path.stem == f"{name}-{_digest(path)}" and _shapes(path) == shapes:
                return path
            path.unlink()
        return None

    def keep(self, name: str, arrays: dict[str, np.ndarray]) -> None:
        """Write the arrays of a shard, whole or not at all.

        Raise Fault as `refuse_changed_code` does: nobody can say which of the two has run.
        """
        self.refuse_changed_code()
        path = self.folder / f"{name}.npz"
        with whole(path) as partial, partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        path.replace(path.with_stem(f"{name}-{_digest(path)}"))

    def refuse_changed_code(self) -> None:
        """Raise Fault where the code is no longer that of the key, in this process or in those that train."""
        if _key_of_code() != self.key:
            raise Fault("the code of the engine changed while the stage ran; `dvc repro` runs it again")


@contextmanager
def unfinished(folder: Path) -> Iterator[Shards]:
    """Yield what is kept in `folder`; remove all of it once the block has ended well.

    Raise Fault where the code was changed since this process began: it may have loaded what was there before. Where
    that is so at the end, the stage will fail, and what is kept stays for the next run.
    """
    _refuse_changed_code()
    folder.mkdir(parents=True, exist_ok=True)
    shards = Shards(folder, _key_of_code())
    yield shards
    shards.refuse_changed_code()
    _refuse_changed_code()
    shutil.rmtree(folder)


def _refuse_changed_code() -> None:
    if changed := changed_code():
        raise Fault("\n".join(changed))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _shapes(path: Path) -> Shapes | None:
    try:
        with np.load(path, allow_pickle=False) as found:
            arrays = {name: found[name] for name in found}
    except Exception:  # noqa: BLE001  an archive can be made to raise anything, and then its shard is trained again
        return None
    sound = all(isinstance(array, np.ndarray) and array.dtype == np.float32 for array in arrays.values())
    return {name: array.shape for name, array in arrays.items()} if sound else None


def _key_of_code() -> str:
    files = (path for floor in TRAINS for path in sorted((FLOORS / floor).rglob("*.py")))  # no editor's copies
    sources = [path.read_bytes() for path in files]
    versions = [f"{library} {version(library)}".encode() for library in LIBRARIES]
    return sha256(b"\0".join([*sources, *versions])).hexdigest()
