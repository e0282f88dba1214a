"""Requests as the learner's computer makes them, with what the proxy tells of them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from labsupport.base.errors import NameNotFound, RequestFailed
from labsupport.http.client import Client
from labsupport.http.connection import REQUEST_ID, Connection
from labsupport.http.exchange import Exchange
from labsupport.http.redirects import followed
from labsupport.http.tally import Tally, tally
from labsupport.kube.api import Api
from labsupport.kube.wait import until_nothing_missing
from labsupport.session.access_log import AccessLog

_ATTEMPT = 1.0  # seconds that an answer may take at least


class Requests:
    """The part of `Lab` that sends requests. It needs a `client` and an `api`."""

    client: Client
    api: Api

    @cached_property
    def access_log(self) -> AccessLog:
        """What the proxy writes about requests."""
        return AccessLog(self.api)

    def get(self, url: str, **options: Any) -> Exchange:
        """GET `url` as the learner's computer would.

        Prints as the way it took, hop by hop, and the body. Options: `headers`, `resolve`, `sni`,
        `verify`, `timeout` and others, as `http.client.Client.request` has them, and
        `follow=True` to go where redirects lead.
        """
        return self.request("GET", url, **options)

    def head(self, url: str, **options: Any) -> Exchange:
        """HEAD: the answer without its body; see `get`."""
        return self.request("HEAD", url, **options)

    def post(self, url: str, **options: Any) -> Exchange:
        """POST `data=` or `json=`; see `get`."""
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Any) -> Exchange:
        """PUT `data=` or `json=`; see `get`."""
        return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Any) -> Exchange:
        """PATCH `data=` or `json=`; see `get`."""
        return self.request("PATCH", url, **options)

    def request(self, method: str, url: str, *, follow: bool = False, **options: Any) -> Exchange:
        """Any method; see `get`."""
        if follow:
            return followed(self._asked, method, url, options)
        return self._asked(method, url, **options)

    def _asked(self, method: str, url: str, **options: Any) -> Exchange:
        """One exchange, with what the proxy says about it."""
        sent = datetime.now(UTC)
        exchange = self.client.request(method, url, **options)
        # An id of the caller's own may have been used before: then older lines don't count.
        own_id = _has_id(options.get("headers") or {})
        return self.access_log.told(exchange, since=sent if own_id else None)

    def wait_for(
        self,
        url: str,
        status: int = 200,
        *,
        other_than: int | None = None,
        app: str = "",
        header: str = "",
        timeout: float = 10.0,
        **options: Any,
    ) -> Exchange:
        """Ask `url` until it answers with `status`: a new Ingress takes a moment to be live.

        With `other_than`, until the status is any but that one; with an `app`, until it is one of
        that app's pods that answers so; with a `header`, until the answer has it. Options as `get`
        has them; `timeout` is for all requests together.
        """
        wanted = str(status) if other_than is None else f"another status than {other_than}"
        answers: list[Exchange] = []
        # A connection that began before the nodes knew a new Service stays lost: only later ones
        # are led to its pods. So none is waited for to the end.
        each = max(_ATTEMPT, timeout / 3)

        def lacks() -> list[str]:
            try:
                answers.append(self.client.get(url, timeout=each, **options))
            except RequestFailed as error:
                return [error.found]
            last = answers[-1]
            fits = last.status == status if other_than is None else last.status != other_than
            if fits and (last.pod or "").startswith(f"{app}-" if app else ""):
                told = header == "" or header in last.headers
                return [] if told else [f"its answer has no header {header}"]
            return [f"it answers {last.status} {last.reason}{f' from {last.pod}' if app else ''}"]

        until_nothing_missing(lacks, what=f"{wanted} from {url}", timeout=timeout)
        return self.access_log.told(answers[-1])

    def wait_until_closed(self, url: str, *, timeout: float = 10.0) -> None:
        """Ask `url` until no HTTP answer comes: a deleted Service takes a moment to be gone.

        A name that has no address any more is closed, too."""

        def lacks() -> list[str]:
            try:
                answer = self.client.get(url)
            except (RequestFailed, NameNotFound):
                return []
            return [f"it still answers {answer.status} {answer.reason}"]

        until_nothing_missing(lacks, what=f"{url} to be closed", timeout=timeout)

    def connect(self, url: str, **options: Any) -> Connection:
        """A connection kept open for many requests: `with lab.connect(url) as connection:`.

        Options: `resolve`, `sni` and `verify`, as `get` has them.
        """
        return self.client.connect(url, **options)

    def tally(self, url: str, requests: int = 30, *, one_connection: bool = False) -> Tally:
        """Send many GETs for `url` and count which pod answered how often."""
        return tally(self.client, url, requests, one_connection=one_connection)


def _has_id(headers: Mapping[str, str]) -> bool:
    return any(name.lower() == REQUEST_ID.lower() for name in headers)
