"""What is found at one hop."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from labsupport.base.types import Json


@dataclass(frozen=True)
class Remedy:
    """One way to mend it: in words, and as a command or YAML to paste where there is one."""

    words: str
    command: str = ""

    def to_json(self) -> Json:
        """Plain data."""
        return {"words": self.words, "command": self.command}


@dataclass(frozen=True)
class Fine:
    """The hop does its work; `saw` says what was seen. `notes` are surprises on the way."""

    saw: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unused:
    """The request does not take this hop; `saw` says why."""

    saw: str


@dataclass(frozen=True)
class Broken:
    """The hop keeps the request from its answer.

    `cause` is a key of `CAUSES`; `why` tells it in a sentence. What is not `sure` is the most
    likely cause by what was seen.
    """

    cause: str
    saw: str
    expected: str
    why: str
    remedies: tuple[Remedy, ...]
    sure: bool = True


Finding = Fine | Unused | Broken


def patch(
    kind: str,
    namespace: str,
    name: str,
    path: str,
    value: Any,
    *,
    operation: Literal["replace", "add"] = "replace",
) -> str:
    """The kubectl command that sets one field, or adds to a list.

    `path` is a JSON pointer (RFC 6901); with `namespace` "" the object belongs to none.
    """
    change = json.dumps([{"op": operation, "path": path, "value": value}], ensure_ascii=False)
    quoted = change.replace("'", "'\\''")
    where = f"-n {namespace} " if namespace else ""
    return f"kubectl {where}patch {kind} {name} --type=json -p '{quoted}'"
