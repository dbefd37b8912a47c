"""A remote: what one clone pushes, another pulls, and then has nothing to run."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.faults.clones import bits, call, copy_of, run
from tests.lacking import lacking


def share(built: Path, folder: Path, address: str, *settings: str) -> Path:
    """Returns a fresh clone that has pulled what another has pushed to a remote."""
    first = copy_of(built, folder)
    run(first, "dvc", "remote", "add", "--default", "storage", address)
    for setting in settings:
        run(first, "dvc", "remote", "modify", "storage", *setting.split("="))
    run(first, "git", "commit", "--all", "--quiet", "--message", "Name the remote")
    run(first, "dvc", "push")
    run(folder, "git", "clone", "--quiet", str(first), "second")
    run(folder / "second", "dvc", "pull")
    return folder / "second"


def test_a_fresh_clone_that_pulls_from_a_folder_runs_no_stage(built: Path, tmp_path: Path) -> None:
    second = share(built, tmp_path, str(tmp_path / "storage"))
    assert bits(second) == bits(built)
    assert "Running stage" not in run(second, "dvc", "repro")
    assert bits(second) == bits(built)


def test_what_is_missing_from_a_remote_is_named(built: Path, tmp_path: Path) -> None:
    second = share(built, tmp_path, str(tmp_path / "storage"))
    shutil.rmtree(tmp_path / "storage")
    shutil.rmtree(second / ".dvc/cache")
    (second / "data/path.csv").unlink()
    assert "not in cache:       data/path.csv" in run(second, "dvc", "status")
    run(second, "dvc", "repro")
    assert bits(second) == bits(built)


def wait_until_it_listens(port: int, log: Path) -> None:
    deadline = time.monotonic() + 10
    while True:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline, log.read_text("utf-8")
        time.sleep(0.05)


def test_a_flipped_bit_in_a_remote_that_is_verified_is_not_pulled(built: Path, tmp_path: Path) -> None:
    second = share(built, tmp_path, str(tmp_path / "storage"), "verify=true")
    assert bits(second) == bits(built)
    shutil.rmtree(second / ".dvc/cache")
    (second / "data/path.csv").unlink()
    (stored,) = [
        file
        for file in (tmp_path / "storage/files/md5").glob("*/*")
        if file.read_bytes() == (built / "data/path.csv").read_bytes()
    ]
    stored.chmod(0o644)
    stored.write_bytes(stored.read_bytes().replace(b"x", b"y", 1))
    refused = call(second, "dvc", "pull")
    assert refused.returncode
    assert not (second / "data/path.csv").exists()
    run(second, "dvc", "repro")
    assert bits(second) == bits(built)


@pytest.fixture
def ssh_server(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A server on a free port of this machine, for whoever has the key."""
    server = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    missing = [name for name, there in (("openssh-server", server), ("dvc-ssh", find_spec("dvc_ssh"))) if not there]
    if missing:
        lacking(f"not installed: {', '.join(missing)}; `apt-get install openssh-server`")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    for name in ("host", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
    (tmp_path / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/host\nAuthorizedKeysFile {tmp_path}/key.pub\n"
        f"PidFile none\nStrictModes no\nUsePAM no\nSubsystem sftp internal-sftp\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # as the system's own start script does
    process = subprocess.Popen([str(server), "-D", "-f", tmp_path / "sshd_config", "-E", tmp_path / "sshd.log"])
    wait_until_it_listens(int(port), tmp_path / "sshd.log")
    yield {"address": f"ssh://127.0.0.1:{port}", "user": getpass.getuser(), "keyfile": str(tmp_path / "key")}
    process.terminate()
    process.wait(10)


@pytest.mark.long
def test_a_fresh_clone_that_pulls_by_ssh_runs_no_stage(built: Path, tmp_path: Path, ssh_server: dict[str, str]) -> None:
    address = f"{ssh_server['address']}{tmp_path}/storage"
    second = share(built, tmp_path, address, f"user={ssh_server['user']}", f"keyfile={ssh_server['keyfile']}")
    assert any((tmp_path / "storage/files/md5").iterdir())
    assert bits(second) == bits(built)
    assert "Running stage" not in run(second, "dvc", "repro")
