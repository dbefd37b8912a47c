"""Finds the name that somebody most likely meant."""

import difflib
from collections.abc import Iterable

CUTOFF = 0.7  # of difflib's ratio; what is less alike is no slip of the keys


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the one of some names that is spelt most like `name`, or None where none is like it."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=CUTOFF)), None)
