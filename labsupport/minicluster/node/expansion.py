"""Texts of a container as its process gets them: $(VAR) references and mount paths. Pure."""

import re
from collections.abc import Mapping

_REFERENCE = re.compile(r"\$\$|\$\(([^)]*)\)")


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """`text` with `$(VAR)` replaced; unknown ones stay as they are and `$$` is a plain `$`.

    As Kubernetes' third_party/forked/golang/expansion.
    """

    def value(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        return variables.get(match[1], match[0])

    return _REFERENCE.sub(value, text)


class MountPaths:
    """Where a container's mount paths really are: pods share the machine's file system.

    A mount path is recognised where it stands as a path of its own or the beginning of one:
    `/app` in `/app`, `/app/main.py` and `--file=/app/x`, but neither in `/apple` nor `/srv/app`.
    """

    def __init__(self, real: Mapping[str, str]) -> None:
        self._real = {path.rstrip("/"): target for path, target in real.items()}
        longest_first = sorted(self._real, key=len, reverse=True)
        alternatives = "|".join(re.escape(path) for path in longest_first)
        self._pattern = re.compile(rf"(?<![\w./-])(?:{alternatives})(?![\w.-])")

    def rewritten(self, text: str) -> str:
        """`text` with every mount path replaced by the directory it stands for."""
        if not self._real:
            return text
        return self._pattern.sub(lambda match: self._real[match[0]], text)
