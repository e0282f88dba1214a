"""What every layer may lean on: the error tree, paths, subprocesses and atomic files.

Nothing here knows Kubernetes, HTTP or a notebook, and nothing here imports another folder of
`labsupport`.
"""
