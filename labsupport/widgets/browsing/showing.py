"""What is shown for an answer of any kind, and for none."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import urlsplit

from labsupport.base.errors import LabError, NameNotFound, RequestFailed
from labsupport.http.exchange import Exchange
from labsupport.widgets.browsing.contents import content_type, decoded
from labsupport.widgets.browsing.files import File, Files, data_url
from labsupport.widgets.browsing.markup_filter import SafePage, safe_page
from labsupport.widgets.browsing.navigation import Visit

MOST_OF_A_PAGE = 500_000  # bytes
_OURS = """<style>
:root { color-scheme: light dark }
body { font: .95rem/1.5 system-ui, sans-serif; margin: 1rem }
body.words { max-width: 42rem; margin: 1.5rem auto; padding: 0 1rem }
h1 { font-size: 1.3rem; margin: 0 0 .5rem } img { max-width: 100% }
pre { font: .85rem/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere }
</style>"""
_TEXTUAL = ("text/", "application/xml", "application/javascript", "application/yaml")

_UNREACHED = {  # RequestFailed.kind to what browsers say
    "refused": "{} refused to connect.",
    "unreachable": "{} is unreachable.",
    "connect-timeout": "{} took too long to respond.",
    "silent": "{} took too long to respond.",
    "cut": "{} closed the connection before it answered.",
    "not-http": "{} sent an answer that is not HTTP.",
}
_INSECURE = {
    "not-tls": "{} does not speak TLS there.",
    "tls-alert": "{} broke off the TLS handshake.",
    "tls-cut": "{} closed the connection during the TLS handshake.",
    "tls-timeout": "{} did not finish the TLS handshake in time.",
}


@dataclass(frozen=True)
class Shown:
    """A page to show, and the files it asked for."""

    page: SafePage
    files: tuple[File, ...] = ()


def shown_of(visit: Visit, ask: Callable[[str], Visit]) -> Shown:
    """The page for the outcome of a visit; `ask` brings the files that it asks for."""
    if visit.answer is None:
        assert visit.problem is not None  # a visit ends with an answer or a problem
        return Shown(_problem_page(visit.url, visit.problem))
    answer, kind = visit.answer, content_type(visit.answer)
    if not answer.body:
        return Shown(_empty_page(answer))
    if kind in ("text/html", "application/xhtml+xml"):
        return _html_page(answer, visit.url, ask)
    if kind.startswith("image/"):
        return Shown(_image_page(answer))
    if kind == "application/json" or kind.endswith("+json"):
        return Shown(_text_page(answer, _indented(decoded(answer, MOST_OF_A_PAGE))))
    if kind.startswith(_TEXTUAL):
        return Shown(_text_page(answer, decoded(answer, MOST_OF_A_PAGE)))
    words = f"{len(answer.body)} bytes of {kind}"
    return Shown(_own_page("A file", [f"{words}: a browser would offer to save it."]))


def _html_page(answer: Exchange, url: str, ask: Callable[[str], Visit]) -> Shown:
    files = Files(url, ask)
    page = safe_page(decoded(answer, MOST_OF_A_PAGE), url, files.load)
    notes = page.notes + _cut(answer)
    if files.left_out:
        notes += (f"{files.left_out} files more than can be shown here",)
    return Shown(replace(page, notes=notes), tuple(files.found))


def _text_page(answer: Exchange, text: str) -> SafePage:
    html = f"{_OURS}<pre>{escape(text)}</pre>"
    return SafePage("", html, text.rstrip("\n"), notes=_cut(answer))


def _image_page(answer: Exchange) -> SafePage:
    name = urlsplit(answer.url).path.rpartition("/")[2] or answer.url
    if len(answer.body) > MOST_OF_A_PAGE:
        return _own_page("A picture", [f"{name} is too large to be shown here."])
    html = f'{_OURS}<img alt="{escape(name)}" src="{data_url(answer)}">'
    return SafePage(name, html, f"[{name}]")


def _empty_page(answer: Exchange) -> SafePage:
    said = f"{answer.status} {answer.reason}".strip()
    if answer.ok:
        return _own_page(said, ["The answer is empty."])
    return _own_page("This page isn't working", [f"{_host(answer.url)} answered {said}, no more."])


def _problem_page(url: str, problem: LabError) -> SafePage:
    """Why no page came: a browser's headline, and the lab's words."""
    title, words = _headline(problem, _host(url))
    return _own_page(title, [words], problem)


def _headline(problem: LabError, host: str) -> tuple[str, str]:
    kind = problem.kind if isinstance(problem, RequestFailed) else ""
    if kind == "redirect-loop":
        return "This page isn't working", f"{host} redirected you too many times."
    if isinstance(problem, NameNotFound):
        return "This site can't be reached", f"The name {host} has no address."
    if refused_certificate(problem):
        return (
            "Your connection is not private",
            f"{host} could not prove that it is {host}: its certificate is refused.",
        )
    if kind in _UNREACHED:
        return "This site can't be reached", _UNREACHED[kind].format(host)
    if kind in _INSECURE:
        return "This site can't provide a secure connection", _INSECURE[kind].format(host)
    return "This page can't be shown", ""


def refused_certificate(problem: LabError | None) -> bool:
    """Whether all that is amiss is a certificate, so that a browser would offer to go on."""
    return isinstance(problem, RequestFailed) and problem.kind == "certificate"


def _own_page(title: str, words: list[str], problem: LabError | None = None) -> SafePage:
    lines = [each for each in words if each]
    html = f'<body class="words"><h1>{escape(title)}</h1>' + "".join(
        f"<p>{escape(line)}</p>" for line in lines
    )
    if problem is not None:
        html += f"<pre>{escape(str(problem))}</pre>"
        lines += str(problem).splitlines()
    return SafePage(title, _OURS + html, "\n".join([title, *lines]))


def _cut(answer: Exchange) -> tuple[str, ...]:
    if len(answer.body) <= MOST_OF_A_PAGE:
        return ()
    return (f"only the first {MOST_OF_A_PAGE:,} of {len(answer.body):,} bytes are shown",)


def _indented(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url
