"""The reader of saved networks: what is not whole is refused, and nothing in it runs."""

import json
import zipfile
from pathlib import Path

import keras
import pytest

from stages.lib.archive import save_network
from stages.lib.network import dense_network
from stages.lib.network_file import read_network
from stages.lib.runner import Fault


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("network") / "some.keras"
    save_network(dense_network([3], "tanh", keras.optimizers.SGD(), kernel_initializer="zeros", name="some"), path)
    return path.read_bytes()


def refused(path: Path) -> str:
    with pytest.raises(Fault) as caught:
        read_network(path)
    fault = str(caught.value)
    assert fault.startswith(f"{path}: not a whole network")
    assert "\n" not in fault
    return fault


def change_entry(path: Path, name: str, content: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = {entry: archive.read(entry) for entry in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for entry, former in entries.items():
            archive.writestr(entry, content if entry == name else former)


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 0.999])
def test_an_archive_that_is_cut_short_is_refused(tmp_path: Path, sound: bytes, share: float) -> None:
    path = tmp_path / "some.keras"
    path.write_bytes(sound[: int(share * len(sound))])
    refused(path)


def test_a_flipped_bit_in_any_part_is_refused_or_changes_nothing_that_is_read(tmp_path: Path, sound: bytes) -> None:
    path = tmp_path / "some.keras"
    path.write_bytes(sound)
    expected = [layer.kernel.tolist() for layer in read_network(path)]
    for place in range(0, len(sound), 97):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
        try:
            assert [layer.kernel.tolist() for layer in read_network(path)] == expected
        except Fault:
            continue


@pytest.mark.parametrize("content", [b"", b"not HDF5", b"\x89HDF\r\n\x1a\n"])
def test_weights_that_are_none_are_refused(tmp_path: Path, sound: bytes, content: bytes) -> None:
    path = tmp_path / "some.keras"
    path.write_bytes(sound)
    change_entry(path, "model.weights.h5", content)
    refused(path)


@pytest.mark.parametrize("config", [[], {}, {"config": {"layers": [{"class_name": "Dense", "config": {}}]}}, "text"])
def test_a_config_that_is_none_is_refused(tmp_path: Path, sound: bytes, config: object) -> None:
    path = tmp_path / "some.keras"
    path.write_bytes(sound)
    change_entry(path, "config.json", json.dumps(config).encode())
    refused(path)


def test_code_in_an_archive_is_no_part_of_what_is_read(tmp_path: Path, sound: bytes) -> None:
    path = tmp_path / "some.keras"
    path.write_bytes(sound)
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    hostile = {"class_name": "Lambda", "config": {"function": "__import__('os').mkdir('harm')"}}
    config["config"]["layers"].append(hostile)
    change_entry(path, "config.json", json.dumps(config).encode())
    assert len(read_network(path)) == 2
    assert not Path("harm").exists()


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"some\.keras"):
        read_network(tmp_path / "some.keras")
