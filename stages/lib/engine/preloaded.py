"""What the process holds from which all are forked that train or ask networks: the engine, and nothing that has run.

An import of TensorFlow takes seconds, a fork of a process that has done it a hundredth of one.
"""

import gc

from stages.lib.engine.networks import shard  # noqa: F401

gc.collect()
gc.freeze()  # what was imported is here to stay: no fork looks through it again
