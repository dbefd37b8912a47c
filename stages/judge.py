"""What do the trained networks say?

Makes figures, tables and answers from what the other stages measured while they trained, and chooses the network
that each of them keeps. It loads no TensorFlow and trains nothing: another rule or another test costs seconds.
"""

from pathlib import Path

from stages.lib.analysis.chapter import write_chapter
from stages.lib.analysis.measures import constant_loss
from stages.lib.analysis.page import Chosen, Given, pages
from stages.lib.analysis.sweep import Trained
from stages.lib.core.files import whole, write_array, write_csv
from stages.lib.core.places import Places
from stages.lib.core.plan import read_plan, write_kept
from stages.lib.core.points import read_description, read_points
from stages.lib.core.runner import run
from stages.params.training import Training


def main(training: Training, *, places: Places) -> None:
    """Write the figures, tables and chapter of every page, and the network that it chooses."""
    data = read_description(places.description)
    points = read_points(places.points("train"), len(data.classes))
    given = Given(rule=training, data=data, points=points, constant=constant_loss(points))
    with whole(places.chapters) as chapters, whole(places.chosen) as networks:
        for page in pages():
            trained = Trained(read_plan(places.plan(page.stage)), places.trained(page.stage))
            findings = page.judge(trained, given)
            findings.figures.write(places.metrics(page.stage))
            for name, table in findings.tables.items():
                write_csv(table, places.table(page.stage, name))
            write_chapter(page.chapter(findings), chapters)
            if findings.chosen:
                write_chosen(findings.chosen, networks / page.stage)


def write_chosen(chosen: Chosen, folder: Path) -> None:
    """Write a network as its recipe and its weights, and its weights while it learned."""
    write_kept(chosen.kept, folder / "kept.json")
    write_array(chosen.weights, folder / "weights.npy")
    for epoch, weights in chosen.snapshots.items():
        write_array(weights, folder / "snapshots" / f"{epoch}.npy")
    for number, variant in enumerate(chosen.variants):
        write_chosen(variant, folder / "variants" / f"{number}")


if __name__ == "__main__":
    run(main)
