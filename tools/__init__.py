"""Upkeep of the study: what is derived from its pages, and is kept in git beside them."""
