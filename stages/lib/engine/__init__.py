"""Trains plans as fleets of networks, on all cores; only its floor `networks` imports TensorFlow."""
