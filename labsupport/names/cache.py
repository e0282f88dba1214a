"""What a caching resolver remembers: answers until their TTL is over, and 'no's too (RFC 2308)."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dnslib import QTYPE, RCODE, RR

from labsupport.names.zones import LONGEST_CHAIN, Answer, name_of

Source = Callable[[str, int], Answer]
"""Who is asked for what is not remembered, for example `Zones.answer`."""

MOST = 2000
"""Entries at most; the one unused for longest makes way."""

_NO_SUCH_NAME = 0  # in place of a type: NXDOMAIN holds for every type of the name
_MEANT_AS_ASKED = (QTYPE.CNAME, QTYPE.ANY)


@dataclass(frozen=True)
class Remembered:
    """An answer, of one name and type, that holds until `until` (seconds of the cache's clock)."""

    answer: Answer
    until: float


class Cache:
    """Remembers each set of records by name and type, as resolvers do, each for its own TTL.

    So an alias may be old while what it points to is new. `clock` gives seconds that never go
    back.
    """

    def __init__(self, source: Source, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._clock = clock
        self._held: OrderedDict[tuple[str, int], Remembered] = OrderedDict()

    def answer(self, name: str, record_type: int, *, ask: bool = True) -> Answer:
        """What is remembered of a name, or else what the source says; TTLs are the seconds left.

        Without `ask` the source is left alone: an empty answer for what is not remembered.
        """
        found: list[RR] = []
        for _ in range(LONGEST_CHAIN):
            step = self._remembered(name, record_type)
            if step is None:
                step = self._learnt(name, record_type) if ask else Answer(RCODE.NOERROR)
            found += step.records
            alias = next((r for r in step.records if r.rtype == QTYPE.CNAME), None)
            if alias is None or record_type in _MEANT_AS_ASKED:
                return replace(step, records=found)
            name = name_of(alias.rdata.label)
        return Answer(RCODE.SERVFAIL, found)

    def entries(self) -> list[str]:
        """Each thing remembered, in words, with the seconds left."""
        return [
            line
            for (name, record_type), held in sorted(self._held.items())
            if (left := self._left(held)) > 0
            for line in _lines(name, record_type, held.answer, left)
        ]

    def forget(self, zone: str = "") -> None:
        """Forget what lies in a zone; "" for all."""
        for key in list(self._held):
            if not zone or key[0] == zone or key[0].endswith(f".{zone}"):
                del self._held[key]

    def _remembered(self, name: str, record_type: int) -> Answer | None:
        """What holds still, TTLs counted down; an alias stands in for whatever it is asked."""
        for kind in (_NO_SUCH_NAME, record_type, QTYPE.CNAME):
            held = self._held.get((name, kind))
            if held is None:
                continue
            left = self._left(held)
            if left > 0:
                self._held.move_to_end((name, kind))
                return _counted_down(held.answer, left)
            del self._held[name, kind]
        return None

    def _learnt(self, name: str, record_type: int) -> Answer:
        """The source's answer for this one name; what more it tells is remembered as well."""
        told = self._source(name, record_type)
        if told.code not in (RCODE.NOERROR, RCODE.NXDOMAIN):
            return told  # a failure is no knowledge
        if record_type == QTYPE.ANY and told.records:
            return self._keep(name, QTYPE.ANY, told)
        last = name
        for record in told.records:
            if record.rtype == QTYPE.CNAME:
                self._keep(name_of(record.rname), QTYPE.CNAME, Answer(RCODE.NOERROR, [record]))
                last = name_of(record.rdata.label)
        wanted = [r for r in told.records if r.rtype == record_type != QTYPE.CNAME]
        if wanted:
            self._keep(last, record_type, Answer(RCODE.NOERROR, wanted))
        elif told.authority is not None:
            kind = _NO_SUCH_NAME if told.code == RCODE.NXDOMAIN else record_type
            self._keep(last, kind, replace(told, records=()))
        first = [r for r in told.records if name_of(r.rname) == name]
        return Answer(RCODE.NOERROR, first) if first else told

    def _keep(self, name: str, record_type: int, answer: Answer) -> Answer:
        seconds = min((record.ttl for record in answer.records), default=_negative_ttl(answer))
        if seconds > 0:
            self._held[name, record_type] = Remembered(answer, self._clock() + seconds)
            self._held.move_to_end((name, record_type))
            while len(self._held) > MOST:
                self._held.popitem(last=False)
        return answer

    def _left(self, held: Remembered) -> int:
        return math.ceil(held.until - self._clock())


def _negative_ttl(answer: Answer) -> int:
    """How long a 'no' holds: the lesser of the SOA's TTL and its last field (RFC 2308, 5)."""
    soa = answer.authority
    return 0 if soa is None else min(int(soa.ttl), int(soa.rdata.times[4]))


def _counted_down(answer: Answer, left: int) -> Answer:
    authority = answer.authority and _with_ttl(answer.authority, left)
    return replace(
        answer, records=[_with_ttl(each, left) for each in answer.records], authority=authority
    )


def _with_ttl(record: RR, ttl: int) -> RR:
    return RR(record.rname, record.rtype, record.rclass, ttl, record.rdata)


def _lines(name: str, record_type: int, answer: Answer, left: int) -> Sequence[str]:
    if record_type == _NO_SUCH_NAME:
        return [f"{name} {left} s: there is no such name"]
    kind = QTYPE.get(record_type)
    if not answer.records:
        return [f"{name} {left} s: no {kind}"]
    return [f"{name} {left} s {QTYPE.get(each.rtype)} {each.rdata}" for each in answer.records]
