"""Which rules hold for which kind."""

from collections.abc import Callable
from dataclasses import dataclass

from labsupport.base.types import Json
from labsupport.rules.formats import dns_label, dns_subdomain, path_segment
from labsupport.rules.validation.access import binding_errors, binding_update_errors, role_errors
from labsupport.rules.validation.config import (
    config_map_errors,
    config_update_errors,
    secret_errors,
)
from labsupport.rules.validation.definition import definition_errors, definition_update_errors
from labsupport.rules.validation.endpoints import (
    endpoint_slice_errors,
    endpoint_slice_update_errors,
    endpoints_errors,
)
from labsupport.rules.validation.field import (
    FieldError,
    forbidden,
    invalid_value,
    non_negative,
)
from labsupport.rules.validation.ingress import (
    ingress_class_errors,
    ingress_class_update_errors,
    ingress_errors,
    ingress_status_errors,
    ingress_update_errors,
)
from labsupport.rules.validation.metadata import (
    NameForm,
    metadata_errors,
    metadata_update_errors,
)
from labsupport.rules.validation.node import node_errors
from labsupport.rules.validation.pod import pod_errors, pod_update_errors
from labsupport.rules.validation.service import (
    service_errors,
    service_name,
    service_status_errors,
    service_update_errors,
)
from labsupport.rules.validation.workload import (
    deployment_errors,
    replica_set_errors,
    selector_update_errors,
)

Rule = Callable[[Json], list[FieldError]]
UpdateRule = Callable[[Json, Json], list[FieldError]]


def _nothing(obj: Json) -> list[FieldError]:
    return []


def _nothing_changed(new: Json, old: Json) -> list[FieldError]:
    return []


@dataclass(frozen=True)
class _Kind:
    """The rules of one kind; `update` stands for all there is to say about a change."""

    creation: Rule = _nothing
    update: UpdateRule = _nothing_changed
    status: Rule = _nothing
    name_form: NameForm = dns_subdomain
    namespaced: bool = True
    needs_version: bool = False  # an update must name the resourceVersion it is based on


def _lease_errors(lease: Json) -> list[FieldError]:
    spec = lease.get("spec") or {}
    seconds = spec.get("leaseDurationSeconds")
    errors = non_negative("spec.leaseTransitions", spec.get("leaseTransitions"))
    if seconds is not None and seconds <= 0:
        why = "must be greater than 0"
        errors.append(invalid_value("spec.leaseDurationSeconds", seconds, why))
    if spec.get("preferredHolder") and not spec.get("strategy"):
        why = "may only be specified if `strategy` is defined"
        errors.append(forbidden("spec.preferredHolder", why))
    return errors


def _event_errors(event: Json) -> list[FieldError]:
    about = (event.get("involvedObject") or {}).get("namespace") or ""
    namespace = event.get("metadata", {}).get("namespace") or ""
    # Events about cluster-scoped objects live in "default".
    if about == namespace or (not about and namespace in ("default", "kube-system")):
        return []
    return [invalid_value("involvedObject.namespace", about, "does not match event.namespace")]


def _replica_set_update_errors(new: Json, old: Json) -> list[FieldError]:
    return replica_set_errors(new) + selector_update_errors(new, old)


def _deployment_update_errors(new: Json, old: Json) -> list[FieldError]:
    return deployment_errors(new) + selector_update_errors(new, old)


def _config_map_update_errors(new: Json, old: Json) -> list[FieldError]:
    return config_map_errors(new) + config_update_errors(new, old)


def _secret_update_errors(new: Json, old: Json) -> list[FieldError]:
    return secret_errors(new) + config_update_errors(new, old)


def _again(rule: Rule) -> UpdateRule:
    """The rule for creation, asked of the new object."""
    return lambda new, _: rule(new)


def _role(*, namespaced: bool) -> _Kind:
    update = _again(role_errors)
    return _Kind(role_errors, update, name_form=path_segment, namespaced=namespaced)


def _binding(*, namespaced: bool) -> _Kind:
    return _Kind(
        binding_errors, binding_update_errors, name_form=path_segment, namespaced=namespaced
    )


_RBAC = "rbac.authorization.k8s.io"
_KINDS = {
    ("", "Namespace"): _Kind(name_form=dns_label, namespaced=False),
    ("", "Node"): _Kind(node_errors, _again(node_errors), namespaced=False),
    ("", "Pod"): _Kind(pod_errors, pod_update_errors),
    ("", "Service"): _Kind(
        service_errors, service_update_errors, service_status_errors, service_name
    ),
    ("", "Endpoints"): _Kind(endpoints_errors, _again(endpoints_errors)),
    ("", "ConfigMap"): _Kind(config_map_errors, _config_map_update_errors),
    ("", "Secret"): _Kind(secret_errors, _secret_update_errors),
    ("", "ServiceAccount"): _Kind(),
    ("", "Event"): _Kind(_event_errors),
    ("apps", "Deployment"): _Kind(deployment_errors, _deployment_update_errors),
    ("apps", "ReplicaSet"): _Kind(replica_set_errors, _replica_set_update_errors),
    ("discovery.k8s.io", "EndpointSlice"): _Kind(
        endpoint_slice_errors, endpoint_slice_update_errors
    ),
    ("networking.k8s.io", "Ingress"): _Kind(
        ingress_errors, ingress_update_errors, ingress_status_errors
    ),
    ("networking.k8s.io", "IngressClass"): _Kind(
        ingress_class_errors, ingress_class_update_errors, namespaced=False
    ),
    (_RBAC, "Role"): _role(namespaced=True),
    (_RBAC, "ClusterRole"): _role(namespaced=False),
    (_RBAC, "RoleBinding"): _binding(namespaced=True),
    (_RBAC, "ClusterRoleBinding"): _binding(namespaced=False),
    ("coordination.k8s.io", "Lease"): _Kind(
        _lease_errors, _again(_lease_errors), needs_version=True
    ),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _Kind(
        definition_errors, definition_update_errors, namespaced=False, needs_version=True
    ),
}


def _rules(kind: str, obj: Json) -> _Kind:
    """The kind's rules; those of a custom resource are only about its metadata."""
    group = str(obj.get("apiVersion") or "").rpartition("/")[0]
    namespaced = bool(obj.get("metadata", {}).get("namespace"))
    custom = _Kind(namespaced=namespaced, needs_version=True)
    return _KINDS.get((group, kind), custom)


def creation_errors(kind: str, obj: Json) -> list[FieldError]:
    """What is wrong with a new object, after defaulting and admission; the group is read from
    its `apiVersion`."""
    rules = _rules(kind, obj)
    metadata = obj.get("metadata") or {}
    errors = metadata_errors(metadata, namespaced=rules.namespaced, name_form=rules.name_form)
    return errors + rules.creation(obj)


def update_errors(kind: str, new: Json, old: Json, subresource: str = "") -> list[FieldError]:
    """What is wrong with a changed object.

    With `subresource="status"` only the status is judged (the spec is the old one's anyway).
    Where a kind allows it, `new` may leave out metadata.resourceVersion.
    """
    rules = _rules(kind, new)
    metadata, old_metadata = new.get("metadata") or {}, old.get("metadata") or {}
    errors = metadata_update_errors(metadata, old_metadata, need_version=rules.needs_version)
    if subresource == "status":
        return errors + rules.status(new)
    return errors + ([] if subresource else rules.update(new, old))
