"""What a change did to the results of a DVC repository, for the one who reviews it.

`python -m review BASE [HEAD]` asks DVC for the differences of two revisions and writes them as text
for a pull request and as a page. `python -m review.comment` posts that text from a GitHub workflow.
Nothing here knows a stage, a metric or a path of any one repository.
"""
