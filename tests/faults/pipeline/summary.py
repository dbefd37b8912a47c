"""How far does it go?"""

import time
from pathlib import Path

import numpy as np

from stages.lib.core.files import read_array, read_csv, whole, write_csv, write_json, write_text
from stages.lib.core.runner import run


def main(*, path: Path, grids: Path, curves: Path, pictures: Path, metrics: Path, page: Path) -> None:
    """Writes the distances and what the grids hold, with pauses in which it can be disturbed half-way."""
    walk = read_csv(path)
    write_csv(walk.assign(distance=np.hypot(walk["x"], walk["y"])), curves)
    time.sleep(0.05)
    with whole(pictures) as folder:
        for grid in sorted(grids.iterdir()):
            write_text(str(read_array(grid).round(2)), folder / f"{grid.stem}.txt")
            time.sleep(0.05)
    write_json({"steps": len(walk), "farthest": float(np.hypot(walk["x"], walk["y"]).max())}, metrics)
    time.sleep(0.05)
    write_text("<p>" * 50_000, page)


if __name__ == "__main__":
    run(main)
