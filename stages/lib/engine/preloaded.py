"""What the process holds from which all processes that train are forked: the engine, and nothing that has run.

An import of TensorFlow takes seconds, a fork of a process that has done it a hundredth of one.
"""

import gc

from stages.lib.core.process import end_on_interrupt, end_with_parent

end_with_parent()  # before what takes seconds, so that it does not outlive a stage that is killed meanwhile
end_on_interrupt()

# isort: split
from stages.lib.engine.networks import shard  # noqa: E402, F401

gc.collect()
gc.freeze()  # what was imported is here to stay: no fork looks through it again
