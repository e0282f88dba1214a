"""What the API server fills in where an object leaves it open (the `SetDefaults_*` functions).

Values that need allocation (cluster IPs, node ports, uids) are not set here.
"""

import copy
import re
from collections.abc import Callable

from labsupport.base.types import Json

_RBAC_GROUP = "rbac.authorization.k8s.io"
_DEFAULT_FILE_MODE = 0o644
_PART = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?![0-9a-f]{{64}}$)(?!.{{256}})(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d+)?/)?{_PART}(?:/{_PART})*"
    r"(?::\w[\w.-]{0,127})?(?:@\w+:[0-9a-fA-F]{32,})?",
    re.ASCII,
)


def with_defaults(kind: str, obj: Json) -> Json:
    """A new object: `obj` with its kind's defaults filled in; kinds without defaults are copied.

    The kind's API group is read from `apiVersion`. For Ingress v1 there are none: not even
    pathType has a default.
    """
    result = copy.deepcopy(obj)
    fill = _BY_KIND.get((str(obj.get("apiVersion", "")).rpartition("/")[0], kind))
    if fill is not None:
        fill(result)
    return result


def _set(target: Json, **values: object) -> None:
    """Sets the fields that are missing or null."""
    for name, value in values.items():
        if target.get(name) is None:
            target[name] = value


def _part(target: Json, name: str) -> Json:
    """The nested object, made when missing."""
    if target.get(name) is None:
        target[name] = {}
    part: Json = target[name]
    return part


def _items(target: Json, name: str) -> list[Json]:
    return target.get(name) or []


def _namespace(obj: Json) -> None:
    name = obj.get("metadata", {}).get("name")
    if name:
        _part(obj["metadata"], "labels").setdefault("kubernetes.io/metadata.name", name)
    _set(_part(obj, "spec"), finalizers=["kubernetes"])
    _set(_part(obj, "status"), phase="Active")


def _secret(obj: Json) -> None:
    if not obj.get("type"):
        obj["type"] = "Opaque"


def _service(obj: Json) -> None:
    spec = _part(obj, "spec")
    _fill_empty(spec, sessionAffinity="None", type="ClusterIP")
    if spec["sessionAffinity"] == "ClientIP":
        _set(_part(_part(spec, "sessionAffinityConfig"), "clientIP"), timeoutSeconds=10800)
    elif spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    for port in _items(spec, "ports"):
        _fill_empty(port, protocol="TCP", targetPort=port.get("port"))
    if spec["type"] in ("NodePort", "LoadBalancer"):
        _fill_empty(spec, externalTrafficPolicy="Cluster")
    if spec["type"] in ("ClusterIP", "NodePort", "LoadBalancer"):
        _set(spec, internalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        _set(spec, allocateLoadBalancerNodePorts=True)


def _fill_empty(target: Json, **values: object) -> None:
    """Sets the fields that are missing, null, empty or 0."""
    for name, value in values.items():
        if not target.get(name) and value:
            target[name] = value


def _endpoints(obj: Json) -> None:
    for subset in _items(obj, "subsets"):
        for port in _items(subset, "ports"):
            _fill_empty(port, protocol="TCP")


def _endpoint_slice(obj: Json) -> None:
    for port in _items(obj, "ports"):
        _set(port, name="", protocol="TCP")
    for endpoint in _items(obj, "endpoints"):
        _set(endpoint, conditions={})


def _ingress_class(obj: Json) -> None:
    parameters = _part(obj, "spec").get("parameters")
    if parameters is not None:
        _set(parameters, scope="Cluster")


def _deployment(obj: Json) -> None:
    spec = _part(obj, "spec")
    _set(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    strategy = _part(spec, "strategy")
    _fill_empty(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _set(_part(strategy, "rollingUpdate"), maxUnavailable="25%", maxSurge="25%")
    _pod_spec(_part(_part(spec, "template"), "spec"))


def _replica_set(obj: Json) -> None:
    spec = _part(obj, "spec")
    _set(spec, replicas=1)
    if spec.get("template") is not None:
        _pod_spec(_part(spec["template"], "spec"))


def _pod(obj: Json) -> None:
    spec = _part(obj, "spec")
    _set(spec, enableServiceLinks=True)
    _pod_spec(spec)
    for container in _items(spec, "containers") + _items(spec, "initContainers"):
        resources = container["resources"]
        limits = resources.get("limits")
        if limits:
            _set(_part(resources, "requests"), **limits)


def _pod_spec(spec: Json) -> None:
    _fill_empty(
        spec,
        dnsPolicy="ClusterFirst",
        restartPolicy="Always",
        schedulerName="default-scheduler",
    )
    _set(spec, securityContext={}, terminationGracePeriodSeconds=30)
    # The field's old name is kept in step by conversion.
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    _fill_empty(spec, serviceAccountName=account, serviceAccount=account)
    for volume in _items(spec, "volumes"):
        _volume(volume)
    for container in _items(spec, "initContainers") + _items(spec, "containers"):
        _container(container)


def _container(container: Json) -> None:
    _fill_empty(
        container,
        imagePullPolicy=_pull_policy(str(container.get("image", ""))),
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
    )
    _set(container, resources={})
    for port in _items(container, "ports"):
        _fill_empty(port, protocol="TCP")
    for variable in _items(container, "env"):
        _field_ref(variable.get("valueFrom") or {})
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(name) is not None:
            _probe(container[name])
    for hook in ("postStart", "preStop"):
        _http_get(((container.get("lifecycle") or {}).get(hook) or {}).get("httpGet"))


def _pull_policy(image: str) -> str:
    if not _IMAGE.fullmatch(image):
        return "IfNotPresent"
    tag = image.rpartition("/")[2].partition(":")[2]
    pinned = "@" in image or tag not in ("", "latest")
    return "IfNotPresent" if pinned else "Always"


def _probe(probe: Json) -> None:
    _fill_empty(probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
    _http_get(probe.get("httpGet"))
    if probe.get("grpc") is not None:
        _set(probe["grpc"], service="")


def _http_get(action: Json | None) -> None:
    if action is not None:
        _fill_empty(action, path="/", scheme="HTTP")


def _field_ref(source: Json) -> None:
    if source.get("fieldRef") is not None:
        _fill_empty(source["fieldRef"], apiVersion="v1")


def _volume(volume: Json) -> None:
    if not any(value is not None for name, value in volume.items() if name != "name"):
        volume["emptyDir"] = {}
    for name in ("configMap", "secret", "downwardAPI", "projected"):
        if volume.get(name) is not None:
            _set(volume[name], defaultMode=_DEFAULT_FILE_MODE)
    if volume.get("hostPath") is not None:
        _set(volume["hostPath"], type="")
    for item in _items(volume.get("downwardAPI") or {}, "items"):
        _field_ref(item)
    for source in _items(volume.get("projected") or {}, "sources"):
        if source.get("serviceAccountToken") is not None:
            _set(source["serviceAccountToken"], expirationSeconds=3600)
        for item in _items(source.get("downwardAPI") or {}, "items"):
            _field_ref(item)


def _binding(obj: Json) -> None:
    _fill_empty(_part(obj, "roleRef"), apiGroup=_RBAC_GROUP)
    for subject in _items(obj, "subjects"):
        if subject.get("kind") in ("User", "Group"):
            _fill_empty(subject, apiGroup=_RBAC_GROUP)


def _definition(obj: Json) -> None:
    spec = _part(obj, "spec")
    names = _part(spec, "names")
    kind = str(names.get("kind") or "")
    _fill_empty(names, singular=kind.lower(), listKind=f"{kind}List" if kind else "")
    _set(spec, conversion={"strategy": "None"})


_BY_KIND: dict[tuple[str, str], Callable[[Json], None]] = {
    ("", "Namespace"): _namespace,
    ("", "Secret"): _secret,
    ("", "Service"): _service,
    ("", "Endpoints"): _endpoints,
    ("", "Pod"): _pod,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("discovery.k8s.io", "EndpointSlice"): _endpoint_slice,
    ("networking.k8s.io", "IngressClass"): _ingress_class,
    (_RBAC_GROUP, "RoleBinding"): _binding,
    (_RBAC_GROUP, "ClusterRoleBinding"): _binding,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
}
