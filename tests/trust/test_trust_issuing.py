"""Certificates for lessons: each kind is refused for its own reason, and OpenSSL agrees."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tls_judges import client_context, server_context, verify_code

from labsupport.base.errors import CertificateError, UsageError
from labsupport.base.paths import Instance
from labsupport.rules.certificates import chain_of, refusals
from labsupport.rules.certificates.kinds import KINDS
from labsupport.trust import ensure_credentials
from labsupport.trust.issuing import Issuer

NAME = "kiada.example.com"
SERVED = [kind for kind in KINDS if kind not in ("weak-signature", "wrong-order")]


@pytest.fixture
def issuer(home: Instance) -> Issuer:
    return Issuer(home)


def reasons(issuer: Issuer, kind: str, name: str = NAME) -> list[str]:
    chain = issuer.issue([NAME, "*.shop.example.com", "127.0.0.1", "::1"], kind).chain
    found = refusals(chain, name, datetime.now(UTC), issuer.believed, issuer.intermediates)
    return [each.id for each in found]


@pytest.mark.parametrize("kind", SERVED)
def test_each_kind_is_refused_for_its_own_reason(issuer: Issuer, kind: str) -> None:
    assert reasons(issuer, kind) == ([] if kind in ("good", "intermediate") else [kind])


@pytest.mark.parametrize("kind", SERVED)
def test_openssl_refuses_for_the_same_reason(issuer: Issuer, kind: str, tmp_path: Path) -> None:
    issued = issuer.issue([NAME], kind)
    server = server_context(*issued.write(tmp_path))
    found = refusals(issued.chain, NAME, datetime.now(UTC), issuer.believed)
    expected = found[0].openssl if found else 0
    ca_file = tmp_path / "ca.crt"
    ca_file.write_bytes(issuer.authority.pair.certificate)
    assert verify_code(server, client_context(ca_file), NAME) == expected


@pytest.mark.parametrize("key", ["ec", "rsa"])
@pytest.mark.parametrize("name", [NAME, "cart.shop.example.com", "127.0.0.1", "::1"])
def test_a_good_one_is_accepted_under_each_of_its_names(
    issuer: Issuer, ca_file: Path, tmp_path: Path, key: str, name: str
) -> None:
    issued = issuer.issue([NAME, "*.shop.example.com", "127.0.0.1", "::1"], key=key)
    server = server_context(*issued.write(tmp_path))
    assert verify_code(server, client_context(ca_file), name) == 0


def test_a_chain_that_begins_with_the_authority_is_taken_by_no_server(
    issuer: Issuer, tmp_path: Path
) -> None:
    issued = issuer.issue([NAME], "wrong-order")
    with pytest.raises(OSError, match="KEY_VALUES_MISMATCH"):
        server_context(*issued.write(tmp_path))


def test_a_chain_that_begins_with_the_authority_is_told_as_such(issuer: Issuer) -> None:
    assert reasons(issuer, "wrong-order") == ["wrong-order"]


def test_the_private_key_is_for_the_owner_only(issuer: Issuer, tmp_path: Path) -> None:
    _, key = issuer.issue([NAME]).write(tmp_path)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_the_intermediates_key_is_for_the_owner_only(issuer: Issuer, home: Instance) -> None:
    issuer.issue([NAME], "intermediate")
    assert stat.S_IMODE((home.home / "trust" / "intermediate.key").stat().st_mode) == 0o600


def test_the_intermediate_stays_the_same(issuer: Issuer) -> None:
    first, second = (issuer.issue([NAME], "intermediate").chain[1] for _ in range(2))
    assert first == second


def test_the_intermediate_is_made_anew_for_another_authority(
    tmp_path: Path, home: Instance
) -> None:
    old = Issuer(home).issue([NAME], "intermediate").chain[1]
    other = Instance(tmp_path / "other").make()
    ensure_credentials(other, 78)
    (other.home / "trust").mkdir()
    for each in (home.home / "trust").iterdir():
        (other.home / "trust" / each.name).write_bytes(each.read_bytes())
    chain = Issuer(other).issue([NAME], "intermediate").chain
    assert chain[1] != old
    assert not refusals(chain, NAME, datetime.now(UTC), Issuer(other).believed)


def test_a_lifetime_of_more_than_90_days_is_refused(issuer: Issuer) -> None:
    with pytest.raises(UsageError, match="from 1 to 90 days"):
        issuer.issue([NAME], days=91)


@pytest.mark.parametrize("name", ["", "under_score", "*", "a.*.b", "-", "two words", "x" * 254])
def test_what_is_no_name_is_refused(issuer: Issuer, name: str) -> None:
    with pytest.raises(UsageError):
        issuer.issue([name])


def test_a_name_longer_than_a_common_name_may_be_is_served(issuer: Issuer) -> None:
    name = f"{'long-' * 12}name.example.com"
    chain = issuer.issue([name]).chain
    assert not refusals(chain, name, datetime.now(UTC), issuer.believed)


def test_names_in_other_scripts_are_written_as_dns_has_them(issuer: Issuer) -> None:
    assert issuer.issue(["Bücher.example.com"]).chain[0].names == ("xn--bcher-kva.example.com",)


def test_sha_1_is_left_to_openssl(issuer: Issuer) -> None:
    with pytest.raises(UsageError, match="SHA-1"):
        issuer.issue([NAME], "weak-signature")


def test_without_an_authority_the_remedy_is_told(tmp_path: Path) -> None:
    with pytest.raises(CertificateError) as caught:
        Issuer(Instance(tmp_path / "none").make()).issue([NAME])
    assert caught.value.remedy == "./lab up"


def test_its_words_are_the_same_for_the_same_order(issuer: Issuer) -> None:
    assert str(issuer.issue([NAME, "127.0.0.1"])) == (
        "certificate for kiada.example.com, 127.0.0.1: EC 256, for 30 days, "
        "issued by Ingress Lab CA"
    )


def test_a_certificate_goes_through_pem_unchanged(issuer: Issuer) -> None:
    facts = issuer.issue([NAME]).chain[0]
    assert chain_of(facts.pem) == (facts,)
