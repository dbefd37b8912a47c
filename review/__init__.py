"""What a change did to the results of a DVC repository, for the one who reviews it.

`dvc-review BASE [HEAD …]` reads two or more revisions, without running their code, and writes what differs as
text for a pull request and as a page. `python -m review.comment` posts that text from a GitHub workflow.
Nothing here knows a stage, a metric or a path of any one repository.
"""
