"""Are the params sound?"""

from pathlib import Path
from typing import Annotated

from annotated_types import Ge
from pydantic import Strict

from stages.lib.core.files import write_text
from stages.lib.core.runner import run_with

Count = Annotated[int, Strict(), Ge(1)]


if __name__ == "__main__":
    run_with({"seed": Count, "steps": Count}, lambda _: write_text("Sound.", Path("data/params.ok")), whole=True)
