"""What Kubernetes' API has, this one has not, and a learner may well try: it says what to do."""

from labsupport.minicluster.api.http.requests import Target
from labsupport.rules.status import StatusError

_REACHABLE = (
    "the addresses of pods and Services can be reached from here as they are: "
    "./lab get http://ADDRESS:PORT/PATH (kubectl get pods,services -o wide shows them)"
)
_READABLE = "./lab logs POD shows what a pod prints, kubectl describe pod POD what became of it"
_INSTEAD = {
    ("pods", "exec"): ("running commands in a pod", _READABLE),
    ("pods", "attach"): ("attaching to a pod", _READABLE),
    ("pods", "ephemeralcontainers"): ("debugging a pod", _READABLE),
    ("pods", "portforward"): ("port forwarding", _REACHABLE),
}


def unavailable(target: Target) -> StatusError | None:
    """501 for a part of the API that is known to be missing; None for any other path."""
    found = _INSTEAD.get((target.plural, target.subresource))
    if target.group or found is None:
        return None
    what, instead = found
    return StatusError(501, "NotImplemented", f"{what}: not in this version of the lab; {instead}")
