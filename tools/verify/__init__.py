"""Are the outputs the same bits for everybody? `make verify` and `make verify-cpu` build them again to see.

The terms are those of https://reproducible-builds.org: from the same commit, in the relevant environment,
anyone re-creates bit-identical copies of all outputs.
"""
