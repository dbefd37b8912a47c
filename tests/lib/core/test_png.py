"""The writer of pictures."""

from pathlib import Path

import matplotlib.pyplot as plt
from PIL import Image

from stages.lib.core.png import write_png


def test_a_picture_has_100_pixels_an_inch_no_note_of_the_software_and_is_closed(tmp_path: Path) -> None:
    figure, other = plt.figure(figsize=(3, 2), dpi=50), plt.figure()
    write_png(figure, tmp_path / "new" / "picture.png")
    with Image.open(tmp_path / "new" / "picture.png") as picture:
        assert picture.size == (300, 200)
        assert "Software" not in picture.info
    assert (plt.fignum_exists(figure.number), plt.fignum_exists(other.number)) == (False, True)
    plt.close(other)
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["picture.png"]
