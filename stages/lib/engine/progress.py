"""How far the training of a plan is: a bar on a terminal, a line now and then in a log."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from tqdm import tqdm

LINES = 10  # in a log, from the first epoch to the last

Item = TypeVar("Item")


def counted(
    found: Iterable[tuple[int, Item]], sizes: Sequence[int], *, done: int, name: str
) -> Iterator[tuple[int, Item]]:
    """Yield what is found of shards, and shows how many networks are trained and the time left.

    Args:
        found: a position and an outcome for each shard, in any order.
        sizes: the number of networks of each shard, by position.
        done: the number of networks that were trained before.
        name: what the bar is called.
    """
    total = done + sum(sizes)
    silent = not sys.stderr.isatty()
    bar = tqdm(desc=name, total=total, initial=done, unit="network", disable=silent)
    for position, outcome in found:
        yield position, outcome
        bar.update(sizes[position])
        before, done = done, done + sizes[position]
        if silent and len(sizes) > 1 and done * LINES // total > before * LINES // total:
            print(f"{name}: {done} of {total} networks", file=sys.stderr, flush=True)
    bar.close()
