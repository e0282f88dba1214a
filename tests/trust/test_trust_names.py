"""Names of certificates against hosts: the lab's comparison, judged by real handshakes."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import idna
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tls_judges import client_context, server_context, verify_code

from labsupport.base.paths import Instance
from labsupport.rules.certificates import chain_of, name_match
from labsupport.rules.certificates.names import ascii_name
from labsupport.trust.authority import Authority
from labsupport.trust.issuing import Issuer

LABELS = st.sampled_from(["a", "b", "www", "a-b", "7", "xn--bcher-kva", "example", "com"])
HOSTS = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
WILDCARDS = HOSTS.map("*.{}".format)
ADDRESSES = st.sampled_from(["127.0.0.1", "10.0.0.7", "::1", "fd00::7"])
PATTERNS = st.lists(HOSTS | WILDCARDS | ADDRESSES, min_size=1, max_size=3)

Judge = Callable[[list[str], str], bool]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """Whether OpenSSL, as Python uses it, accepts a certificate for these names."""
    folder: Path = tmp_path_factory.mktemp("judge")
    authority = Authority.create("judge", lifetime=timedelta(days=1))
    ca_file = folder / "ca.crt"
    ca_file.write_bytes(authority.pair.certificate)
    client = client_context(ca_file)

    def accepts(names: list[str], host: str) -> bool:
        pair = authority.issue(names, lifetime=timedelta(days=1))
        (folder / "tls.crt").write_bytes(pair.certificate)
        (folder / "tls.key").write_bytes(pair.key)
        server = server_context(folder / "tls.crt", folder / "tls.key")
        code = verify_code(server, client, host)
        assert code in (0, 62, 64)
        return code == 0

    return accepts


def ours(names: list[str], host: str) -> bool:
    pair = AUTHORITY.issue(names, lifetime=timedelta(days=1))
    return name_match(chain_of(pair.certificate)[0], host).matched


AUTHORITY = Authority.create("ours", lifetime=timedelta(days=1))


@given(names=PATTERNS, host=HOSTS | ADDRESSES)
@example(names=["*.example.com"], host="a.b.example.com")
@example(names=["*.example.com"], host="example.com")
@example(names=["*.com"], host="example.com")
@example(names=["*.a.com"], host="xn--bcher-kva.a.com")
@example(names=["127.0.0.1"], host="127.0.0.1")
@example(names=["A.Example.com"], host="a.eXample.com")
@settings(
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_name_is_accepted_exactly_when_openssl_accepts_it(
    judge: Judge, names: list[str], host: str
) -> None:
    assert ours(names, host) is judge(names, host)


@given(base=HOSTS.filter(lambda host: "." in host), data=st.data())
@settings(max_examples=100)
def test_a_host_under_a_wildcard_is_accepted_as_openssl_does(
    judge: Judge, base: str, data: st.DataObject
) -> None:
    host = ".".join([*data.draw(st.lists(LABELS, max_size=2)), base])
    assert ours([f"*.{base}"], host) is judge([f"*.{base}"], host)


@pytest.mark.parametrize(
    ("names", "host", "reason"),
    [
        (["a.test"], "b.test", "other-name"),
        (["*.example.com"], "example.com", "wildcard-depth"),
        (["*.example.com"], "a.b.example.com", "wildcard-depth"),
        (["*.example.com"], "a.example.net", "other-name"),
        (["a.test"], "127.0.0.1", "other-name"),
        (["127.0.0.1"], "a.test", "other-name"),
        (["*.com"], "example.com", "other-name"),
    ],
)
def test_the_reason_is_told_by_a_word(names: list[str], host: str, reason: str) -> None:
    pair = AUTHORITY.issue(names, lifetime=timedelta(days=1))
    assert name_match(chain_of(pair.certificate)[0], host).id == reason


def test_a_common_name_alone_is_for_no_host(home: Instance) -> None:
    chain = Issuer(home).issue(["a.example.com"], "no-san").chain
    assert name_match(chain[0], "a.example.com").id == "no-san"


def test_a_dot_at_the_end_is_of_no_matter() -> None:
    assert ours(["a.example.com"], "a.example.com.")


def test_brackets_of_a_url_are_of_no_matter() -> None:
    assert ours(["::1"], "[::1]")


@pytest.mark.parametrize(
    "name", ["bücher.example", "Straße.example", "例え.テスト", "ÉCOLE.example"]
)
def test_names_in_other_scripts_are_written_as_clients_do(name: str) -> None:
    assert ascii_name(name) == idna.encode(name, uts46=True).decode()
