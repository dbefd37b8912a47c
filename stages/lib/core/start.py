"""Prepares the process of a stage: pins its environment, sees that its code runs, has it end with its DVC."""

import sys

from stages.lib.core.environment import pin
from stages.lib.core.process import end_in_a_line_without_memory, end_on_interrupt, end_with_parent, refuse_other_code

pin()
if sys.argv[0] == "-m":  # Python's word while it looks for the module to run: this process is a stage
    refuse_other_code()
    end_with_parent()
    end_on_interrupt()
    end_in_a_line_without_memory()
