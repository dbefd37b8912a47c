"""Reads the user's own tables: CSV with a header, a column of labels, and columns of numbers.

What a spreadsheet writes is read: a mark of the byte order, line ends of Windows, semicolons or tabs. What can't be
taken is refused with the file, the line, the column, what was found, and how to mend it.
"""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stages.lib.core.near import nearest
from stages.lib.core.runner import Fault
from stages.lib.core.words import count
from stages.params.dataset import MOST_POINTS

MOST_COLUMNS = 1_000
MOST_CLASSES = 20
MOST_CELLS = 10_000_000  # some gigabytes of memory while they are read
MOST_BYTES = 1_000_000_000
MOST_SHOWN = 40  # characters of a cell, or of a list of names, in a message
MISSING = {"", "?", "-", "na", "n/a", "nan", "null", "none"}  # as people write that there is no value


@dataclass(frozen=True)
class Table:
    """A table of the user's: columns of numbers, and a label for each row.

    Args:
        path: of the file.
        numbers: float64, by the names of the columns.
        labels: text, one for each row.
        label: the name of the column of labels.
        lines: the number of each row's line in the file.
    """

    path: Path
    numbers: pd.DataFrame
    labels: list[str]
    label: str
    lines: list[int]


def read_table(path: Path, label: str | None) -> Table:
    """Return a table; `label` is the name of the column of labels, or None for the last one.

    Raise Fault where it can't be taken.
    """
    header, rows, lines = _cells(path)
    place = _place_of(label, header, path)
    names = [name for column, name in enumerate(header) if column != place]
    labels = [_label(row[place], path, line, header[place]) for row, line in zip(rows, lines, strict=True)]
    if header[place] in labels and all(map(_is_number, names)):
        raise Fault(
            f"{path}: line 1 holds numbers and a label ({_listed(header)}), but must name the columns; add a header"
        )
    columns = [[row[column] for row in rows] for column in range(len(header)) if column != place]
    numbers = {name: _numbers(cells, path, lines, name) for name, cells in zip(names, columns, strict=True)}
    return Table(path, pd.DataFrame(numbers), labels, header[place], lines)


def _cells(path: Path) -> tuple[list[str], list[list[str]], list[int]]:
    """Return the header, the rows, and the line of each; blank lines are no rows."""
    text = _text(path)
    first = text.lstrip().partition("\n")[0]
    unquoted = re.sub(r'"[^"]*"', "", first)
    delimiter = max(",;\t", key=unquoted.count)  # of equals the comma
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, lines = [], []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append([cell.strip() for cell in row])
                lines.append(reader.line_num)
            if rows and len(rows) - 1 > min(MOST_POINTS, MOST_CELLS // len(rows[0])):
                raise Fault(
                    f"{path}: it has more than {len(rows) - 2:,} rows, the most of "
                    f"{count(len(rows[0]), 'column', ',')} that are read; take a part of them"
                )
    except csv.Error as error:
        raise Fault(
            f"{path}: line {reader.line_num}: not CSV ({error}); look for a quote that is not closed"
        ) from error
    if not rows:
        raise Fault(f"{path}: it is empty, but must have a header, and a line for each row")
    header = _header(rows[0], path, lines[0])
    for row, line in zip(rows[1:], lines[1:], strict=True):
        if len(row) != len(header):
            raise Fault(
                f"{path}: line {line} has {count(len(row), 'value', ',')}, but the header names "
                f"{count(len(header), 'column', ',')} ({_listed(header)}), with {_named(delimiter)} between them"
            )
    if len(rows) == 1:
        raise Fault(f"{path}: it has a header ({_listed(header)}), but no rows")
    return header, rows[1:], lines[1:]


def _text(path: Path) -> str:
    if not path.is_file():
        there = sorted(file.name for file in path.parent.glob("*.csv"))
        near = nearest(path.name, there)
        if path.with_name(f"{path.name}.dvc").exists():
            raise Fault(f"{path}: it is in DVC, but not here; `dvc pull {path}` brings it")
        hint = f"did you mean {near}?" if near else f"there is {_listed(there)}" if there else "put it there"
        raise Fault(f"{path}: no such file; {hint}")
    if path.stat().st_size > MOST_BYTES:
        raise Fault(f"{path}: it has {path.stat().st_size:,} bytes, but at most {MOST_BYTES:,} are read")
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Fault(
            f"{path}: line {line} holds the byte 0x{content[error.start]:02x}, which is not UTF-8; save it as UTF-8 "
            "(in a spreadsheet: CSV UTF-8)"
        ) from error
    if "\0" in text:
        line = text.partition("\0")[0].count("\n") + 1
        raise Fault(f"{path}: line {line} holds a zero byte, so it is no text; save it as CSV in UTF-8")
    return text


def _header(names: list[str], path: Path, line: int) -> list[str]:
    if all(map(_is_number, names)) or any(_is_number(name) and not float(name).is_integer() for name in names):
        raise Fault(
            f"{path}: line {line} holds numbers ({_listed(names)}), but the first line must name the columns; "
            "add a header"
        )
    if len(names) < 2:
        raise Fault(
            f"{path}: its header names one column ({_listed(names)}), but there must be one of numbers or more, and "
            "one of labels, with commas, semicolons or tabs between them"
        )
    if len(names) - 1 > MOST_COLUMNS:
        raise Fault(f"{path}: it has {len(names) - 1:,} columns of numbers, but at most {MOST_COLUMNS:,} are taken")
    for place, name in enumerate(names):
        if not name:
            raise Fault(f"{path}: line {line}: column {place + 1} has no name; name it, or remove it")
        if name in names[:place]:
            raise Fault(
                f"{path}: line {line}: columns {names.index(name) + 1} and {place + 1} are both called {_shown(name)}; "
                "rename or remove one"
            )
    return names


def _place_of(label: str | None, header: list[str], path: Path) -> int:
    if label is None:
        return len(header) - 1
    if label not in header:
        near = nearest(label, header)
        hint = f"did you mean {_shown(near)}?" if near else f"it has {_listed(header)}"
        raise Fault(f"{path}: it has no column {_shown(label)}, which dataset.label names; {hint}")
    return header.index(label)


def _label(cell: str, path: Path, line: int, name: str) -> str:
    if cell.lower() in MISSING - {"none", "null", "na", "-"}:
        raise Fault(f"{path}: line {line}, column {_shown(name)}: there is no label; fill it in, or remove the row")
    if _is_number(cell) and not float(cell).is_integer():
        raise Fault(
            f"{path}: line {line}, column {_shown(name)} holds {_shown(cell)}, but a label must be text or a whole "
            "number; name the column of labels as dataset.label"
        )
    return re.sub(r"\.0*$", "", cell) if _is_number(cell) else cell  # a spreadsheet may write 1 as 1.0


def _numbers(cells: list[str], path: Path, lines: list[int], name: str) -> np.ndarray:
    values = pd.to_numeric(pd.Series(cells, dtype=object), errors="coerce").to_numpy(np.float64)
    wrong = ~(np.abs(values) <= np.finfo(np.float32).max)  # NaN is not, either
    if wrong.any():
        first = int(wrong.argmax())
        raise Fault(f"{path}: line {lines[first]}, column {_shown(name)} {_fault_of(cells[first])}")
    return values


def _fault_of(cell: str) -> str:
    if cell.lower() in MISSING:
        held = f"holds {_shown(cell)}" if cell else "is empty"
        return f"{held}, but each value must be known; fill it in, or remove the row or the column"
    if _is_number(cell):
        return f"holds {_shown(cell)}, which no 32-bit number can hold; scale the column"
    if _is_number(cell.replace(",", ".", 1)):
        return f"holds {_shown(cell)}, with a decimal comma; write a point: {_shown(cell.replace(',', '.', 1))}"
    return f"holds {_shown(cell)}, but must hold a number; encode it as numbers, or remove the column"


def _is_number(cell: str) -> bool:
    try:
        return np.isfinite(float(cell)) and "_" not in cell
    except ValueError:
        return False


def _named(delimiter: str) -> str:
    return {",": "commas", ";": "semicolons", "\t": "tabs"}[delimiter]


def _shown(text: str) -> str:
    return repr(text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}...")


def _listed(names: list[str]) -> str:
    text = ", ".join(name if name.isprintable() else repr(name) for name in names)
    return text if len(text) <= 2 * MOST_SHOWN else f"{text[: 2 * MOST_SHOWN]}..."
