"""Names to addresses, as the learner's computer finds them: hosts file first, then lab DNS."""

import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal

from labsupport.base.errors import NameNotFound, UsageError
from labsupport.names.hosts import HostsFile
from labsupport.names.settings import ResolverSettings

if TYPE_CHECKING:
    from labsupport.names.query import Reply

By = Literal["address", "hosts", "dns", "cache", "system", "given"]
"""Who said it: "dns" is the server that holds the zones, "given" whoever made the request."""

Server = tuple[str, int]

_PORT = 53
_TITLES = {"dns": "lab DNS", "cache": "the caching resolver"}
_NOS = {
    "REFUSED": "does not serve its domain (REFUSED)",
    "NXDOMAIN": "says there is no such name (NXDOMAIN)",
    "NOERROR": "knows the name, but no address for it",
    "SERVFAIL": "can't tell (SERVFAIL: see ./lab dns list)",
}


@dataclass(frozen=True)
class Resolution:
    """A name's address and where it came from. `detail` says so in words.

    `ttl` is for how many seconds DNS lets it be remembered; None from other sources.
    """

    name: str
    address: str
    by: By
    detail: str
    ttl: int | None = None

    def __str__(self) -> str:
        if self.by == "address":
            return self.detail
        return f"{self.name} is {self.address}: {self.detail}"


@dataclass(frozen=True)
class Step:
    """One source that was asked on the way from a name to an address, and what it said.

    `asked` is a file, a server's `address:port` or in words; `address` is "" when it gave none.
    `code` is DNS's (`NXDOMAIN`), "silence" when no server answered, "" outside of DNS.
    """

    source: By
    asked: str
    said: str
    address: str = ""
    code: str = ""
    ttl: int | None = None
    chosen: bool = False

    def __str__(self) -> str:
        mark = "✓" if self.chosen else "·" if self.address else "✗"
        found = f"{self.address}, " if self.address else ""
        return f"{mark} {self.source:<6} {found}{self.said} ({self.asked})"


def stale(steps: Sequence[Step]) -> str:
    """That the caching resolver's answer is not the zone's any more, in words; else "".

    Needs the steps of `Resolver.steps(name, every=True)`.
    """
    said = {step.source: step for step in steps}
    kept, now = said.get("cache"), said.get("dns")
    answers = ("NOERROR", "NXDOMAIN")
    if kept is None or now is None or not {kept.code, now.code} <= set(answers):
        return ""
    if kept.address == now.address:
        return ""
    return (
        f"the caching resolver keeps an old answer: {kept.address or 'no address'}; "
        f"the zone says {now.address or 'no address'} by now"
    )


def system_addresses(name: str) -> list[str]:
    """What this machine's own resolver says of a name; [] when it knows none."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(each[4][0]) for each in found]


class Resolver:
    """Resolves names by the lab's hosts file, then by a real query to a DNS server of the lab.

    `dns` holds the zones and is asked unless `settings` (by default the resolv.conf beside the
    hosts file) names another, as the caching resolver at `cache`. Only where `settings` allow it,
    names outside of the zones go to `system`. `rename` gives the name that is meant by one as
    lessons write it.
    """

    def __init__(
        self,
        hosts: HostsFile,
        dns: Server,
        cache: Server | None = None,
        *,
        settings: ResolverSettings | None = None,
        system: Callable[[str], list[str]] = system_addresses,
        rename: Callable[[str], str] = str,
    ) -> None:
        self.rename = rename
        self.hosts = hosts
        self.dns = dns
        self.cache = cache
        self.settings = settings or ResolverSettings(hosts.path.with_name("resolv.conf"))
        self._system = system

    @property
    def server(self) -> tuple[By, Server]:
        """The DNS server that is asked now: "cache" or "dns", its address and port."""
        address = self.settings.nameserver()
        if self.cache and address == self.cache[0]:
            return "cache", self.cache
        return "dns", self.dns if address in ("", self.dns[0]) else (address, _PORT)

    def resolve(self, name: str) -> Resolution:
        """The address of `name`. NameNotFound says who was asked, what they said, what to do."""
        steps = self.steps(name)
        name = self.rename(_plain(name))
        for step in steps:
            if step.chosen:
                return Resolution(name, step.address, step.source, step.said, step.ttl)
        raise NameNotFound(
            f"{name} has no address",
            found="; ".join(step.said for step in steps),
            remedy=_remedy(name, steps[-1]),
        )

    def steps(self, name: str, *, every: bool = False) -> tuple[Step, ...]:
        """Each source asked for `name`, in order, up to the one whose address is used.

        With `every` all are asked: those after it too, and the zones' own server beside the
        caching resolver. When nobody knows the name, no step is `chosen`.
        """
        name = self.rename(_plain(name))
        found: list[Step] = []
        for step in self._asked(name):
            first = bool(step.address) and not any(each.chosen for each in found)
            found.append(replace(step, chosen=first))
            if first and not every:
                break
        source, _ = self.server
        if every and source != "dns" and found[0].source != "address":
            found.append(self._dns(name, "dns", self.dns))
        return tuple(found)

    def _asked(self, name: str) -> Iterator[Step]:
        """The sources, each asked only when it is its turn."""
        try:
            yield Step("address", "nobody", "an IP address", str(ip_address(name.strip("[]"))))
            return
        except ValueError:
            pass
        yield self._hosts(name)
        step = self._dns(name, *self.server)
        yield step
        if step.code == "REFUSED" and self.settings.system_allowed():
            addresses = self._system(name)
            said = "known to this machine" if addresses else "this machine does not know it either"
            yield Step("system", "this machine's resolver", said, next(iter(addresses), ""))

    def _hosts(self, name: str) -> Step:
        file = self.hosts.path.name
        entry = self.hosts.entry_of(name)
        if entry is None:
            return Step("hosts", file, "not in the lab's hosts file")
        return Step("hosts", f"{file}, line {entry.line}", "in the lab's hosts file", entry.address)

    def _dns(self, name: str, source: By, server: Server) -> Step:
        # Imported here: a name in the hosts file needs no DNS.
        from labsupport.names.query import ServerSilent, query

        asked = f"{server[0]}:{server[1]}"
        title = _TITLES[source]
        try:
            reply = query(name, "A", server)
            if reply.code == "NOERROR" and not reply.values:
                reply = query(name, "AAAA", server)
        except ServerSilent as error:
            said = f"{title} at {asked} does not answer ({error.found})"
            return Step(source, asked, said, code="silence")
        except UsageError as error:
            return Step(source, asked, f"not a DNS name: {error.found}")
        if reply.code != "NOERROR" or not reply.values:
            said = f"{title} {_NOS.get(reply.code, f'answers {reply.code}')}"
            return Step(source, asked, said, code=reply.code)
        ttl = min(each.ttl for each in reply.records)
        return Step(source, asked, _way(reply, title), reply.values[0], reply.code, ttl)


def _way(reply: "Reply", title: str) -> str:
    chain = [each.value.removesuffix(".") for each in reply.records if each.type == "CNAME"]
    aliases = "".join(f", by way of {alias}" for alias in chain)
    return f"{reply.type} record in {title}{aliases}"


def _plain(name: str) -> str:
    return name.removesuffix(".").lower()


def _remedy(name: str, last: Step) -> str:
    if last.code == "silence":
        return "./lab up"
    if not last.code and last.source in ("dns", "cache"):
        return "correct the name"
    return (
        "check the spelling, or give it an address; "
        f'in a notebook: lab.hosts.add("{name}", lab.address)'
    )
