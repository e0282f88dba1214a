"""The structure schemas of the kinds served.

Built-in kinds have the structure that Kubernetes publishes, custom kinds the one their
CustomResourceDefinition brings.
"""

from collections.abc import Iterable

from labsupport.base.types import Json
from labsupport.minicluster.api.resources import BUILT_IN, Resource
from labsupport.rules.schema import DefinitionReader, Schema, custom_schema
from labsupport.schemas import OBJECT_META, definitions

_NOT_STORED = {
    "DeleteOptions": "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
    "Eviction": "io.k8s.api.policy.v1.Eviction",
    "Scale": "io.k8s.api.autoscaling.v1.Scale",
    "SelfSubjectAccessReview": "io.k8s.api.authorization.v1.SelfSubjectAccessReview",
    "SelfSubjectReview": "io.k8s.api.authentication.v1.SelfSubjectReview",
    "SelfSubjectRulesReview": "io.k8s.api.authorization.v1.SelfSubjectRulesReview",
    "TokenRequest": "io.k8s.api.authentication.v1.TokenRequest",
}


class Schemas:
    """The schemas of the kinds served: built-in ones at hand, custom ones read when first asked."""

    def __init__(self, built_in: dict[str, Schema]) -> None:
        self._built_in = built_in
        self._custom: dict[tuple[str, str], tuple[Json | None, Schema]] = {}

    @classmethod
    def load(cls, resources: Iterable[Resource] = BUILT_IN) -> "Schemas":
        """Reads the schemas that `resources` need (a few milliseconds, about a megabyte)."""
        names = {resource.definition for resource in resources if resource.definition}
        names |= {OBJECT_META, *_NOT_STORED.values()}
        reader = DefinitionReader(definitions(names))
        return cls({name: reader.named(name) for name in names})

    def schema(self, resource: Resource) -> Schema:
        """The structure that objects of this resource must have."""
        if resource.definition:
            return self._built_in[resource.definition]
        place = (resource.key, resource.version)
        source, schema = self._custom.get(place, (None, None))
        if schema is None or source is not resource.schema:
            open_schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
            schema = custom_schema(resource.schema or open_schema, self._built_in[OBJECT_META])
            self._custom[place] = (resource.schema, schema)
        return schema

    def not_stored(self, kind: str) -> Schema:
        """The structure of a kind that is only sent: `DeleteOptions`, `Scale`, a review."""
        return self._built_in[_NOT_STORED[kind]]
