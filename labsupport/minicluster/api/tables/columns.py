"""Columns, printers, and the cells that many kinds share."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labsupport.base.types import Json
from labsupport.minicluster.api.tables.durations import age

NONE = "<none>"

Cells = Callable[[Json, datetime], list[Any]]
"""The cells of one object's row at a given time, in the order of its printer's columns."""


@dataclass(frozen=True)
class Column:
    """A column; `wide` ones show with `kubectl get -o wide` only (priority 1)."""

    name: str
    type: str = "string"
    description: str = ""
    wide: bool = False
    format: str = ""

    def to_json(self) -> Json:
        """The column as `TableColumnDefinition`."""
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": self.description,
            "priority": int(self.wide),
        }


@dataclass(frozen=True)
class Printer:
    """How a kind is shown: its columns and what stands in them.

    `conditions` gives a row's conditions (kubectl colours nothing by them, but `--watch` and
    other clients read them).
    """

    columns: tuple[Column, ...]
    cells: Cells
    conditions: Callable[[Json], list[Json]] = lambda _: []


NAME = Column("Name", description="Name of the object, unique within its scope", format="name")
AGE = Column("Age", description="Time since the object was created")


def wide(name: str, type: str = "string", description: str = "") -> Column:  # noqa: A002
    """A column that only `-o wide` shows."""
    return Column(name, type, description, wide=True)


def name_of(obj: Json) -> str:
    """`metadata.name`."""
    return str(obj["metadata"].get("name", ""))


def age_of(obj: Json, now: datetime) -> str:
    """The age of the object."""
    return age(obj["metadata"].get("creationTimestamp"), now)


def part(obj: Json, *path: str) -> Any:
    """The member at `path`, or an empty dict where it or a parent is absent."""
    value: Any = obj
    for step in path:
        value = value.get(step) or {}
    return value


def listing(obj: Json, *path: str) -> list[Any]:
    """The list at `path`, empty where it is absent."""
    return part(obj, *path) or []


def joined(items: Iterable[str], separator: str = ",", *, empty: str = NONE) -> str:
    """The items in one cell, `<none>` when there are none."""
    return separator.join(items) or empty


def some_of(items: list[str], *, empty: str) -> str:
    """The first three items and how many more there are."""
    shown = ",".join(items[:3])
    if len(items) > 3:
        return f"{shown} + {len(items) - 3} more..."
    return shown or empty


def labels_text(labels: Mapping[str, str]) -> str:
    """`a=b,c=d`, sorted; `<none>` when empty."""
    return joined(f"{key}={value}" for key, value in sorted(labels.items()))


def selector_text(selector: Json) -> str:
    """A LabelSelector as `kubectl` writes it: `app=kiada,tier in (a,b),!old`."""
    terms = [f"{key}={value}" for key, value in part(selector, "matchLabels").items()]
    for expression in listing(selector, "matchExpressions"):
        key, values = expression.get("key", ""), ",".join(sorted(listing(expression, "values")))
        terms.append(
            {
                "In": f"{key} in ({values})",
                "NotIn": f"{key} notin ({values})",
                "Exists": key,
                "DoesNotExist": f"!{key}",
            }.get(expression.get("operator", ""), "<error>")
        )
    return joined(sorted(terms))


def containers_and_images(pod_spec: Json) -> tuple[str, str]:
    """The container names and the images of a pod's spec, each in one cell."""
    containers = listing(pod_spec, "containers")
    names = ",".join(container.get("name", "") for container in containers)
    return names, ",".join(container.get("image", "") for container in containers)
