"""Asking for an address as a browser does: cookies, redirects, and exceptions once granted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urldefrag, urlsplit

from labsupport.base.errors import LabError, RequestFailed, UsageError
from labsupport.http.exchange import Exchange
from labsupport.widgets.browsing.cookies import Cookies
from labsupport.widgets.browsing.strict_transport import StrictSites
from labsupport.widgets.browsing.stylesheets import joined

MOST_REDIRECTS = 20  # Chrome's and Firefox's number
_REDIRECTS = (301, 302, 303, 307, 308)
_PAGES = "text/html,application/xhtml+xml,image/*;q=0.9,*/*;q=0.8"


class Gets(Protocol):
    """What a browser needs of a lab."""

    def get(
        self, url: str, /, *, headers: Mapping[str, str], verify: bool, timeout: float
    ) -> Exchange: ...


@dataclass(frozen=True)
class Visit:
    """The outcome of asking for an address: every answer on the way, the last one last.

    `url` is where it ended, `problem` why no answer came from there.
    """

    url: str
    answers: tuple[Exchange, ...] = ()
    problem: LabError | None = None

    @property
    def answer(self) -> Exchange | None:
        """The answer that counts; None when it did not come."""
        return self.answers[-1] if self.answers and self.problem is None else None

    @property
    def redirects(self) -> tuple[Exchange, ...]:
        """The answers that said to ask elsewhere."""
        return self.answers if self.answer is None else self.answers[:-1]


class Navigation:
    """Asks the lab for addresses, and remembers what a browser remembers between them."""

    def __init__(self, lab: Gets) -> None:
        self._lab = lab
        self.cookies = Cookies()
        self.strict_sites = StrictSites()
        self._excepted: set[str] = set()  # host and port whose certificate is let pass

    def except_host(self, url: str) -> None:
        """From now on go on though the certificate of this host and port is refused."""
        self._excepted.add(urlsplit(url).netloc)

    def visit(self, url: str, *, accept: str = _PAGES, timeout: float = 10.0) -> Visit:
        """Ask for `url`, and wherever the answers send. `timeout` (s) is for each of them."""
        answers: list[Exchange] = []
        try:
            url = self.strict_sites.upgraded(url)
        except ValueError as error:
            return Visit(url, (), UsageError(f"not a web address: {url}", found=str(error)))
        while len(answers) <= MOST_REDIRECTS:
            try:
                answer = self._asked(url, accept, timeout)
            except LabError as error:
                return Visit(url, tuple(answers), error)
            answers.append(answer)
            to = _next(answer, url)
            if not to:
                return Visit(url, tuple(answers))
            url = self.strict_sites.upgraded(to)
        return Visit(url, tuple(answers), _too_many(answers))

    def _asked(self, url: str, accept: str, timeout: float) -> Exchange:
        headers = {"Accept": accept, **self.cookies.header(url)}
        verify = urlsplit(url).netloc not in self._excepted
        answer = self._lab.get(urldefrag(url)[0], headers=headers, verify=verify, timeout=timeout)
        self.cookies.take(answer)
        self.strict_sites.take(answer)
        return answer


def _next(answer: Exchange, url: str) -> str:
    """Where a redirect leads, with the fragment that was asked for; "" when it is none."""
    location = answer.location.strip()
    if answer.status not in _REDIRECTS or not location:
        return ""
    to = joined(url, location)
    if not to:
        return ""
    return to if urlsplit(to).fragment else to + _fragment(url)


def _fragment(url: str) -> str:
    fragment = urlsplit(url).fragment
    return f"#{fragment}" if fragment else ""


def _too_many(answers: list[Exchange]) -> RequestFailed:
    urls = list(dict.fromkeys(answer.url for answer in answers))
    return RequestFailed(
        f"{urls[0]} sent the browser on {MOST_REDIRECTS} times",
        found=" -> ".join([*urls[:4], "…" if len(urls) > 4 else urls[0]]),
        remedy="look for what redirects: a middleware of the Ingress, or the application that "
        "does not know that TLS ends before it (X-Forwarded-Proto)",
        kind="redirect-loop",
    )
