"""Lines of a controller's log, and which of them tell of trouble, in words.

Read are the formats of Traefik (zerolog's console writer), of client-go (klog: the library by
which Traefik watches the cluster writes past Traefik's own log), of Caddy (JSON) and of the lab's
own controller (`topic: text`). Any other line is kept as it is, and counts as no trouble.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_TRAEFIK = re.compile(r"\d{4}-\d\d-\d\dT(\d\d:\d\d:\d\d)\S* ([A-Z]{3}) (.*)", re.DOTALL)
_KLOG = re.compile(r"([IWEF])\d{4} (\d\d:\d\d:\d\d)\S* +\d+ \S+\] (.*)", re.DOTALL)
_FIELD = re.compile(r'(?:^|\s)(\w+)=("(?:[^"\\]|\\.)*"|\S*)')
_ERRORS = ("ERR", "FTL", "PNC")
_CADDY_ERRORS = ("error", "panic", "fatal")
_LAB_TROUBLE = re.compile(r"[\w/.-]+: (?:can't be |is not to be had|.* can't be )")
_KINDS = {"kubernetescrd": "IngressRoute"}  # whose rules a provider of Traefik's reads


@dataclass(frozen=True)
class LogLine:
    """One line as it was written: at what time of day (UTC, "" where it has none).

    `trouble` says in words what it complains of, "" when it does not. `about` is the object,
    router or watch that it names, as `Ingress default/kiada`, "" when it names none.
    """

    raw: str
    time: str = ""
    trouble: str = ""
    about: str = ""


@dataclass(frozen=True)
class Trouble:
    """A complaint of the log's: how often its last lines have it, and when it came last."""

    words: str
    times: int
    last: str

    def __str__(self) -> str:
        often = "once" if self.times == 1 else f"{self.times} times"
        return f"{self.words} ({often}{f', last at {self.last} UTC' if self.last else ''})"


def read_line(raw: str, origins: Mapping[str, str] | None = None) -> LogLine:
    """The line, read; `origins` gives the object that each router was made from."""
    if found := _TRAEFIK.fullmatch(raw):
        return _of_traefik(raw, *found.groups(), origins=origins or {})
    if found := _KLOG.fullmatch(raw):
        return _of_client_go(raw, *found.groups())
    if raw.startswith("{"):
        return _of_caddy(raw)
    return LogLine(raw, trouble=raw if _LAB_TROUBLE.match(raw) else "")


def troubles(lines: Iterable[LogLine]) -> list[Trouble]:
    """What the lines complain of, each thing once, the latest last."""
    found: dict[str, Trouble] = {}
    for line in lines:
        if line.trouble:
            before = found.pop(line.trouble, None)
            times = before.times + 1 if before else 1
            found[line.trouble] = Trouble(line.trouble, times, line.time)
    return list(found.values())


def _of_traefik(
    raw: str, time: str, level: str, rest: str, *, origins: Mapping[str, str]
) -> LogLine:
    """`TIME LEVEL MESSAGE key=value …`; a warning is trouble only when it names an error.

    Those without one are advice on Traefik's own settings.
    """
    fields = _fields(rest)
    error = fields.get("error", "")
    if level not in _ERRORS and not (level == "WRN" and error):
        return LogLine(raw, time)
    first = _FIELD.search(rest)
    message = rest[: first.start()].strip() if first else rest.strip()
    about = _about(fields, origins)
    words = ": ".join(filter(None, (about, message, error)))
    return LogLine(raw, time, words, about)


def _about(fields: Mapping[str, str], origins: Mapping[str, str]) -> str:
    name, router = fields.get("ingress", ""), fields.get("routerName", "")
    if name:
        kind = _KINDS.get(fields.get("providerName", ""), "Ingress")
        namespace, _, own = name.rpartition("/")
        return f"{kind} {fields.get('namespace') or namespace or 'default'}/{own}"
    return origins.get(router, f"router {router}") if router else ""


def _of_client_go(raw: str, level: str, time: str, rest: str) -> LogLine:
    """`"MESSAGE" err="…" type="*v1.Ingress"`, or a sentence."""
    if level == "I":
        return LogLine(raw, time)
    fields = _fields(rest)
    first = _FIELD.search(rest)
    message = _unquoted(rest[: first.start()].strip() if first else rest.strip())
    kind = fields.get("type", "").rpartition(".")[2].lstrip("*")
    about = f"watch of {kind}" if kind else ""
    words = ": ".join(filter(None, (about or "client-go", message, fields.get("err", ""))))
    return LogLine(raw, time, words, about)


def _of_caddy(raw: str) -> LogLine:
    """A JSON object with level, logger, msg and, where there is one, error.

    As with Traefik a warning is trouble only when it names an error.
    """
    try:
        entry = json.loads(raw)
    except ValueError:
        return LogLine(raw)
    level = entry.get("level")
    if level not in _CADDY_ERRORS and not (level == "warn" and entry.get("error")):
        return LogLine(raw)
    said = (str(entry.get(key) or "") for key in ("logger", "msg", "error"))
    return LogLine(raw, trouble=": ".join(["Caddy", *filter(None, said)]))


def _fields(text: str) -> dict[str, str]:
    return {name: _unquoted(value) for name, value in _FIELD.findall(text)}


def _unquoted(text: str) -> str:
    """A value without its quotes, and with what they escape."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    return re.sub(r"\\(.)", r"\1", text[1:-1])
