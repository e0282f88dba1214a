"""Whose address a pod sees, and at which pod a visitor stays: and if not so, why."""

from labsupport.base.errors import LabError, RequestFailed
from labsupport.base.types import Json
from labsupport.exercises.exercise import Exercise
from labsupport.exercises.verdict import Verdict
from labsupport.http.exchange import Exchange
from labsupport.kube.wait import settled
from labsupport.session import Lab

_LIVE_SECONDS = 2.0
"""How long a change may take until it is live."""

_BALANCER_SECONDS = 10.0
"""The same of a load balancer that is not the lab's: it asks for the nodes' health every 3 s."""

_VISITS = 6  # of one visitor, and by as many visitors
_OPTION = "traefik.ingress.kubernetes.io/service."


def caller_seen(exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
    """The pods of a LoadBalancer Service see the caller's own address, and not a node's.

    The exercise's only way is from the name of the Service to the app that should answer.
    """
    within = _LIVE_SECONDS if lab.connection.network else _BALANCER_SECONDS
    return settled(lambda: _of_caller(exercise, lab), lambda found: found.passed, timeout=within)


def _of_caller(exercise: Exercise, lab: Lab) -> Verdict:
    """What the pod sees now."""
    ((service, app),) = exercise.ways.items()
    expected = f"{app} answers at the address of {service}, and sees the caller's own address"

    def verdict(got: str, look: str = "", hint: str = "") -> Verdict:
        return Verdict(exercise.name, expected, got, look, hint)

    try:
        address = lab.address_of("service", service)
    except LabError as error:
        return verdict(
            f"no address: {error.found or error.what}",
            'the Services and their events: lab.table("services")',
            "Only a Service of type LoadBalancer gets an address for the outside, and only while "
            "the pool has one: lab.pool() gives back all of them.",
        )
    try:
        answer_of_pod = lab.client.get(f"http://{address}/debug/request")
    except RequestFailed as error:
        return verdict(
            f"no answer from {address}: {error.found}",
            f'port, targetPort and selector: lab.yaml("service", "{service}")',
            "The Service has an address, but leads the connection to no pod that listens.",
        )
    if not (answer_of_pod.pod or "").startswith(f"{app}-"):
        return verdict(
            f"{answer_of_pod.pod or 'nobody known'} answered",
            f'the selector: lab.yaml("service", "{service}")',
            f"The Service should choose the pods of {app}.",
        )
    caller = answer_of_pod.peer.rpartition(":")[0]
    if caller not in _node_addresses(lab):
        return verdict(f"the pod sees {caller}, which is yours")
    spec = lab.object("service", service)["spec"]
    look = f'spec of the Service: lab.yaml("service", "{service}")'
    return verdict(f"the pod sees {caller}, a node's address", look, _why_the_node(spec))


def _node_addresses(lab: Lab) -> set[str]:
    nodes = lab.objects("nodes", namespace=None)
    return {str(each["address"]) for node in nodes for each in node["status"]["addresses"]}


def _why_the_node(spec: Json) -> str:
    if spec.get("internalTrafficPolicy") == "Local":
        return "internalTrafficPolicy is for calls from inside the cluster. This one is not."
    if spec.get("sessionAffinity") == "ClientIP":
        return (
            "sessionAffinity keeps a caller at one pod. The connection is still passed on in the "
            "node's name."
        )
    return (
        "The connection is passed on in the node's name, because it might have to go to another "
        "node. Another policy for traffic from outside forbids that detour."
    )


def stays_at_one_pod(exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
    """A visitor who keeps cookies stays at one pod, and new visitors spread over several.

    The exercise's only way is from the URL to the app behind it.
    """
    ((url, app),) = exercise.ways.items()
    expected = f"at {url} each visitor stays at one pod of {app}, and not all at the same"
    got, hint = settled(
        lambda: _trouble(lab, url), lambda found: not found[0], timeout=_LIVE_SECONDS
    )
    if not got:
        return Verdict(exercise.name, expected, "just that")
    return Verdict(exercise.name, expected, got, "the annotations of Service and Ingress", hint)


def _trouble(lab: Lab, url: str) -> tuple[str, str]:
    """What is not as it should be, and the hint; both empty when nothing is."""
    try:
        visits = _visits(lab, url)
        pods = {each.pod for each in visits}
        if None in pods or not all(each.ok for each in visits):
            return f"{visits[-1].status} from the proxy", _why_not_kept(lab, url)
        if len(pods) > 1:
            return f"one visitor's requests went to {len(pods)} pods", _why_not_kept(lab, url)
        others = {lab.client.get(url).pod for _ in range(_VISITS)}
    except LabError as error:
        return f"no answer: {error.found or error.what}", f'See lab.diagnose("{url}").'
    if len(others) > 1:
        return "", ""
    return f"{_VISITS} visitors were all sent to {others.pop()}", (
        "All visitors are at the same pod, so the others have nothing to do. The proxy must "
        "choose among the pods itself, and remember its choice for each visitor."
    )


def _visits(lab: Lab, url: str) -> list[Exchange]:
    """The requests of one visitor, who brings back the cookie that the first answer set."""
    first = lab.client.get(url)
    cookie = first.headers.get("Set-Cookie", "").partition(";")[0]
    headers = {"Cookie": cookie} if cookie else {}
    return [first, *(lab.client.get(url, headers=headers) for _ in range(_VISITS - 1))]


def _why_not_kept(lab: Lab, url: str) -> str:
    backend = lab.explain(url, profile=lab.controller.profile).backend
    if backend is None:
        return f'No rule leads there: lab.diagnose("{url}").'
    places = lab.objects("ingresses", namespace=backend.namespace)
    if any(f"{_OPTION}sticky.cookie" in _annotations(each) for each in places):
        return "This controller reads the annotation at the Service, not at the Ingress."
    service = lab.object("service", backend.service, namespace=backend.namespace)
    if service["spec"].get("sessionAffinity") == "ClientIP":
        return (
            "sessionAffinity is for connections to the Service's own address. The proxy goes past "
            "that, straight to the pods, and has to be told itself."
        )
    return "Nothing tells the proxy to remember its visitors. No cookie is set."


def _annotations(obj: Json) -> Json:
    found: Json = obj["metadata"].get("annotations") or {}
    return found
