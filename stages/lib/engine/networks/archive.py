"""The writer of trained networks: a `.keras` archive that is the same bytes for the same network."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras

from stages.lib.core.files import whole

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip entry can bear


def save_network(network: keras.Sequential, path: Path) -> None:
    """Write an archive that `keras.models.load_model` opens anywhere, as a plain `Sequential`.

    Keras notes the date of saving, memory addresses as ids of shared objects, and the time of each
    zip entry; here they are constants, so that equal networks are equal files.
    """
    with whole(path) as partial:
        network.save(partial)
        with zipfile.ZipFile(partial) as archive:
            entries = {name: archive.read(name) for name in sorted(archive.namelist())}
        metadata, config = json.loads(entries["metadata.json"]), json.loads(entries["config.json"])
        metadata["date_saved"] = "1980-01-01@00:00:00"
        config |= {"module": "keras", "class_name": "Sequential", "registered_name": None}
        _number_shared_objects(config)
        entries["metadata.json"], entries["config.json"] = _encode(metadata), _encode(config)
        with zipfile.ZipFile(partial, "w") as archive:
            for name, content in entries.items():
                archive.writestr(zipfile.ZipInfo(name, EPOCH), content)


def _number_shared_objects(config: Any) -> None:
    numbers: dict[int, int] = {}
    for node in _mappings(config):
        if "shared_object_id" in node:
            node["shared_object_id"] = numbers.setdefault(node["shared_object_id"], len(numbers))


def _mappings(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else []:
        yield from _mappings(child)


def _encode(values: dict[str, Any]) -> bytes:
    return json.dumps(values, sort_keys=True).encode()
