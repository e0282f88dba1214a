"""The addresses by which objects are reached from outside the cluster."""

from labsupport.kube.api import Api
from labsupport.kube.wait import until_nothing_missing


def external_address(
    api: Api, kind: str, name: str, namespace: str = "default", *, timeout: float = 10.0
) -> str:
    """The first address in `status.loadBalancer` of a Service or Ingress: an IP or a host name.

    Controllers fill it in a moment after the object is made: WaitTimeout after `timeout` seconds.
    """
    found: list[str] = []

    def lacks() -> list[str]:
        status = api.get(kind, name, namespace).get("status", {})
        for entry in status.get("loadBalancer", {}).get("ingress", ()):
            found.extend(entry[key] for key in ("ip", "hostname") if key in entry)
        return [] if found else [f"{api.kind(kind).kind} {namespace}/{name} has no address"]

    what = f"the address of {kind} {name}"
    until_nothing_missing(lacks, what=what, timeout=timeout, every=0.02)
    return found[0]
