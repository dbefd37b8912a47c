"""What did we learn?

Gives each question of the study its answer, with the evidence beside it, from the files of the other
stages: a page to open in a browser, and the same answers as text. It trains nothing and chooses
nothing, and is the one stage that quotes figures on the test set.
"""

from pathlib import Path
from typing import Any

from stages.lib.analysis.chapter import Chapter, read_chapters
from stages.lib.analysis.page import sections
from stages.lib.core.files import damaged, read_array, read_csv, whole
from stages.lib.core.places import Places
from stages.lib.core.plan import read_kept, read_weights
from stages.lib.core.points import read_description, read_points
from stages.lib.core.runner import run_with
from stages.lib.publish.charts import drawn
from stages.lib.publish.rendering import (
    Layer,
    Learning,
    Picture,
    Question,
    Report,
    Table,
    write_html,
    write_markdown,
)
from stages.lib.publish.stills import write_still


def main(params: dict[str, Any], *, places: Places) -> None:
    """Write the page and the text, both from the same questions."""
    chapters, description = read_chapters(places.chapters), read_description(places.description)
    if description.in_the_plane:
        description = description.within(params["prediction_grid"].limit)
    with whole(places.curves) as folder:
        stills = {chapter.stage: still_of(chapter, folder, places) for chapter in chapters}
    report = Report(
        [question_of(chapter, params, stills[chapter.stage], places) for chapter in chapters],
        read_points(places.points("train"), len(description.classes)),
        description,
        Picture(places.pictures / "data.png", "The training points."),
        learning_of(chapters, params["seed"], places) if description.in_the_plane else None,
    )
    write_html(report, places.page)
    write_markdown(report, places.text)


def learning_of(chapters: list[Chapter], seed: int, places: Places) -> Learning:
    """Return the first network that was followed while it learned."""
    followed = [chapter.stage for chapter in chapters if (places.grids / chapter.stage).is_dir()]
    if not followed:
        raise damaged(places.grids, "it has no network that was followed while it learned")
    stage = followed[0]
    grids = {int(file.stem): read_array(file) for file in (places.grids / stage).glob("*.npy")}
    recipe = read_kept(places.chosen / stage / "kept.json").recipe
    validation = read_points(places.points("validation"), recipe.classes)
    return Learning(grids, read_csv(places.table(stage, "curves")), recipe, seed, validation)


def still_of(chapter: Chapter, folder: Path, places: Places) -> Picture | None:
    """Draw how the networks of a chapter learn into a folder, and return the picture where it will be."""
    curves = [picture for chart in chapter.charts for picture in drawn(chart) if picture.table == "curves"]
    if not curves:
        return None
    path = places.curves / f"{chapter.stage}.png"
    write_still(curves[0], read_csv(places.table(chapter.stage, "curves")), folder / path.name)
    return Picture(path, curves[0].description)


def question_of(chapter: Chapter, params: dict[str, Any], still: Picture | None, places: Places) -> Question:
    """Return a chapter with its evidence, from the files of its stage."""

    def table(name: str) -> Any:
        return read_csv(places.table(chapter.stage, name))

    charts = tuple(picture for chart in chapter.charts for picture in drawn(chart))
    reasons = tuple(picture for chart in chapter.reasons for picture in drawn(chart))
    read = {chart.table for chart in (*charts, *reasons)}
    return Question(
        chapter,
        params={name: params[name] for name in chapter.reads},
        reasons=reasons,
        charts=charts,
        tables={name: table(name) for name in sorted(read)},
        pictures=tuple(Picture(places.root / picture.path, picture.alt) for picture in chapter.pictures),
        table=Table(table("variants"), chapter.table) if chapter.table else None,
        layers=layers_of(chapter.stage, places),
        still=still,
    )


def layers_of(stage: str, places: Places) -> tuple[Layer, ...]:
    """Return the layers of the network that a stage keeps, if it does, first to last."""
    folder = places.chosen / stage
    if not folder.exists():
        return ()
    recipe = read_kept(folder / "kept.json").recipe
    weights = read_weights(folder / "weights.npy", recipe)
    activations = [*recipe.activations, "sigmoid" if recipe.classes == 2 else "softmax"]
    return tuple(Layer(*layer) for layer in zip(activations, weights[::2], weights[1::2], strict=True))


if __name__ == "__main__":
    run_with(sections(), lambda params: main(params, places=Places()), whole=True)
