"""The stages of the pipeline that all questions share, one module each; questions/ has a page for each question.

It imports `start` and does nothing else, so that the environment is pinned before any page imports NumPy or TensorFlow.
"""

from stages.lib.core import start  # noqa: F401
