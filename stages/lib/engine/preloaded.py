"""What the process holds from which all processes that train are forked: the engine, and nothing that has run.

An import of TensorFlow takes seconds, a fork of a process that has done it a hundredth of one.
"""

import gc

from stages.lib.core.process import end_with_parent
from stages.lib.engine.networks import shard  # noqa: F401

end_with_parent()  # its children end with it, as it does with the stage
gc.collect()
gc.freeze()  # what was imported is here to stay: no fork looks through it again
