"""Are the params sound?

DVC removes a stage's outputs before it runs the stage, so a fault in params.yaml must be found
before any other stage starts. This one reads the whole file and says all that is wrong with it, one
line each, or that it asks for more time, memory or disk than anybody has. Otherwise it writes what each
stage is to train, for which all other stages wait. A plan that a change of the params does not touch is
the same file as before, and its stage does not run.
"""

import shutil
from typing import Any

from stages.lib.analysis.needs import Rows, needs_of, refuse_too_much, told
from stages.lib.analysis.page import pages, sections
from stages.lib.core.files import write_json
from stages.lib.core.places import Places
from stages.lib.core.plan import write_plan
from stages.lib.core.runner import run_with
from stages.lib.data.sources import sets_of, varied_by
from stages.params.dataset import Dataset


def main(params: dict[str, Any], *, places: Places) -> None:
    """Write the plans; the runner has checked every section.

    The user's own table, where they name one, is read too: what can't be taken of it is said here. So is what the
    study will need, where that is worth a word.
    """
    sets = sets_of(params["dataset"], params["seed"], places.own)
    data, held_out = sets.description, len(sets.parts["validation"])
    varied = varied_by(params["own_sweep"], params["dataset"])  # a value that changes nothing is said here
    plans = {page.stage: page.plan(params, data) for page in pages()}
    rows = {"": Rows(data.rows, held_out)}
    rows |= {str(place): rows_of(own, params["dataset"], rows[""]) for place, own in enumerate(varied)}
    asked = params["prediction_grid"].points
    needs = {stage: needs_of(plan, data, rows, asked) for stage, plan in plans.items()}
    refuse_too_much(needs, plans)
    if large := told(needs):
        print(large)
    shutil.rmtree(places.plans, ignore_errors=True)
    for stage, plan in plans.items():
        write_plan(plan, places.plan(stage))
    drawn = {stage: len(plan.seeds) for stage, plan in plans.items() if plan.early_stopping is None}
    write_json(drawn, places.replicates)


def rows_of(varied: Dataset, asked: Dataset, rows: Rows) -> Rows:
    """Return about how many points a value of the user's own question has, without making them.

    Args:
        varied: the section `dataset` with that value.
        asked: the section as it stands.
        rows: that the latter has.
    """
    whole, judged = rows.train / asked.fraction, rows.validation
    if varied.points != asked.points:  # of points that are drawn each set has as many
        whole = judged = varied.points
    return Rows(max(1, round(varied.fraction * whole)), judged)


if __name__ == "__main__":
    run_with(sections(), lambda params: main(params, places=Places()), whole=True)
