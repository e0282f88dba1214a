"""The embedded cluster: a daemon on a loopback network of the instance's own.

`provider` starts, finds and stops it; `daemon` is its process. The only place that imports
`minicluster`.
"""
