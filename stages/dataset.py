"""What do we learn from?

By default two figures in the plane: a ring with three gaps (class 0), and a Y of two bars that run out
through the gaps (class 1). A straight line can't part them, and no circle can either. Else one of the classics
of teaching, or the user's own table; see stages/lib/data/.

Held fixed: the construction, and which rows go into which set, as the seed has it.
"""

from stages.lib.core.files import write_csv
from stages.lib.core.places import Places
from stages.lib.core.points import write_description
from stages.lib.core.runner import run
from stages.lib.data.sources import sets_of
from stages.params.dataset import Dataset
from stages.params.seed import Seed


def main(seed: Seed, dataset: Dataset, *, places: Places) -> None:
    """Write the three sets of points, and what there is to say of them; what is on disk is the data."""
    sets = sets_of(dataset, seed, places.own)
    for part, table in sets.parts.items():
        write_csv(table, places.points(part), float_format=sets.float_format)
    write_description(sets.description, places.description)


if __name__ == "__main__":
    run(main)
