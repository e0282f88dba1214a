"""The processes of a container: each in a session of its own, ended with its children."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

MARKER = "INGRESS_LAB_POD"
"""Environment variable of every pod's process: `<instance id>/<pod uid>`."""
_DRAIN_SECONDS = 0.5
_GATHER_SECONDS = 0.005


@dataclass(frozen=True)
class Launch:
    """What to start: the file to run, its arguments (without it), environment and directory."""

    program: str
    args: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path


class CannotStart(Exception):
    """A container can't be started now: what its waiting state says, and what is to be noted."""

    def __init__(self, reason: str, message: str, *, retry_reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.retry_reason = retry_reason or reason


class _Output(asyncio.Protocol):
    """What a process writes, taken a little later, so that lines of a busy one come together.

    Else each of them would wake this program, which has requests to relay meanwhile.
    """

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._transport: asyncio.ReadTransport | None = None
        self.ended = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.ReadTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._take(data)
        if self._transport is not None:
            self._transport.pause_reading()
            loop = asyncio.get_running_loop()
            loop.call_later(_GATHER_SECONDS, self._transport.resume_reading)

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set()

    def close(self) -> None:
        """Take no more, even if a process that escaped its group still holds the other end."""
        if self._transport is not None:
            self._transport.close()


class Process:
    """A running process group, and its end. Make one with `start`."""

    def __init__(self, popen: subprocess.Popen[bytes], output: _Output) -> None:
        self.pid = popen.pid
        self._popen = popen
        self._output = output
        self._exit = asyncio.ensure_future(self._ended())

    @classmethod
    async def start(cls, launch: Launch, take: Callable[[bytes], None]) -> "Process":
        """Start the process; `take` gets what it writes. OSError when it can't be started."""
        loop = asyncio.get_running_loop()
        reader, writer = os.pipe()
        try:
            popen = subprocess.Popen(  # noqa: ASYNC220 - vfork, a millisecond
                [launch.program, *launch.args],
                stdin=subprocess.DEVNULL,
                stdout=writer,
                stderr=writer,
                env=dict(launch.environment),
                cwd=launch.directory,
                start_new_session=True,
            )
        except BaseException:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        process = cls(popen, output := _Output(take))
        pipe = os.fdopen(reader, "rb", buffering=0)
        try:
            await loop.connect_read_pipe(lambda: output, pipe)
        except BaseException:
            await process.end(0)
            raise
        return process

    async def wait(self) -> int:
        """The exit code as a container has it: that of the process, or 128 + signal."""
        return await asyncio.shield(self._exit)

    async def end(self, grace: float) -> int:
        """SIGTERM, and after `grace` seconds SIGKILL to the whole group; gives the exit code."""
        if grace > 0:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(self.wait(), grace)
        self._kill_group()
        return await self.wait()

    async def _ended(self) -> int:
        await _exited(self._popen)
        # Before the leader is reaped its process group can't be anybody else's.
        self._kill_group()
        code = self._popen.wait()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._output.ended.wait(), _DRAIN_SECONDS)
        self._output.close()
        return code if code >= 0 else 128 - code

    def _signal(self, number: signal.Signals) -> None:
        if not self._exit.done():
            self._popen.send_signal(number)

    def _kill_group(self) -> None:
        if self._popen.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)


async def _exited(popen: subprocess.Popen[bytes]) -> None:
    """Wait until the process is dead, without reaping it where the system allows that."""
    if not hasattr(os, "pidfd_open"):
        await asyncio.to_thread(popen.wait)
        return
    loop = asyncio.get_running_loop()
    dead = asyncio.Event()
    descriptor = os.pidfd_open(popen.pid)
    loop.add_reader(descriptor, dead.set)
    try:
        await dead.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def run_once(launch: Launch, limit: float) -> tuple[int, str]:
    """Run a command to its end: exit code and output. TimeoutError after `limit` seconds."""
    said = bytearray()
    process = await Process.start(launch, said.extend)
    try:
        code = await asyncio.wait_for(process.wait(), limit)
    except BaseException:
        await process.end(0)
        raise
    return code, said.decode(errors="replace")
