"""The answers of the study, each a sentence or two made from the metrics of its stage.

They are Markdown: a name stands between backticks, and nothing else is marked up.
"""

from typing import Any


def baseline(found: dict[str, Any]) -> str:
    """Returns how well the baseline does, test points included, and since when its loss has settled."""
    settled, rule = found["plateau"]["epoch"], found["plateau"]
    when = f"from epoch {settled} on" if settled else "not yet"
    shares = [f"{found[part]['accuracy']:.2%} of the {part} points" for part in ("validation", "test")]
    return (
        f"{_verdict(found)}: the baseline ({found['parameters']} parameters, {found['epochs']} epochs) gets "
        f"{found['train']['accuracy']:.2%} of the training points, {' and '.join(shares)} right. Its loss has "
        f"settled {when} (less than {rule['min_delta']:g} gained in {rule['patience']} epochs)."
    )


def sweep(found: dict[str, Any], key: str) -> str:
    """Returns which variant of a sweep does best, by how much it varies, and how many runs diverged."""
    best = found["best"]
    loss, accuracy = best["val_loss"], best["val_accuracy"]
    edge = " It stands at an end of the grid, so a better one may lie beyond." if best["at_end_of_grid"] else ""
    return (
        f"{code(best[key])} has the least validation loss: {number(loss['mean'])} ± {number(loss['std'], 1)} (mean ± "
        f"standard deviation of {loss['n']} seeds), with {share(accuracy['mean'])} of the validation points right."
        f"{edge} Of {found['runs']} runs {found['diverged']} diverged."
    )


def callbacks(found: dict[str, Any]) -> str:
    """Returns when EarlyStopping stopped, what it gave back, and what ModelCheckpoint kept."""
    stopping, kept = found["early_stopping"], found["model_checkpoint"]
    same = "the same figures as were logged" if kept["loaded"] == kept["logged"] else "other figures than were logged"
    return (
        f"`EarlyStopping` ends the training after {stopping['stopped_epoch']} epochs and takes back the weights of "
        f"epoch {stopping['best_epoch']}, the last that gained {stopping['min_delta']:g}. `ModelCheckpoint`, which "
        f"counts every gain, saved {len(kept['epochs_saved'])} epochs, the best of them {kept['best_epoch']}; "
        f"loaded again, it gives {same}."
    )


def code(value: Any) -> str:
    """Returns a value as Markdown code; a backtick or line break in it could end the code, so it has none."""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"`{' '.join(text.replace('`', chr(39)).split())}`"


def number(value: float | None, digits: int = 2) -> str:
    """Returns a number with so many significant digits; a run that diverged may have none."""
    return "not a number" if value is None else f"{value:.{digits}g}"


def share(value: float | None) -> str:
    """Returns a share as per cent."""
    return "no known share" if value is None else f"{value:.2%}"


def _verdict(found: dict[str, Any]) -> str:
    return "Yes" if found["test"]["accuracy"] == 1 else "Nearly" if found["test"]["accuracy"] > 0.95 else "Not so far"
