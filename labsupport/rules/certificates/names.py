"""Which names a certificate is for, as clients compare them (RFC 9525, RFC 6125 before it)."""

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import ip_address

from labsupport.rules.certificates.facts import CertificateFacts

_ACE = "xn--"
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LONGEST_NAME = 253
_LABELS_OF_A_WILDCARD = 3  # `*.com` would be for everybody's names


@dataclass(frozen=True)
class NameMatch:
    """Whether a certificate is for a name, and why (not).

    `id` is "" when it is, else "other-name", "wildcard-depth" (a wildcard stands for exactly one
    label) or "no-san" (there is only a common name, which no client looks at any more).
    """

    matched: bool
    reason: str
    id: str = ""


def name_match(certificate: CertificateFacts, name: str) -> NameMatch:
    """Whether the certificate is for `name`, a host name (IDN too) or an IP address.

    An address is looked for among the addresses only, a name among the names only. A dot at the
    name's end is of no matter.
    """
    if not certificate.all_names:
        return _no_names(certificate)
    address = as_address(name)
    if address:
        return _address_match(certificate, address)
    host = ascii_name(name)
    for pattern in certificate.names:
        if takes(pattern, host):
            how = f"{pattern} takes {host}" if pattern != host else f"it is for {host}"
            return NameMatch(True, how)
    return _name_refused(certificate, host)


def takes(pattern: str, host: str) -> bool:
    """Whether a name of a certificate takes a host (ASCII, lower case).

    `*` must be the whole first label and stands for exactly one; below it there must be two more.
    """
    pattern = pattern.lower()
    if pattern == host:
        return bool(host)
    first, _, rest = host.partition(".")
    return is_wildcard(pattern) and pattern == f"*.{rest}" and _is_plain(first)


def is_wildcard(pattern: str) -> bool:
    """Whether clients heed the `*` in a certificate's name."""
    labels = pattern.split(".")
    return labels[0] == "*" and len(labels) >= _LABELS_OF_A_WILDCARD and all(labels)


def ascii_name(name: str) -> str:
    """A host name as it goes over the wire: lower case, `xn--` for IDN, no dot at its end."""
    text = unicodedata.normalize("NFKC", name).lower().removesuffix(".")
    return ".".join(map(_ascii_label, text.split(".")))


def is_host_name(name: str) -> bool:
    """Whether `name`, as `ascii_name` gives it, could be the name of a host in DNS."""
    return len(name) <= _LONGEST_NAME and all(map(_LABEL.fullmatch, name.split(".")))


def as_address(name: str) -> str:
    """The IP address that `name` is, brackets of URLs taken away; "" when it is a host name."""
    try:
        return str(ip_address(name.removeprefix("[").removesuffix("]")))
    except ValueError:
        return ""


def _ascii_label(label: str) -> str:
    return label if label.isascii() else _ACE + label.encode("punycode").decode()


def _is_plain(label: str) -> bool:
    """Letters, digits and hyphens: what clients let a wildcard stand for."""
    return bool(label) and all(each == "-" or (each.isascii() and each.isalnum()) for each in label)


def _no_names(certificate: CertificateFacts) -> NameMatch:
    if not certificate.common_name:
        return NameMatch(False, "the certificate is for no name at all", "no-san")
    why = (
        f"the certificate has no subjectAltName; its common name {certificate.common_name} "
        "does not count"
    )
    return NameMatch(False, why, "no-san")


def _address_match(certificate: CertificateFacts, address: str) -> NameMatch:
    if address in certificate.addresses:
        return NameMatch(True, f"it is for the address {address}")
    listed = ", ".join(certificate.addresses or certificate.names)
    if address in certificate.names:
        why = f"the certificate lists {address} as a name, but it must list it as an IP address"
    else:
        why = f"the certificate is for {listed}, not for the address {address}"
    return NameMatch(False, why, "other-name")


def _name_refused(certificate: CertificateFacts, host: str) -> NameMatch:
    for pattern in certificate.names:
        base = pattern.removeprefix("*.")
        if not is_wildcard(pattern):
            continue
        if host == base:
            why = f"{pattern} stands for one label more: {host} itself is not among them"
            return NameMatch(False, why, "wildcard-depth")
        if host.endswith(f".{base}") and "." in host.removesuffix(f".{base}"):
            why = f"the * of {pattern} stands for exactly one label, and {host} has more"
            return NameMatch(False, why, "wildcard-depth")
    listed = ", ".join(certificate.all_names)
    return NameMatch(False, f"the certificate is for {listed}, not for {host}", "other-name")
