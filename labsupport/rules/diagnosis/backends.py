"""Between proxy and Pod: refused, plain HTTP to TLS, TLS to plain HTTP, or not believed."""

import json

from labsupport.base.types import Json
from labsupport.rules.diagnosis.case import Case
from labsupport.rules.diagnosis.endpoints import retarget
from labsupport.rules.diagnosis.facts import Answer
from labsupport.rules.diagnosis.findings import Broken, Remedy
from labsupport.rules.diagnosis.workloads import offered_ports, selected
from labsupport.rules.ingress import Backend, Endpoint

_SCHEME = "traefik.ingress.kubernetes.io/service.serversscheme"
_TRANSPORT = "traefik.ingress.kubernetes.io/service.serverstransport"
_AUTHORITY = "lab-authority"
_SUSPECT = (400, 500, 502)


def connection_fault(case: Case, answer: Answer) -> Broken | None:
    """Why the proxy and the Pod could not talk, by how the Pod takes a call without the proxy."""
    backend = case.backend
    if backend is None or answer.status not in _SUSPECT or case.destination.kind != "proxy":
        return None
    saw = f"{answer.status} from {'the application' if answer.by == 'app' else 'the proxy'}"
    spoken = {each.speaks for each in case.facts.dialled}
    if "tls" in spoken:
        return _expects_tls(case, backend, answer, saw)
    if answer.by == "app" or answer.status == 400:
        return None
    if "refused" in spoken:
        return _refused(case, backend, saw)
    if "http" in spoken and _scheme(case, backend, answer) == "https":
        return _plain(backend, saw)
    if not spoken - {""} and answer.status == 502:
        return _perhaps_refused(case, backend, saw)
    return None


def _scheme(case: Case, backend: Backend, answer: Answer) -> str:
    """How the proxy speaks to the Pods: as its log says, or else by what Traefik goes by."""
    if "://" in answer.server:
        return answer.server.partition("://")[0]
    service = case.service(backend.namespace, backend.service) or {"metadata": {}}
    wish = (service["metadata"].get("annotations") or {}).get(_SCHEME)
    if wish:
        return str(wish)
    for port in (service.get("spec") or {}).get("ports") or ():
        if backend.port in (port.get("port"), port.get("name")):
            named = str(port.get("name") or "").startswith("https")
            return "https" if named or port.get("port") == 443 else "http"
    return "http"


def _expects_tls(case: Case, backend: Backend, answer: Answer, saw: str) -> Broken | None:
    place = f"Service {backend.namespace}/{backend.service}"
    saw = f"{saw}; called without the proxy, the Pod expects TLS"
    if _scheme(case, backend, answer) == "http":
        why = f"the proxy speaks plain HTTP to the Pods of {place}, which expect TLS"
        annotate = f"kubectl -n {backend.namespace} annotate service {backend.service}"
        mends = (
            Remedy(
                "tell the proxy to speak TLS to them, and whose certificate to believe",
                f"{annotate} {_SCHEME}=https\n{_transport(case, backend)}",
            ),
        )
        return Broken("tls-backend-plain", saw, "TLS between proxy and Pod", why, mends)
    if answer.by == "app":
        return None
    why = "the proxy does speak TLS to the Pod, but most likely does not believe its certificate"
    mend = Remedy("say whose certificate to believe", _transport(case, backend))
    expected = "a certificate that the proxy believes"
    return Broken("certificate-untrusted", saw, expected, why, (mend,), sure=False)


def _transport(case: Case, backend: Backend) -> str:
    """The commands that make a ServersTransport, and name it in the Service's annotation."""
    space, name = backend.namespace, backend.service
    shown = next((e.certificate for e in case.facts.dialled if e.certificate is not None), None)
    names = shown.names if shown else ()
    secrets = [
        each.name
        for each in case.cluster.secrets or ()
        if shown is not None
        and each.namespace == space
        and each.certificate is not None
        and each.certificate.fingerprint == shown.fingerprint
        and "ca.crt" in each.keys
    ]
    believed = {"secret": secrets[0]} if secrets else {"configMap": _AUTHORITY}
    transport = {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "ServersTransport",
        "metadata": {"name": name, "namespace": space},
        "spec": {"serverName": next(iter(names), name), "rootCAs": [believed]},
    }
    # Without a Secret that says who issued the certificate, the lab's authority is the likeliest.
    file = '--from-file=ca.crt="$(./lab ca path)"'
    make = "" if secrets else f"kubectl -n {space} create configmap {_AUTHORITY} {file}\n"
    return (
        f"{make}kubectl apply -f - <<< '{json.dumps(transport)}'\n"
        f"kubectl -n {space} annotate service {name} {_TRANSPORT}={space}-{name}@kubernetescrd"
    )


def _plain(backend: Backend, saw: str) -> Broken:
    annotate = f"kubectl -n {backend.namespace} annotate service {backend.service}"
    saw = f"{saw}; called without the proxy, the Pod answers plain HTTP"
    why = "the proxy speaks TLS to the Pod, which speaks plain HTTP"
    mend = Remedy("let the proxy speak plain HTTP", f"{annotate} {_SCHEME}=http --overwrite")
    return Broken("plain-backend-tls", saw, "plain HTTP between proxy and Pod", why, (mend,))


def _refused(case: Case, backend: Backend, saw: str) -> Broken:
    dead = next(each for each in case.facts.dialled if each.speaks == "refused")
    where = f"{dead.address}:{dead.port}"
    saw = f"{saw}; called without the proxy, {where} refuses the connection"
    return _wrong_port(case, backend, saw, sure=True)


def _perhaps_refused(case: Case, backend: Backend, saw: str) -> Broken | None:
    """Nobody could call the Pods: then the ports that they declare have to tell."""
    used = {each.port for each in _targets(case, backend)}
    declared = {number for number, _ in offered_ports(_pods(case, backend))}
    if not declared or used & declared:
        return None
    return _wrong_port(case, backend, saw, sure=False)


def _wrong_port(case: Case, backend: Backend, saw: str, *, sure: bool) -> Broken:
    place = f"Service {backend.namespace}/{backend.service}"
    used = ", ".join(sorted({str(each.port) for each in _targets(case, backend)})) or "unknown"
    offered = offered_ports(_pods(case, backend))
    declared = ", ".join(str(number) for number, _ in offered)
    why = f"{place} sends to port {used} of its Pods, where nothing listens"
    why += f"; they declare {declared}" if declared else ""
    service = case.service(backend.namespace, backend.service) or {}
    expected = "a targetPort where the application listens"
    mends = retarget(backend, service, offered)
    return Broken("target-port-wrong", saw, expected, why, mends, sure)


def _targets(case: Case, backend: Backend) -> tuple[Endpoint, ...]:
    return case.rules.directory.targets(backend).endpoints


def _pods(case: Case, backend: Backend) -> list[Json]:
    service = case.service(backend.namespace, backend.service) or {}
    selector = (service.get("spec") or {}).get("selector") or {}
    return selected(case.cluster.pods or (), backend.namespace, selector)
