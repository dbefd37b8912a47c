"""A hundred thousand rows are split anew for each replicate in bounded memory."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
# Peak memory of a process that draws, beyond that of one that takes the table apart once.
DRAWING = """
import resource, sys
from pathlib import Path
from stages.lib.data.sources import draws_of, sets_of
from tests.lib.data.test_sources import ASKED
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
sets_of(ASKED, 1, Path(sys.argv[1]))
before = peak()
rows = draws_of(ASKED, 1, Path(sys.argv[1]), 10)["train"].rows
assert rows.shape == (10, 70_000)
print(peak() - before)
"""


@pytest.mark.long
def test_ten_splits_of_a_hundred_thousand_rows_of_ten_columns_take_less_than_128_mebibytes(tmp_path: Path) -> None:
    """The row numbers of all of them take 6 MiB, the table 8."""
    table = pd.DataFrame(np.random.RandomState(0).standard_normal((100_000, 10)), columns=list("abcdefghij"))
    table.assign(kind=np.arange(100_000) % 3).to_csv(tmp_path / "own.csv", index=False)
    command = [sys.executable, "-c", DRAWING, str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) < 128 * 2**10
