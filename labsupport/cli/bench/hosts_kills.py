"""Kills edits of a hosts file, over and over, and looks at what they leave.

A program of its own (`python -m labsupport.cli.bench.hosts_kills FOLDER KILLS SEED`), since it
forks a victim for each kill. Half of the victims die at a certain call to the system, before it or
in the middle of a write: at the first call of an edit, at the second, and so on to the last, then
at the first again. The others die at any moment of an endless row of edits. In a third of the runs
the file can't be replaced, as where it is mounted.

Prints one JSON object: `kills`; `torn`, how often the file was neither the old one nor the new;
`foreign`, how many bytes that are not the lab's had changed; `leftovers`, the files left behind
after one edit more. A file that can't be replaced is judged after the next edit has begun.
"""

import errno
import json
import os
import random
import re
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from labsupport.names.hosts import HostsFile

FOREIGN = (
    b"127.0.0.1\tlocalhost\r\n# caf\xe9, mixed line ends\n::1 localhost\n" + b"10.0.0.1 a\n" * 900
)
_BLOCK = re.compile(rb"# BEGIN ingress-lab\r?\n.*?# END ingress-lab(?:\r?\n|$)", re.DOTALL)
_CALLS = ("open", "write", "fsync", "fchmod", "replace", "unlink", "ftruncate", "mkdir")
_LONGEST = 0.02  # seconds that a row of edits may last
_NAMES = ("kiada.example.com", "quote.example.com", "quiz.example.com")
_ADDRESSES = ("127.16.192.1", "127.16.192.23", "::1")


def foreign(data: bytes) -> bytes:
    """The bytes that are not in the lab's block."""
    return _BLOCK.sub(b"", data, count=1)


def bytes_changed(found: bytes, expected: bytes) -> int:
    """How many bytes differ, those that are missing or too many included."""
    differing = sum(a != b for a, b in zip(found, expected, strict=False))
    return differing + abs(len(found) - len(expected))


def killed(folder: Path, kills: int, seed: int) -> dict[str, int]:
    """Kill that many edits of a hosts file in `folder`, and judge each."""
    chance = random.Random(seed)  # noqa: S311  nothing secret
    path = folder / "etc" / "hosts"
    path.parent.mkdir()
    path.write_bytes(FOREIGN)
    hosts = HostsFile(path, folder / "edits", new=None)
    done = torn = changed = 0
    call = 1  # at which the next victim of that kind dies
    while done < kills:
        mounted = chance.random() < 1 / 3
        edits, legal = _row_of_edits(hosts, chance)
        if chance.random() < 1 / 2:
            died = _dies_at(call, edits[0], amid=chance.random() < 1 / 2, mounted=mounted)
            call = call + 1 if died else 1
        else:
            died = _dies_any_time(edits, chance, mounted=mounted)
        if mounted:
            hosts.remove("nobody.example.com")  # any edit heals first
        found = path.read_bytes()
        done += died
        torn += found not in legal
        changed += bytes_changed(foreign(found), FOREIGN)
    hosts.remove("nobody.example.com")
    return {"kills": done, "torn": torn, "foreign": changed, "leftovers": _leftovers(path)}


def _row_of_edits(
    hosts: HostsFile, chance: random.Random
) -> tuple[list[Callable[[], object]], set[bytes]]:
    """Two edits, the second of which takes the first back; and the texts they lead through."""
    name, address = chance.choice(_NAMES), chance.choice(_ADDRESSES)
    plan = hosts.plan_remove(name)
    edits: list[Callable[[], object]] = [partial(hosts.remove, name), hosts.undo]
    if not plan:
        plan = hosts.plan_add(name, address)
        edits = [partial(hosts.add, name, address), partial(hosts.remove, name)]
    return edits, {text.encode("utf-8", "surrogateescape") for text in (plan.before, plan.after)}


def _dies_at(call: int, edit: Callable[[], object], *, amid: bool, mounted: bool) -> bool:
    """Whether the edit had that many calls, so that it was killed."""

    def victim() -> None:
        _die_at(call, amid=amid)
        edit()

    return _outcome(_forked(victim, mounted=mounted))


def _dies_any_time(
    edits: list[Callable[[], object]], chance: random.Random, *, mounted: bool
) -> bool:
    def victim() -> None:
        while True:
            for edit in edits:
                edit()

    child = _forked(victim, mounted=mounted)
    time.sleep(chance.uniform(0, _LONGEST))
    os.kill(child, signal.SIGKILL)
    return _outcome(child)


def _forked(victim: Callable[[], object], *, mounted: bool) -> int:
    """The process id of a child that runs `victim`, unless it is killed before."""
    child = os.fork()
    if child == 0:
        try:
            if mounted:
                _refuse_to_replace()
            victim()
        finally:
            os._exit(0)
    return child


def _outcome(child: int) -> bool:
    """Whether the child was killed, and not through before."""
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _die_at(number: int, *, amid: bool) -> None:
    """Have this process kill itself before the system call of that number, or amid its write."""
    numbers = count(1)

    def cut_off(call: Callable[..., Any], name: str) -> Callable[..., Any]:
        def counted(*args: Any, **options: Any) -> Any:
            if next(numbers) == number:
                if amid and name == "write":
                    call(args[0], bytes(args[1])[: len(args[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **options)

        return counted

    for name in _CALLS:
        setattr(os, name, cut_off(getattr(os, name), name))


def _refuse_to_replace() -> None:
    """Be a process in whose eyes the hosts file is mounted."""
    replace = os.replace

    def busy(source: str, target: str | Path) -> None:
        if Path(target).name == "hosts":
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        replace(source, target)

    os.replace = busy  # type: ignore[assignment]


def _leftovers(path: Path) -> int:
    """Files beside the hosts file, and files of no edit among the backups."""
    edits = path.parent.parent / "edits"
    whole = {each.stem for each in edits.glob("*.json")}
    unknown = [each for each in edits.iterdir() if each.stem not in whole]
    return len(list(path.parent.iterdir())) - 1 + len(unknown)


if __name__ == "__main__":
    print(json.dumps(killed(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
