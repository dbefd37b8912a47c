"""The pages of the study: one module per stage of the pipeline.

Importing this package pins the environment, so that it holds before NumPy or TensorFlow is imported.
"""

from stages.lib.environment import pin

pin()
