"""The points, against a plain loop that draws in the order of the design."""

import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages import dataset
from stages.lib.core.places import Places
from stages.lib.data import drawn
from tests.measured import draw_points


def points_of_a_notebook(sets: int) -> list[list[tuple[float, float, int]]]:
    """What a notebook draws after `numpy.random.seed`, point by point."""
    drawn = []
    for _ in range(sets):
        rows = []
        kept = []
        for i in range(1000):
            angle = 2 * math.pi * i / 999
            if all(abs(angle - gap * math.pi) >= 0.2 for gap in (0.75, 1.25, 1.75)):
                kept.append(angle)
        radii = [1 + 0.5 * (np.random.rand() - 0.5) for _ in kept]
        rows += [(r * math.cos(a), r * math.sin(a), 0) for r, a in zip(radii, kept, strict=True)]
        for left, right, slope in ((-1.5, 1.5, -1), (-1.5, -0.1, 1)):
            xs = [left + (right - left) * i / 199 + (np.random.rand() - 0.5) / 10 for i in range(200)]
            rows += [(x, slope * x + (np.random.rand() - 0.5) / 3, 1) for x in xs]
        drawn.append(rows)
    return drawn


def test_three_calls_of_one_generator_give_the_three_sets_with_six_decimals(tmp_path: Path) -> None:
    places = Places(tmp_path)
    draw_points(places, seed=7)
    np.random.seed(7)
    for part, expected in zip(("train", "validation", "test"), points_of_a_notebook(sets=3), strict=True):
        written = pd.read_csv(places.points(part))
        lines = places.points(part).read_text("utf-8").splitlines()
        assert all(re.fullmatch(r"-?\d\.\d{6},-?\d\.\d{6},[01]", line) for line in lines[1:])
        assert list(written.columns) == ["x1", "x2", "label"]
        np.testing.assert_allclose(written.to_numpy(), np.array(expected), rtol=0, atol=0.5000001e-6)


def test_a_set_has_809_ring_points_then_two_bars_of_200(data: Places) -> None:
    labels = pd.read_csv(data.points("train"))["label"].tolist()
    assert labels == [0] * 809 + [1] * 400


def test_a_stage_gets_as_many_draws_as_it_has_replicates(tmp_path: Path) -> None:
    places = Places(tmp_path)
    draw_points(places, lr_sweep={"replicates": 3}, initializer_sweep={"replicates": 5})
    for stage, draws in (("lr_sweep", 3), ("initializer_sweep", 5), ("baseline", 1)):
        assert np.load(places.draws(stage) / "train.npy").shape == (draws, 1209)


@pytest.mark.parametrize(
    ("place", "held", "known"),
    [
        ("dvc.lock", "  - path: data/train.csv\n    md5: 900150983cd24fb0d6963f7d28e17f72\n", True),
        (".dvc/cache/files/md5/90/0150983cd24fb0d6963f7d28e17f72", "abc", True),
        ("dvc.lock", "  - path: data/train.csv\n    md5: 900150983cd24fb0d6963f7d28e17f73\n", False),
        (".dvc/cache/files/md5/90/1150983cd24fb0d6963f7d28e17f72", "abc", False),
    ],
)
def test_a_file_is_known_by_the_md5_of_its_content_in_the_lock_or_in_the_cache(
    tmp_path: Path, place: str, held: str, known: bool
) -> None:
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text(held, "utf-8")
    file = tmp_path / "train.csv"
    file.write_text("abc", "utf-8")  # whose MD5 is that of the test suite of RFC 1321
    assert dataset.is_known(file, tmp_path) == known


@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_seeds_at_the_ends_of_the_range_draw_other_points(seed: int, data: Places) -> None:
    found = drawn.table_of(drawn.ring_and_y(np.random.RandomState(seed))).to_numpy()
    assert not np.allclose(found, pd.read_csv(data.points("train")).to_numpy())


def test_the_stage_starts_without_tensorflow() -> None:
    code = "import sys, stages.dataset; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
