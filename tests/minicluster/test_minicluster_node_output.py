"""What a container's process writes, taken by and by."""

import sys
from pathlib import Path

from labsupport.minicluster.node.process import Launch, Process


async def test_all_that_a_busy_process_writes_is_taken_in_order(tmp_path: Path) -> None:
    taken: list[bytes] = []
    program = "for number in range(50_000): print(number, flush=not number % 7)"
    launch = Launch(sys.executable, ("-c", program), {}, tmp_path)
    process = await Process.start(launch, taken.append)
    assert await process.wait() == 0
    assert b"".join(taken).split() == [b"%d" % number for number in range(50_000)]


async def test_lines_written_one_by_one_are_taken_together(tmp_path: Path) -> None:
    taken: list[bytes] = []
    program = "for number in range(5_000): print(number, flush=True)"
    process = await Process.start(
        Launch(sys.executable, ("-c", program), {}, tmp_path), taken.append
    )
    await process.wait()
    assert len(taken) < 1_000
