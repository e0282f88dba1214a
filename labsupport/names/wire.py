"""Between dnslib's records and plain ones."""

from collections.abc import Iterable

from dnslib import QTYPE, RR

from labsupport.names.records import Record, Records
from labsupport.names.zones import name_of
from labsupport.rules.record_values import quoted


def plain_records(found: Iterable[RR]) -> Records:
    """The records of a packet's section as plain data."""
    return Records(
        Record(name_of(each.rname), each.ttl, str(QTYPE.get(each.rtype)), _value(each))
        for each in found
    )


def _value(record: RR) -> str:
    """The record's data as a zone file has it."""
    if record.rtype == QTYPE.TXT:  # dnslib leaves quotes inside of quotes as they are
        return " ".join(quoted(each.decode(errors="replace")) for each in record.rdata.data)
    return str(record.rdata)
