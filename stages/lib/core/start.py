"""Prepares the process of a stage: pins its environment, sees that its code runs, has it end with its DVC."""

import sys

from stages.lib.core.process import end_in_a_line_without_memory, end_on_interrupt, end_with_parent, refuse_other_code

IS_STAGE = sys.argv[0] == "-m"  # Python's word while it looks for the module to run
if IS_STAGE:
    end_on_interrupt()  # before anything else is imported, so that Ctrl-C finds nothing to show

# isort: split
from stages.lib.core.environment import pin  # noqa: E402

pin()
if IS_STAGE:
    refuse_other_code()
    end_with_parent()
    end_in_a_line_without_memory()
