"""What a controller holds, beside the Ingresses that it was made of, as plain data and as text."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from labsupport.session.controller_view_log import LogLine, Trouble, troubles

MOST = 40
"""So many objects, services and certificates are shown; of more, the number is told."""


@dataclass(frozen=True)
class Router:
    """One way that a request can take through the proxy.

    `rule` is in the proxy's words. `precedence` says what decides among several that match.
    `entries` are where it listens, as `https on websecure`. With `errors` the proxy does not use
    it, or can't answer by it. `names` are the proxy's own.
    """

    rule: str
    precedence: str
    service: str
    entries: tuple[str, ...] = ()
    middlewares: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def facts(self) -> str:
        """All but the rule and the errors, in words."""
        parts = [self.precedence]
        parts += self.entries
        parts += [f"through {', '.join(self.middlewares)}"] if self.middlewares else []
        return ", ".join([*parts, f"to {self.service}"])


@dataclass(frozen=True)
class Source:
    """An object that a controller reads: what it asks for, and the routers made of it.

    `place` is as `Ingress default/kiada`; `told` is the last Event that the controller wrote about
    it, `refused` whether that is a warning.
    """

    place: str
    wants: tuple[str, ...] = ()
    routers: tuple[Router, ...] = ()
    told: str = ""
    refused: bool = False


@dataclass(frozen=True)
class Server:
    """Where requests go: an address, the pod that has it ("" if none), the proxy's word on it."""

    address: str
    pod: str = ""
    status: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.address, self.pod and f"({self.pod})", self.status)))


@dataclass(frozen=True)
class Service:
    """What routers send to: its name in the proxy, the Service it is made of, and its servers."""

    name: str
    made_of: str
    servers: tuple[Server, ...]


@dataclass(frozen=True)
class HeldCertificate:
    """A certificate for TLS: its names, the day of its end, who signed it, where it came from.

    `secret` is `namespace/name`, "" where none is known. `problem` says why it is of no use.
    """

    names: tuple[str, ...]
    until: str = ""
    issuer: str = ""
    secret: str = ""
    ingresses: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Holdings:
    """What a proxy holds. `note` says what it does not tell, and where that is taken from."""

    sources: tuple[Source, ...] = ()
    services: tuple[Service, ...] = ()
    certificates: tuple[HeldCertificate, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class ControllerState:
    """One look at a controller. `lines` is the end of its log without the access log.

    `problems` are what is wrong now. Where the controller could not be asked, `stale` says why,
    and all else is from the look before.
    """

    ingress_class: str
    title: str = ""
    proxy: str = ""
    holdings: Holdings = Holdings()
    lines: tuple[LogLine, ...] = field(default=(), repr=False)
    problems: tuple[str, ...] = ()
    stale: str = ""

    @property
    def heading(self) -> str:
        """Whose state this is."""
        if not self.title:
            return f"Class {self.ingress_class}"
        proxy = "" if self.title == self.proxy else f"{self.proxy}, "
        return f"{self.title} ({proxy}class {self.ingress_class})"

    @property
    def troubles(self) -> list[Trouble]:
        """What else the log complains of: not what `problems` say, nor what is gone or settled.

        A watch that fails is among `problems` as long as it does.
        """
        broken = {each.place for each in self.holdings.sources if self._is_broken(each)}
        return troubles(
            line
            for line in self.lines
            if (not line.about or line.about in broken) and not self._is_said(line)
        )

    @property
    def all_problems(self) -> list[str]:
        """`problems`, and the controller's own warnings about objects."""
        refused = [each for each in self.holdings.sources if each.refused]
        return [*self.problems, *(f"{each.place}: {each.told}" for each in refused)]

    def problems_of(self, source: Source) -> list[str]:
        """What `problems` say of one object, without its name."""
        start = f"{source.place}: "
        return [each.removeprefix(start) for each in self.problems if each.startswith(start)]

    def _is_broken(self, source: Source) -> bool:
        """Whether anything is wrong with the object now; no log says when a trouble has ended."""
        held = self.holdings
        empty = {each.name for each in held.services if not each.servers}
        lacking = {name for each in held.certificates if each.problem for name in each.ingresses}
        return (
            not source.routers
            or any(each.errors or each.service in empty for each in source.routers)
            or source.place.partition(" ")[2] in lacking
        )

    def _is_said(self, line: LogLine) -> bool:
        complaint = line.trouble.removeprefix(f"{line.about}: ")
        return any(line.about in said and complaint in said for said in self.all_problems)

    @property
    def log(self) -> list[str]:
        """The raw lines."""
        return [line.raw for line in self.lines]

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def more(shown: Sequence[object], word: str) -> str:
    """What is said of those that are not shown; "" when all are."""
    left = len(shown) - MOST
    return f"… and {left} more {word}" if left > 0 else ""


# The state as text


def _lines(state: ControllerState) -> Iterator[str]:
    held = state.holdings
    yield state.heading
    yield from (f"  {text}" for text in (state.stale and f"✗ {state.stale}", held.note) if text)
    if not state.title:  # never seen
        return
    yield from _section("Problems now", (f"✗ {each}" for each in state.all_problems))
    yield from _section("Objects, and the routers made of them", _sources(state))
    yield from _section("Services", _services(held.services))
    yield from _section("Certificates", _certificates(held.certificates))
    yield from _section(
        "What else the log complains of", (f"✗ {each.words}" for each in state.troubles)
    )


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"{title}:"
    yield from (f"  {line}" for line in [*lines] or ["none"])


def _sources(state: ControllerState) -> Iterator[str]:
    sources = state.holdings.sources
    for source in sources[:MOST]:
        yield source.place
        yield from (f"  asks: {each}" for each in source.wants)
        yield from (f"  {line}" for each in source.routers for line in _router(each))
        if not source.routers:
            yield "  ✗ no router"
            yield from (f"    {each}" for each in state.problems_of(source))
        if source.told:
            yield f"  {'✗' if source.refused else '✓'} Event: {source.told}"
    yield from filter(None, [more(sources, "objects")])


def _router(router: Router) -> Iterator[str]:
    yield f"{'✗' if router.errors else '✓'} {router.rule}"
    yield f"    {router.facts}"
    yield from (f"    ✗ {error}" for error in router.errors)


def _services(services: Sequence[Service]) -> Iterator[str]:
    for service in services[:MOST]:
        yield f"{service.name}{f' of {service.made_of}' if service.made_of else ''}"
        yield from (f"  {server}" for server in service.servers)
        if not service.servers:
            yield "  ✗ no server"
    yield from filter(None, [more(services, "services")])


def _certificates(certificates: Sequence[HeldCertificate]) -> Iterator[str]:
    for each in certificates[:MOST]:
        facts = [
            each.issuer and f"signed by {each.issuer}",
            each.secret and f"from Secret {each.secret}",
            f"for {', '.join(each.ingresses)}" if each.ingresses else "named by no Ingress",
        ]
        yield f"{', '.join(each.names) or 'no name'}: {', '.join(filter(None, facts))}"
        if each.problem:
            yield f"  ✗ {each.problem}"
    yield from filter(None, [more(certificates, "certificates")])
