"""The questions of the study: one page each, named after its stage.

A page declares what is trained and how it is judged. `check` makes its plan, and `judge` its figures.
"""
