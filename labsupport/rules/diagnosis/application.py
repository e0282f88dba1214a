"""Hop 11: the application answers, and well; its redirects end, its page is whole."""

from dataclasses import replace
from urllib.parse import urlsplit

from labsupport.rules.diagnosis.backends import connection_fault
from labsupport.rules.diagnosis.case import Case
from labsupport.rules.diagnosis.facts import Answer
from labsupport.rules.diagnosis.findings import Broken, Finding, Fine, Remedy, patch
from labsupport.rules.diagnosis.ingress_class import not_followed
from labsupport.rules.diagnosis.path import missing as path_missing
from labsupport.rules.diagnosis.words import counted, listed
from labsupport.rules.ingress.middlewares import ANNOTATION, named_middlewares
from labsupport.rules.ingress.route import name_of


def judge(case: Case) -> Finding:
    """Whether the answer is a good one."""
    answer = case.answer
    if looping := _looping(case):
        return looping
    if answer is None or case.facts.sent.failure:
        return _no_answer(case)
    if answer.status < 400:
        return _lost_assets(case) or Fine(_words(case, answer))
    if fault := connection_fault(case, answer):
        return fault
    if answer.by == "app":
        return _error(case, answer) if answer.status >= 500 else _refusal(case, answer)
    if answer.by == "proxy" and answer.status in (404, 502, 503):
        return not_followed(case, f"the proxy itself answered {answer.status}")
    if answer.status == 504:
        return _silent(case, "the proxy waited for the Pod in vain: 504")
    saw = f"{answer.status}, and not known from whom"
    return Broken(
        "unexplained", saw, "an answer below 400", "nothing else is wrong", _logs(case), False
    )


def _words(case: Case, answer: Answer) -> str:
    redirects = len(case.facts.sent.answers) - 1
    after = f" after {counted(redirects, 'redirect')}" if redirects else ""
    found = (
        f" and {counted(len(case.facts.assets), 'file')} that it links to"
        if case.facts.assets
        else ""
    )
    return f"{answer.status} from {_who(answer)}{after}{found}"


def _who(answer: Answer) -> str:
    if answer.pod:
        return f"pod {answer.pod}"
    return {"app": "the application", "proxy": "the proxy"}.get(answer.by, "the server")


def _logs(case: Case) -> tuple[Remedy, ...]:
    backend, answer = case.backend, case.answer
    if answer is not None and answer.pod:
        return (Remedy("read what the Pod writes", f"./lab logs {answer.pod}"),)
    if backend is not None and case.destination.kind != "unknown":
        logs = f"kubectl -n {backend.namespace} logs service/{backend.service}"
        return (Remedy("read what the Pod writes", logs),)
    return (Remedy("read what the proxy writes", f"./lab logs {case.controller.name}"),)


def _no_answer(case: Case) -> Broken:
    sent = case.facts.sent
    if sent.silent:
        return _silent(case, sent.failure or "connected, but nothing came back in time")
    saw = sent.failure or "connected, but no HTTP answer came"
    why = "the other side ended the connection, or does not speak HTTP at this port"
    return Broken("unexplained", saw, "an HTTP answer", why, _logs(case), sure=False)


def _silent(case: Case, saw: str) -> Broken:
    why = "the application takes the request, but does not answer in time"
    return Broken("application-silent", saw, "an answer in time", why, _logs(case), sure=False)


def _error(case: Case, answer: Answer) -> Broken:
    saw = f"{answer.status} from {_who(answer)}"
    why = "the request reached the application, and the error is its own"
    return Broken("application-error", saw, "an answer below 400", why, _logs(case))


def _refusal(case: Case, answer: Answer) -> Broken:
    """404 and others: the application was asked for something that it does not have."""
    near = [
        each
        for each in case.about_host
        if each.verdict == "path" and _almost(each.route.path, case)
    ]
    if answer.status == 404 and near:
        found = path_missing(case, near, sure=False)
        taken = f"404 from {_who(answer)}: {case.meant} takes it, and not {near[0].route}"
        return replace(found, saw=taken)
    saw = f"{answer.status} from {_who(answer)} for {urlsplit(answer.url).path or '/'}"
    why = "the request reached the application, which refuses it or has no such page"
    path = case.meant.path if case.meant else ""
    if answer.status == 404 and path.strip("/"):
        why += f"; it was asked with {path}, which the proxy does not take away"
    return Broken("application-refusal", saw, "an answer below 400", why, _logs(case))


def _almost(path: str, case: Case) -> bool:
    """Whether the request's path begins like the rule's, but for case or what is below it."""
    wanted = path.rstrip("/").lower()
    return bool(wanted) and case.request.path.lower().startswith(wanted)


def _looping(case: Case) -> Broken | None:
    """Whether the redirects come back to a URL, or never end."""
    answers = case.facts.sent.answers
    if not case.facts.sent.looping or not answers:
        return None
    hops = [f"{each.status} to {each.location} by {_who(each)}" for each in answers]
    saw = f"{listed(hops)}, and so on"
    names = _middlewares(case)
    authors = {each.by for each in answers}
    mends = []
    if "proxy" in authors:
        why = "the proxy itself sends the redirect"
        why += f", by the middleware {listed(names)}" if names else ""
        mends += _without_middlewares(case) if names else []
    else:
        why = "the application sends the redirect, to where the request came from"
    if authors >= {"proxy", "app"}:
        why = "the proxy" + (f" (middleware {listed(names)})" if names else "")
        why += " sends one way, and the application the other"
    if "app" in authors:
        mends.insert(0, Remedy(_HEED, *_commands(case)))
    return Broken("redirect-loop", saw, "redirects that end", why, (*mends, *_logs(case)))


_HEED = (
    "let the application redirect to the URL that its visitors use; TLS ends at the proxy, which "
    "tells of it in X-Forwarded-Proto"
)


def _commands(case: Case) -> list[str]:
    """What shows the settings of the application."""
    space = case.backend.namespace if case.backend else ""
    return [f"kubectl -n {space} get deployments -o yaml"] if space else []


def _middlewares(case: Case) -> list[str]:
    """The middlewares that the Ingress of the rule asks for."""
    place = case.meant.ingress if case.meant else ""
    for each in case.cluster.ingresses or ():
        if name_of(each) == place:
            return named_middlewares(each)
    return []


def _without_middlewares(case: Case) -> list[Remedy]:
    if case.meant is None:
        return []
    drop = f"kubectl -n {case.meant.namespace} annotate ingress {case.meant.name} {ANNOTATION}-"
    return [Remedy("take the middleware from the Ingress", drop)]


def _lost_assets(case: Case) -> Broken | None:
    """Whether what the page links to is missing: its paths lead past the rule."""
    lost = [each for each in case.facts.assets if each.status >= 400]
    if not lost:
        return None
    paths = listed(urlsplit(each.url).path for each in lost)
    saw = f"200 for the page, but {lost[0].status} for what it links to: {paths}"
    rule = case.meant.path if case.meant else ""
    why = "the application does not have what its page links to"
    mends = [*_logs(case)]
    outside = [
        each for each in lost if not urlsplit(each.url).path.startswith(rule.rstrip("/") + "/")
    ]
    if rule.strip("/") and outside:
        why = f"the page links to paths from the root, but only {rule} leads to its application"
        mends = [
            Remedy(f"let the application link below {rule}, or relatively"),
            Remedy(
                f"or add a path for {urlsplit(outside[0].url).path} to the Ingress",
                _add_path(case, outside[0]),
            ),
        ]
    return Broken("assets-lost", saw, "the page and all that it links to", why, tuple(mends))


def _add_path(case: Case, asset: Answer) -> str:
    """The command that adds a path to the rule, with the same backend."""
    route = case.meant
    if route is None or route.backend is None or route.backend.resource is not None:
        return ""
    port = {"name" if isinstance(route.backend.port, str) else "number": route.backend.port}
    path = {
        "path": "/" + urlsplit(asset.url).path.strip("/").split("/")[0],
        "pathType": "Prefix",
        "backend": {"service": {"name": route.backend.service, "port": port}},
    }
    pointer = f"/spec/rules/{route.position[0]}/http/paths/-"
    return patch("ingress", route.namespace, route.name, pointer, path, operation="add")
