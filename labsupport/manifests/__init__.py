"""What `lab up` installs: manifests as one would apply them to any cluster, and the sample apps.

Package data and its loader only: `NAME.yaml` files, and the apps' programs in `apps`. Nothing
here talks to a cluster.
"""

import re
from pathlib import Path

ADDONS = ("traefik", "quote", "quiz", "kiada")
"""What a fresh lab gets, in order: kiada's pods are told of the Services there before them."""

_FOLDER = Path(__file__).parent
_INCLUDE = re.compile(r"^( *)(\S+): !include (\S+)\n", re.MULTILINE)


def documents(name: str) -> str:
    """The YAML documents of the manifest `name` (one of `ADDONS`), complete and ready to apply.

    A line `key: !include FILE` stands for the text of FILE, so that a ConfigMap's program is
    kept in a file of its own.
    """

    def block(line: re.Match[str]) -> str:
        indent, key, path = line.groups()
        text = (_FOLDER / path).read_text(encoding="utf-8")
        lines = (f"{indent}  {row}".rstrip() for row in text.splitlines())
        return f"{indent}{key}: |\n" + "\n".join(lines) + "\n"

    return _INCLUDE.sub(block, (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
