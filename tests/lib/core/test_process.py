"""The process of a stage: whose code it runs, and a line where memory is short."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MEGABYTE = 10**6


@pytest.mark.parametrize(
    ("module", "megabytes"),
    [
        ("stages.check", 150),  # while libraries are mapped
        ("stages.check", 300),  # while they are imported
        ("stages.lib.engine.train", 2_500),  # where TensorFlow would end with a signal
        ("stages.lib.engine.networks.callbacks", 2_500),
    ],
)
def test_a_limit_of_addresses_ends_a_stage_with_a_line(tmp_path: Path, module: str, megabytes: int) -> None:
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    ended = subprocess.run(
        [sys.executable, "-m", module, "baseline"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (megabytes * MEGABYTE,) * 2),
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = ended.stderr.splitlines()
    assert ended.returncode == 1
    assert line.startswith("there is not enough memory (")
    assert line.endswith("); see `ulimit -v` and `free -h`")


def run_as_installed(folder: Path, code: Path) -> "subprocess.CompletedProcess[str]":
    """How a stage ends in a folder where Python finds the code elsewhere, as with PYTHONSAFEPATH."""
    environment = os.environ | {"PYTHONSAFEPATH": "1", "PYTHONPATH": str(code)}
    command = [sys.executable, "-m", "stages.check"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_code_of_another_clone_is_refused_with_its_place(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "stages", tmp_path / "stages", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    ended = run_as_installed(tmp_path, ROOT)
    (line,) = ended.stderr.splitlines()
    assert ended.returncode == 1
    assert line.startswith(f"{ROOT / 'stages'} would have run, and not {tmp_path / 'stages'}: `unset PYTHONSAFEPATH`")
    assert not (tmp_path / "data").exists()
    assert run_as_installed(tmp_path, tmp_path).returncode == 0


def test_without_that_variable_the_code_of_the_working_folder_runs(tmp_path: Path) -> None:
    """Though that of another clone is installed."""
    shutil.copytree(ROOT / "stages", tmp_path / "stages", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "stages/check.py").write_text("print('the code of this folder')", "utf-8")
    command = [sys.executable, "-m", "stages.check"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout == "the code of this folder\n"
