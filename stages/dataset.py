"""What do we learn from?

By default two figures in the plane: a ring with three gaps (class 0), and a Y of two bars that run out
through the gaps (class 1). A straight line can't part them, and no circle can either. Else one of the classics
of teaching, or the user's own table; see stages/lib/data/.

Held fixed: the construction, and which rows go into which set, as the seed has it.
"""

import shutil
from dataclasses import replace

from stages.lib.core.files import write_csv
from stages.lib.core.places import Places
from stages.lib.core.points import write_description
from stages.lib.core.runner import run
from stages.lib.data.sources import sets_of
from stages.params.dataset import Dataset
from stages.params.own_sweep import OwnSweep
from stages.params.seed import Seed


def main(seed: Seed, dataset: Dataset, own_sweep: OwnSweep, *, places: Places) -> None:
    """Write the three sets of points, and what there is to say of them; what is on disk is the data.

    Where the user's own question is of the points, each of its values has sets of its own.
    """
    write_sets(dataset, seed, places)
    write_description(sets_of(dataset, seed, places.own).description, places.description)
    shutil.rmtree(places.sets, ignore_errors=True)
    places.sets.mkdir()
    if own_sweep.of_points:
        key = own_sweep.vary.partition(".")[2]
        for name, value in enumerate(own_sweep.values):
            write_sets(replace(dataset, **{key: value}), seed, places, str(name))


def write_sets(dataset: Dataset, seed: int, places: Places, name: str = "") -> None:
    """Write the points of training, validation and test, under the name of their set."""
    sets = sets_of(dataset, seed, places.own)
    for part, table in sets.parts.items():
        write_csv(table, places.points(part, name), float_format=sets.float_format)


if __name__ == "__main__":
    run(main)
