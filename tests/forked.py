"""`dvc` in a fork of a process that has imported it, so that the second which its imports take is paid once.

It is DVC's own command in a process of its own. Other than for its console script, folder, environment and streams are
set after Python has begun.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

SERVER = get_context("forkserver")
SERVER.set_forkserver_preload([__name__, "dvc.cli", "dvc.repo", "dvc.commands.repro", "dvc.commands.experiments.run"])


def run_dvc(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Returns how a command of DVC's ended, and what it printed."""
    with TemporaryDirectory() as printed:
        process = SERVER.Process(target=_main, args=(words, folder, {**environment}, Path(printed)))
        process.start()
        process.join()
        streams = ((Path(printed) / name).read_text("utf-8") for name in ("1", "2"))
        return subprocess.CompletedProcess(["dvc", *words], process.exitcode or 0, *streams)


def _main(words: Sequence[str], folder: Path, environment: dict[str, str], printed: Path) -> None:
    from dvc.cli import main

    for number in (1, 2):
        os.dup2(os.open(printed / str(number), os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["dvc", *words]
    sys.exit(main([*words]))
