"""What stands between a well-formed object and the store: defaults, admission, validation.

Runs inside the transaction, because it looks at other objects: the namespace, the default
IngressClass, the ServiceAccount, the addresses that are taken. The rules themselves are pure and
live in `labsupport.rules`.
"""

from labsupport.base.types import Json
from labsupport.minicluster.api.allocation import ServiceAddresses, carried_over
from labsupport.minicluster.api.catalog import CRDS, established
from labsupport.minicluster.api.resources import Resource
from labsupport.minicluster.api.strategies import with_string_data
from labsupport.minicluster.store import Key, Transaction
from labsupport.rules.admission import with_default_ingress_class
from labsupport.rules.defaults import with_defaults
from labsupport.rules.status import Cause, forbidden, not_found
from labsupport.rules.validation import FieldError, creation_errors, invalid, update_errors

INGRESSES = "ingresses.networking.k8s.io"
_INGRESS_CLASSES = "ingressclasses.networking.k8s.io"
_SERVICE_ACCOUNT = "default"


class Admission:
    """Decides what of a draft may be stored; raises `StatusError` otherwise."""

    def __init__(self, addresses: ServiceAddresses) -> None:
        self._addresses = addresses

    def for_creation(self, tx: Transaction, resource: Resource, draft: Json) -> Json:
        """The object to store in place of a new draft."""
        if resource.namespaced:
            _check_namespace(tx, resource, draft)
        obj = self._defaulted(resource, draft)
        if resource.key == INGRESSES:
            obj = with_default_ingress_class(obj, tx.list(_INGRESS_CLASSES))
        elif resource.key == "pods":
            obj = _with_service_account(tx, obj)
        _refuse(resource, obj, creation_errors(_rules_kind(resource), obj))
        return self._completed(tx, resource, obj)

    def for_update(
        self, tx: Transaction, resource: Resource, draft: Json, old: Json, subresource: str
    ) -> Json:
        """The object to store in place of `old`."""
        obj = draft
        if not subresource:
            obj = self._defaulted(resource, obj)
            if resource.key == "services":
                obj = carried_over(obj, old)
        if subresource not in ("finalize", "binding"):
            _refuse(resource, obj, update_errors(_rules_kind(resource), obj, old, subresource))
        return obj if subresource else self._completed(tx, resource, obj)

    def _defaulted(self, resource: Resource, obj: Json) -> Json:
        if not resource.definition:
            return obj
        if resource.key == "secrets":
            obj = with_string_data(obj)
        return with_defaults(resource.kind, obj)

    def _completed(self, tx: Transaction, resource: Resource, obj: Json) -> Json:
        """The valid object with what only the server can give."""
        if resource.key == "services":
            return self._addresses.allocated(obj, tx.list("services"))
        if resource.key == CRDS:
            return established(obj, obj["metadata"]["creationTimestamp"])
        return obj


def _rules_kind(resource: Resource) -> str:
    """The kind the rules know; a custom kind may bear a built-in one's name and is not it."""
    return resource.kind if resource.definition else "CustomResource"


def _refuse(resource: Resource, obj: Json, errors: list[FieldError]) -> None:
    if errors:
        name = obj["metadata"].get("name") or obj["metadata"].get("generateName") or ""
        raise invalid(resource.group, resource.kind, name, errors)


def _check_namespace(tx: Transaction, resource: Resource, draft: Json) -> None:
    """NamespaceLifecycle: nothing new in a namespace that is missing or on its way out."""
    name = draft["metadata"]["namespace"]
    namespace = tx.get(Key("namespaces", "", name))
    if namespace is None:
        raise not_found("namespaces", "", name)
    if namespace["status"].get("phase") == "Terminating" and resource.key != "events":
        why = f"unable to create new content in namespace {name} because it is being terminated"
        cause = Cause("NamespaceTerminating", f"namespace {name} is being terminated")
        error = forbidden(resource.plural, resource.group, draft["metadata"].get("name", ""), why)
        error.causes = (cause,)
        raise error


def _with_service_account(tx: Transaction, pod: Json) -> Json:
    """ServiceAccount admission: every pod acts as somebody who exists.

    `default` is taken on trust: the controller that makes it may be a moment late.
    """
    spec = pod.get("spec") or {}
    name = spec.get("serviceAccountName") or spec.get("serviceAccount") or _SERVICE_ACCOUNT
    namespace = pod["metadata"]["namespace"]
    if name != _SERVICE_ACCOUNT and tx.get(Key("serviceaccounts", namespace, name)) is None:
        why = (
            f"error looking up service account {namespace}/{name}: "
            f'serviceaccount "{name}" not found'
        )
        raise forbidden("pods", "", pod["metadata"].get("name", ""), why)
    return {**pod, "spec": {**spec, "serviceAccountName": name, "serviceAccount": name}}
