"""Memory of processes among themselves: what of a shared file counts where."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from labsupport.cli.bench.residence import shares

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/pagemap").exists(), reason="needs Linux's /proc/PID/pagemap"
)

SIZE = 32  # MB
HOLDS_A_FILE = f"""
import mmap, sys
with open(sys.argv[1], "rb") as file:
    held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
sum(held[page] for page in range(0, {SIZE} << 20, 4096))
print(flush=True); sys.stdin.read()
"""
HOLDS_ITS_OWN = f"""
import sys
held = bytearray(b"x" * ({SIZE} << 20))
print(flush=True); sys.stdin.read()
"""


class Holders:
    """Starts Pythons that hold memory until the test ends."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def start(self, code: str, *words: Path) -> int:
        """The process ID of one that holds it by now."""
        command: list[str | Path] = [sys.executable, "-c", code, *words]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._stack.enter_context(process)
        self._stack.callback(process.kill)
        assert process.stdout is not None
        process.stdout.readline()
        return process.pid


@pytest.fixture
def holders() -> Iterator[Holders]:
    with ExitStack() as stack:
        yield Holders(stack)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shared"
    path.write_bytes(b"x" * (SIZE << 20))
    return path


def test_a_file_counts_in_full_though_a_process_not_measured_maps_it(
    holders: Holders, file: Path
) -> None:
    measured, _other = (holders.start(HOLDS_A_FILE, file) for _ in range(2))
    assert shares([measured])[measured] > SIZE


def test_a_file_counts_once_among_the_processes_measured(holders: Holders, file: Path) -> None:
    pids = [holders.start(HOLDS_A_FILE, file) for _ in range(2)]
    held = shares(pids)
    alone = sum(sum(shares([pid]).values()) for pid in pids)
    assert held[pids[0]] == pytest.approx(held[pids[1]], abs=2)
    assert alone - sum(held.values()) >= SIZE


def test_memory_of_no_file_counts_for_each(holders: Holders) -> None:
    pids = [holders.start(HOLDS_ITS_OWN) for _ in range(2)]
    assert all(held > SIZE for held in shares(pids).values())
