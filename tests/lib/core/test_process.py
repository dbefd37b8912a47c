"""The process of a stage where memory is short: a line, and no traceback."""

import os
import resource
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
