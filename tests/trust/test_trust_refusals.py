"""Why clients refuse: chains of every shape, with OpenSSL's handshake as the judge."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st
from tls_judges import client_context, server_context, verify_code

from labsupport.base.errors import CertificateError
from labsupport.rules.certificates import chain_of, facts_of, refusals
from labsupport.rules.certificates.telling import chain_lines, verdict_lines
from labsupport.trust.authority import Authority, KeyPair, new_key, self_signed

DAY = timedelta(days=1)
DATE = datetime.now(UTC)
NAME = "a.example.com"
ROOT = Authority.create("Root", lifetime=DAY)
STRANGER = Authority.create("Root", lifetime=DAY)  # of the same name
OTHER = Authority.create("Other", lifetime=DAY)
BELIEVED = chain_of(ROOT.pair.certificate)
BETWEEN = ROOT.subordinate("Between", lifetime=DAY)


def joined(leaf: KeyPair, *more: bytes) -> KeyPair:
    return KeyPair(b"".join([leaf.certificate, *more]), leaf.key)


def by_a_server() -> KeyPair:
    """Issued by a certificate that is no authority."""
    server = ROOT.issue(["server.example.com"], lifetime=DAY)
    leaf = Authority(server).issue([NAME], lifetime=DAY)
    return joined(leaf, server.certificate)


def for_clients() -> KeyPair:
    """Good, but for TLS clients."""
    pair = ROOT.issue([NAME], lifetime=DAY)
    made = x509.load_pem_x509_certificate(pair.certificate)
    key = serialization.load_pem_private_key(ROOT.pair.key, None)
    builder = (
        x509.CertificateBuilder(made.issuer, made.subject, made.public_key(), 7)
        .not_valid_before(made.not_valid_before_utc)
        .not_valid_after(made.not_valid_after_utc)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
    )
    signed = builder.sign(key, hashes.SHA256())  # type: ignore[arg-type]
    return KeyPair(signed.public_bytes(serialization.Encoding.PEM), pair.key)


LEAF = ROOT.issue([NAME], lifetime=DAY)
BELOW = BETWEEN.issue([NAME], lifetime=DAY)
CHAINS = {
    "alone": (LEAF, []),
    "with the root sent along": (joined(LEAF, ROOT.pair.certificate), []),
    "with a stranger sent along": (joined(LEAF, STRANGER.pair.certificate), []),
    "by an intermediate": (joined(BELOW, BETWEEN.pair.certificate), []),
    "in another order": (
        joined(BELOW, ROOT.pair.certificate, BETWEEN.pair.certificate),
        [],
    ),
    "without its intermediate": (BELOW, ["unknown-issuer"]),
    "by another of the same name": (STRANGER.issue([NAME], lifetime=DAY), ["unknown-issuer"]),
    "up to a root not believed": (
        joined(OTHER.issue([NAME], lifetime=DAY), OTHER.pair.certificate),
        ["unknown-issuer"],
    ),
    "by a server": (by_a_server(), ["issuer-not-ca"]),
    "for clients": (for_clients(), ["not-for-servers"]),
    "by itself, over and for others": (
        self_signed(["b.example.com"], lifetime=timedelta(minutes=-1)),
        ["self-signed", "other-name", "expired"],
    ),
    "weak and for others": (
        ROOT.issue(["*.b.example.com"], lifetime=DAY, key=new_key("rsa", 1024)),
        ["weak-key", "other-name"],
    ),
}


@pytest.mark.parametrize("shape", CHAINS)
def test_every_reason_is_told(shape: str) -> None:
    pair, expected = CHAINS[shape]
    found = refusals(chain_of(pair.certificate), NAME, datetime.now(UTC), BELIEVED)
    assert [each.id for each in found] == expected


@pytest.mark.parametrize("shape", CHAINS)
def test_the_first_reason_is_openssls(shape: str, tmp_path: Path) -> None:
    pair, _ = CHAINS[shape]
    files = {"ca.crt": ROOT.pair.certificate, "tls.crt": pair.certificate, "tls.key": pair.key}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    server = server_context(tmp_path / "tls.crt", tmp_path / "tls.key")
    judged = verify_code(server, client_context(tmp_path / "ca.crt"), NAME)
    found = refusals(chain_of(pair.certificate), NAME, datetime.now(UTC), BELIEVED)
    assert judged == (found[0].openssl if found else 0)


def test_an_authority_of_the_same_name_is_told_from_the_believed_one() -> None:
    chain = chain_of(STRANGER.issue([NAME], lifetime=DAY).certificate)
    (found,) = refusals(chain, NAME, datetime.now(UTC), BELIEVED)
    assert "another authority of the same name" in found.what


def test_an_intermediate_that_is_over_counts_too() -> None:
    chain = chain_of(joined(BELOW, BETWEEN.pair.certificate).certificate)
    found = refusals(chain, NAME, datetime.now(UTC) + 3 * DAY, BELIEVED)
    assert [(each.id, each.certificate) for each in found] == [
        ("expired", NAME),
        ("expired", "Between"),
        ("expired", "Root"),
    ]


def test_no_certificate_at_all_is_told() -> None:
    (found,) = refusals((), NAME, datetime.now(UTC))
    assert found.id == "no-certificate"


def test_without_a_name_names_are_left_out() -> None:
    assert not refusals(chain_of(LEAF.certificate), "", datetime.now(UTC), BELIEVED)


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=50), "1 minute ago"),
        (timedelta(minutes=59.9), "1 hour ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(hours=23.999), "1 day ago"),
        (timedelta(days=40), "40 days ago"),
    ],
)
def test_how_long_it_is_over_is_told_in_one_unit(ago: timedelta, words: str) -> None:
    chain = chain_of(LEAF.certificate)
    (found,) = refusals(chain, NAME, chain[0].not_after + ago, chain)
    assert found.what == f"{NAME} expired {words}"


def test_brief_lines_are_the_same_for_one_made_alike() -> None:
    now = datetime.now(UTC)
    first, second = (ROOT.issue([NAME], lifetime=30 * DAY).certificate for _ in range(2))
    lines = [list(chain_lines(chain_of(each), now, brief=True)) for each in (first, second)]
    assert lines[0] == lines[1]


def test_the_verdict_names_each_reason_and_what_mends_it() -> None:
    chain = chain_of(LEAF.certificate)
    told = list(verdict_lines("b.example.com", refusals(chain, "b.example.com", DATE, chain)))
    assert told == [
        "  ✗ the lab's client refuses it for b.example.com:",
        "    other-name: the certificate is for a.example.com, not for b.example.com",
        "      next: have a certificate made for the name: ./lab certificate make b.example.com",
    ]


@given(
    text=st.text() | st.text().map("-----BEGIN CERTIFICATE-----{}-----END CERTIFICATE-----".format)
)
@settings(max_examples=200)
def test_whatever_text_is_given_is_read_or_refused_in_words(text: str) -> None:
    with pytest.raises(CertificateError):
        chain_of(text)


@given(at=st.integers(0, 400), value=st.integers(0, 255))
@settings(max_examples=200)
def test_a_damaged_certificate_is_read_or_refused_in_words(at: int, value: int) -> None:
    der = bytearray(chain_of(LEAF.certificate)[0].der)
    der[at % len(der)] = value
    try:
        found = facts_of(bytes(der))
    except CertificateError:
        return
    refusals((found,), NAME, DATE, BELIEVED)
