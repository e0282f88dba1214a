"""What the store hands out: the key of an object, and the record of one change."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from labsupport.base.types import Json

EventType = Literal["ADDED", "MODIFIED", "DELETED"]


@dataclass(frozen=True, slots=True)
class Key:
    """Where an object lives.

    `resource` is plural and group (`ingresses.networking.k8s.io`, `pods`), `namespace` is empty
    for cluster-scoped kinds.
    """

    resource: str
    namespace: str
    name: str


@dataclass(frozen=True)
class Event:
    """One committed change. A deleted object is the last state with its deletion's version.

    The texts are what is stored; they are parsed when first asked for and then shared by all who
    watch, so treat `object` and `previous` as read-only.
    """

    resource_version: int
    type: EventType
    key: Key
    body: str
    previous_body: str | None = None

    @cached_property
    def object(self) -> Json:
        """The object after the change (before it, when it was deleted)."""
        return parsed(self.body)

    @cached_property
    def previous(self) -> Json | None:
        """The object before the change; None when it was added."""
        return None if self.previous_body is None else parsed(self.previous_body)


def parsed(body: str) -> Json:
    """A stored text as the object it stands for."""
    value: Any = json.loads(body)
    assert isinstance(value, dict)
    return value


def text(obj: Json) -> str:
    """An object as it is stored: JSON without blanks."""
    return json.dumps(obj, separators=(",", ":"), ensure_ascii=False)
