"""The writer of pictures: the same bytes for the same figure."""

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from stages.lib.core.files import whole

DPI = 100  # pixels per inch


def write_png(figure: Figure, path: Path) -> None:
    """Write a PNG without a note of the software's version, and close the figure."""
    with whole(path) as partial:
        figure.savefig(partial, dpi=DPI, metadata={"Software": None})
    plt.close(figure)
