"""What `dig` sees of the lab's DNS servers, beside what the lab's own query says."""

import shutil
import subprocess
from collections.abc import Iterator

import pytest
from dns_servers import Server, dns_servers

from labsupport.names.query import query
from labsupport.names.zone_files import ZoneFiles

DIG = shutil.which("dig")
pytestmark = pytest.mark.skipif(DIG is None, reason="needs dig")
ZONE = """\
$ORIGIN example.com.
$TTL 60
@ IN SOA ns admin 7 3600 600 86400 60
  IN NS ns
  IN MX 10 mail
  IN CAA 0 issue "letsencrypt.org"
ns IN A 127.9.0.53
mail IN A 127.9.0.25
kiada 30 IN A 127.9.192.1
      30 IN A 127.9.192.2
      IN AAAA fd00::1
www IN CNAME kiada
*.apps IN A 127.9.192.3
note IN TXT "one; \\"two\\"" "three"
_http._tcp IN SRV 0 5 80 kiada
"""


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    folder = tmp_path_factory.mktemp("zones")
    files = ZoneFiles(folder, "127.9.0.53")
    files.apply(files.plan("example.com", ZONE))
    with dns_servers(folder) as found:
        yield found


def dig(server: Server, *words: str) -> list[str]:
    """Lines of dig's output, blanks made single."""
    command = [DIG or "", f"@{server[0]}", "-p", str(server[1]), "+tries=1", "+time=5", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    return [" ".join(line.split()) for line in done.stdout.splitlines() if line]


QUESTIONS = [
    ("kiada.example.com", "A"),
    ("KIADA.example.COM", "A"),
    ("kiada.example.com", "AAAA"),
    ("www.example.com", "A"),
    ("any.apps.example.com", "A"),
    ("note.example.com", "TXT"),
    ("example.com", "MX"),
    ("example.com", "NS"),
    ("example.com", "CAA"),
    ("_http._tcp.example.com", "SRV"),
    ("nobody.example.com", "A"),
]


@pytest.mark.parametrize("way", ["+notcp", "+tcp"])
@pytest.mark.parametrize(("name", "kind"), QUESTIONS)
def test_dig_and_the_lab_get_the_same_records(
    servers: tuple[Server, Server], name: str, kind: str, way: str
) -> None:
    theirs = dig(servers[0], "+noall", "+answer", way, name, kind)
    ours = [
        f"{each.name}. {each.ttl} IN {each.type} {each.value}"
        for each in query(name, kind, servers[0]).records
    ]
    assert sorted(line.lower() for line in theirs) == sorted(line.lower() for line in ours)


def test_short_gives_the_values(servers: tuple[Server, Server]) -> None:
    lines = dig(servers[0], "+short", "kiada.example.com")
    assert sorted(lines) == ["127.9.192.1", "127.9.192.2"]


def test_a_no_has_its_code_and_the_soa(servers: tuple[Server, Server]) -> None:
    lines = dig(servers[0], "nobody.example.com")
    assert any("status: NXDOMAIN" in line for line in lines)
    assert any(line.startswith("example.com. 60 IN SOA ns.example.com.") for line in lines)


def test_any_gives_all_types(servers: tuple[Server, Server]) -> None:
    lines = dig(servers[0], "+noall", "+answer", "kiada.example.com", "ANY")
    assert sorted(line.split()[3] for line in lines) == ["A", "A", "AAAA"]


def test_the_flags_tell_the_zones_own_server_from_the_cache(
    servers: tuple[Server, Server],
) -> None:
    flags = [
        next(line for line in dig(server, "kiada.example.com") if line.startswith(";; flags:"))
        for server in servers
    ]
    assert flags[0].startswith(";; flags: qr aa rd;")
    assert flags[1].startswith(";; flags: qr rd ra;")


def test_a_foreign_zone_is_refused(servers: tuple[Server, Server]) -> None:
    assert any("status: REFUSED" in line for line in dig(servers[0], "example.org"))


def test_the_cache_answers_as_the_zone_does_at_first(servers: tuple[Server, Server]) -> None:
    for name, kind in QUESTIONS:
        both = [dig(server, "+noall", "+answer", "+nottlid", name, kind) for server in servers]
        assert sorted(both[0]) == sorted(both[1])
