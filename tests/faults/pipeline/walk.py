"""Where does a random walk go?"""

import time
from pathlib import Path

import numpy as np
import pandas as pd

from stages.lib.core.files import whole, write_array, write_csv
from stages.lib.core.places import Places
from stages.lib.core.runner import run


def main(seed: int, steps: int, *, places: Places) -> None:
    """Writes the walk and some grids, with pauses in which it can be disturbed half-way.

    It goes on when the file `wait` is gone, so that a test can take the time it needs.
    """
    random = np.random.RandomState(seed)
    write_csv(pd.DataFrame(random.randn(steps, 2).cumsum(axis=0), columns=["x", "y"]), places.root / "data/path.csv")
    with whole(places.grids) as folder:
        for number in range(3):
            write_array(random.rand(9, 9), folder / f"{number}.npy")
            time.sleep(0.05)
        while Path("wait").exists():
            time.sleep(0.01)


if __name__ == "__main__":
    run(main)
