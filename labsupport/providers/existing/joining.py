"""Where a learner stands on a cluster of others: namespace, domain, class; decided at `lab up`."""

import getpass
import re
from dataclasses import dataclass, replace
from shlex import quote

from labsupport.base.errors import ClusterError, UsageError
from labsupport.base.files import write_atomically
from labsupport.base.paths import Instance
from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.kube.kubeconfig import Context
from labsupport.kube.manifests import dumped
from labsupport.kube.wait import until_nothing_missing
from labsupport.manifests import ADDONS
from labsupport.providers.existing.belongings import LABEL
from labsupport.providers.existing.rights import lacking, may, user_name
from labsupport.providers.protocol import Wishes
from labsupport.rules.rights import INSTALLING, LEARNING, LOOKING, Right, granting, subject_of
from labsupport.rules.status import StatusError
from labsupport.rules.tenancy import CLASS, TAUGHT, Tenancy

DOMAIN = "lab.example.com"
"""What learners' own domains lie below, when nobody says which."""
TRAEFIK = "traefik"
"""The namespace that the lab's Traefik is installed in."""

_GONE_WITHIN = 120.0  # seconds; a namespace takes its time
_SYSTEM = re.compile(r"kube-|default$|traefik$")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_ALL_THAT_LESSONS_LIST = tuple(
    replace(right, verbs=("list", "watch"), everywhere=True)
    for right in LEARNING
    if "list" in right.verbs
)
_SAMPLES = tuple(name for name in ADDONS if not name.startswith("traefik"))


@dataclass(frozen=True)
class Place:
    """The outcome: where the learner stands, what the lab installs, and which controller it knows.

    `controller` is the lab's own Traefik, if that may be looked at, else "".
    """

    tenancy: Tenancy
    addons: tuple[str, ...]
    controller: str


def place(api: Api, context: Context, wishes: Wishes, instance: Instance) -> Place:
    """Where this account and these wishes lead to; nothing is made.

    UsageError for a wish that can't be, ClusterError for rights that the account lacks.
    """
    namespace = _namespace(context, wishes)
    missing = lacking(api, LEARNING, namespace)
    if not _exists(api, namespace) and not missing:
        missing = lacking(api, [Right("", "namespaces", ("create",), everywhere=True)], "")
    if missing:
        raise _refused(api, context, namespace, wishes, missing, instance)
    ingress_class = _class(api, wishes, namespace)
    installs = not ingress_class
    if installs and (missing := lacking(api, INSTALLING, "")):
        raise _cannot_install(api, missing)
    everywhere = not lacking(api, _ALL_THAT_LESSONS_LIST, "")
    sees_traefik = ingress_class in ("", CLASS) and (
        installs or (_is_labs(api) and not lacking(api, LOOKING, TRAEFIK))
    )
    tenancy = Tenancy(
        namespace=namespace,
        domain=_domain(wishes, namespace, shared=not installs),
        ingress_class=ingress_class or CLASS,
        namespaces=() if everywhere else (namespace, *([TRAEFIK] if sees_traefik else [])),
        labels={LABEL: namespace},
    )
    return Place(tenancy, ADDONS if installs else _SAMPLES, TRAEFIK if sees_traefik else "")


def other_wish(tenancy: Tenancy, wishes: Wishes) -> str:
    """What is wished otherwise than it stands, in words; "" for nothing."""
    tellings = (
        ("namespace", tenancy.namespace, wishes.namespace),
        ("domain", tenancy.domain or TAUGHT[0], wishes.domain.lower().strip(".")),
        ("IngressClass", tenancy.ingress_class, wishes.ingress_class),
    )
    return "; ".join(
        f"{what} {stands}, not {wished}"
        for what, stands, wished in tellings
        if wished not in ("", stands)
    )


def make_namespace(api: Api, tenancy: Tenancy) -> None:
    """Make the learner's namespace, with the lab's label, if it is not there.

    One that is going away is waited for.
    """
    until_nothing_missing(
        lambda: _going(api, tenancy.namespace),
        what=f"namespace {tenancy.namespace} to be gone, for somebody removes it",
        timeout=_GONE_WITHIN,
        every=0.2,
    )
    if not _exists(api, tenancy.namespace):
        metadata = {"name": tenancy.namespace, "labels": dict(tenancy.labels)}
        api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})


def _namespace(context: Context, wishes: Wishes) -> str:
    given = wishes.namespace or context.namespace
    if given in ("", "default") and not wishes.namespace:
        login = re.sub(r"[^a-z0-9-]+", "-", getpass.getuser().lower()).strip("-")
        return f"ingress-lab-{login or 'learner'}"
    if not _NAME.fullmatch(given):
        raise UsageError(
            "a namespace is up to 63 lower-case letters, digits and hyphens",
            found=repr(given),
            remedy="./lab up --provider existing --context NAME --namespace learner7",
        )
    if _SYSTEM.match(given):
        raise UsageError(
            f"{given} is no namespace for a learner: what the lab makes there would be everybody's",
            found=f"namespace {given}",
            remedy="take one of your own: --namespace learner7",
        )
    return given


def _domain(wishes: Wishes, namespace: str, *, shared: bool) -> str:
    """Below which domain the sites lie; "" where the names of the lessons are free."""
    if not wishes.domain:
        return f"{namespace}.{DOMAIN}" if shared else ""
    domain = wishes.domain.lower().strip(".")
    labels = domain.split(".")
    if len(labels) < 2 or not all(map(_NAME.fullmatch, labels)):
        raise UsageError(
            "a domain is at least two names with dots between them",
            found=repr(wishes.domain),
            remedy="--domain learner7.lab.example.com",
        )
    return "" if domain == TAUGHT[0] else domain


def _class(api: Api, wishes: Wishes, namespace: str) -> str:
    """The installed class to use; "" when the lab is to install its own Traefik."""
    classes = {each["metadata"]["name"]: each for each in _classes(api)}
    if wanted := wishes.ingress_class:
        if wanted not in classes:
            raise UsageError(
                f"the cluster has no IngressClass {wanted}",
                found=f"classes: {', '.join(classes) or 'none'}",
                remedy="take one of these, or leave --ingress-class out: the lab installs Traefik",
            )
        return wanted
    if CLASS not in classes or _lab_of(classes[CLASS]) == namespace:
        return ""
    if _lab_of(classes[CLASS]):
        return CLASS  # another lab's Traefik, such as the teacher's: one is enough for all
    raise UsageError(
        f"the cluster has an IngressClass {CLASS} that no lab made",
        found=f"its controller is {classes[CLASS]['spec'].get('controller')}",
        remedy=f"use it: --ingress-class {CLASS}",
    )


def _classes(api: Api) -> list[Json]:
    try:
        return api.list("ingressclasses")
    except StatusError as error:
        if error.code != 403:
            raise
        return []  # which is said among the rights that are missing


def _lab_of(obj: Json) -> str:
    return str((obj["metadata"].get("labels") or {}).get(LABEL, ""))


def _is_labs(api: Api) -> bool:
    """Whether the class `traefik` is served by a Traefik that a lab installed."""
    return any(_lab_of(each) for each in _classes(api) if each["metadata"]["name"] == CLASS)


def _exists(api: Api, namespace: str) -> bool:
    try:
        api.get("namespaces", namespace)
    except StatusError as error:
        if error.code == 404:
            return False
        if error.code != 403:
            raise
        # Who may not read Namespaces may still work in one: then it is there.
        return may(api, "list", Right("networking.k8s.io", "ingresses", ("list",)), namespace)
    return True


def _going(api: Api, namespace: str) -> list[str]:
    """That the namespace is going away, and what holds it up."""
    try:
        live = api.get("namespaces", namespace)
    except StatusError as error:
        if error.code not in (403, 404):
            raise
        return []
    if not live["metadata"].get("deletionTimestamp"):
        return []
    conditions = live.get("status", {}).get("conditions", ())
    left = [each["message"] for each in conditions if each["status"] == "True"]
    return left or [f"namespace {namespace} is {live['status'].get('phase')}"]


def _refused(
    api: Api,
    context: Context,
    namespace: str,
    wishes: Wishes,
    missing: list[Right],
    instance: Instance,
) -> ClusterError:
    """What is missing, with the RBAC objects to ask for in a file."""
    user = user_name(api)
    documents = granting(
        namespace,
        subject_of(user or "USER"),
        # Who may not list the classes yet will use the lab's, when they name no other.
        traefik=TRAEFIK if wishes.ingress_class in ("", CLASS) else "",
    )
    file = instance.make().rights
    head = (
        f"# What {user or 'the learner'} needs for Ingress Lab, for the cluster's administrator.\n"
    )
    write_atomically(file, head + "---\n".join(dumped(each) for each in documents), mode=0o644)
    shown = [str(right) for right in missing[:6]]
    more = f" and {len(missing) - 6} more" if len(missing) > 6 else ""
    return ClusterError(
        f"{user or f'the user of context {context.name!r}'} may not do "
        f"all that the lab needs in namespace {namespace}",
        found="missing: " + "; ".join(shown) + more,
        remedy=f"ask the cluster's administrator for: kubectl apply -f {quote(str(file))}",
    )


def _cannot_install(api: Api, missing: list[Right]) -> ClusterError:
    classes = ", ".join(each["metadata"]["name"] for each in _classes(api))
    remedy = (
        f"use a class that is there ({classes}): --ingress-class {classes.split(', ')[0]}"
        if classes
        else "have the administrator run the same command once: that installs the lab's Traefik "
        "for everybody"
    )
    return ClusterError(
        "the lab's own Traefik can be installed by an administrator of the cluster only",
        found="missing: " + "; ".join(str(right) for right in missing[:4]),
        remedy=remedy,
    )
