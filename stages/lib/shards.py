"""What has been trained of a sweep that has not ended: a file for each shard, so that none is trained twice."""

import os
import shutil
import zipfile
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
from stages.lib.runner import Fault, changed_code

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

    def has(self, path: Path) -> bool:
        """Returns whether a shard is kept, and whole; removes what a power cut has left of one."""
        try:
            with zipfile.ZipFile(path) as archive:
                sound = archive.testzip() is None
        except (OSError, zipfile.BadZipFile):
            sound = False
        if not sound:
            path.unlink(missing_ok=True)
        return sound

    def keep(self, path: Path, arrays: dict[str, np.ndarray]) -> None:
        """Returns nothing; writes the arrays, whole or not at all.

        Raises Fault where the code is no longer that of the key: nobody can say which of the two has run.
        """
        if _key_of_code() != self.key:
            raise Fault(f"{CODE.name}/ changed while the stage ran; `dvc repro` runs it again")
        with whole(path) as partial, partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    def array(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """Returns a float32 array without values that lies on disk, so that memory does not bound its size."""
        path = self.folder / f"{name}.npy"
        array = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
        with path.open("r+b") as file:  # or a disk that is full would end the process, without a word, at a write
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        return array


@contextmanager
def unfinished(folder: Path) -> Iterator[Shards]:
    """Yields what is kept in `folder`; removes all of it once the block has ended well.

    Raises Fault where the code was changed since this process began: it may have loaded what was there before.
    """
    if changed := changed_code():
        raise Fault("\n".join(changed))
    folder.mkdir(parents=True, exist_ok=True)
    yield Shards(folder, _key_of_code())
    # NFS and FUSE hide a file that is still mapped rather than remove it, and keep its folder until the process ends.
    shutil.rmtree(folder, ignore_errors=True)


def _key_of_code() -> str:
    files = (path for path in sorted(CODE.rglob("*")) if path.is_file() and path.suffix != ".pyc")
    sources = [path.read_bytes() for path in files]
    versions = [f"{library} {version(library)}".encode() for library in LIBRARIES]
    return sha256(b"\0".join([*sources, *versions])).hexdigest()
