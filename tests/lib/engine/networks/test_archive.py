"""The archive of a network: equal networks are equal files, and Keras opens them."""

import json
import time
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from stages.lib.engine.networks.archive import save_network
from stages.lib.engine.networks.network import dense_network


def make_network() -> keras.Sequential:
    network = dense_network([3], "relu", keras.optimizers.SGD(0.1), name="some")
    network.set_weights([np.full(weight.shape, 0.5) for weight in network.weights])
    return network


def test_equal_networks_are_equal_files_at_another_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_network(make_network(), tmp_path / "one.keras")
    later = time.localtime(2_000_000_000)
    monkeypatch.setattr(time, "localtime", lambda *_: later)
    save_network(make_network(), tmp_path / "two.keras")
    assert (tmp_path / "one.keras").read_bytes() == (tmp_path / "two.keras").read_bytes()


def test_keras_loads_the_archive_in_safe_mode(tmp_path: Path) -> None:
    network = make_network()
    save_network(network, tmp_path / "some.keras")
    loaded = keras.models.load_model(tmp_path / "some.keras", safe_mode=True)
    assert type(loaded) is keras.Sequential
    x = np.array([[0.3, -0.2]])
    assert loaded.predict(x, verbose=0) == network.predict(x, verbose=0)
    assert loaded.optimizer.name == "sgd"


def test_the_archive_has_no_date_and_small_ids(tmp_path: Path) -> None:
    save_network(make_network(), tmp_path / "some.keras")
    with zipfile.ZipFile(tmp_path / "some.keras") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert json.loads(archive.read("metadata.json"))["date_saved"].startswith("1980")
        config = archive.read("config.json").decode()
    ids = [int(part.split("}")[0].split(",")[0]) for part in config.split('"shared_object_id": ')[1:]]
    assert ids
    assert max(ids) < len(ids)
