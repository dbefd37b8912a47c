"""Are the params sound?

DVC removes a stage's outputs before it runs the stage, so a fault in params.yaml must be found
before any other stage starts. This one reads the whole file and says all that is wrong with it, one
line each. Otherwise it writes what each stage is to train, and a file that all other stages wait for.
A plan that a change of the params does not touch is the same file as before, and its stage does not run.
"""

import shutil
from typing import Any

from stages.lib.analysis.page import pages, sections
from stages.lib.core.files import write_json, write_text
from stages.lib.core.places import Places
from stages.lib.core.plan import write_plan
from stages.lib.core.runner import run_with
from stages.lib.data.sources import sets_of, varied_by


def main(params: dict[str, Any], *, places: Places) -> None:
    """Write the plans, and the file that says that the params are sound; the runner has checked every section.

    The user's own table, where they name one, is read too: what can't be taken of it is said here.
    """
    data = sets_of(params["dataset"], params["seed"], places.own).description
    varied_by(params["own_sweep"], params["dataset"])  # a value that changes nothing is said here
    plans = {page.stage: page.plan(params, data) for page in pages()}
    shutil.rmtree(places.plans, ignore_errors=True)
    for stage, plan in plans.items():
        write_plan(plan, places.plan(stage))
    drawn = {stage: len(plan.seeds) for stage, plan in plans.items() if plan.early_stopping is None}
    write_json(drawn, places.replicates)
    write_text("params.yaml holds what stages/params allows.", places.params_ok)


if __name__ == "__main__":
    run_with(sections(), lambda params: main(params, places=Places()), whole=True)
