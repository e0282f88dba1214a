"""Visiting a site as its users do: the page, what the page needs, and the monitor's view."""

import re
from dataclasses import dataclass
from urllib.parse import urljoin

from labsupport.base.errors import NameNotFound, RequestFailed
from labsupport.exercises.clinic.breakage import Breakage, Symptom
from labsupport.http.exchange import Exchange
from labsupport.rules.status import StatusError
from labsupport.session import Lab

_STYLESHEET = re.compile(r'<link rel="stylesheet" href="([^"]+)">')
_TIMEOUT = 5.0


@dataclass(frozen=True)
class Visit:
    """What a visitor met: a word for it, and it told in full. "200" is a page that has it all."""

    symptom: Symptom | str
    words: str

    @property
    def fine(self) -> bool:
        """Whether there is nothing to complain of."""
        return self.symptom == "200"


def visit(case: Breakage, lab: Lab) -> Visit:
    """Ask for the site's page, redirects followed, for its stylesheet, and ask its monitor."""
    try:
        page = lab.get(case.url, follow=True, timeout=case.request.get("timeout", _TIMEOUT))
    except NameNotFound as error:
        return Visit("no name", error.what)
    except RequestFailed as error:
        return Visit(_symptom(error), f"no page: {error.found}")
    if page.status != 200:
        who = f"the pod {page.pod}" if page.pod else "the proxy itself"
        return Visit(str(page.status), f"{page.status} {page.reason} from {who}")
    if f"Welcome to the {case.name}" not in page.text:
        return Visit("another page", f"a page that is not the {case.name}'s")
    return _about_stylesheet(page, lab) or _about_monitor(case, lab) or Visit("200", "just that")


def expected(case: Breakage) -> str:
    """What a visitor would like to meet, in words."""
    monitor = ", and a monitor that sees it" if case.site.monitor_sni is not None else ""
    return f"{case.url} shows the page of the {case.name}, with its stylesheet{monitor}"


def _symptom(error: RequestFailed) -> str:
    known = {
        "certificate": "certificate",
        "redirect-loop": "too many redirects",
        "name": "no name",
        "silent": "no answer",
    }
    return known.get(error.kind, "no connection")


def _about_stylesheet(page: Exchange, lab: Lab) -> Visit | None:
    """What is wrong with the page's stylesheet."""
    for path in _STYLESHEET.findall(page.text):
        url = urljoin(page.url, path)
        try:
            answer = lab.get(url, follow=True, timeout=_TIMEOUT)
        except (NameNotFound, RequestFailed) as error:
            return Visit("lost asset", f"the page, but not its stylesheet {url}: {error.found}")
        if answer.status != 200:
            return Visit("lost asset", f"the page, but {answer.status} for its stylesheet {url}")
    return None


def _about_monitor(case: Breakage, lab: Lab) -> Visit | None:
    """What is wrong with the site's monitor, or in its eyes."""
    if case.site.monitor_sni is None:
        return None
    try:
        status = lab.object("deployments", "monitor", namespace=case.site.namespace)["status"]
    except StatusError as error:
        return Visit("monitor down", f"the page, but of the monitor: {error}")
    if status.get("availableReplicas", 0):
        return None
    return Visit("monitor down", "the page, but the Deployment monitor has no ready pod")
