"""From a name to an address, source by source, with real servers on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dns_servers import dns_servers, free_port

from labsupport.base.errors import NameNotFound, UsageError
from labsupport.names.external import ExternalDnsSwitch
from labsupport.names.hosts import HostsFile
from labsupport.names.lab_dns import LabDns, server_at
from labsupport.names.query import ServerSilent, query
from labsupport.names.resolver import Resolver, stale
from labsupport.names.settings import ResolverSettings

NAME = "kiada.example.com"
SYSTEM = {"www.example.org": ["127.9.9.1"]}


@pytest.fixture
def resolver(tmp_path: Path) -> Iterator[Resolver]:
    with dns_servers(tmp_path / "zones") as (dns, cache):
        yield Resolver(
            HostsFile(tmp_path / "hosts"),
            dns,
            cache,
            settings=ResolverSettings(tmp_path / "resolv.conf"),
            system=lambda name: SYSTEM.get(name, []),
        )


@pytest.fixture
def dns(resolver: Resolver, tmp_path: Path) -> LabDns:
    dns = LabDns(tmp_path / "zones", resolver, ExternalDnsSwitch(tmp_path / "external-dns"))
    dns.add(NAME, "127.9.192.1", ttl=30)
    return dns


def said(resolver: Resolver, name: str, *, every: bool = False) -> list[tuple[str, str, bool]]:
    return [(s.source, s.address, s.chosen) for s in resolver.steps(name, every=every)]


class TestSteps:
    def test_the_hosts_file_ends_the_search(self, resolver: Resolver, dns: LabDns) -> None:
        resolver.hosts.add(NAME, "127.9.9.9")
        assert said(resolver, NAME) == [("hosts", "127.9.9.9", True)]

    def test_the_others_can_be_asked_all_the_same(self, resolver: Resolver, dns: LabDns) -> None:
        resolver.hosts.add(NAME, "127.9.9.9")
        assert said(resolver, NAME, every=True) == [
            ("hosts", "127.9.9.9", True),
            ("dns", "127.9.192.1", False),
        ]

    def test_dns_is_asked_when_the_hosts_file_lacks_it(
        self, resolver: Resolver, dns: LabDns
    ) -> None:
        assert said(resolver, NAME) == [("hosts", "", False), ("dns", "127.9.192.1", True)]
        assert resolver.resolve(NAME).ttl == 30

    def test_nobody_is_chosen_for_an_unknown_name(self, resolver: Resolver, dns: LabDns) -> None:
        steps = resolver.steps("nobody.example.com")
        assert [step.code for step in steps] == ["", "NXDOMAIN"]
        assert not any(step.chosen for step in steps)

    def test_an_address_asks_nobody(self, resolver: Resolver) -> None:
        assert said(resolver, "127.9.9.9", every=True) == [("address", "127.9.9.9", True)]

    def test_a_broken_zone_says_where_to_look(self, resolver: Resolver, dns: LabDns) -> None:
        (dns.folder / "example.com.zone").write_text("kiada IN A\n")
        with pytest.raises(NameNotFound) as caught:
            resolver.resolve(NAME)
        assert "./lab dns list" in caught.value.found
        assert "line 1" in dns.problems()[0]


class TestCaching:
    def test_a_stale_answer_stands_beside_the_true_one(
        self, resolver: Resolver, dns: LabDns
    ) -> None:
        dns.use("cache")
        assert resolver.resolve(NAME).by == "cache"
        dns.add(NAME, "127.9.192.2")
        assert said(resolver, NAME, every=True) == [
            ("hosts", "", False),
            ("cache", "127.9.192.1", True),
            ("dns", "127.9.192.2", False),
        ]

    def test_staleness_is_told_in_words(self, resolver: Resolver, dns: LabDns) -> None:
        dns.use("cache")
        assert resolver.resolve(NAME)
        assert stale(resolver.steps(NAME, every=True)) == ""
        dns.remove(NAME)
        told = stale(resolver.steps(NAME, every=True))
        assert told.endswith("127.9.192.1; the zone says no address by now")

    def test_a_flush_brings_the_new_answer(self, resolver: Resolver, dns: LabDns) -> None:
        dns.use("cache")
        resolver.resolve(NAME)
        dns.add(NAME, "127.9.192.2")
        assert [line.split()[0] for line in dns.cache.entries()] == [NAME]
        dns.cache.flush()
        assert resolver.resolve(NAME).address == "127.9.192.2"

    def test_the_zones_own_server_is_asked_again(self, resolver: Resolver, dns: LabDns) -> None:
        dns.use("cache")
        assert resolver.server[0] == "cache"
        dns.use("authoritative")
        assert resolver.server == ("dns", resolver.dns)


class TestSystem:
    def test_other_names_stay_unknown_unless_allowed(self, resolver: Resolver, dns: LabDns) -> None:
        with pytest.raises(NameNotFound, match="www"):
            resolver.resolve("www.example.org")
        resolver.settings.allow_system(True)
        assert resolver.resolve("www.example.org").by == "system"
        resolver.settings.allow_system(False)
        assert [step.source for step in resolver.steps("www.example.org")] == ["hosts", "dns"]

    def test_a_name_of_the_lab_is_never_asked_of_the_system(
        self, resolver: Resolver, dns: LabDns
    ) -> None:
        resolver.settings.allow_system(True)
        assert [s.source for s in resolver.steps("nobody.example.com")] == ["hosts", "dns"]

    def test_allowing_keeps_the_nameserver(self, tmp_path: Path) -> None:
        settings = ResolverSettings(tmp_path / "resolv.conf")
        settings.use("127.9.0.54")
        settings.allow_system(True)
        assert (settings.nameserver(), settings.system_allowed()) == ("127.9.0.54", True)


class TestQuery:
    def test_a_reply_tells_the_zones_own_server_from_the_cache(self, dns: LabDns) -> None:
        assert dns.query(NAME, server="authoritative").authoritative
        assert not dns.query(NAME, server="cache").authoritative

    def test_values_leave_aliases_out(self, dns: LabDns) -> None:
        dns.add("www.example.com", NAME)
        reply = dns.query("www.example.com")
        assert reply.values == ["127.9.192.1"]
        assert [each.type for each in reply.records] == ["CNAME", "A"]

    def test_a_no_brings_the_soa(self, dns: LabDns) -> None:
        reply = dns.query("nobody.example.com")
        assert (reply.code, [each.type for each in reply.authority]) == ("NXDOMAIN", ["SOA"])
        assert "there is no such name" in str(reply)

    def test_text_comes_back_as_it_was_given(self, dns: LabDns) -> None:
        dns.add(NAME, 'say "hi" \\ ' + "x" * 300, "TXT")
        (record,) = dns.query(NAME, "txt").records
        assert record.value == dns.list()[-1].value

    def test_a_silent_server_is_told(self) -> None:
        with pytest.raises(ServerSilent, match="no DNS server answers"):
            query(NAME, "A", ("127.0.0.1", free_port()), timeout=0.2)

    @pytest.mark.parametrize(("name", "kind"), [("a..b", "A"), (NAME, "NONSENSE")])
    def test_what_cannot_be_asked_is_a_usage_error(self, name: str, kind: str) -> None:
        with pytest.raises(UsageError):
            query(name, kind, ("127.0.0.1", 1))

    @pytest.mark.parametrize("text", ["x", "127.0.0.1:dns", "::1"])
    def test_a_server_is_an_ipv4_address(self, text: str) -> None:
        with pytest.raises(UsageError):
            server_at(text)
