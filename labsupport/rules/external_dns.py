"""What external-dns would do: from Ingresses, Services and a zone's records to the changes needed.

As the add-on does (kubernetes-sigs/external-dns, sources `ingress` and `service`, registry `txt`):
each name it keeps has a TXT record beside it that says whose it is, and names without one are left
alone. Unlike the add-on, it keeps a name for the first object that claims it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from labsupport.base.errors import LabError
from labsupport.base.types import Json
from labsupport.rules.record_values import ascii_name, quoted, type_of

OWNER = "ingress-lab"
PREFIX = "external-dns.alpha.kubernetes.io/"
CONTROLLER = "dns-controller"
DEFAULT_TTL = 60  # seconds; the add-on leaves it to the DNS provider
_TYPES = ("A", "AAAA", "CNAME")
_TTL_UNITS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, order=True)
class Wanted:
    """One record: `name` without final dot, `value` as a zone file has it, `ttl` in seconds."""

    name: str
    type: str
    value: str
    ttl: int


@dataclass(frozen=True)
class Plan:
    """What to remove and what to add, in this order; and in words what is left alone, and why.

    `names` are those kept, with the object each is kept for.
    """

    remove: tuple[Wanted, ...]
    add: tuple[Wanted, ...]
    names: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def is_done(self) -> bool:
        """Whether nothing is to be changed."""
        return not self.remove and not self.add


@dataclass(frozen=True)
class _Claim:
    """An object that wants a name, and the addresses or host names it has for it."""

    name: str
    resource: str
    targets: tuple[str, ...]
    ttl: int

    def records(self) -> list[Wanted]:
        """The records of the name, and beside each type the TXT record that says whose they are."""
        found = []
        for kind in _TYPES:
            values = [_value(each) for each in self.targets if type_of(each) == kind]
            found += [Wanted(self.name, kind, value, self.ttl) for value in values]
            if values:
                beside = ownership_name(self.name, kind)
                found.append(Wanted(beside, "TXT", self._label(), self.ttl))
        return found

    def _label(self) -> str:
        told = ("heritage=external-dns", f"external-dns/owner={OWNER}", self._resource())
        return quoted(",".join(told))

    def _resource(self) -> str:
        return f"external-dns/resource={self.resource}"


def planned(
    ingresses: Iterable[Json],
    services: Iterable[Json],
    records: Sequence[Wanted],
    origins: Sequence[str],
) -> Plan:
    """The changes after which the zones `origins`, holding `records` now, follow the objects."""
    problems: list[str] = []
    owned = _owned_names(records)
    taken = {each.name for each in records if each.type in _TYPES} - owned
    claims: dict[str, _Claim] = {}
    for claim in sorted(_claims(ingresses, services), key=lambda each: each.resource):
        reason = _why_not(claim, claims, taken, origins)
        if reason:
            problems.append(f"{claim.name} of {claim.resource}: {reason}")
        else:
            claims[claim.name] = claim
    wanted = {record for claim in claims.values() for record in claim.records()}
    ours = {each for each in records if _is_ours(each, owned)}
    names = tuple(f"{claim.name} for {claim.resource}" for claim in claims.values())
    return Plan(tuple(sorted(ours - wanted)), tuple(sorted(wanted - ours)), names, tuple(problems))


def ownership_name(name: str, record_type: str) -> str:
    """The name of the TXT record that says whose the records of `name` are."""
    return f"{record_type.lower()}-{name}"


def _owned_names(records: Sequence[Wanted]) -> set[str]:
    labels = {each.name for each in records if _is_label(each)}
    return {
        each.name
        for each in records
        if each.type in _TYPES and ownership_name(each.name, each.type) in labels
    }


def _is_label(record: Wanted) -> bool:
    parts = record.value.strip('"').split(",")
    return record.type == "TXT" and {
        "heritage=external-dns",
        f"external-dns/owner={OWNER}",
    } <= set(parts)


def _is_ours(record: Wanted, owned: set[str]) -> bool:
    return _is_label(record) or (record.name in owned and record.type in _TYPES)


def _why_not(
    claim: _Claim, claims: dict[str, _Claim], taken: set[str], origins: Sequence[str]
) -> str:
    if claim.name in claims:
        return f"kept for {claims[claim.name].resource} already"
    if claim.name in taken:
        return "its record was made by somebody else"
    if not any(claim.name == each or claim.name.endswith(f".{each}") for each in origins):
        return "it lies in no zone of the lab"
    if "CNAME" in map(type_of, claim.targets) and len(claim.targets) > 1:
        return "an alias can have one target only"
    return ""


def _claims(ingresses: Iterable[Json], services: Iterable[Json]) -> list[_Claim]:
    found = []
    for obj in ingresses:
        spec = obj.get("spec") or {}
        hosts = [rule.get("host") or "" for rule in spec.get("rules") or ()]
        hosts += [host for each in spec.get("tls") or () for host in each.get("hosts") or ()]
        found += _claims_of(obj, "ingress", [*hosts, *_listed(obj, "hostname")])
    for obj in services:
        if (obj.get("spec") or {}).get("type") == "LoadBalancer":
            found += _claims_of(obj, "service", _listed(obj, "hostname"))
    return found


def _claims_of(obj: Json, kind: str, hosts: Iterable[str]) -> list[_Claim]:
    if _annotation(obj, "controller") not in ("", CONTROLLER):
        return []  # another DNS controller's
    targets = _listed(obj, "target") or _addresses(obj)
    names = dict.fromkeys(filter(None, map(_name, hosts)))
    if not targets:
        return []
    meta = obj["metadata"]
    resource = f"{kind}/{meta.get('namespace', 'default')}/{meta['name']}"
    ttl = _ttl(_annotation(obj, "ttl"))
    return [_Claim(name, resource, tuple(dict.fromkeys(targets)), ttl) for name in names]


def _addresses(obj: Json) -> list[str]:
    status = (obj.get("status") or {}).get("loadBalancer") or {}
    entries = status.get("ingress") or ()
    return [each.get("ip") or each.get("hostname") for each in entries if each]


def _annotation(obj: Json, key: str) -> str:
    return str((obj["metadata"].get("annotations") or {}).get(f"{PREFIX}{key}") or "")


def _listed(obj: Json, key: str) -> list[str]:
    return [part.strip() for part in _annotation(obj, key).split(",") if part.strip()]


def _name(host: str) -> str:
    try:
        return ascii_name(host)
    except LabError:
        return ""


def _value(target: str) -> str:
    return f"{ascii_name(target)}." if type_of(target) == "CNAME" else str(ip_address(target))


def _ttl(text: str) -> int:
    """Seconds, given as a number or as Go writes durations (`1m30s`)."""
    if text.isdigit():
        return int(text) or DEFAULT_TTL
    if not re.fullmatch(r"(\d+[smh])+", text):
        return DEFAULT_TTL
    return sum(int(number) * _TTL_UNITS[unit] for number, unit in re.findall(r"(\d+)(\w)", text))
