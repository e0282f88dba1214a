"""Tables: what `kubectl get` prints, made by the server (`meta.k8s.io/v1` Table).

One module for each family of kinds, each a mapping from a resource's key to its `Printer`;
`server` puts the document together. The columns and cells follow
pkg/printers/internalversion/printers.go of Kubernetes. Nothing here reads a clock: `now` is given.
"""

from labsupport.minicluster.api.tables.server import table

__all__ = ["table"]
