"""How far does it go?"""

import time

import numpy as np

from stages.lib.core.files import read_array, read_csv, whole, write_csv, write_json, write_text
from stages.lib.core.places import Places
from stages.lib.core.runner import run


def main(*, places: Places) -> None:
    """Writes the distances and what the grids hold, with pauses in which it can be disturbed half-way."""
    walk = read_csv(places.root / "data/path.csv")
    write_csv(walk.assign(distance=np.hypot(walk["x"], walk["y"])), places.table("summary", "curves"))
    time.sleep(0.05)
    with whole(places.root / "plots/summary/pictures") as folder:
        for grid in sorted(places.grids.iterdir()):
            write_text(str(read_array(grid).round(2)), folder / f"{grid.stem}.txt")
            time.sleep(0.05)
    write_json({"steps": len(walk), "farthest": float(np.hypot(walk["x"], walk["y"]).max())}, places.metrics("summary"))
    time.sleep(0.05)
    write_text("<p>" * 50_000, places.page)


if __name__ == "__main__":
    run(main)
