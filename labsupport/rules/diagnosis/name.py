"""Hop 1: the name becomes an address, and the right one."""

from labsupport.rules.diagnosis.case import Case
from labsupport.rules.diagnosis.facts import Lookup
from labsupport.rules.diagnosis.findings import Broken, Finding, Fine, Remedy
from labsupport.rules.diagnosis.words import listed, nearest


def judge(case: Case) -> Finding:
    """Whether the name leads to the address where its Ingress is served."""
    naming = case.facts.naming
    if not naming.address:
        return _unknown(case)
    if naming.by in ("address", "given"):
        return Fine(naming.detail)
    if broken := _wrong_address(case):
        return broken
    return Fine(f"{_name(case)} is {naming.address}: {naming.detail}")


def _name(case: Case) -> str:
    """The name that was looked up; the Host header may have another."""
    return case.facts.name


def _unknown(case: Case) -> Broken:
    """Nobody has an address for the name."""
    name = _name(case)
    saw = f"{name} has no address: {_said(case)}"
    expected = f"an address for {name}" + _of_proxy(case)
    fresh = _authoritative(case)
    if (
        fresh
        and fresh.address
        and any(each.source == "cache" for each in case.facts.naming.lookups)
    ):
        why = f"the caching resolver remembers that there was no such name; DNS has {fresh.address}"
        return Broken("stale-dns", saw, expected, why, _FLUSH)
    if case.claiming and not case.expected_addresses:
        return no_address(case, saw)
    if typo := _typing_error(case, saw, expected):
        return typo
    why = "neither the hosts file nor DNS has the name"
    if any(each.code == "silence" for each in case.facts.naming.lookups):
        why = "the hosts file does not have the name, and the DNS server does not answer"
        return Broken("name-missing", saw, expected, why, (Remedy("start the lab", "./lab up"),))
    return Broken("name-missing", saw, expected, why, _additions(case))


def _typing_error(case: Case, saw: str, expected: str) -> Broken | None:
    """Whether a name much like it is known: then one of the two is mistyped."""
    name = _name(case)
    others = dict(case.facts.naming.others)
    near = nearest(name, others)
    if not near:
        return None
    in_rules = near in {each.route.host for each in case.wishes.candidates}
    if in_rules and case.claiming:
        return None  # two names, and an Ingress for each
    if in_rules:
        why = f"{near} has an address and an Ingress: most likely the URL is mistyped"
        mend = Remedy(f"ask for {near}", f"./lab get {case.facts.url.replace(name, near, 1)}")
        return Broken("name-missing", saw, expected, why, (mend,))
    where = "the hosts file" if others[near] == "hosts" else "DNS"
    why = f"{where} has {near}: most likely {name} with a typing error"
    if others[near] == "hosts":
        out = Remedy("take the mistyped name out of the hosts file", f"./lab hosts remove {near}")
        mends = (*_additions(case), out)
        return Broken("hosts-typo", saw, expected, why, mends, sure=bool(case.claiming))
    mends = (*_additions(case), Remedy("take the other record out", f"./lab dns remove {near}"))
    return Broken("name-missing", saw, expected, why, mends)


def _wrong_address(case: Case) -> Broken | None:
    """Whether an Ingress is for the name, but the address is not that of its proxy."""
    naming = case.facts.naming
    expected = case.expected_addresses
    fresh = _authoritative(case)
    if naming.address in expected or (case.answer is not None and case.answer.router):
        return None
    outdated = naming.by == "cache" and fresh is not None and fresh.address != naming.address
    if not case.claiming and not outdated:
        return None
    saw = f"{_name(case)} is {naming.address}: {naming.detail}"
    if outdated and fresh is not None and (fresh.address in expected or not case.claiming):
        why = f"the record was changed to {fresh.address or 'nothing'}; the cache has the old one"
        should = f"{_name(case)} to be {fresh.address or 'unknown'}, as DNS says now"
        return Broken("stale-dns", saw, should, why, _FLUSH)
    if not expected or not all(_is_ip(each) for each in expected):
        return None
    should = f"the proxy's address, {listed(expected)}"
    why = f"the {'hosts file' if naming.by == 'hosts' else 'DNS record'} has another address"
    cause = "hosts-typo" if naming.by == "hosts" else "dns-wrong-address"
    additions = _additions(case)
    order = additions if naming.by == "hosts" else additions[::-1]
    return Broken(cause, saw, should, why, order[:1])


def no_address(case: Case, saw: str) -> Broken:
    """The controller's Service has no address, so no name can lead to the proxy."""
    spec = (case.controller_service or {}).get("spec") or {}
    place = f"Service {case.controller.namespace}/{case.controller.name}"
    kind = spec.get("type") or "ClusterIP"
    if kind == "LoadBalancer":
        why = f"{place} is a LoadBalancer, but no load balancer has given it an address"
        look = f"kubectl -n {case.controller.namespace} describe service {case.controller.name}"
        mend = Remedy("see why: its events", look)
    else:
        why = f"{place} is of type {kind}: only a LoadBalancer gets an address of its own"
        mend = Remedy(
            "make it a LoadBalancer",
            f"kubectl -n {case.controller.namespace} patch service {case.controller.name} "
            """-p '{"spec": {"type": "LoadBalancer"}}'""",
        )
    expected = f"an address in status.loadBalancer of {place}"
    return Broken("no-address", saw, expected, why, (mend,))


_FLUSH = (
    Remedy("let the cache forget", "./lab dns cache flush"),
    Remedy("ask the authoritative server", "./lab dns use authoritative"),
)


def _additions(case: Case) -> tuple[Remedy, ...]:
    """Giving the name its address: in the hosts file, or in DNS."""
    address = next(iter(case.expected_addresses), "ADDRESS")
    name = _name(case)
    return (
        Remedy("give it the address in the hosts file", f"./lab hosts add {name} {address}"),
        Remedy("give it the address in DNS", f"./lab dns add {name} {address}"),
    )


def _said(case: Case) -> str:
    """What each source said."""
    lookups = case.facts.naming.lookups
    return "; ".join(f"{each.source}: {each.said}" for each in lookups) or "nobody was asked"


def _of_proxy(case: Case) -> str:
    addresses = case.expected_addresses
    return f": that of the proxy, {listed(addresses)}" if addresses else ""


def _authoritative(case: Case) -> Lookup | None:
    return next((each for each in case.facts.naming.lookups if each.source == "dns"), None)


def _is_ip(text: str) -> bool:
    return text.replace(".", "").isdigit() or ":" in text
