"""Writers of the output files, whole or not at all and the same bytes for the same values; and their readers."""

import csv
import io
import json
import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stages.lib.core.runner import Fault


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write a file or folder to; it takes the place of `path` once all went well."""
    partial = path.with_name(f"partial-{path.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove(partial)
    try:
        yield partial
    except BaseException:
        _remove(partial)
        raise
    if path.is_dir():
        _remove(path)
    partial.replace(path)


def write_csv(table: pd.DataFrame, path: Path, *, float_format: str = "%.6g") -> None:
    """Write a table, by default with six significant digits and what is not finite left empty."""
    with whole(path) as partial:
        finite = table.replace([np.inf, -np.inf], np.nan)
        finite.to_csv(partial, index=False, float_format=float_format, lineterminator="\n", encoding="utf-8")


def write_json(values: dict[str, Any], path: Path) -> None:
    """Write sorted keys, six significant digits, and null for what is not finite."""
    with whole(path) as partial:
        text = json.dumps(plain(values), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
        partial.write_text(f"{text}\n", "utf-8", newline="\n")


def plain(value: Any) -> Any:
    """Return a value as JSON is to hold it: six significant digits, and None for what is not finite."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def write_array(values: np.ndarray, path: Path) -> None:
    """Write an array as .npy: whole numbers as int32, all else as float32."""
    with whole(path) as partial:
        np.save(partial, values.astype(np.int32 if values.dtype.kind == "i" else np.float32), allow_pickle=False)


def array_on_disk(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Return a float32 array without values that lies on disk as .npy, so that memory does not bound its size."""
    array = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    with path.open("r+b") as file:  # or a disk that is full would end the process, without a word, at a write
        os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array


def write_text(text: str, path: Path) -> None:
    """Write UTF-8 text that ends with one newline."""
    with whole(path) as partial:
        partial.write_text(f"{text.rstrip()}\n", "utf-8", newline="\n")


def read_csv(path: Path, **options: Any) -> pd.DataFrame:
    """Return a table; `options` are those of `pandas.read_csv`.

    Raise Fault, with the line, where the file is not a table whose rows are all as long as its header.
    """
    try:
        text = path.read_text("utf-8")
        rows = csv.reader(io.StringIO(text), strict=True)
        header = next(rows, [])
        for row in rows:
            if len(row) != len(header):
                line = f"line {rows.line_num} holds {','.join(row)[:60]!r}"
                raise damaged(path, f"{line}, but must hold {len(header)} values: {', '.join(header)}")
        return pd.read_csv(io.StringIO(text), **options)
    except (ValueError, csv.Error) as error:  # pandas's errors are of the first kind, too
        raise damaged(path, f"not a table in CSV ({_line(error)})") from error


def read_json(path: Path) -> Any:
    """Return what a JSON file holds; raises Fault where it is not JSON."""
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise damaged(path, f"not JSON ({_line(error)})") from error


def read_array(path: Path, kind: type[np.generic] = np.float32) -> np.ndarray:
    """Return an array of a kind; raises Fault where the file is not one, or is cut short."""
    try:
        with np.errstate(over="ignore"):  # of a shape that no file has
            values = np.lib.format.open_memmap(path, mode="r")  # no array that is larger than its file
    except (ValueError, EOFError, OverflowError, TypeError) as error:
        raise damaged(path, f"not an array in NumPy's format, or cut short ({_line(error)})") from error
    if values.dtype != kind:
        raise damaged(path, f"not an array of {kind.__name__}")
    return np.array(values)


def damaged(path: Path, what: str) -> Fault:
    """Return the fault of an output that is not as its stage wrote it."""
    return Fault(f"{path}: {what}; it is no longer as its stage wrote it: `dvc repro` makes it again")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
