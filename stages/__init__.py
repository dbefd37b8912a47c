"""The pages of the study: one module for each stage of the pipeline.

It imports `start` and does nothing else, so that the environment is pinned before any page imports NumPy or TensorFlow.
"""

from stages.lib.core import start  # noqa: F401
