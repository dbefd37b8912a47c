"""Charts as pictures: the chart of the report, whatever the machine has."""

import os
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from fontTools.ttLib import TTFont
from PIL import Image

from stages.lib.analysis.chapter import Chart
from stages.lib.publish.charts import drawn
from stages.lib.publish.encodings import PALETTES
from stages.lib.publish.stills import FILES, SCALE, SIZE, write_still
from tests.conftest import pixels
from tests.faults.namespaces import PRIVATE, require_namespaces
from tests.lacking import lacking

ROOT = Path(__file__).parents[3]
FONTS = Path("/usr/share/fonts")  # of the machine
(CHART, _) = drawn(Chart("curves", "activation", ("elu", "relu")))
ROWS = pd.DataFrame({"activation": ["elu", "elu", "relu", "relu"], "epoch": [1, 9, 1, 9], "val_loss": [1, 0.5, 1, 0.1]})
ELSEWHERE = """
from pathlib import Path
import sys
from tests.lib.publish.test_stills import CHART, ROWS
from stages.lib.publish.stills import write_still
write_still(CHART, ROWS, Path(sys.argv[1]))
"""


def of_another_width(folder: Path) -> None:
    """Writes fonts of the same name as Matplotlib's, in which every letter is wider."""
    folder.mkdir()
    for file in FILES:
        with TTFont(Path(mpl.get_data_path()) / "fonts/ttf" / file) as font:
            widths = font["hmtx"].metrics
            widths.update({glyph: (2 * width, left) for glyph, (width, left) in widths.items()})
            font.save(folder / file)


def colour(name: str) -> list[int]:
    return [int(name[place : place + 2], 16) for place in (1, 3, 5)]


def test_a_picture_has_a_line_in_the_colour_of_each_variant_on_white(tmp_path: Path) -> None:
    write_still(CHART, ROWS, tmp_path / "still.png")
    found = pixels(tmp_path / "still.png").astype(int)
    for name in PALETTES["light"][:2]:
        assert (np.abs(found - colour(name)).max(axis=1) < 8).sum() > 500
    assert (found == 255).all(axis=1).mean() > 0.8


def test_a_picture_has_words_in_black(tmp_path: Path) -> None:
    for name in ("first.png", "second.png"):
        write_still(CHART, ROWS, tmp_path / name)
        assert (pixels(tmp_path / name) < 64).all(axis=1).sum() > 1000


def test_a_picture_is_large_enough_to_read_and_has_few_colours(tmp_path: Path) -> None:
    write_still(CHART, ROWS, tmp_path / "still.png")
    with Image.open(tmp_path / "still.png") as picture:
        assert picture.mode == "P"
        assert all(side >= SCALE * size for side, size in zip(picture.size, SIZE.values(), strict=True))
    assert (tmp_path / "still.png").stat().st_size < 30_000


def test_a_loss_that_is_no_number_leaves_a_gap(tmp_path: Path) -> None:
    gap = ROWS.assign(val_loss=[1, 0.5, 1, float("nan")])
    write_still(CHART, gap, tmp_path / "still.png")
    found = pixels(tmp_path / "still.png").astype(int)
    assert (np.abs(found - colour(PALETTES["light"][1])).max(axis=1) < 8).sum() < 500


def test_a_machine_with_other_fonts_of_that_name_and_another_language_draws_the_same_bytes(tmp_path: Path) -> None:
    require_namespaces()
    if not FONTS.is_dir():
        lacking(f"this machine has no {FONTS}, over which other fonts are put; `apt-get install fontconfig`")
    of_another_width(tmp_path / "fonts")
    environment = os.environ | {"LANG": "ru_RU.UTF-8", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    there = f"mount --bind {tmp_path}/fonts {FONTS} && exec {sys.executable} -c '{ELSEWHERE}' {tmp_path}/there.png"
    subprocess.run([*PRIVATE, "sh", "-c", there], cwd=ROOT, env=environment, check=True)
    write_still(CHART, ROWS, tmp_path / "here.png")
    assert (tmp_path / "there.png").read_bytes() == (tmp_path / "here.png").read_bytes()


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), 0.0, 1e38, 1e-40])
def test_whatever_a_loss_is_there_is_a_picture(tmp_path: Path, loss: float) -> None:
    write_still(CHART, ROWS.assign(val_loss=loss), tmp_path / "still.png")
    assert pixels(tmp_path / "still.png").size
