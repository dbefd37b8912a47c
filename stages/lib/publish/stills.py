"""A chart of the report as a picture, drawn without a browser: for pages that run no script."""

import io
import json
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import vl_convert
from PIL import Image

from stages.lib.core.files import whole
from stages.lib.publish.charts import CONFIG, Drawn

SIZE = {"width": 560, "height": 300}  # of the chart without its axes and legend, in CSS pixels
SCALE = 1.5  # pixels of the picture per CSS pixel
COLOURS = 64  # a picture of few colours takes a fifth of the bytes
FONT = "DejaVu Sans"  # Matplotlib brings it, so that no font of the machine is asked for


def write_still(chart: Drawn, rows: pd.DataFrame, path: Path) -> None:
    """Write a PNG of a chart of some rows, from the one definition that the report and `dvc plots` have."""
    vl_convert.register_font_directory(str(Path(mpl.get_data_path()) / "fonts/ttf"))
    values = json.loads(rows.to_json(orient="records"))
    config = CONFIG | {"font": FONT, "background": "white"}
    spec = SIZE | chart.spec | {"title": chart.title, "data": {"values": values}, "config": config}
    with Image.open(io.BytesIO(vl_convert.vegalite_to_png(spec, scale=SCALE))) as drawn:
        few = drawn.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    with whole(path) as partial:
        few.save(partial, "png", optimize=True)
