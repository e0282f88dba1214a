"""The one process that a lab leaves running beside notebooks and commands, whatever its cluster.

`network` is the lab's own loopback network, `spawning` starts the process, `record` tells which
one runs, and `control` holds the lock and ends it. What the process does is the provider's own:
`embedded.daemon` serves a cluster and the lab's names, `names_only` the names alone. Nothing here
knows a cluster.
"""
