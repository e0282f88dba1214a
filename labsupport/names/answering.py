"""Packets in, packets out: what an authoritative server and a caching resolver answer."""

from collections.abc import Callable

from dnslib import CLASS, EDNS0, OPCODE, QTYPE, RCODE, RR, TXT, DNSError, DNSQuestion, DNSRecord

from labsupport.names.cache import Cache
from labsupport.names.query import MEMORY
from labsupport.names.zones import Answer, Zones, name_of

Respond = Callable[[bytes, bool], bytes | None]
"""The answer to one packet, which came by UDP or not; None where silence is the answer."""

_UDP_WITHOUT_EDNS = 512
_MOST_PACKETS = 2000
_UDP_WITH_EDNS = 1232  # bytes that no network needs to cut


def authoritative(zones: Zones) -> Respond:
    """Answers for the zones it holds, and refuses all others."""

    def respond(packet: bytes, udp: bool) -> bytes | None:
        query = _query(packet)
        if query is None:
            return None
        reply = query.reply(ra=0)
        reply.header.ad = 0  # nothing is signed here
        question = _question(query, reply)
        if question is not None:
            answer = zones.answer(name_of(question.qname), question.qtype)
            _fill(reply, answer)
            reply.header.aa = int(answer.code not in (RCODE.REFUSED, RCODE.SERVFAIL))
        return _packed(query, reply, udp)

    return _remembering(respond, zones.version)


def _remembering(respond: Respond, version: Callable[[], object]) -> Respond:
    """The same answer to the same packet (but for its id) as long as `version` stays the same.

    Most of what an answer costs is reading the query and writing the reply.
    """
    kept: dict[tuple[bytes, bool], bytes | None] = {}
    of: object = None

    def respond_again(packet: bytes, udp: bool) -> bytes | None:
        nonlocal of
        # Read first: an edit made while the answer is found makes the next version another.
        now = version()
        if now != of or len(kept) >= _MOST_PACKETS:
            kept.clear()
            of = now
        key = bytes(packet[2:]), udp
        if key not in kept:
            kept[key] = respond(packet, udp)
        answer = kept[key]
        return None if answer is None else bytes(packet[:2]) + answer[2:]

    return respond_again


def caching(cache: Cache) -> Respond:
    """Answers from memory, else by asking; never as an authority.

    A query that wants no recursion gets what is remembered only. NOTIFY (RFC 1996) has it forget
    a zone, and `memory.resolver CH TXT` tells what it remembers.
    """

    def respond(packet: bytes, udp: bool) -> bytes | None:
        query = _query(packet)
        if query is None:
            return None
        reply = query.reply(ra=1, aa=0)
        reply.header.ad = 0  # nothing is signed here
        if _is_about_memory(query):
            lines = cache.entries()
            reply.add_answer(*(RR(MEMORY, QTYPE.TXT, CLASS.CH, 0, _strings(x)) for x in lines))
        elif query.header.opcode == OPCODE.NOTIFY and query.questions:
            cache.forget(name_of(query.q.qname))
        else:
            question = _question(query, reply)
            if question is not None:
                name, wanted = name_of(question.qname), question.qtype
                _fill(reply, cache.answer(name, wanted, ask=bool(query.header.rd)))
        return _packed(query, reply, udp)

    return respond


def _query(packet: bytes) -> DNSRecord | None:
    """The packet as a query; None for garbage and for what is a reply itself."""
    try:
        query = DNSRecord.parse(packet)
    except DNSError:
        return None
    return None if query.header.qr else query


def _question(query: DNSRecord, reply: DNSRecord) -> DNSQuestion | None:
    """The one question there is to answer; None when the reply says by its code why not."""
    question = query.questions[0] if len(query.questions) == 1 else None
    reply.header.aa = 0
    if query.header.opcode != OPCODE.QUERY:
        reply.header.rcode = RCODE.NOTIMP
    elif question is None:
        reply.header.rcode = RCODE.FORMERR
    elif question.qclass != CLASS.IN:
        reply.header.rcode = RCODE.REFUSED
    else:
        return question
    return None


def _is_about_memory(query: DNSRecord) -> bool:
    question = query.questions[0] if len(query.questions) == 1 else None
    return (
        question is not None
        and query.header.opcode == OPCODE.QUERY
        and (name_of(question.qname), question.qclass) == (MEMORY, CLASS.CH)
    )


def _fill(reply: DNSRecord, answer: Answer) -> None:
    reply.header.rcode = answer.code
    reply.add_answer(*answer.records)
    if answer.authority:
        reply.add_auth(answer.authority)


def _packed(query: DNSRecord, reply: DNSRecord, udp: bool) -> bytes:
    """The reply's bytes: cut short where UDP can't carry them, so that TCP is tried."""
    sizes = [record.edns_len for record in query.ar if record.rtype == QTYPE.OPT]
    if sizes:
        reply.add_ar(EDNS0(udp_len=_UDP_WITH_EDNS))
    packed: bytes = reply.pack()
    if udp and len(packed) > max([_UDP_WITHOUT_EDNS, *sizes]):
        packed = reply.truncate().pack()
    return packed


def _strings(text: str) -> TXT:
    data = text.encode()
    return TXT([data[start : start + 255] for start in range(0, len(data), 255)])
