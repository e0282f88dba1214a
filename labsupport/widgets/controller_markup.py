"""What a controller holds, as HTML for its live view. All text from outside is escaped."""

from collections.abc import Iterable, Sequence
from html import escape

from labsupport.session.controller_view_log import LogLine
from labsupport.session.controller_view_state import (
    MOST,
    ControllerState,
    HeldCertificate,
    Router,
    Service,
    Source,
    more,
)
from labsupport.widgets.markup import items, notice, panel, sign, table

_LINES = 200  # of the log that are shown


def problems(state: ControllerState) -> str:
    """What is wrong now, and what else the log complains of; one good sentence when nothing is."""
    found = [*state.all_problems, *(f"Log: {each}" for each in state.troubles)]
    body = notice(f"✗ {state.stale}", "bad") if state.stale else ""
    if found:
        number = "one problem" if len(found) == 1 else f"{len(found)} problems"
        body += notice(f"✗ {number}", "bad") + items(found)
    return panel("Problems now", body or notice("✓ none", "good"))


def routes(state: ControllerState) -> str:
    """Objects, each beside the routers that were made of it."""
    sources = state.holdings.sources
    note = f'<p class="faint">{escape(state.holdings.note)}</p>' if state.holdings.note else ""
    head = ("Object, and what it asks for", "Routers made of it")
    rows = (_source(each, state.problems_of(each)) for each in sources[:MOST])
    body = table(head, rows, css="held") if sources else _nothing()
    return _region("Routers", note + body + _more(sources, "objects"))


def services(state: ControllerState) -> str:
    """Services, each with its servers."""
    found = state.holdings.services
    head = ("Service of the proxy", "Servers")
    body = table(head, map(_service, found[:MOST]), css="held") if found else _nothing()
    return _region("Services", body + _more(found, "services"))


def certificates(state: ControllerState) -> str:
    """Certificates, each with the Secret and the Ingresses it came from."""
    found = state.holdings.certificates
    head = ("Certificate for", "Until", "Signed by", "Secret", "Named by")
    body = table(head, map(_certificate, found[:MOST]), css="held") if found else _nothing()
    return _region("Certificates", body + _more(found, "certificates"))


def log(lines: Sequence[LogLine]) -> str:
    """The end of the log as it was written; lines that tell of trouble are marked."""
    shown = "\n".join(map(_line, lines[-_LINES:])) or "nothing"
    # Turned about in the style sheet, so that the newest line is in sight.
    box = '<div class="log" role="log" aria-live="off" aria-label="Lines of the log" tabindex="0">'
    return _region("Log", f"{box}<pre>{shown}</pre></div>")


def _region(title: str, body: str) -> str:
    """A titled part; other than a panel it is not read aloud at each change."""
    return f'<section aria-label="{title}"><h4>{title}</h4>{body}</section>'


def _nothing() -> str:
    return '<p class="faint">none</p>'


def _more(shown: Sequence[object], word: str) -> str:
    text = more(shown, word)
    return f'<p class="faint">{escape(text)}</p>' if text else ""


def _source(source: Source, problems: Sequence[str]) -> str:
    made = "".join(map(_router, source.routers))
    if not source.routers:
        made = sign(False, "no router") + "".join(f"<p>{escape(each)}</p>" for each in problems)
    if source.told:
        made += f"<p>{sign(not source.refused, 'Event')}: {escape(source.told)}</p>"
    return (
        f'<tr><th scope="row">{escape(source.place)}{_small(source.wants)}</th><td>{made}</td></tr>'
    )


def _router(router: Router) -> str:
    errors = "".join(f"<p>{escape(each)}</p>" for each in router.errors)
    return (
        f'<div class="router">{sign(not router.errors)} '
        f'<span class="mono">{escape(router.rule)}</span>'
        f'<p class="faint">{escape(router.facts)}</p>{errors}</div>'
    )


def _service(service: Service) -> str:
    servers = _small(map(str, service.servers)) or sign(False, "no server")
    made_of = f'<div class="plain">of {escape(service.made_of)}</div>' if service.made_of else ""
    return f'<tr><th scope="row">{escape(service.name)}{made_of}</th><td>{servers}</td></tr>'


def _certificate(held: HeldCertificate) -> str:
    problem = f"<p>{sign(False)} {escape(held.problem)}</p>" if held.problem else ""
    cells = (
        ", ".join(held.names),
        held.until,
        held.issuer,
        held.secret,
        ", ".join(held.ingresses) or "no Ingress",
    )
    first, until, *rest = (escape(each) for each in cells)
    others = "".join(f"<td>{each}</td>" for each in rest)
    return f'<tr><td>{first}{problem}</td><td class="date">{until}</td>{others}</tr>'


def _small(lines: Iterable[str]) -> str:
    return "".join(f'<div class="plain">{escape(line)}</div>' for line in lines)


def _line(line: LogLine) -> str:
    raw = escape(line.raw)
    return f'<span class="sign bad">✗</span> {raw}' if line.trouble else f"  {raw}"
