"""Hop 4: a rule of an Ingress is for the host."""

from labsupport.rules.diagnosis.case import Case
from labsupport.rules.diagnosis.findings import Broken, Finding, Fine, Remedy, Unused, patch
from labsupport.rules.diagnosis.words import listed, nearest
from labsupport.rules.ingress import Candidate
from labsupport.rules.ingress.route import name_of


def judge(case: Case) -> Finding:
    """Whether any rule takes the host, of whatever class."""
    if unused := not_by_ingress(case):
        return unused
    if case.about_host:
        hosts = list(dict.fromkeys(each.route.host or "any host" for each in case.about_host))
        places = list(dict.fromkeys(each.route.ingress for each in case.about_host))
        return Fine(f"{listed(hosts)} in Ingress {listed(places)} takes {case.request.host}")
    if case.from_application:
        return Fine(f"no Ingress names {case.request.host}, but {_taker(case)} takes it")
    return missing(case)


def not_by_ingress(case: Case) -> Unused | None:
    """Why no Ingress is asked: the address is that of a Service or a Pod, not of the proxy."""
    found = case.destination
    if found.kind == "service" and found.service is not None:
        return Unused(
            f"the address is that of Service {name_of(found.service)}: no Ingress is asked"
        )
    if found.kind == "pod" and found.pod is not None:
        return Unused(f"the address is that of Pod {name_of(found.pod)}: no Ingress is asked")
    if found.kind == "unknown":
        return Unused("the address is not the proxy's: no Ingress is asked")
    return None


def _taker(case: Case) -> str:
    answer = case.answer
    if answer is not None and answer.router:
        return f"the proxy's router {answer.router}"
    if case.decision.fallback:
        return f"the default backend of Ingress {case.decision.fallback[0]}"
    return "a rule of the proxy's own"


def missing(case: Case) -> Broken:
    """No rule is for the host: the nearest one, and how to make it fit."""
    host = case.request.host
    saw = f"no Ingress has a rule for the host {host}"
    expected = f"a rule with host: {host}"
    candidates = list(case.wishes.candidates)
    if found := _passed_through(case, saw) or _reported(case, saw):
        return found
    if deep := _too_deep(candidates, host):
        return _depth(deep, saw, expected, host)
    near = nearest(host, (each.route.host for each in candidates))
    if near:
        rule = next(each for each in candidates if each.route.host == near)
        why = f"Ingress {rule.route.ingress} has a rule for {near}: most likely one is mistyped"
        mends = (_rehosted(rule, host), _other_url(case, near))
        return Broken("host-mismatch", saw, expected, why, mends)
    if _is_address(host):
        return _no_name(case, saw, candidates)
    hosts = listed(sorted({each.route.host or "any host" for each in candidates}), 6)
    why = f"the proxy goes by the Host header, {host}; the rules are for: {hosts}"
    why += "".join(f". {each}" for each in case.facts.reports if "own kinds" in each)
    mend = Remedy(
        "give the Ingress that you mean a rule for this host; see their hosts",
        "kubectl get ingress -A",
    )
    return Broken("host-mismatch", saw, expected, why, (mend,))


def _reported(case: Case, saw: str) -> Broken | None:
    """Whether the controller says that a rule for the host, of a kind of its own, is unusable."""
    name = f"Host(`{case.request.host}`"
    why = next((each for each in case.facts.reports if name in each), "")
    if not why:
        return None
    look = Remedy("correct it; the controller's log", f"./lab logs {case.controller.name}")
    return Broken("rule-disabled", saw, "a rule that the controller can use", why, (look,))


def _passed_through(case: Case, saw: str) -> Broken | None:
    """Whether an IngressRouteTCP is for the host: it goes by the name in the handshake alone."""
    host = case.request.host
    for each in case.cluster.tcp_routes or ():
        routes = (each.get("spec") or {}).get("routes") or ()
        if not any(f"HostSNI(`{host}`)" in str(route.get("match")) for route in routes):
            continue
        place = f"IngressRouteTCP {name_of(each)}"
        mend = Remedy("ask by HTTPS, by the name", f"./lab get https://{host}{case.request.path}")
        expected = f"the name {host} in a TLS handshake (SNI)"
        why = f"{place} passes TLS for {host} through, by the name in the handshake"
        if case.request.scheme == "http":
            return Broken("scheme-mismatch", saw, expected, f"{why}: not plain HTTP", (mend,))
        shake = case.facts.sent.handshake
        if shake is not None and shake.sni != host:
            cause = "sni-other" if shake.sni else "no-sni"
            asked = f"{why}; the client named {shake.sni or 'none'}"
            return Broken(cause, saw, expected, asked, (mend,))
    return None


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def _no_name(case: Case, saw: str, candidates: list[Candidate]) -> Broken:
    """The URL has an address in place of a name, which no rule can be for."""
    hosts = sorted({each.route.host for each in candidates if each.route.host})
    expected = "a host name: the proxy chooses the rule by the Host header"
    why = f"the URL has an address in place of a name; the rules are for: {listed(hosts, 6)}"
    name = next((each for each in hosts if "*" not in each), "NAME")
    url = case.facts.url.replace(case.request.host, name, 1)
    mend = Remedy("ask by the name", f"./lab get {url} --resolve {case.request.host}")
    return Broken("host-mismatch", saw, expected, why, (mend,))


def _too_deep(candidates: list[Candidate], host: str) -> Candidate | None:
    """A rule whose wildcard nearly takes the host: with too few or too many labels for it."""
    for each in candidates:
        pattern = each.route.host
        if pattern.startswith("*.") and (f".{host}").endswith(pattern[1:]):
            return each
    return None


def _depth(rule: Candidate, saw: str, expected: str, host: str) -> Broken:
    pattern = rule.route.host
    why = f"the * of {pattern} (Ingress {rule.route.ingress}) stands for exactly one label"
    parent = f"*.{host.partition('.')[2]}"
    mends = (
        _rehosted(rule, host),
        Remedy(f"add a rule for {host}, or for {parent}, which takes all beside it too"),
    )
    return Broken("wildcard-host-depth", saw, expected, why, mends)


def _rehosted(rule: Candidate, host: str) -> Remedy:
    """The command that gives the rule this host."""
    route = rule.route
    pointer = f"/spec/rules/{route.position[0]}/host"
    command = patch("ingress", route.namespace, route.name, pointer, host)
    return Remedy(f"in Ingress {route.ingress}, write host: {host}", command)


def _other_url(case: Case, near: str) -> Remedy:
    url = case.facts.url.replace(case.request.host, near, 1)
    return Remedy(f"if the URL is mistyped, ask for {near}", f"./lab get {url}")
