"""Pictures of points, of any number of columns and classes, with names that nobody has chosen well."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image
from sklearn.decomposition import PCA

from stages.lib.core.png import write_png
from stages.lib.core.points import Description, Points
from stages.lib.publish import drawing, projection
from stages.lib.publish.classes import COLOURS, colour_of, drawn, key_of, label_of, marker_of, thinned, tint
from tests.conftest import pixels

HOSTILE = "</script><img src=x>`|&'\" $x^2$ $\\frac{ \n城" + "very long " * 26
MOST_CLASSES = 20
# How readers see who lack one kind of cone, on linear RGB, by Machado, Oliveira and Fernandes (2009), at full severity.
SIGHTS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "all cones": np.eye(3).tolist(),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
)


def described(columns: int, classes: int, /, **changed: Any) -> Description:
    plain = Description(
        title="A table",
        about="one from the other",
        features=tuple(f"column {i}" for i in range(columns)),
        classes=tuple(f"kind {chr(ord('A') + i)}" for i in range(classes)),
        article="",
        limits=tuple((-2.0 - i, 3.0) for i in range(columns)),
        rows=90,
    )
    return replace(plain, **changed)


def some_points(columns: int, classes: int, rows: int = 90) -> Points:
    random = np.random.default_rng(columns)
    labels = np.arange(rows) % classes
    x = random.normal(size=(rows, columns)) + 0.1 * labels[:, None]
    return Points(x.astype(np.float32), labels[:, None].astype(np.float32))


def texts(figure: Figure) -> set[str]:
    return {text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)} - {""}


def lab(colour: str, sight: list[list[float]]) -> np.ndarray:
    """CIE 1976 L*a*b* of a colour as it is seen, for the white of sRGB."""
    parts = np.array(to_rgb(colour))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.array(sight) @ linear, 0, 1) / [0.95047, 1, 1.08883]
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


# How classes look.


@pytest.mark.parametrize("sight", SIGHTS)
def test_the_colours_of_ten_classes_differ_to_all_readers(sight: str) -> None:
    """By 10 in CIE 1976; a difference of 2.3 is just seen."""
    seen = [lab(colour, SIGHTS[sight]) for colour in COLOURS]
    distances = [float(np.linalg.norm(a - b)) for i, a in enumerate(seen) for b in seen[:i]]
    assert len(COLOURS) == 10
    assert min(distances) > 10


def test_twenty_classes_differ_in_their_colour_or_their_marker() -> None:
    looks = {(colour_of(label), marker_of(label)) for label in range(MOST_CLASSES)}
    assert len(looks) == MOST_CLASSES


def test_a_tint_goes_from_paper_to_the_full_colour() -> None:
    assert tint(1, 0) == (1, 1, 1)
    assert tint(1, 1) == pytest.approx(to_rgb("#D55E00"))


def test_a_name_is_drawn_on_one_line_as_far_as_there_is_room_and_the_font_has_signs() -> None:
    assert drawn("one\n two") == "one two"
    assert drawn("x" * 33) == "x" * 31 + "…"
    assert drawn("城 b") == "\N{REPLACEMENT CHARACTER} b"


def test_a_class_is_named_by_its_name_and_its_number_and_where_they_are_one_by_that() -> None:
    digits = described(2, 3, classes=("0", "one", HOSTILE))
    assert [label_of(digits, 0), label_of(digits, 1)] == ["class 0", "one (class 1)"]
    assert key_of(digits, 2).endswith("… (class 2)")


def test_points_are_thinned_evenly_and_only_where_they_are_many() -> None:
    points = some_points(3, 2, rows=11)
    assert thinned(points, 11) is points
    assert thinned(points, 3).x.tolist() == points.x[[0, 5, 10]].tolist()


# In the plane.


@pytest.mark.parametrize(("up", "aspect"), [((0, 3), "equal"), ((0, 3.1), "auto"), ((0, 0.33), "auto")])
def test_axes_have_one_scale_where_their_spans_are_alike(up: tuple[float, float], aspect: str) -> None:
    assert drawing.aspect_of(described(2, 2, limits=((4, 5), up))) == aspect


def grid_of_three() -> np.ndarray:
    """Class 0 left, class 1 right below, class 2 right above, the surer the farther to the right."""
    across, up = np.meshgrid(np.linspace(-2, 3, 41), np.linspace(-3, 3, 41))
    logits = 9 * np.stack([-across, across * (up < 0), across * (up > 0)])
    return (np.exp(logits) / np.exp(logits).sum(axis=0)).astype(np.float32)


def test_the_area_of_a_class_has_its_tint_and_the_deeper_the_surer(tmp_path: Path) -> None:
    description = described(2, 3)
    picture = drawing.picture_of_boundary(some_points(2, 3), grid_of_three(), description, title="Three")
    write_png(picture, tmp_path / "three.png")
    found = {tuple(colour) for colour in np.unique(pixels(tmp_path / "three.png"), axis=0).tolist()}
    for label in range(3):
        for strength in (drawing.FAINT, drawing.DEEP):  # the strict panel, and the surest place of the soft one
            expected = tuple(int(255 * part) for part in tint(label, strength))
            assert any(max(abs(a - b) for a, b in zip(expected, colour, strict=True)) <= 1 for colour in found), label


def test_a_class_leads_by_the_difference_to_the_best_of_the_others() -> None:
    grid = np.array([0.2, 0.5, 0.3]).reshape(3, 1, 1)
    assert drawing._leads(grid).ravel() == pytest.approx([-0.3, 0.2, -0.2])


def test_limits_and_names_are_those_of_the_points() -> None:
    picture = drawing.picture_of_points(some_points(2, 3), described(2, 3))
    (axes,) = picture.axes
    assert (axes.get_xlim(), axes.get_ylim()) == ((-2, 3), (-3, 3))
    assert texts(picture) >= {"column 0", "column 1", "kind C (class 2)", "The training set: 90 points"}


def test_the_scale_and_the_units_name_the_classes_with_their_article() -> None:
    description, points = described(2, 2, classes=("cat", "dog"), article="a "), some_points(2, 2)
    grid = np.linspace(0, 1, 25, dtype=np.float32).reshape(5, 5)
    soft = drawing.picture_of_epoch(points, grid, description, title="One")
    assert "probability of a dog" in texts(soft)
    units = drawing.picture_of_units(points, np.stack([grid, grid, 2 * grid]), description, title="Units")
    (title,) = (text for text in texts(units) if text.startswith("Units"))
    assert title.endswith("orange speaks for a dog, blue for a cat")


def test_standardised_columns_say_so() -> None:
    description = described(2, 2, mean=(1.0, 2.0), deviation=(3.0, 4.0))
    assert "column 0 (standardised)" in texts(drawing.picture_of_points(some_points(2, 2), description))


def test_of_many_points_some_are_drawn_and_that_is_said() -> None:
    picture = drawing.picture_of_points(some_points(2, 2, rows=9_000), described(2, 2))
    assert "The training set: 9000 points, 3000 of them drawn" in texts(picture)
    assert sum(len(np.asarray(part.get_offsets())) for part in picture.axes[0].collections) == 3_000


@pytest.mark.parametrize("shape", [(5, 5), (3, 5, 5)])
def test_where_answers_are_no_numbers_no_class_wins_and_the_title_says_why(shape: tuple[int, ...]) -> None:
    classes = 2 if len(shape) == 2 else 3
    grid = np.full(shape, np.nan, np.float32)
    picture = drawing.picture_of_boundary(some_points(2, classes), grid, described(2, classes), title="Lost")
    assert picture.get_suptitle() == "Lost; its answers are no numbers, as its training diverged"
    assert all(not axes.images for axes in picture.axes)


# All variants of a sweep.


@pytest.mark.parametrize(
    ("variants", "classes"),
    [(1, 2), (15, 2), (130, 3), *(pytest.param(100, classes, marks=pytest.mark.long) for classes in (2, 20))],
)
def test_a_picture_of_all_variants_has_a_panel_for_each_and_stays_small(
    variants: int, classes: int, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    places = np.stack(np.meshgrid(np.linspace(-3, 3, 60), np.linspace(-3, 3, 60)))
    logits = np.einsum("vcd,dij->vcij", random.normal(size=(variants, classes, 2)), np.sin(2 * places))
    grids = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    if classes == 2:
        grids = grids[:, 1]
    grids[-1] = np.nan
    names = [f"{HOSTILE}{i}" if i == 0 else f"variant {i}" for i in range(variants)]
    losses = [*np.linspace(0.01, 0.9, variants - 1), np.nan]
    points = some_points(2, classes, rows=1200)
    picture = drawing.picture_of_variants(points, grids, names, losses, described(2, classes))
    shown = [axes for axes in picture.axes if axes.get_visible()]
    assert len(shown) == min(variants, drawing.PANELS)
    assert shown[-1].get_title().endswith("\ndiverged")
    assert "no numbers" in texts(picture)
    if variants > 1:
        assert shown[1].get_title() == f"variant 1\n{losses[1]:.3g}"
    assert ("(100 of 130 variants)" in picture.get_suptitle()) == (variants > drawing.PANELS)
    write_png(picture, tmp_path / "variants.png")
    assert (tmp_path / "variants.png").stat().st_size < 300_000


# Not in the plane.


def test_components_are_those_of_the_training_points_and_say_how_much_they_hold() -> None:
    points, description = some_points(5, 3), described(5, 3)
    fitted = projection.fit(points, description)
    x = points.x.astype(np.float64)
    values = (
        np.linalg.svd(x - x.mean(axis=0), compute_uv=False) ** 2
    )  # the variances along all components, but a factor
    assert fitted.held == pytest.approx(values[:2].sum() / values.sum())
    other = some_points(5, 3, rows=7)
    expected = PCA(2).fit(x).transform(other.x.astype(np.float64))
    assert fitted.places_of(other) == pytest.approx(expected)


def test_a_single_column_is_drawn_as_it_is_with_a_row_for_each_class() -> None:
    points = some_points(1, 3, rows=6)
    fitted = projection.fit(points, described(1, 3))
    assert fitted.places_of(points) == pytest.approx(np.hstack([points.x, points.y]))
    picture = projection.picture_of_points(points, described(1, 3))
    assert texts(picture) >= {"column 0", "kind A (class 0)", "kind C (class 2)"}


def test_a_matrix_counts_which_class_is_taken_for_which_and_the_points_are_told_by_right_and_wrong() -> None:
    points = some_points(4, 3, rows=9)  # classes 0 1 2 0 1 2 0 1 2
    answers = np.eye(3, dtype=np.float32)[[0, 1, 1, 0, 1, 1, 1, 1, 2]]
    picture = projection.picture_of_answers(points, answers, some_points(4, 3), described(4, 3), title="Nine")
    matrix, plane = picture.axes
    cells = {tuple(map(int, text.get_position())): text.get_text() for text in matrix.texts}
    assert cells == {(0, 0): "2\n67%", (1, 0): "1\n33%", (1, 1): "3\n100%", (1, 2): "2\n67%", (2, 2): "1\n33%"}
    assert plane.get_title().startswith("6 are right (pale), 3 wrong (dark edge)\ntwo components hold ")
    counts = [len(np.asarray(part.get_offsets())) for part in plane.collections]
    assert counts == [2, 3, 1, 1, 0, 2]  # right of each class, then wrong


def test_answers_that_are_no_numbers_are_said_and_count_as_wrong() -> None:
    points = some_points(4, 3, rows=9)
    answers = np.eye(3, dtype=np.float32)[[0, 1, 2] * 3]
    answers[:2] = np.nan
    picture = projection.picture_of_answers(points, answers, points, described(4, 3), title="Nine")
    assert picture.get_suptitle() == "Nine; 2 answers are no numbers: its training diverged"
    assert "7 are right (pale), 2 wrong (dark edge)" in picture.axes[1].get_title()
    answers[:] = np.nan
    projection.picture_of_answers(points, answers, points, described(4, 3), title="None")


# Names that nobody has chosen well, and the same bytes.


def picture_in_the_plane(points: Points, description: Description) -> Figure:
    return drawing.picture_of_boundary(points, np.full((20, 5, 5), 0.05), description, title=HOSTILE)


def picture_of_many_columns(points: Points, description: Description) -> Figure:
    return projection.picture_of_answers(
        points, np.eye(20)[points.y[:, 0].astype(int)], points, description, title=HOSTILE
    )


@pytest.mark.parametrize(
    ("columns", "picture_of"),
    [
        (2, picture_in_the_plane),
        (2, drawing.picture_of_points),
        (1, picture_of_many_columns),
        (3, picture_of_many_columns),
        (3, projection.picture_of_points),
    ],
)
def test_hostile_names_are_drawn_as_text_and_again_to_the_same_bytes(
    columns: int, picture_of: Callable[[Points, Description], Figure], tmp_path: Path
) -> None:
    hostile: dict[str, Any] = {"features": (HOSTILE,) * columns, "classes": tuple(f"{HOSTILE}{i}" for i in range(20))}
    for name in ("once.png", "again.png"):
        write_png(picture_of(some_points(columns, 20), replace(described(columns, 20), **hostile)), tmp_path / name)
    assert (tmp_path / "once.png").read_bytes() == (tmp_path / "again.png").read_bytes()
    with Image.open(io.BytesIO((tmp_path / "once.png").read_bytes())) as picture:
        assert picture.width <= 2_000
