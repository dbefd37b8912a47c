"""What a report may say: held against what was trained, whatever the params were."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from stages.lib.analysis.page import SweepPage, pages
from stages.lib.core.files import plain, read_csv
from stages.lib.core.places import Places
from stages.lib.core.plan import Plan, read_plan

COUNTED = "epoch|network|start|seed|layer|point|parameter|run|unit|update|sample|variant|column|row|class|stage"
PLURAL_OF_ONE = re.compile(rf"(?<![\d.,e-])1 (?:(?!(?:of|{COUNTED})\b)`?\w+`? )?(?:{COUNTED})e?s\b")
NO_NUMBER = re.compile(r"\b(?:nan|NaN|inf|Infinity|null)\b")  # "None" begins a sentence, "none" stands in tables
ALL_WORSE = re.compile(r"All others are worse|The other is worse")


def refuse_false_words(folder: Path) -> None:
    """Fail where the report of a study says what may not be said."""
    places = Places(folder)
    text = places.text.read_text("utf-8")
    chapters = [json.loads(file.read_text("utf-8")) for file in places.chapters.glob("*.json")]
    said = [text, *(part for chapter in chapters for part in (chapter["answer"], chapter["title"]))]
    for part in said:
        assert PLURAL_OF_ONE.findall(part) == []
        assert NO_NUMBER.findall(part) == []
    answers = {chapter["stage"]: chapter["answer"] for chapter in chapters}
    for page in pages():
        if isinstance(page, SweepPage):
            plan, found = read_plan(places.plan(page.stage)), json.loads(places.metrics(page.stage).read_text("utf-8"))
            judged = places_judged(plan)
            tried = [plain(plan.variants[place].changed) for place in judged]
            refuse_best_that_was_not_tried(tried, found["best"])
            losses = np.load(places.trained(page.stage) / "val_loss.npy")[judged, :, -1]
            refuse_tie_called_worse(page, tried, losses, found, answers[page.stage])
            rows = read_csv(places.table(page.stage, "variants"))
            assert len(rows) == found["variants"]
            assert found["runs"] == losses.size


def places_judged(plan: Plan) -> list[int]:
    """Places in the plan of what is ranked: where the same was trained for several numbers of epochs, the fewest."""
    fewest: dict[str, int] = {}
    for place, variant in sorted(enumerate(plan.variants), key=lambda each: -each[1].recipe.epochs):
        fewest[json.dumps(plain(variant.changed), sort_keys=True)] = place
    return sorted(fewest.values())


def refuse_best_that_was_not_tried(tried: list[Any], best: dict[str, Any]) -> None:
    assert {name: best[name] for name in tried[0]} in tried


def refuse_tie_called_worse(page: SweepPage, tried: list[Any], losses: np.ndarray, found: Any, answer: str) -> None:
    """A variant that ends with the losses of the best, seed by seed, is the best's equal.

    Of the rates of a variant only the best counts. `losses` has the shape (variants, seeds).
    """
    keys = found["best"].keys() & tried[0].keys()
    best = losses[tried.index({key: found["best"][key] for key in tried[0]})]
    if not np.isfinite(best).all():
        return
    names = {key for key in keys if key != "learning_rate" or keys <= {"learning_rate"}}
    ties = {
        str({key: named[key] for key in sorted(names)})
        for named, loss in zip(tried, losses, strict=True)
        if (loss == best).all()
    }
    same = found["same_as_best"]
    assert len(ties) <= len(same), page.stage
    if len(ties) > 1:
        assert not ALL_WORSE.search(answer), answer
