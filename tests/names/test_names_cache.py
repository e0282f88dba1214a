"""What a caching resolver remembers, for how long, and how its answers differ from the zone's."""

from pathlib import Path

import pytest
from dnslib import CLASS, OPCODE, QTYPE, RCODE, DNSHeader, DNSQuestion, DNSRecord

from labsupport.names.answering import caching
from labsupport.names.cache import MOST, Cache
from labsupport.names.query import MEMORY
from labsupport.names.zone_files import ZoneFiles
from labsupport.names.zones import Answer, Zones

NAME = "kiada.example.com"


class Clock:
    """A clock that goes on when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def files(tmp_path: Path) -> ZoneFiles:
    files = ZoneFiles(tmp_path, "127.9.0.53")
    files.add(NAME, "127.9.0.1", ttl=30)
    return files


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(files: ZoneFiles, clock: Clock) -> Cache:
    return Cache(Zones(files.folder).answer, clock)


def values(answer: Answer) -> list[str]:
    return [str(record.rdata) for record in answer.records]


def asked(cache: Cache, name: str, *, recursion: bool = True) -> DNSRecord:
    packet = DNSRecord(DNSHeader(rd=int(recursion)), q=DNSQuestion(name)).pack()
    return DNSRecord.parse(caching(cache)(packet, True))


def test_an_old_answer_outlives_the_edit_until_its_ttl_is_over(
    cache: Cache, files: ZoneFiles, clock: Clock
) -> None:
    cache.answer(NAME, QTYPE.A)
    files.add(NAME, "127.9.0.2", ttl=30)
    clock.now += 29
    assert values(cache.answer(NAME, QTYPE.A)) == ["127.9.0.1"]
    clock.now += 1
    assert values(cache.answer(NAME, QTYPE.A)) == ["127.9.0.2"]


def test_the_ttl_is_counted_down(cache: Cache, clock: Clock) -> None:
    assert cache.answer(NAME, QTYPE.A).records[0].ttl == 30
    clock.now += 12
    assert cache.answer(NAME, QTYPE.A).records[0].ttl == 18


def test_an_old_no_outlives_the_new_record(cache: Cache, files: ZoneFiles, clock: Clock) -> None:
    assert cache.answer("new.example.com", QTYPE.A).code == RCODE.NXDOMAIN
    files.add("new.example.com", "127.9.0.3")
    clock.now += 59
    answer = cache.answer("new.example.com", QTYPE.AAAA)
    assert answer.code == RCODE.NXDOMAIN
    assert answer.authority is not None
    assert answer.authority.ttl == 1
    clock.now += 1
    assert values(cache.answer("new.example.com", QTYPE.A)) == ["127.9.0.3"]


def test_the_soa_says_how_long_a_no_holds(cache: Cache, files: ZoneFiles, clock: Clock) -> None:
    files.apply(files.plan("example.com", files.text().replace("86400 60", "86400 5")))
    cache.answer("new.example.com", QTYPE.A)
    files.add("new.example.com", "127.9.0.3")
    clock.now += 5
    assert values(cache.answer("new.example.com", QTYPE.A)) == ["127.9.0.3"]


def test_a_name_without_the_type_is_remembered_for_that_type_only(
    cache: Cache, files: ZoneFiles
) -> None:
    assert values(cache.answer(NAME, QTYPE.AAAA)) == []
    files.add(NAME, "::1")
    assert values(cache.answer(NAME, QTYPE.AAAA)) == []
    assert values(cache.answer(NAME, QTYPE.A)) == ["127.9.0.1"]


def test_an_alias_and_its_target_age_apart(cache: Cache, files: ZoneFiles, clock: Clock) -> None:
    files.add("www.example.com", NAME, ttl=300)
    assert values(cache.answer("www.example.com", QTYPE.A)) == [f"{NAME}.", "127.9.0.1"]
    files.add("www.example.com", "other.example.com", ttl=300)
    files.add(NAME, "127.9.0.2")
    clock.now += 100
    assert values(cache.answer("www.example.com", QTYPE.A)) == [f"{NAME}.", "127.9.0.2"]


def test_an_alias_to_nowhere_is_answered_alike_from_memory(cache: Cache, files: ZoneFiles) -> None:
    files.add("www.example.com", "gone.example.com")
    first, second = (cache.answer("www.example.com", QTYPE.A) for _ in range(2))
    assert (first.code, values(first)) == (RCODE.NXDOMAIN, ["gone.example.com."])
    assert (second.code, values(second)) == (first.code, values(first))


def test_aliases_in_a_circle_come_to_an_end(cache: Cache, files: ZoneFiles) -> None:
    files.add("a.example.com", "b.example.com")
    files.add("b.example.com", "a.example.com")
    assert cache.answer("a.example.com", QTYPE.A).code == RCODE.SERVFAIL


def test_a_failure_is_not_remembered(cache: Cache, files: ZoneFiles) -> None:
    path = files.folder / "example.com.zone"
    text = path.read_text()
    path.write_text("what is this?")
    assert cache.answer(NAME, QTYPE.A).code == RCODE.SERVFAIL
    path.write_text(text)
    assert values(cache.answer(NAME, QTYPE.A)) == ["127.9.0.1"]


def test_a_ttl_of_zero_is_never_remembered(cache: Cache, files: ZoneFiles) -> None:
    files.add(NAME, "127.9.0.1", ttl=0)
    cache.answer(NAME, QTYPE.A)
    assert cache.entries() == []


def test_forgetting_a_zone_spares_the_others(cache: Cache, files: ZoneFiles) -> None:
    files.add("a.other.test", "127.9.0.9")
    for name in (NAME, "a.other.test"):
        cache.answer(name, QTYPE.A)
    cache.forget("example.com")
    assert cache.entries() == ["a.other.test 60 s A 127.9.0.9"]
    cache.forget()
    assert cache.entries() == []


def test_what_was_not_used_for_longest_makes_way(cache: Cache, files: ZoneFiles) -> None:
    cache.answer(NAME, QTYPE.A)
    for number in range(MOST):
        cache.answer(f"n{number}.example.com", QTYPE.A)
        cache.answer("n0.example.com", QTYPE.A)
    assert len(cache.entries()) == MOST
    lines = "\n".join(cache.entries())
    assert NAME not in lines
    assert "n0.example.com" in lines


def test_its_answers_are_recursive_and_not_authoritative(cache: Cache) -> None:
    header = asked(cache, NAME).header
    assert (header.ra, header.rd, header.aa) == (1, 1, 0)


def test_without_recursion_it_tells_what_it_remembers_only(cache: Cache) -> None:
    assert asked(cache, NAME, recursion=False).rr == []
    asked(cache, NAME)
    assert len(asked(cache, NAME, recursion=False).rr) == 1


def test_a_notify_has_it_forget(cache: Cache) -> None:
    asked(cache, NAME)
    notify = DNSRecord(DNSHeader(opcode=OPCODE.NOTIFY), q=DNSQuestion("example.com", QTYPE.SOA))
    caching(cache)(notify.pack(), True)
    assert cache.entries() == []


def test_it_tells_what_it_remembers(cache: Cache) -> None:
    cache.answer(NAME, QTYPE.A)
    question = DNSRecord(q=DNSQuestion(MEMORY, QTYPE.TXT, CLASS.CH))
    reply = DNSRecord.parse(caching(cache)(question.pack(), True))
    assert [str(each.rdata) for each in reply.rr] == [f'"{NAME} 30 s A 127.9.0.1"']
