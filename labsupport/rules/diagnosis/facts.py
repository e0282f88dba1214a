"""All that a diagnosis rests on: what was seen of one request, and of the cluster."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from labsupport.base.types import Json
from labsupport.rules.certificates import CertificateFacts, Refusal
from labsupport.rules.ingress import TRAEFIK, Profile, Request
from labsupport.rules.rbac import Policy

Objects = tuple[Json, ...] | None
"""Objects of one kind from all namespaces; None when they may not be read."""


@dataclass(frozen=True)
class Lookup:
    """One source asked for the name: `code` is DNS's (NOERROR, NXDOMAIN ...) or "silence"."""

    source: str
    asked: str
    said: str
    address: str = ""
    code: str = ""


@dataclass(frozen=True)
class Naming:
    """How the name became an address.

    `by` is "hosts", "dns", "cache", "system", "address" (the URL has one) or "given" (the caller
    did); with "" nobody knows the name. `lookups` has every source, also those not needed. `others`
    are further names that the hosts file has ("hosts") or lab DNS ("dns"), as (name, source).
    """

    address: str = ""
    by: str = ""
    detail: str = ""
    lookups: tuple[Lookup, ...] = ()
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Handshake:
    """A TLS handshake as the client asked for it; `sni` is "" where no name was sent.

    `failure` says why there was none. `refusals` are a client's reasons not to believe the `chain`
    (leaf first); the request went on all the same when it was not `checked`.
    """

    sni: str
    version: str = ""
    chain: tuple[CertificateFacts, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    checked: bool = True
    failure: str = ""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer.

    `by` says whose it is: the proxy's own ("proxy"), from behind it ("app"), or not told ("").
    `router`, `server` are the proxy's, from its log; "" when it had none or does not tell.
    """

    url: str
    status: int
    by: Literal["proxy", "app", ""] = ""
    location: str = ""
    pod: str = ""
    router: str = ""
    server: str = ""


Tcp = Literal["open", "refused", "timeout", "unreachable", "untried"]


@dataclass(frozen=True)
class Sent:
    """The request as it was made: to an address and port, as far as it came.

    `answers` has the redirects in order, the last answer last. `failure` says in words why none
    came although TCP (and TLS) worked; `silent` whether that was for want of time; `looping`
    whether the redirects came back to where they had been, or never ended.
    """

    address: str = ""
    port: int = 0
    tcp: Tcp = "untried"
    detail: str = ""
    handshake: Handshake | None = None
    answers: tuple[Answer, ...] = ()
    failure: str = ""
    silent: bool = False
    looping: bool = False


@dataclass(frozen=True)
class Dialled:
    """What a pod's port does when called without the proxy.

    "http": it answers; "tls": it expects TLS, and shows the `certificate`; "refused": nothing
    listens; "silent"; "" unknown.
    """

    address: str
    port: int
    speaks: Literal["http", "tls", "refused", "silent", ""] = ""
    certificate: CertificateFacts | None = None


@dataclass(frozen=True)
class SecretFacts:
    """A Secret without its secrets. `fault` says why its certificate can't be read."""

    namespace: str
    name: str
    type: str
    keys: tuple[str, ...] = ()
    certificate: CertificateFacts | None = None
    fault: str = ""

    @property
    def place(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Cluster:
    """The objects of all namespaces, and who may do what (None: not known)."""

    ingresses: Objects = ()
    classes: Objects = ()
    services: Objects = ()
    slices: Objects = ()
    pods: Objects = ()
    deployments: Objects = ()
    events: Objects = ()
    middlewares: Objects = None
    tcp_routes: Objects = None
    secrets: tuple[SecretFacts, ...] | None = ()
    policy: Policy | None = None


@dataclass(frozen=True)
class ControllerFacts:
    """The ingress controller: where it is installed, and its name in IngressClasses.

    It reads Ingresses of class `ingress_class` ("": of every class of its own), as `profile` does.
    `role` is the ClusterRole that gives its `account` its rights. `addresses` are those by which
    it is reached, where its Service is not ours to see.
    """

    title: str = "Traefik"
    namespace: str = "traefik"
    name: str = "traefik"
    account: str = "traefik"
    role: str = "traefik"
    controller: str = "traefik.io/ingress-controller"
    ingress_class: str = "traefik"
    profile: Profile = TRAEFIK
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """Everything seen of a GET of `url`.

    `request` is what was sent in the end, after the redirects, to the host `name`, which a Host
    header may differ from; `redirected` has the URLs before it. `reports` are the controller's
    own troubles, in words, where it answered itself.
    """

    url: str
    name: str
    request: Request
    naming: Naming
    sent: Sent
    now: datetime
    cluster: Cluster = field(default_factory=Cluster)
    controller: ControllerFacts = field(default_factory=ControllerFacts)
    dialled: tuple[Dialled, ...] = ()
    assets: tuple[Answer, ...] = ()
    redirected: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
