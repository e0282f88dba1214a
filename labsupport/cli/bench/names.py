"""The lab's DNS server under load, hosts files under edits and kills, and what a trace costs.

`dns_answers` is how many queries a second the server answers over UDP: it and the client that asks
are processes of their own, with a window of queries under way. One query in ten is for a name that
does not exist. The peer, `udp_echo`, is a server in the same event loop that sends each packet
back as it came: what UDP and Python cost without any DNS.
"""

import argparse
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

from labsupport.base.errors import WaitTimeout
from labsupport.cli.bench.figures import Figure, figure

_SECONDS = 2.0  # of load for one run
_WINDOW = 32  # queries under way at once
_NAMES = 200
_WAITS = 2.0  # seconds for one packet
_EDITS, _KILLS = 10_000, 1_000  # of hosts files
_ECHO = """
import asyncio, sys
class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport
    def datagram_received(self, data, address):
        self.transport.sendto(data, address)
async def main():
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", int(sys.argv[1])))
    print("ready", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""
_LAB_CLI = (sys.executable, "-m", "labsupport.cli")


def measure(args: argparse.Namespace) -> list[Figure]:
    """dns_answers and its floor, then the figures of hosts edits and of the trace."""
    # Imported here: the trace needs the whole lab, which listing the benches does not.
    from labsupport.cli.bench import hosts_edits, trace

    edits = hosts_edits.measured(edits=_EDITS, kills=_KILLS)
    return [*_dns(args.runs), *edits, *trace.measured(args.runs)]


def _dns(runs: int) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="lab-bench-") as folder:
        zones = Path(folder)
        _write_zone(zones)
        port = _free_port()
        serve = (*_LAB_CLI, "dns", "serve", "--zones", folder, "--port", str(port))
        with _process(serve):
            answers = figure("dns_answers", "1/s", runs, lambda: _load(port, _queries()))
        with _process((sys.executable, "-c", _ECHO, str(port))):
            echoes = figure("udp_echo", "1/s", runs, lambda: _load(port, _queries()))
    return [answers, echoes]


def _write_zone(folder: Path) -> None:
    from labsupport.names.zone_files import ZoneFiles

    files = ZoneFiles(folder, "127.0.0.1")
    files.add("host0.example.com", "127.0.0.1")
    lines = "".join(f"host{each} IN A 127.0.1.{each}\n" for each in range(1, _NAMES))
    files.apply(files.plan("example.com", files.text() + lines))


def _queries() -> list[bytes]:
    from dnslib import DNSRecord

    names = [f"{'nobody' if each % 10 == 9 else 'host'}{each}" for each in range(_NAMES)]
    packets: list[bytes] = [DNSRecord.question(f"{name}.example.com").pack() for name in names]
    return packets


def _load(port: int, packets: list[bytes]) -> float:
    """Answers a second to a client that keeps `_WINDOW` queries under way."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect(("127.0.0.1", port))
        udp.settimeout(_WAITS)
        queries = cycle(packets)
        for _ in range(_WINDOW):
            udp.send(next(queries))
        received = 0
        started = time.perf_counter()
        while (spent := time.perf_counter() - started) < _SECONDS:
            udp.recv(4096)
            received += 1
            udp.send(next(queries))
        return received / spent


@contextmanager
def _process(command: tuple[str, ...]) -> Iterator[None]:
    """A server's process that has said its first line; it ends with the block."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        heard, _, _ = select.select([process.stdout], [], [], 30)
        if not heard or not process.stdout.readline():
            raise WaitTimeout(f"{command[0]} did not begin to serve", remedy="./lab doctor")
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        return int(udp.getsockname()[1])
