"""Requests as the learner's computer makes them, and the way each of them takes.

`requests` speaks HTTP; names come from a resolver that is given (see `Resolves`), so that this
folder knows nothing of hosts files or DNS.
"""
