"""The embedded cluster: a small Kubernetes in one process, whose pods are local processes.

A program of its own inside the package: `store` (SQLite) < `api` < `reconcile` <
`controllers`, `node` < `daemon`. Nothing outside `providers.embedded` imports it; everyone else
speaks to it over the Kubernetes API.
"""
