"""Trains plans as fleets of networks, on all cores; only its folder `networks` imports TensorFlow."""

import resource

ADDRESSES = 4e9  # bytes of TensorFlow with its compiler; with fewer it ends the process in many ways, without a word

_soft, _ = resource.getrlimit(resource.RLIMIT_AS)
if _soft != resource.RLIM_INFINITY and _soft < ADDRESSES:
    raise MemoryError(f"{_soft / 1e9:.1f} GB of addresses are allowed, and TensorFlow takes {ADDRESSES / 1e9:.0f}")
