"""Eigen's picture of the processor's caches, by which it cuts the sums of products, and how to change it."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import tensorflow as tf

from tools.verify.elf import symbols

SIZES = b"ZN5Eigen8internal20manage_caching_sizes"  # in the names of a static variable, _ZZN5..., and of its guard
LIBRARIES = ("libtensorflow_framework.so.2", "libtensorflow_cc.so.2")  # each has a copy
SECOND, THIRD = 512 * 1024, 4 * 1024 * 1024  # bytes of the other caches


@contextmanager
def first_cache_of(kibibytes: int) -> Iterator[None]:
    """Let Eigen believe for a while that the first data cache holds so much."""
    copies = [_sizes_and_guard(library) for library in LIBRARIES]
    for sizes, guard in copies:
        sizes[:] = [kibibytes * 1024, SECOND, THIRD]
        guard.value = 1  # read already
    try:
        yield
    finally:
        for _, guard in copies:
            guard.value = 0  # to be read from the processor again


@cache
def _sizes_and_guard(library: str) -> tuple[ctypes.Array[ctypes.c_long], ctypes.c_byte]:
    path = Path(tf.sysconfig.get_lib()) / library
    found = {symbol.name.startswith("_ZGV"): symbol.address for symbol in symbols(path, SIZES)}
    assert set(found) == {True, False}, f"{library} has no {SIZES.decode()}: find out where Eigen notes the caches now"
    base = _base(path)
    return (ctypes.c_long * 3).from_address(base + found[False]), ctypes.c_byte.from_address(base + found[True])


def _base(path: Path) -> int:
    """Return where a library was loaded in this process."""
    lines = [line.split() for line in Path("/proc/self/maps").read_text("utf-8").splitlines()]
    return min(int(line[0].split("-")[0], 16) for line in lines if Path(line[-1]) == path.resolve())
