"""What do we learn from?

By default two figures in the plane: a ring with three gaps (class 0), and a Y of two bars that run out
through the gaps (class 1). A straight line can't part them, and no circle can either. Else one of the classics
of teaching, or the user's own table; see stages/lib/data/.

Held fixed: the construction, and which rows go into which set, as the seed has it.
"""

import hashlib
import shutil
from itertools import count
from pathlib import Path

from stages.lib.core.files import read_json, write_csv
from stages.lib.core.places import Places
from stages.lib.core.points import PARTS, write_description, write_draws
from stages.lib.core.runner import run
from stages.lib.data.sources import draws_of, draws_of_question, sets_of
from stages.params.dataset import Dataset
from stages.params.own_sweep import OwnSweep
from stages.params.seed import Seed


def main(seed: Seed, dataset: Dataset, own_sweep: OwnSweep, *, places: Places) -> None:
    """Write the three sets of points, what there is to say of them, and what each replicate of a stage learns from.

    The first replicate has the sets. Where the user's own question is of the points, each of its values has points of
    its own. A file of the user's that stands where points go is kept aside.
    """
    sets = sets_of(dataset, seed, places.own)
    for part in PARTS:
        keep_aside(places.points(part), places.root)
        write_csv(sets.parts[part], places.points(part), float_format=sets.float_format)
    write_description(sets.description, places.description)
    replicates: dict[str, int] = read_json(places.replicates)
    shutil.rmtree(places.draws(""), ignore_errors=True)
    draws = draws_of(dataset, seed, places.own, max(replicates.values()))
    of_values = draws_of_question(own_sweep, dataset, seed, places.own, replicates["own_sweep"])
    for name, of_value in of_values.items():
        write_draws(of_value, places.draws("own_sweep", name))
    for stage in replicates.keys() - ({"own_sweep"} if of_values else set()):
        write_draws({part: drawn.first(replicates[stage]) for part, drawn in draws.items()}, places.draws(stage))


def keep_aside(path: Path, root: Path) -> None:
    """Rename what stands at a path if DVC could not bring it back, and say so: it is the user's."""
    if not path.exists() or (path.is_file() and is_known(path, root)):
        return
    kept = next(
        free for number in count(1) if not (free := path.with_name(f"{path.stem}.kept-{number}{path.suffix}")).exists()
    )
    path.rename(kept)
    print(
        f"{path} is not what DVC knows, so it was renamed to {kept}. To learn from it: "
        f"`mv {kept} {root / 'data/own/yours.csv'}`, then `dvc exp run -S dataset.source=yours.csv`"
    )


def is_known(path: Path, root: Path) -> bool:
    """Return whether dvc.lock names the content of a file, or DVC's cache holds it."""
    digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    lock = root / "dvc.lock"
    noted = lock.read_text("utf-8") if lock.exists() else ""
    return digest in noted or (root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]).exists()


if __name__ == "__main__":
    run(main)
