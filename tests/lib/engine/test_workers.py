"""Where shards are trained: processes of this machine, or the nodes of a Ray cluster."""

import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stages.lib.core.runner import Fault
from stages.lib.engine.workers import run_all

ROOT = Path(__file__).parents[3]
FAULT = f"{Fault.__module__}.{Fault.__name__}"
RAY = Path(sys.executable).with_name("ray")
# A sweep of six shards, trained where RAY_ADDRESS says; prints a digest of all bits of its outcome.
SWEEP = """
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from stages.lib.core.plan import Plan, Variant
from stages.lib.core.points import Draws, Points
from stages.lib.core import cores
from stages.lib.engine import fleets, parts
from tests.lib.engine.test_fleets import RECIPE

parts.SHARD = 4
cores.cpu_count = lambda: 2  # on a machine of one core too
places = np.random.RandomState(0).uniform(-2, 2, (1000, 2)).astype(np.float32)
points = Points(places, (np.hypot(*places.T) > 1).astype(np.float32)[:, np.newaxis])
plan = Plan([Variant({}, replace(RECIPE, epochs=int(sys.argv[2])))], seeds=list(range(24)))
shards, out = Path(sys.argv[1]), Path(sys.argv[1]).with_name("out")
sets = dict.fromkeys(("train", "validation", "test"), Draws.of(points))
fleets.train_plan(plan, lambda _: sets, name="sweep", shards=shards, folder=out)
print(sha256(b"".join(file.read_bytes() for file in sorted(out.iterdir()))).hexdigest())
"""


def train(folder: Path, *, epochs: int, address: str = "") -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", SWEEP, str(folder), str(epochs)]
    environment = os.environ | {"RAY_ADDRESS": address, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def ended(process: "subprocess.Popen[str]") -> str:
    """The last line that a process prints, once it has ended well; Ray tells of lost nodes before."""
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return output.splitlines()[-1]


def children(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    """Its children, and theirs, that have not ended."""
    return [
        child
        for child in psutil.Process(process.pid).children(recursive=True)
        if child.status() != psutil.STATUS_ZOMBIE
    ]


def threads_of_parent() -> int:
    return int(psutil.Process(os.getppid()).num_threads())


def is_loaded(module: str) -> bool:
    return module in sys.modules


def test_what_they_are_forked_from_has_one_thread_and_has_imported_tensorflow() -> None:
    """A fork has none of the other threads, and waits for ever for what they hold."""
    script = (
        "from stages.lib.core import cores; from stages.lib.engine.workers import run_all\n"
        "from tests.lib.engine.test_workers import is_loaded, threads_of_parent\n"
        "cores.cpu_count = lambda: 2\n"
        "print([found for _, found in run_all(threads_of_parent, [()] * 2)])\n"
        "print(sorted(run_all(is_loaded, [('tensorflow',), ('no_such_module',)])))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["[1, 1]", "[(0, True), (1, False)]"], done.stderr


@pytest.mark.long  # with Ray, which `make test-long` installs
def test_a_cluster_that_does_not_answer_is_a_clear_word_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
    monkeypatch.setenv("RAY_ADDRESS", address)
    began = time.monotonic()
    with pytest.raises(Fault, match=f"RAY_ADDRESS is '{address}', but no Ray cluster answers there"):
        list(run_all(divmod, [(7, 2)]))
    assert time.monotonic() - began < 10


def test_without_ray_a_cluster_is_refused_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:6379")
    with pytest.raises(Fault, match="Ray is not installed: `make ray` installs it"):
        list(run_all(divmod, [(7, 2)]))


@pytest.mark.parametrize(
    "count",
    [
        pytest.param(2, id="while TensorFlow is imported", marks=pytest.mark.long),
        pytest.param(4, id="while they train"),
    ],
)
def test_processes_end_with_the_stage_that_started_them(count: int, tmp_path: Path) -> None:
    """They are two that train, one that these are forked from, and Python's tracker."""
    process = train(tmp_path, epochs=5000)
    while len(workers := children(process)) < count:
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    with process:
        process.kill()
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert alive == []


def helper_of(process: "subprocess.Popen[str]", module: str) -> psutil.Process:
    """The process of Python's that a stage starts those that train by, or that tracks what they share."""
    (helper,) = [child for child in psutil.Process(process.pid).children() if module in " ".join(child.cmdline())]
    return helper


def await_shards(process: "subprocess.Popen[str]", folder: Path, count: int) -> None:
    while len(list(folder.glob("*.npz"))) < count:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


@pytest.mark.long
def test_a_process_that_others_are_forked_from_and_that_is_killed_is_a_clear_word_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    undisturbed = ended(train(tmp_path / "undisturbed/shards", epochs=300))
    process = train(tmp_path / "killed/shards", epochs=300)
    await_shards(process, tmp_path / "killed/shards", 1)
    helper_of(process, "forkserver").kill()
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0 or "Fault: a process of this stage was ended from outside" in errors
    assert ended(train(tmp_path / "killed/shards", epochs=300)) == undisturbed


@pytest.mark.long
def test_a_tracker_that_is_killed_changes_nothing(tmp_path: Path) -> None:
    undisturbed = ended(train(tmp_path / "undisturbed/shards", epochs=300))
    process = train(tmp_path / "killed/shards", epochs=300)
    await_shards(process, tmp_path / "killed/shards", 1)
    helper_of(process, "resource_tracker").kill()
    assert ended(process) == undisturbed


@pytest.mark.long
def test_whatever_process_is_killed_and_whenever_nothing_is_lost(tmp_path: Path) -> None:
    """Thirty times: one that trains, the one that these are forked from, Python's tracker, or the stage itself."""
    undisturbed = ended(train(tmp_path / "undisturbed/shards", epochs=300))
    began = time.monotonic()
    assert ended(train(tmp_path / "timed/shards", epochs=300)) == undisturbed
    duration = time.monotonic() - began
    chance = random.Random("thirty processes")
    for number in range(30):
        shards = tmp_path / str(number) / "shards"
        process = train(shards, epochs=300)
        time.sleep(chance.random() * duration)
        if process.poll() is None:
            with contextlib.suppress(psutil.NoSuchProcess):
                chance.choice([*children(process), psutil.Process(process.pid)]).kill()
        _, errors = process.communicate(timeout=300)
        assert process.returncode in {0, -signal.SIGKILL} or errors.splitlines()[-1].startswith(
            f"{FAULT}: a process of"
        )
        assert ended(train(shards, epochs=300)) == undisturbed, number


@pytest.fixture
def cluster() -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The address of a cluster of two nodes on this machine, and the process of the second."""
    assert RAY.exists(), "`make ray` installs it"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"127.0.0.1:{port}"
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "XLA_", "NPY_"))}
    nodes = []
    for role in (["--head", f"--port={port}", "--include-dashboard=false"], [f"--address={address}"]):
        command = [str(RAY), "start", *role, "--node-ip-address=127.0.0.1", "--num-cpus=1", "--block"]
        nodes.append(subprocess.Popen(command, env=plain, text=True, stdout=subprocess.DEVNULL))
        await_nodes(address, len(nodes))
    yield address, nodes[1]
    for node in reversed(nodes):
        end_with_children(node)


def await_nodes(address: str, count: int) -> None:
    for _ in range(120):
        status = subprocess.run(
            [str(RAY), "status", f"--address={address}"], capture_output=True, text=True, check=False
        )
        active = status.stdout.partition("Active:")[2].partition("Pending:")[0]
        if len(re.findall(r"^ 1 node_", active, flags=re.MULTILINE)) == count:
            return
        time.sleep(0.5)
    raise TimeoutError(status.stdout + status.stderr)


def end_with_children(process: "subprocess.Popen[str]") -> None:
    """Ends a node as a power cut does; nothing to do where it has ended."""
    if process.poll() is None:
        node = psutil.Process(process.pid)
        for member in [*node.children(recursive=True), node]:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        process.wait()


@pytest.mark.long
def test_a_cluster_gives_the_bits_of_one_machine_and_the_loss_of_a_node_costs_none(
    cluster: tuple[str, "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    address, second = cluster
    here = ended(train(tmp_path / "here", epochs=600))
    there = train(tmp_path / "there", epochs=600, address=address)
    while len(list((tmp_path / "there").glob("*.npz"))) < 2:  # by now both nodes are at work
        assert there.poll() is None, there.communicate()
        time.sleep(0.1)
    end_with_children(second)
    assert ended(there) == here
