"""Commands as users type them; `dvc` is a fork of a process that has imported it, so that this is waited for once.

It is DVC's own `main` in a process of its own. Other than for the script on the path, folder, environment and streams
are set after Python has begun.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

SERVER = get_context("forkserver")
SERVER.set_forkserver_preload(["dvc.cli", "dvc.repo", "dvc.commands.repro", "dvc.commands.experiments.run"])


def ended(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], *, together: bool = False
) -> "subprocess.CompletedProcess[str]":
    """How a command ended, and what it printed; with `together`, its errors stand among the rest."""
    program, *words = command
    if program == "dvc":
        return _ended_dvc(words, folder, {**environment}, together)
    errors = subprocess.STDOUT if together else subprocess.PIPE
    return subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True, check=False
    )


def _ended_dvc(
    words: list[str], folder: Path, environment: dict[str, str], together: bool
) -> "subprocess.CompletedProcess[str]":
    with TemporaryDirectory() as printed:
        output = Path(printed) / "output"
        errors = output if together else Path(printed) / "errors"
        process = SERVER.Process(target=_main, args=(words, folder, environment, output, errors))
        process.start()
        process.join()
        shown = None if together else errors.read_text("utf-8")
        return subprocess.CompletedProcess(["dvc", *words], process.exitcode or 0, output.read_text("utf-8"), shown)


def _main(words: list[str], folder: Path, environment: dict[str, str], *streams: Path) -> None:
    from dvc.cli import main

    for number, stream in enumerate(streams, start=1):
        os.dup2(os.open(stream, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["dvc", *words]
    sys.exit(main(words))
