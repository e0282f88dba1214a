"""The same certificates by the `openssl` command, as shell text."""

import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from labsupport.rules.certificates.kinds import DEFAULT_DAYS, ELSEWHERE, STRANGER
from labsupport.rules.certificates.names import as_address, ascii_name

_EC = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {out}"
_RSA = "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:{bits} -out {out}"
_LAB = ('"$LAB/ca.crt"', '"$LAB/ca.key"')
_SERIAL = '-set_serial "0x$(openssl rand -hex 16)"'
_OWN_TIMES = ("expired", "not-yet-valid")
_BY_INTERMEDIATE = ("intermediate", "intermediate-missing", "wrong-order")
_CA_SETTINGS = """\
[ca]
default_ca = lab
[lab]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
unique_subject = no
policy = names
[names]
commonName = optional"""


def openssl_text(
    names: Sequence[str],
    kind: str = "good",
    *,
    folder: str,
    now: datetime,
    key: str = "ec",
    days: int = DEFAULT_DAYS,
) -> str:
    """Shell commands, with comments, that make `tls.key` and `tls.crt` in the current folder.

    `folder` is the lab's, with `ca.crt` and `ca.key`; only the first line tells it. For bash and
    OpenSSL 1.1.1 or later. The last command
    asks `openssl verify`, which fails where a client would refuse the issuer, the dates or the
    strength; it is not told a name, and so does not compare any.
    """
    wanted = [ELSEWHERE] if kind == "other-name" else list(names)
    steps = [f"LAB={shlex.quote(folder)}"]
    issuer = _LAB
    if kind == "unknown-issuer":
        steps += _own_authority()
        issuer = ("stranger.crt", "stranger.key")
    if kind in _BY_INTERMEDIATE:
        steps += _intermediate(*issuer)
        issuer = ("intermediate.crt", "intermediate.key")
    steps += ["# a private key, for nobody else to read", "umask 077", _new_key(kind, key)]
    if kind == "self-signed":
        steps += _signed_by_itself(wanted, days)
    else:
        steps += _request(wanted, with_names=kind != "no-san")
        steps += _signed(kind, issuer, days, now)
    steps += _joined(kind)
    steps += _looked_at(kind)
    return "\n".join(steps) + "\n"


def _new_key(kind: str, key: str) -> str:
    if kind == "weak-key":
        return _RSA.format(bits=1024, out="tls.key")
    if key == "rsa" and kind != "self-signed":
        return _RSA.format(bits=2048, out="tls.key")
    return _EC.format(out="tls.key")


def _own_authority() -> Iterator[str]:
    subject = shlex.quote(f"/CN={STRANGER}")
    yield "# an authority that nobody knows"
    yield _EC.format(out="stranger.key")
    yield f"openssl req -x509 -new -key stranger.key -subj {subject} -days 30 -out stranger.crt"


def _intermediate(ca_certificate: str, ca_key: str) -> Iterator[str]:
    yield "# an authority between the lab's and the server"
    yield _EC.format(out="intermediate.key")
    yield (
        "openssl req -new -key intermediate.key "
        "-subj '/CN=Ingress Lab Intermediate CA' -out intermediate.csr"
    )
    yield from _file(
        "intermediate.ext",
        "basicConstraints = critical, CA:TRUE, pathlen:0\n"
        "keyUsage = critical, digitalSignature, keyCertSign, cRLSign\n"
        "subjectKeyIdentifier = hash\n"
        "authorityKeyIdentifier = keyid",
    )
    yield (
        f"openssl x509 -req -in intermediate.csr -CA {ca_certificate} -CAkey {ca_key} "
        f"{_SERIAL} -days 90 -extfile intermediate.ext -out intermediate.crt"
    )


def _request(names: Sequence[str], *, with_names: bool) -> Iterator[str]:
    yield "# a signing request, and what the certificate is to say"
    yield f"openssl req -new -key tls.key -subj {shlex.quote(_subject(names))} -out tls.csr"
    yield from _file("tls.ext", "\n".join(_extensions(names if with_names else ())))


def _subject(names: Sequence[str]) -> str:
    return f"/CN={_written(names[0])}"


def _extensions(names: Sequence[str]) -> Iterator[str]:
    yield "basicConstraints = critical, CA:FALSE"
    yield "keyUsage = critical, digitalSignature"
    yield "extendedKeyUsage = serverAuth"
    yield "authorityKeyIdentifier = keyid"
    if names:
        yield f"subjectAltName = {_alternative_names(names)}"


def _alternative_names(names: Sequence[str]) -> str:
    kinds = ("IP" if as_address(name) else "DNS" for name in names)
    return ", ".join(f"{kind}:{_written(name)}" for kind, name in zip(kinds, names, strict=True))


def _written(name: str) -> str:
    """A name as it stands in a certificate."""
    return as_address(name) or ascii_name(name)


def _signed(kind: str, issuer: tuple[str, str], days: int, now: datetime) -> Iterator[str]:
    certificate, key = issuer
    yield "# the authority signs"
    if kind not in _OWN_TIMES:
        digest = " -sha1" if kind == "weak-signature" else ""
        yield (
            f"openssl x509 -req{digest} -in tls.csr -CA {certificate} -CAkey {key} {_SERIAL} "
            f"-days {days} -extfile tls.ext -out tls.crt"
        )
        return
    day = timedelta(days=1)
    begins = now - (days + 1) * day if kind == "expired" else now + day
    yield from _file("ca.cnf", _CA_SETTINGS)
    yield ": > index.txt"
    yield (
        f"openssl ca -batch -notext -config ca.cnf -cert {certificate} -keyfile {key} "
        f"-in tls.csr -extfile tls.ext -startdate {_moment(begins)} "
        f"-enddate {_moment(begins + days * day)} -out tls.crt"
    )


def _moment(moment: datetime) -> str:
    """A time as `openssl ca` takes it (ASN.1 GeneralizedTime)."""
    return f"{moment:%Y%m%d%H%M%SZ}"


def _signed_by_itself(names: Sequence[str], days: int) -> Iterator[str]:
    yield "# the certificate, signed with its own key"
    yield (
        f"openssl req -x509 -new -key tls.key -subj {shlex.quote(_subject(names))} "
        f"-addext {shlex.quote(f'subjectAltName = {_alternative_names(names)}')} "
        f"-addext 'basicConstraints = critical, CA:FALSE' -addext 'extendedKeyUsage = serverAuth' "
        f"-days {days} -out tls.crt"
    )


def _joined(kind: str) -> Iterator[str]:
    if kind in ("intermediate", "wrong-order"):
        first, then = ("tls.crt", "intermediate.crt")
        if kind == "wrong-order":
            first, then = then, first
        yield "# what the server sends, in this order"
        yield f"cat {first} {then} > chain.crt && mv chain.crt tls.crt"


def _looked_at(kind: str) -> Iterator[str]:
    if kind == "wrong-order":
        yield "# does the key belong to the first certificate?"
        yield (
            'test "$(openssl x509 -in tls.crt -noout -pubkey)" = '
            '"$(openssl pkey -in tls.key -pubout)" || echo "no: a server refuses this pair"'
        )
    yield "# what it says, and what a client thinks of it"
    yield "openssl x509 -in tls.crt -noout -subject -issuer -dates"
    untrusted = " -untrusted tls.crt" if kind in ("intermediate", "wrong-order") else ""
    yield (f"openssl verify -auth_level 2 -CAfile {_LAB[0]}{untrusted} tls.crt")


def _file(name: str, content: str) -> Iterator[str]:
    yield f"cat > {name} <<'END'\n{content}\nEND"
