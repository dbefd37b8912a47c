"""Writers of the output files: whole or not at all, and the same bytes for the same values."""

import json
import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yields a path beside `path` to write a file or folder to; it takes the place of `path` once all went well."""
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
    """Returns nothing; writes a table, by default with six significant digits and what is not finite left empty."""
    with whole(path) as partial:
        finite = table.replace([np.inf, -np.inf], np.nan)
        finite.to_csv(partial, index=False, float_format=float_format, lineterminator="\n", encoding="utf-8")


def write_json(values: dict[str, Any], path: Path) -> None:
    """Returns nothing; writes sorted keys, six significant digits, and null for what is not finite."""
    with whole(path) as partial:
        text = json.dumps(_plain(values), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
        partial.write_text(f"{text}\n", "utf-8", newline="\n")


def write_array(values: np.ndarray, path: Path) -> None:
    """Returns nothing; writes a float32 array as .npy."""
    with whole(path) as partial:
        np.save(partial, values.astype(np.float32), allow_pickle=False)


def write_text(text: str, path: Path) -> None:
    """Returns nothing; writes UTF-8 text that ends with one newline."""
    with whole(path) as partial:
        partial.write_text(f"{text.rstrip()}\n", "utf-8", newline="\n")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
