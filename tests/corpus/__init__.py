"""What the API accepts, refuses and counts: pairs of a request and its answer, each with its source.

The requests are invented. A module has the pairs of one theme.
"""
