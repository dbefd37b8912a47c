"""Rewrites the README's answers from metrics/; `make readme` calls it, and a test compares."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent
README = ROOT / "README.md"
BEGIN, END = "<!-- answers: begin (make readme) -->", "<!-- answers: end -->"


def main() -> None:
    """Returns nothing; writes README.md with the answers that metrics/ holds."""
    README.write_text(with_answers(README.read_text("utf-8"), answers(ROOT / "metrics")), "utf-8", newline="\n")


def with_answers(text: str, table: str) -> str:
    """Returns the text with what stands between the two markers replaced."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}"


def answers(folder: Path) -> str:
    """Returns a Markdown table of questions and measured answers, from the JSON files of a folder."""
    metrics = {file.stem: json.loads(file.read_text("utf-8")) for file in folder.glob("*.json")}
    rows = {
        "Can a network separate the two figures?": _baseline(metrics["baseline"]),
        "Which learning rate?": _sweep(metrics["lr_sweep"], "learning_rate"),
        "Which initial weights?": _sweep(metrics["initializer_sweep"], "kernel_initializer"),
        "When to stop, what to keep?": _callbacks(metrics["callbacks_demo"]),
    }
    return "\n".join(["| question | answer |", "| --- | --- |", *(f"| {ask} | {say} |" for ask, say in rows.items())])


def _baseline(found: dict[str, Any]) -> str:
    settled, rule = found["plateau"]["epoch"], found["plateau"]
    when = f"from epoch {settled} on" if settled else "not yet"
    return (
        f"The baseline ({found['parameters']} parameters, {found['epochs']} epochs) gets "
        f"{found['train']['accuracy']:.2%} of the training points and {found['validation']['accuracy']:.2%} of the "
        f"validation points right. Its loss has settled {when} (less than {rule['min_delta']:g} gained in "
        f"{rule['patience']} epochs)."
    )


def _sweep(found: dict[str, Any], key: str) -> str:
    best = found["best"]
    name = best[key] if isinstance(best[key], str) else f"{best[key]:g}"
    loss, accuracy = best["val_loss"], best["val_accuracy"]
    edge = " It stands at an end of the grid." if best.get("at_end_of_grid") else ""
    others = [f"`{other}`" for other in found["same_as_best"] if other != best[key]]
    tied = f" Not to be told from it at 5 %: {', '.join(others)}." if others else " All others are worse at 5 %."
    return (
        f"The least validation loss has `{name}`: {loss['mean']:.2g} ± {loss['std']:.1g} (mean ± standard "
        f"deviation of {loss['n']} seeds), accuracy {accuracy['mean']:.2%}.{tied}{edge} "
        f"Of {found['runs']} runs {found['diverged']} diverged."
    )


def _callbacks(found: dict[str, Any]) -> str:
    stopping, kept = found["early_stopping"], found["model_checkpoint"]
    same = "the same figures as were logged" if kept["loaded"] == kept["logged"] else "other figures than were logged"
    return (
        f"EarlyStopping ends the training after {stopping['stopped_epoch']} epochs and takes back the weights of "
        f"epoch {stopping['best_epoch']}, the last that gained {stopping['min_delta']:g}; ModelCheckpoint, which "
        f"counts every gain, saved {len(kept['epochs_saved'])} epochs, the best of them {kept['best_epoch']}. "
        f"Loaded again, it gives {same}."
    )


if __name__ == "__main__":
    main()
