"""The structure of Kubernetes' own kinds, as Kubernetes publishes it (OpenAPI, one release).

Read from the package `kubernetes-validate` for whoever needs it: the API server of the embedded
cluster, and the review of manifests on the client's side. What a structure means is decided in
`labsupport.rules`.
"""

from labsupport.schemas.published import (
    KUBERNETES_VERSION,
    OBJECT_META,
    definition_name,
    definitions,
    references,
)

__all__ = ["KUBERNETES_VERSION", "OBJECT_META", "definition_name", "definitions", "references"]
