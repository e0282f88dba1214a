"""What the specification says the cluster, as it is now, does with a request."""

from typing import TYPE_CHECKING

from labsupport.rules.ingress import Decision, Request, decide

if TYPE_CHECKING:
    from labsupport.session.lab import Lab


def explained(lab: "Lab", url: str) -> Decision:
    """The decision on a GET of `url`, by the objects of every namespace; nothing is sent."""
    return decide(
        Request.from_url(url),
        lab.objects("ingresses", namespace=None),
        classes=lab.objects("ingressclasses", namespace=None),
        services=lab.objects("services", namespace=None),
        slices=lab.objects("endpointslices", namespace=None),
    )
