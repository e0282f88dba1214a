"""Tables of Namespaces, ConfigMaps, Secrets, Events, Leases, RBAC kinds and definitions."""

from datetime import datetime
from typing import Any

from labsupport.base.types import Json
from labsupport.minicluster.api.tables.columns import (
    AGE,
    NAME,
    Column,
    Printer,
    age_of,
    listing,
    name_of,
    part,
    wide,
)
from labsupport.minicluster.api.tables.durations import age


def _namespace(obj: Json, now: datetime) -> list[Any]:
    return [name_of(obj), part(obj, "status").get("phase", ""), age_of(obj, now)]


def _config_map(obj: Json, now: datetime) -> list[Any]:
    return [name_of(obj), len(part(obj, "data")) + len(part(obj, "binaryData")), age_of(obj, now)]


def _secret(obj: Json, now: datetime) -> list[Any]:
    return [name_of(obj), obj.get("type", ""), len(part(obj, "data")), age_of(obj, now)]


def _service_account(obj: Json, now: datetime) -> list[Any]:
    return [name_of(obj), len(listing(obj, "secrets")), age_of(obj, now)]


def _lease(obj: Json, now: datetime) -> list[Any]:
    return [name_of(obj), part(obj, "spec").get("holderIdentity", ""), age_of(obj, now)]


def _created_at(obj: Json, _: datetime) -> list[Any]:
    return [name_of(obj), obj["metadata"].get("creationTimestamp", "")]


def _role_binding(obj: Json, now: datetime) -> list[Any]:
    role = part(obj, "roleRef")
    subjects = listing(obj, "subjects")

    def named(kind: str) -> list[Json]:
        return [subject for subject in subjects if subject.get("kind") == kind]

    return [
        name_of(obj),
        f"{role.get('kind', '')}/{role.get('name', '')}",
        age_of(obj, now),
        ", ".join(user["name"] for user in named("User")),
        ", ".join(group["name"] for group in named("Group")),
        ", ".join(f"{sa.get('namespace', '')}/{sa['name']}" for sa in named("ServiceAccount")),
    ]


def _event(obj: Json, now: datetime) -> list[Any]:
    first = age(obj.get("firstTimestamp") or obj.get("eventTime"), now)
    last = age(obj["lastTimestamp"], now) if obj.get("lastTimestamp") else first
    count = obj.get("count") or 1
    if series := part(obj, "series"):
        last, count = age(series.get("lastObservedTime"), now), series.get("count", 0)
    target, source = part(obj, "involvedObject"), part(obj, "source")
    origin = [source.get("component") or obj.get("reportingComponent", "")]
    if host := source.get("host") or obj.get("reportingInstance"):
        origin.append(host)
    return [
        last,
        obj.get("type", ""),
        obj.get("reason", ""),
        "/".join(filter(None, (target.get("kind", "").lower(), target.get("name")))),
        target.get("fieldPath", ""),
        ", ".join(origin),
        obj.get("message", "").strip(),
        first,
        count,
        name_of(obj),
    ]


_BINDING_COLUMNS = (
    NAME,
    Column("Role", description="Role that is granted"),
    AGE,
    wide("Users", description="Users that it is granted to"),
    wide("Groups", description="Groups that it is granted to"),
    wide("ServiceAccounts", description="ServiceAccounts that it is granted to"),
)
_CREATED_AT = Column("Created At", description="Time when the object was created")
_CREATED_DATE = Column("Created At", "date", "Time when the object was created")

_BINDING = Printer(_BINDING_COLUMNS, _role_binding)
_ROLE = Printer((NAME, _CREATED_AT), _created_at)

PRINTERS = {
    "namespaces": Printer(
        (NAME, Column("Status", description="Active, or Terminating"), AGE), _namespace
    ),
    "configmaps": Printer((NAME, Column("Data", description="Number of keys"), AGE), _config_map),
    "secrets": Printer(
        (
            NAME,
            Column("Type", description="What the Secret is for"),
            Column("Data", description="Number of keys"),
            AGE,
        ),
        _secret,
    ),
    "serviceaccounts": Printer(
        (NAME, Column("Secrets", description="Number of Secrets it may use"), AGE),
        _service_account,
    ),
    "leases.coordination.k8s.io": Printer(
        (NAME, Column("Holder", description="Who holds the lease"), AGE), _lease
    ),
    "roles.rbac.authorization.k8s.io": _ROLE,
    "clusterroles.rbac.authorization.k8s.io": _ROLE,
    "rolebindings.rbac.authorization.k8s.io": _BINDING,
    "clusterrolebindings.rbac.authorization.k8s.io": _BINDING,
    "customresourcedefinitions.apiextensions.k8s.io": Printer((NAME, _CREATED_DATE), _created_at),
    "events": Printer(
        (
            Column("Last Seen", description="Time since it last happened"),
            Column("Type", description="Normal or Warning"),
            Column("Reason", description="Why, in one word for machines"),
            Column("Object", description="Object that it is about"),
            wide("Subobject", description="Part of that object"),
            wide("Source", description="Who reported it"),
            Column("Message", description="What happened, for people"),
            wide("First Seen", description="Time since it first happened"),
            wide("Count", "integer", "How often it happened"),
            wide("Name", description="Name of the Event itself"),
        ),
        _event,
    ),
}
