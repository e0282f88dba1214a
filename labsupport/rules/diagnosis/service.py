"""Hop 7: the Service that the rule names exists."""

from labsupport.rules.diagnosis.case import Case
from labsupport.rules.diagnosis.findings import Broken, Finding, Fine, Remedy, Unused, patch
from labsupport.rules.diagnosis.words import listed, nearest
from labsupport.rules.ingress.route import Backend, Route, name_of, namespace_of


def judge(case: Case) -> Finding:
    """Whether there is a Service of that name in the namespace of the Ingress."""
    backend = case.backend
    if backend is None or case.cluster.services is None:
        return Unused("no rule of an Ingress names a Service for it")
    if backend.resource is not None:
        return Unused(f"the backend is {backend}, not a Service")
    if case.service(backend.namespace, backend.service) is not None:
        return Fine(f"Service {backend.namespace}/{backend.service} exists")
    return _missing(case, backend)


def _missing(case: Case, backend: Backend) -> Broken:
    place = f"Service {backend.namespace}/{backend.service}"
    saw = f"{place} does not exist" + (f"; {case.meant} names it" if case.meant else "")
    expected = f"a Service {backend.service} in the namespace {backend.namespace}"
    services = case.cluster.services or ()
    elsewhere = [name_of(each) for each in services if each["metadata"]["name"] == backend.service]
    if elsewhere:
        why = (
            f"there is {listed(elsewhere)}, but an Ingress can only name Services of its own "
            "namespace"
        )
        return Broken("backend-elsewhere", saw, expected, why, _moves(case, backend, elsewhere[0]))
    beside = sorted(
        each["metadata"]["name"] for each in services if namespace_of(each) == backend.namespace
    )
    near = nearest(backend.service, beside) or (beside[0] if len(beside) == 1 else "")
    why = f"the namespace has the Services: {listed(beside)}"
    why += f"; most likely {near} is meant" if near else ""
    mends = [_renamed(case.meant, near)] if near and case.meant else []
    mends.append(Remedy("see the Services", f"kubectl -n {backend.namespace} get services"))
    return Broken("service-missing", saw, expected, why, tuple(mends))


def _renamed(route: Route, name: str) -> Remedy:
    pointer = f"{backend_pointer(route)}/service/name"
    command = patch("ingress", route.namespace, route.name, pointer, name)
    return Remedy(f"in Ingress {route.ingress}, write backend.service.name: {name}", command)


def backend_pointer(route: Route) -> str:
    """Where the rule's backend stands in its Ingress, as a JSON pointer."""
    rule, position = route.position
    return f"/spec/rules/{rule}/http/paths/{position}/backend"


def _moves(case: Case, backend: Backend, elsewhere: str) -> tuple[Remedy, ...]:
    """Ingress and Service have to meet in one namespace."""
    name = case.meant.name if case.meant else "NAME"
    namespace = elsewhere.partition("/")[0]
    copy = (
        f"kubectl -n {backend.namespace} get ingress {name} -o yaml "
        f"| sed 's/namespace: {backend.namespace}/namespace: {namespace}/' "
        f"| kubectl create -f - && kubectl -n {backend.namespace} delete ingress {name}"
    )
    return (
        Remedy(f"move the Ingress to the namespace {namespace}", copy),
        Remedy(f"run {backend.service} and its Pods in the namespace {backend.namespace}"),
    )
