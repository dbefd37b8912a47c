"""The symbols of a 64-bit ELF file, with the local ones, which `ctypes` does not find."""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TABLES = {2, 11}  # SHT_SYMTAB, SHT_DYNSYM
# The records of the System V ABI, https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html
SECTION = np.dtype("<u4,<u4,<u8,<u8,<u8,<u8,<u4,<u4,<u8,<u8")
SYMBOL = np.dtype("<u4,u1,u1,<u2,<u8,<u8")
SECTIONS_AT, SECTION_COUNT = slice(40, 48), slice(60, 62)  # of the file's header


@dataclass(frozen=True)
class Symbol:
    """A name in an object file, its address in bytes from where the file is loaded, and whether another file has it."""

    name: str
    address: int
    undefined: bool


def symbols(path: Path, containing: bytes = b"") -> Iterator[Symbol]:
    """Yield the symbols of a file whose names contain some bytes; none, where the file was stripped."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        start = int.from_bytes(content[SECTIONS_AT], "little")
        sections = np.frombuffer(content, SECTION, int.from_bytes(content[SECTION_COUNT], "little"), start).copy()
        for _, kind, _, _, offset, size, link, *_ in sections.tolist():
            if kind not in TABLES:
                continue
            table = np.frombuffer(content[offset : offset + size], SYMBOL)
            names_at, names_size = sections[link].tolist()[4:6]
            names = content[names_at : names_at + names_size]
            for place in _places(names, containing) if containing else [None]:
                for name, _, _, section, address, _ in (
                    table if place is None else table[table["f0"] == place]
                ).tolist():
                    yield Symbol(names[name : names.index(b"\0", name)].decode(), address, section == 0)


def _places(names: bytes, part: bytes) -> Iterator[int]:
    """Yield where the names begin that contain `part`."""
    found = names.find(part)
    while found != -1:
        yield names.rfind(b"\0", 0, found) + 1
        found = names.find(part, found + len(part))
