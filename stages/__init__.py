"""The pages of the study: one module per stage of the pipeline.

Importing this package pins the environment, so that it holds before NumPy or TensorFlow is imported.
"""

import sys

from stages.lib.environment import pin
from stages.lib.process import end_on_interrupt, end_with_parent

pin()
if sys.argv[0] == "-m":  # Python's word while it looks for the module to run: this process is a stage
    end_with_parent()
    end_on_interrupt()
