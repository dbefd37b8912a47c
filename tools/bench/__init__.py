"""How fast is the engine? `make bench` prints a table of ratios, each measured side by side in one run.

Absolute times mean nothing on shared machines; two things that take turns see the same machine.
"""
