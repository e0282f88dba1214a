"""Memory of processes as though nobody else ran on the machine: their PSS among themselves.

The kernel's own PSS divides a page among all processes that map it, those of other people too. So
where a second lab runs, half of Traefik's program counts elsewhere, and a figure reads low. Here a
page of a file is divided among the processes measured only, by what /proc/PID/pagemap says is
resident. Memory of no file counts in full, wherever it is.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) (\S+) (\d+)")
_ENTRY = 8  # bytes that pagemap has for each page
_PRESENT = 1 << 63
_OF_A_FILE = 1 << 61  # or shared; a page of a file that was written to is neither
_KERNELS = 16  # digits of the addresses that are the kernel's own, which pagemap doesn't have

Page = tuple[str, int, int]
"""Device, inode and number of the page in the file."""


def shares(pids: Iterable[int]) -> dict[int, float]:
    """What each process holds, in MB of 2**20 bytes; the sum is what they hold together.

    OSError when a process is gone or is another user's.
    """
    held = {pid: _resident(pid) for pid in pids}
    holders = Counter(page for _, pages in held.values() for page in pages)
    return {
        pid: (own + sum(1 / holders[page] for page in pages)) * os.sysconf("SC_PAGE_SIZE") / 2**20
        for pid, (own, pages) in held.items()
    }


def _resident(pid: int) -> tuple[int, set[Page]]:
    """How many pages of its own a process has, and which pages of files."""
    own, of_files = 0, set()
    size = os.sysconf("SC_PAGE_SIZE")
    with Path(f"/proc/{pid}/pagemap").open("rb", buffering=0) as pagemap:
        for start, end, offset, device, inode in _mappings(pid):
            pagemap.seek(start // size * _ENTRY)
            entries = memoryview(pagemap.read((end - start) // size * _ENTRY)).cast("Q")
            for number, entry in enumerate(entries, offset // size):
                if not entry & _PRESENT:
                    continue
                if entry & _OF_A_FILE and inode:
                    of_files.add((device, inode, number))
                else:
                    own += 1
    return own, of_files


def _mappings(pid: int) -> Iterable[tuple[int, int, int, str, int]]:
    """Start, end, offset in the file, device and inode (0: no file) of each that is in use.

    What is only reserved is left out: Go reserves gigabytes.
    """
    start = end = offset = "0"
    device, inode = "", "0"
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if found := _MAPPING.match(line):
            start, end, offset, device, inode = found.groups()
        elif line.startswith("Rss:") and not line.endswith(" 0 kB") and len(start) < _KERNELS:
            yield int(start, 16), int(end, 16), int(offset, 16), device, int(inode)
