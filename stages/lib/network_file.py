"""The reader of trained networks without TensorFlow: a `.keras` archive is a zip with an HDF5 file in it."""

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from stages.lib.files import damaged


@dataclass(frozen=True)
class Layer:
    """A `Dense` layer: its activation in Keras's name, kernel, shape (in, out), and bias, shape (out,), float32."""

    activation: str
    kernel: np.ndarray
    bias: np.ndarray


def read_network(path: Path) -> list[Layer]:
    """Returns the layers of a saved `Sequential` network of `Dense` layers, first to last.

    Raises Fault where the archive is cut short or altered. Nothing in it can run: Keras, which builds
    what an archive says, is not asked.
    """
    content = path.read_bytes()
    try:
        return _read_layers(io.BytesIO(content))
    except (zipfile.BadZipFile, LookupError, TypeError, ValueError, OSError, RuntimeError) as error:
        raise damaged(path, f"not a whole network in Keras's format ({error})") from error


def _read_layers(content: io.BytesIO) -> list[Layer]:
    with zipfile.ZipFile(content) as archive:
        layers = json.loads(archive.read("config.json"))["config"]["layers"]
        weights = io.BytesIO(archive.read("model.weights.h5"))
    configs = [layer["config"] for layer in layers if layer["class_name"] == "Dense"]
    with h5py.File(weights) as file:
        return [_layer(config, file[f"layers/{_group(i)}/vars"]) for i, config in enumerate(configs)]


def _group(position: int) -> str:
    """Keras counts the layers of a class, and writes no number for the first."""
    return f"dense_{position}" if position else "dense"


def _layer(config: dict[str, str], variables: h5py.Group) -> Layer:
    return Layer(config["activation"], variables["0"][()], variables["1"][()])
