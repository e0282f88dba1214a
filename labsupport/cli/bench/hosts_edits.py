"""Hosts files under thousands of edits, and under kills while they are edited.

`foreign_bytes_changed` is over both: the bytes that are not the lab's and are not as they were.
It must be 0. The kills are those of `hosts_kills`.
"""

import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from labsupport.base.errors import LabError
from labsupport.cli.bench.figures import Figure
from labsupport.cli.bench.hosts_kills import bytes_changed, foreign
from labsupport.rules.hosts import with_entry, without_name

_LINES = (
    b"127.0.0.1\tlocalhost", b"::1 localhost # six", b"10.0.0.1 a b c", b"10.0.0.2  a",
    b"# caf\xe9", b"fe80::1%lo0 localhost", b"", b"\t", b"a\x00b", b"\xef\xbb\xbf# mark",
    b"not an entry",
)  # fmt: skip
_ENDS = (b"\n", b"\r\n")
_NAMES = ("a", "b", "kiada.example.com", "KIADA.example.com")
_ADDRESSES = ("127.16.192.1", "127.16.192.2", "::1")
_SEED = 4


def measured(edits: int, kills: int) -> list[Figure]:
    """hosts_edits and hosts_kills, as many as asked for, and foreign_bytes_changed by them."""
    made, changed = edited(edits)
    print(f"  hosts_edits: {made}, foreign bytes changed: {changed}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="lab-bench-") as folder:
        report = kill_report(Path(folder), kills)
    print(f"  hosts_kills: {report}", file=sys.stderr, flush=True)
    if report["torn"] or report["leftovers"]:
        raise LabError("a killed edit left a torn hosts file or files behind", found=f"{report}")
    return [
        Figure("hosts_edits", "", (made,)),
        Figure("hosts_kills", "", (report["kills"],)),
        Figure("foreign_bytes_changed", "", (changed + report["foreign"],)),
    ]


def kill_report(folder: Path, kills: int) -> dict[str, int]:
    """What `hosts_kills` says of that many kills in an empty folder."""
    command = [sys.executable, "-m", "labsupport.cli.bench.hosts_kills", folder, kills, _SEED]
    answer = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, check=True)
    report: dict[str, int] = json.loads(answer.stdout)
    return report


def edited(count: int) -> tuple[int, int]:
    """Edit that many generated hosts files: how many were, and the foreign bytes changed."""
    try:
        from hypothesis import HealthCheck, Phase, given, settings
        from hypothesis import strategies as st
    except ModuleNotFoundError as error:
        raise LabError(
            "this bench generates hosts files with hypothesis, which is not installed",
            remedy="./lab test tests/names   (it installs what tests need)",
        ) from error
    line = st.one_of(st.sampled_from(_LINES), st.binary(max_size=30))
    lines = st.lists(st.tuples(line, st.sampled_from(_ENDS)), max_size=8)
    last = st.sampled_from((b"", *_LINES))
    content = st.builds(lambda pairs, end: b"".join(map(b"".join, pairs)) + end, lines, last)
    edit = st.tuples(st.booleans(), st.sampled_from(_NAMES), st.sampled_from(_ADDRESSES))
    tally = [0, 0]

    def run(content: bytes, edits: list[tuple[bool, str, str]]) -> None:
        tally[0] += 1
        tally[1] += bytes_changed(foreign(_after(content, edits)), content)

    settled = partial(settings, deadline=None, database=None, derandomize=True)
    chosen: Any = settled(
        max_examples=count, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    chosen(given(content.filter(_is_readable), st.lists(edit, min_size=1, max_size=5))(run))()
    return tally[0], tally[1]


def _after(content: bytes, edits: list[tuple[bool, str, str]]) -> bytes:
    text = content.decode("utf-8", "surrogateescape")
    for adds, name, address in edits:
        text = with_entry(text, address, [name]) if adds else without_name(text, name)
    return text.encode("utf-8", "surrogateescape")


def _is_readable(content: bytes) -> bool:
    return not content.startswith((b"\xff\xfe", b"\xfe\xff"))  # UTF-16, which is refused
