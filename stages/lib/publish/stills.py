"""A chart of the report as a picture, drawn without a browser: for pages that run no script."""

import io
import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib as mpl
import pandas as pd
import vl_convert
from fontTools.ttLib import TTFont
from PIL import Image

from stages.lib.core.files import whole
from stages.lib.publish.charts import Drawn
from stages.lib.publish.encodings import CONFIG

SIZE = {"width": 560, "height": 300}  # of the chart without its axes and legend, in CSS pixels
SCALE = 1.5  # pixels of the picture per CSS pixel
COLOURS = 64  # a picture of few colours takes a fifth of the bytes
FONT = "DejaVu Sans of Matplotlib"  # a name of its own: a machine's font of the same name would go first
FILES = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
FAMILY = {1, 16}  # the names of a font's family, as OpenType numbers names


@cache
def own_font() -> TemporaryDirectory[str]:
    """Let the process draw in the font that Matplotlib brings, whatever the machine has; return the font's folder.

    It is made once: of a second folder vl-convert would go on to look in the first, and find no letters there.
    """
    folder = TemporaryDirectory()
    for file in FILES:
        with TTFont(Path(mpl.get_data_path()) / "fonts/ttf" / file) as font:
            for record in font["name"].names:
                if record.nameID in FAMILY:
                    record.string = FONT
            font.save(Path(folder.name) / file)
    vl_convert.register_font_directory(folder.name)
    return folder


def write_still(chart: Drawn, rows: pd.DataFrame, path: Path) -> None:
    """Write a PNG of a chart of some rows, in `own_font`, from the definition that the page and `dvc plots` have."""
    own_font()
    values = json.loads(rows.to_json(orient="records"))
    config = CONFIG | {"font": FONT, "background": "white"}
    spec = SIZE | chart.spec | {"title": chart.title, "data": {"values": values}, "config": config}
    with Image.open(io.BytesIO(vl_convert.vegalite_to_png(spec, scale=SCALE))) as drawn:
        few = drawn.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    with whole(path) as partial:
        few.save(partial, "png", optimize=True)
