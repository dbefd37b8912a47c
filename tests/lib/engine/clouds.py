"""Points of any number of columns and classes."""

import numpy as np

from stages.lib.core.points import Points


def clouds(inputs: int, classes: int, rows: int = 100) -> Points:
    """Points about a centre for each class, so near to each other that some lie among those of another class."""
    random = np.random.RandomState(inputs)
    y = np.arange(rows) % classes
    x = random.standard_normal((classes, inputs))[y] + random.standard_normal((rows, inputs))
    return Points(x.astype(np.float32), y[:, np.newaxis].astype(np.float32))
