"""What the process does first from which others are forked: it ends with its stage, and on Ctrl-C without a traceback.

So it must be imported before what takes seconds, or that process would outlive a stage that is killed meanwhile.
"""

from stages.lib.core.process import end_on_interrupt, end_with_parent

end_with_parent()
end_on_interrupt()
