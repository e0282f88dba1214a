"""The same by openssl: the text runs, makes what the Python makes, and openssl reads us alike."""

import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from labsupport.base.paths import Instance
from labsupport.rules.certificates import CertificateFacts, chain_of, refusals
from labsupport.rules.certificates.kinds import KINDS
from labsupport.rules.certificates.openssl import openssl_text
from labsupport.trust.issuing import Issuer

pytestmark = pytest.mark.skipif(
    not (shutil.which("openssl") and shutil.which("bash")), reason="no openssl or bash here"
)

NAMES = ["kiada.example.com", "*.shop.example.com", "127.0.0.1"]
REFUSED_BY_VERIFY = {  # the others are for names, which `openssl verify` is not told here
    "expired": 10,
    "not-yet-valid": 9,
    "self-signed": 18,
    "unknown-issuer": 20,
    "intermediate-missing": 20,
    "weak-key": 66,
    "weak-signature": 68,
}


def ran(text: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["bash", "-c", text], cwd=folder, capture_output=True, text=True)


def made(home: Instance, kind: str, folder: Path, key: str = "ec") -> tuple[CertificateFacts, ...]:
    """What the shell text made."""
    text = openssl_text(NAMES, kind, folder=str(home.home), now=datetime.now(UTC), key=key)
    ran(text, folder)
    return chain_of((folder / "tls.crt").read_bytes())


@pytest.mark.parametrize("kind", KINDS)
def test_openssl_verify_says_of_its_own_what_the_lab_would(
    home: Instance, tmp_path: Path, kind: str
) -> None:
    text = openssl_text(NAMES, kind, folder=str(home.home), now=datetime.now(UTC))
    done = ran(text, tmp_path)
    found = re.search(r"error (\d+) at", done.stderr)
    assert (int(found[1]) if found else 0) == REFUSED_BY_VERIFY.get(kind, 0), done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_the_lab_refuses_openssls_for_the_same_reason(
    home: Instance, tmp_path: Path, kind: str
) -> None:
    chain = made(home, kind, tmp_path)
    believed = Issuer(home).believed
    known = chain_of((tmp_path / "intermediate.crt").read_bytes()) if "inter" in kind else ()
    soon = datetime.now(UTC) + timedelta(seconds=2)  # openssl's certificates begin this second
    found = [each.id for each in refusals(chain, NAMES[0], soon, believed, known)]
    assert found == ([] if kind in ("good", "intermediate") else [kind])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "weak-signature"])
def test_both_make_the_same_certificate(home: Instance, tmp_path: Path, kind: str) -> None:
    theirs = made(home, kind, tmp_path)
    ours = Issuer(home).issue(NAMES, kind).chain
    assert [_essence(each) for each in theirs] == [_essence(each) for each in ours]


def test_both_make_rsa_keys(home: Instance, tmp_path: Path) -> None:
    theirs = made(home, "good", tmp_path, key="rsa")[0]
    assert _essence(theirs) == _essence(Issuer(home).issue(NAMES, key="rsa").chain[0])


def test_names_cannot_break_out_of_the_shell(home: Instance, tmp_path: Path) -> None:
    text = openssl_text(
        ["a'; touch hacked; '.example.com"], folder=str(home.home), now=datetime.now(UTC)
    )
    ran(text, tmp_path)
    assert not (tmp_path / "hacked").exists()


def test_the_key_that_it_makes_is_for_the_owner_only(home: Instance, tmp_path: Path) -> None:
    made(home, "good", tmp_path)
    assert (tmp_path / "tls.key").stat().st_mode & 0o077 == 0


def test_a_wrong_order_is_seen_by_its_key(home: Instance, tmp_path: Path) -> None:
    text = openssl_text(NAMES, "wrong-order", folder=str(home.home), now=datetime.now(UTC))
    assert "no: a server refuses this pair" in ran(text, tmp_path).stdout


@pytest.mark.parametrize("kind", ["good", "weak-key", "expired", "self-signed", "intermediate"])
def test_openssl_reads_in_our_certificate_what_we_read(
    home: Instance, tmp_path: Path, kind: str
) -> None:
    issued = Issuer(home).issue(NAMES, kind)
    certificate, _ = issued.write(tmp_path)
    facts = issued.chain[0]
    said = ran(
        f"openssl x509 -in {certificate} -noout -subject -issuer -serial -dates "
        "-fingerprint -sha256 -text -nameopt RFC2253 -dateopt iso_8601",
        tmp_path,
    ).stdout
    alternative = ", ".join(
        [f"DNS:{name}" for name in facts.names] + [f"IP Address:{each}" for each in facts.addresses]
    )
    for expected in (
        f"subject={facts.subject}",
        f"issuer={facts.issuer}",
        facts.serial.upper(),
        f"Fingerprint={facts.fingerprint}",
        f"notBefore={facts.not_before:%Y-%m-%d %H:%M:%SZ}",
        f"notAfter={facts.not_after:%Y-%m-%d %H:%M:%SZ}",
        alternative,
        f"({facts.key_bits} bit)",
        "CA:FALSE",
        "TLS Web Server Authentication",
        facts.signature_hash.upper(),
    ):
        assert expected.upper() in said.upper(), expected


def _essence(facts: CertificateFacts) -> tuple[object, ...]:
    """What does not differ from one making to the next."""
    return (
        facts.subject,
        facts.issuer,
        facts.names,
        facts.addresses,
        facts.is_ca,
        facts.for_servers,
        facts.self_signed,
        facts.key_type,
        facts.key_bits,
        facts.signature_hash,
    )
