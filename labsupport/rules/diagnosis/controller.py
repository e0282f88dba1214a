"""The ingress controller itself: does it run, and may it read what it needs?"""

from labsupport.rules.diagnosis.case import Case
from labsupport.rules.diagnosis.findings import Broken, Remedy, patch
from labsupport.rules.diagnosis.words import counted, listed
from labsupport.rules.diagnosis.workloads import pod_trouble, ready_pods, selected
from labsupport.rules.ingress import TRAEFIK
from labsupport.rules.ingress.route import namespace_of
from labsupport.rules.rbac import Attributes, allowed, service_account_user

_NEEDS = (
    ("networking.k8s.io", "ingresses"),
    ("networking.k8s.io", "ingressclasses"),
    ("", "services"),
    ("discovery.k8s.io", "endpointslices"),
    ("", "secrets"),
)
"""What a controller lists and watches; without any one of them it is silent."""

_NODES = ("", "nodes")
"""What Traefik's provider for Ingress needs too."""


def fault(case: Case, saw: str) -> Broken | None:
    """What keeps the controller from serving anybody; None when it seems to be well."""
    return down(case, saw) or unread(case, saw)


def down(case: Case, saw: str) -> Broken | None:
    """Whether no proxy runs."""
    facts = case.controller
    if case.cluster.deployments is None or case.cluster.pods is None:
        return None
    deployment = next(
        (
            each
            for each in case.cluster.deployments
            if (namespace_of(each), each["metadata"]["name"]) == (facts.namespace, facts.name)
        ),
        None,
    )
    place = f"Deployment {facts.namespace}/{facts.name}"
    if deployment is None:
        return _down(saw, place, f"{place} does not exist", Remedy("install it again", "./lab up"))
    spec = deployment.get("spec") or {}
    if spec.get("replicas", 1) == 0:
        scale = f"kubectl -n {facts.namespace} scale deployment {facts.name} --replicas=1"
        return _down(saw, place, f"{place} is scaled to 0", Remedy("scale it up", scale))
    labels = (spec.get("selector") or {}).get("matchLabels") or {}
    pods = selected(case.cluster.pods, facts.namespace, labels)
    if ready_pods(pods):
        return None
    trouble = pod_trouble(pods, case.cluster.events or (), case.facts.now)
    why = f"{place} has no ready Pod"
    if trouble is not None:
        why += f": {trouble.saw}"
    look = Remedy("see why", f"kubectl -n {facts.namespace} describe pods; ./lab logs {facts.name}")
    return _down(saw, place, why, look)


def _down(saw: str, place: str, why: str, mend: Remedy) -> Broken:
    return Broken("controller-down", saw, f"a ready Pod of {place}", why, (mend,))


def unread(case: Case, saw: str) -> Broken | None:
    """Whether the controller may not read one of the kinds it needs."""
    missing = denied(case)
    if not missing:
        return None
    account = f"ServiceAccount {case.controller.namespace}/{case.controller.account}"
    kinds = listed(name for _, name in missing)
    groups = dict.fromkeys(group for group, _ in missing)
    restart = f"rollout restart deployment {case.controller.name}"
    commands = [_granting(case, group, missing) for group in groups]
    commands.append(f"kubectl -n {case.controller.namespace} {restart}")
    words = f"let it read {kinds}, in its ClusterRole; then restart it"
    mend = Remedy(words, "\n".join(commands))
    return Broken(
        "rbac-missing",
        saw,
        f"that {account} may list and watch {kinds}",
        f"{account} may not list and watch {kinds}, so {case.controller.title} is "
        f"blind to {counted(len(missing), 'kind')} that it needs",
        (mend,),
    )


def _granting(case: Case, group: str, missing: list[tuple[str, str]]) -> str:
    """The command that lets the controller read the kinds of one API group."""
    resources = [name for other, name in missing if other == group]
    rule = {"apiGroups": [group], "resources": resources, "verbs": ["get", "list", "watch"]}
    return patch("clusterrole", "", case.controller.name, "/rules/-", rule, operation="add")


def denied(case: Case) -> list[tuple[str, str]]:
    """The kinds (API group, resource) that the controller may not list and watch."""
    policy = case.cluster.policy
    if policy is None:
        return []
    user, groups = service_account_user(case.controller.namespace, case.controller.account)
    needs = (*_NEEDS, _NODES) if case.controller.controller == TRAEFIK.controller else _NEEDS
    return [
        (group, resource)
        for group, resource in needs
        if not all(
            allowed(Attributes(user, verb, groups, group, resource), policy)
            for verb in ("list", "watch")
        )
    ]
