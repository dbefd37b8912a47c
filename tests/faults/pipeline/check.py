"""Are the params sound?"""

from pathlib import Path
from typing import Annotated

from annotated_types import Ge
from pydantic import Strict

from stages.lib.core.files import write_text
from stages.lib.core.runner import run

Count = Annotated[int, Strict(), Ge(1)]


def main(seed: Count, steps: Count, *, ok: Path) -> None:  # noqa: ARG001  the signature is the check
    """Writes the file that says so."""
    write_text("Sound.", ok)


if __name__ == "__main__":
    run(main, whole=True)
