"""Which certificate a TLS handshake gets: by SNI, from `spec.tls` and what is known of Secrets."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from labsupport.base.types import Json
from labsupport.rules.ingress.decision import Certificate, RuleWarning
from labsupport.rules.ingress.pattern import host_takes, wildcard_of
from labsupport.rules.ingress.route import name_of, namespace_of

Certificates = Mapping[str, Sequence[str]] | None
"""TLS Secrets as `namespace/name`, each with the names its certificate is for; None: unknown."""


@dataclass(frozen=True)
class TlsEntry:
    """One entry of an Ingress's `spec.tls`; `secret` is `namespace/name`, "" where it has none."""

    ingress: str
    secret: str
    hosts: tuple[str, ...]


Choice = Callable[[str], Certificate]
"""The certificate for an SNI; "" means that none was sent."""

Selection = Callable[[Sequence[TlsEntry], Certificates], Choice]
"""How a controller chooses among all entries that it serves."""


def tls_entries(ingress: Json) -> Iterator[TlsEntry]:
    """The Ingress's TLS entries, in its order."""
    for each in (ingress.get("spec") or {}).get("tls") or []:
        name = each.get("secretName") or ""
        hosts = tuple(str(host).lower() for host in each.get("hosts") or [])
        secret = f"{namespace_of(ingress)}/{name}" if name else ""
        yield TlsEntry(name_of(ingress), secret, hosts)


def by_hosts(entries: Sequence[TlsEntry], known: Certificates) -> Choice:
    """As the specification words it: the entry whose `hosts` list the name, exactly or by wildcard.

    An entry without hosts counts for every name that no other entry lists.
    """
    listed: dict[str, TlsEntry] = {}
    for each in entries:
        if each.secret and (known is None or each.secret in known):
            for host in each.hosts or ("",):
                listed.setdefault(host, each)

    def choice(sni: str) -> Certificate:
        wildcard = wildcard_of(sni)
        for pattern, words in (
            (sni, f"lists the host {sni}"),
            (wildcard, f"lists {wildcard}, which takes {sni}"),
            ("", "lists no hosts, so it is for every host"),
        ):
            each = listed.get(pattern)
            if each is not None:
                return Certificate(
                    each.secret, each.ingress, f"spec.tls of Ingress {each.ingress} {words}"
                )
        why = f"no spec.tls lists {sni or 'a host'}: the controller's own default"
        return Certificate("", "", why)

    return choice


def by_names(entries: Sequence[TlsEntry], known: Certificates) -> Choice:
    """As Traefik does: by the names inside the certificates, whatever the `hosts` list.

    A Secret that is missing ends the loading of its Ingress's further ones. Where nothing is known
    of certificates, each is taken to be for the hosts it is listed with.
    """
    store: dict[str, TlsEntry] = {}  # the names of a certificate, joined: the first such counts
    for each in sorted(_loaded(entries, known), key=lambda entry: entry.secret.replace("/", "-")):
        names = each.hosts if known is None else known[each.secret]
        store.setdefault(",".join(sorted(name.lower() for name in names)), each)
    by_name: dict[str, tuple[int, TlsEntry]] = {}
    for place, (joined, each) in enumerate(sorted(store.items(), reverse=True)):
        for name in filter(None, joined.split(",")):
            by_name.setdefault(name, (place, each))

    def choice(sni: str) -> Certificate:
        found = [(*by_name[name], name) for name in (sni, wildcard_of(sni)) if name in by_name]
        if not found:
            missing = f"no certificate is for {sni}" if sni else "no name was sent"
            why = f"{missing}: Traefik's own default"
            return Certificate("", "", why)
        _, each, name = min(found, key=lambda candidate: candidate[0])
        return Certificate(each.secret, each.ingress, f"its certificate is for {name}")

    return choice


def by_hosts_then_names(entries: Sequence[TlsEntry], known: Certificates) -> Choice:
    """As `by_hosts`; a name that nobody lists gets a certificate that is for it, if there is one.

    It is what a proxy does that goes by the names in certificates where it is not told otherwise.
    """
    listed = by_hosts(entries, known)
    there = [each for each in entries if known is None or each.secret in known]
    named = by_names(there, known)

    def choice(sni: str) -> Certificate:
        found, other = listed(sni), named(sni)
        return other if other.secret and not found.secret else found

    return choice


def _loaded(entries: Sequence[TlsEntry], known: Certificates) -> Iterator[TlsEntry]:
    failed: set[str] = set()
    for each in entries:
        if not each.secret or each.ingress in failed:
            continue
        if known is not None and each.secret not in known:
            failed.add(each.ingress)
            continue
        yield each


def tls_warnings(entry: TlsEntry, known: Certificates) -> Iterator[RuleWarning]:
    """What is wrong with one entry: its Secret, or the names in the certificate."""
    if known is None or not entry.secret:
        return
    place = f"spec.tls of Ingress {entry.ingress}"
    if entry.secret not in known:
        name = entry.secret.partition("/")[2]
        elsewhere = sorted(each for each in known if each.partition("/")[2] == name)
        if elsewhere:
            why = (
                f"{place} names the Secret {entry.secret}, which does not exist; there is "
                f"{', '.join(elsewhere)}, but a Secret must be in the Ingress's own namespace"
            )
            yield RuleWarning("secret-elsewhere", why)
        else:
            why = f"{place} names the Secret {entry.secret}, which does not exist"
            yield RuleWarning("secret-missing", why)
        return
    names = known[entry.secret]
    for host in entry.hosts:
        if not any(host_takes(name.lower(), host) for name in names):
            why = (
                f"{place} lists {host}, but the certificate in Secret {entry.secret} is for "
                f"{', '.join(names) or 'no name'}"
            )
            yield RuleWarning("host-not-in-certificate", why)
