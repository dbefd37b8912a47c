"""Writes parameters as `dvc exp run -S` reads them, in the grammar of Hydra's overrides.

See https://hydra.cc/docs/advanced/override_grammar/basic/.
"""

import json
import math
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

MOST_OPTIONS = 20  # of a command that somebody would still type
Row = tuple[str, list[str], Any]


def override(file: str, keys: Iterable[str], value: Any) -> str | None:
    """Return the text that sets a parameter; None where DVC can't be told.

    A key with a dot in it is one: DVC takes a dot for a level. So is a file's name with a colon or an equals sign.
    """
    keys = list(keys)
    text = _text(value)
    if text is None or not keys or not all(re.fullmatch(r"[A-Za-z_][\w-]*", key, re.ASCII) for key in keys):
        return None
    if not re.fullmatch(r"[\w./-]+", file, re.ASCII) or file.startswith("-"):
        return None
    where = "" if file == "params.yaml" else f"{file}:"
    return f"{where}{'.'.join(keys)}={text}"


def unsettable(folder: Path, base: list[Row], head: list[Row]) -> list[list[str]]:
    """Return file and name of the changed parameters that an override does not bring from base to head.

    Each is tried with DVC's own reader, upon a copy of the base's file in its snapshot `folder`.
    """
    sides = [{(file, tuple(keys)): value for file, keys, value in rows} for rows in (base, head)]
    changed = [key for key in sides[0] if key in sides[1] and _differ(sides[0][key], sides[1][key])]
    if len(changed) > MOST_OPTIONS:
        return []
    failed = []
    for file, keys in changed:
        value = sides[1][file, keys]
        text = override(file, keys, value)
        copy = folder / ".dvc" / f"copy{Path(file).suffix}"
        if text is None or not _works(folder / file, copy, text.removeprefix(f"{file}:"), keys, value):
            failed.append([file, ".".join(keys)])
    return failed


def _works(source: Path, copy: Path, text: str, keys: tuple[str, ...], value: Any) -> bool:
    from dvc.utils.hydra import apply_overrides
    from dvc.utils.serialize import load_path
    from dvc_objects.fs.local import localfs

    try:
        if copy.exists():
            copy.unlink()
        shutil.copyfile(source, copy)
        before = load_path(str(copy), localfs)
        apply_overrides(copy, [text])
        after = load_path(str(copy), localfs)
        former = before
        for key in keys[:-1]:
            former = former[key]
        former[keys[-1]] = value
        return not _differ(after, before)
    except Exception:  # noqa: BLE001  whatever DVC, Hydra or OmegaConf raises, the value can't be set so
        return False


def _differ(one: Any, other: Any) -> bool:
    """Return whether two values differ, types included; NaN does not differ from itself."""
    return repr(one) != repr(other) or type(one) is not type(other)


def _text(value: Any) -> str | None:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 1 << 63 else None
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else {"inf": "inf", "-inf": "-inf"}.get(str(value), "nan")
    if isinstance(value, list):
        items = [_text(item) for item in value]
        return None if None in items else f"[{','.join(map(str, items))}]"
    if isinstance(value, dict):
        pairs = {key: _text(item) for key, item in value.items()}
        simple = all(re.fullmatch(r"(?!(?i:true|false|null|nan|inf)$)[A-Za-z_]\w*", key, re.ASCII) for key in pairs)
        return (
            "{" + ",".join(f"{key}:{item}" for key, item in pairs.items()) + "}"
            if simple and None not in pairs.values()
            else None
        )
    return _string(str(value))


def _string(value: str) -> str | None:
    """Return text in quotes, or as it is where nobody could take it for anything else."""
    if re.fullmatch(r"(?!(?i:true|false|null|nan|inf)$)[A-Za-z_][\w./-]*", value, re.ASCII):
        return value
    if "${" in value or not value.isprintable():
        return None
    # In Hydra's grammar a backslash is one, save for those in front of a quote, which are doubled.
    return '"' + re.sub(r'(\\*)("|\Z)', lambda found: found[1] * 2 + found[2].replace('"', '\\"'), value) + '"'
