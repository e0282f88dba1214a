"""The lab as one object: a cluster, its names, its trust and a client, held together.

`Lab` is what a learner talks to; `bringing_up` makes a lab ready for its first request. Nothing
here draws, checks an exercise or parses a command line.
"""

from labsupport.session.lab import Lab

__all__ = ["Lab"]
