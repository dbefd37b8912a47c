"""What has been trained of a sweep that has not ended: a file for each shard, so that none is trained twice."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from stages.lib.files import whole

CODE = Path(__file__).parents[1]
LIBRARIES = ("keras", "numpy", "tensorflow")


@dataclass(frozen=True)
class Shards:
    """A folder of what shards found, by a hash of all that it follows from: code, libraries, and what the caller says.

    Args:
        folder: where the files are.
        key: of the code and the libraries.
    """

    folder: Path
    key: str

    def path_of(self, *cause: Any) -> Path:
        """Returns where the outcome of a shard is kept, or will be; `cause` is all that it follows from."""
        return self.folder / f"{joblib.hash((self.key, cause), hash_name='sha1')}.npz"

    def keep(self, path: Path, arrays: dict[str, np.ndarray]) -> None:
        """Returns nothing; writes the arrays, whole or not at all."""
        with whole(path) as partial, partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    def array(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """Returns a float32 array without values that lies on disk, so that memory does not bound its size."""
        path = self.folder / f"{name}.npy"
        return np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)


@contextmanager
def unfinished(folder: Path) -> Iterator[Shards]:
    """Yields what is kept in `folder`; removes all of it once the block has ended well."""
    folder.mkdir(parents=True, exist_ok=True)
    yield Shards(folder, _key_of_code())
    # NFS and FUSE hide a file that is still mapped rather than remove it, and keep its folder until the process ends.
    shutil.rmtree(folder, ignore_errors=True)


def _key_of_code() -> str:
    sources = [path.read_bytes() for path in sorted(CODE.rglob("*.py"))]
    versions = [f"{library} {version(library)}".encode() for library in LIBRARIES]
    return sha256(b"\0".join([*sources, *versions])).hexdigest()
