"""Probes: asking a container whether it is started, ready, alive."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from labsupport.base.types import Json
from labsupport.minicluster.node.process import CannotStart, Launch, run_once

FIRST_EAGER_DELAY = 0.05
Attempt = Callable[[], Awaitable["Outcome"]]


@dataclass(frozen=True)
class Outcome:
    """What one try of a probe found."""

    healthy: bool
    message: str = ""


@dataclass(frozen=True)
class Target:
    """Whom to ask: the pod's address, the container's spec, and how its commands are run."""

    pod_ip: str
    container: Json
    launch: Callable[[list[str]], Launch]


async def outcome(probe: Json, target: Target) -> Outcome:
    """One try of a probe (v1.Probe: httpGet, tcpSocket or exec), within its timeoutSeconds."""
    limit = float(probe.get("timeoutSeconds", 1))
    try:
        async with asyncio.timeout(limit):
            if "httpGet" in probe:
                return await _http(probe["httpGet"], target)
            if "tcpSocket" in probe:
                return await _tcp(probe["tcpSocket"], target)
            if "exec" in probe:
                return await _exec(probe["exec"]["command"], target, limit)
    except TimeoutError:
        return Outcome(False, f"no answer within {limit:g} s (context deadline exceeded)")
    return Outcome(False, "the embedded cluster probes by httpGet, tcpSocket or exec")


def port_number(port: int | str, container: Json) -> int:
    """A probe's port: a number, or the name of one of the container's ports."""
    if isinstance(port, int) or port.isdigit():
        return int(port)
    for offered in container.get("ports") or ():
        if offered.get("name") == port:
            return int(offered["containerPort"])
    raise ValueError(f"the container has no port named {port!r}")


async def _connected(
    where: Json, target: Target, tls: ssl.SSLContext | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    port = port_number(where["port"], target.container)
    return await asyncio.open_connection(where.get("host") or target.pod_ip, port, ssl=tls)


async def _tcp(where: Json, target: Target) -> Outcome:
    try:
        _, writer = await _connected(where, target)
    except (OSError, ValueError) as error:
        return Outcome(False, f"dial tcp {target.pod_ip}:{where['port']}: {_reason(error)}")
    writer.close()
    return Outcome(True)


async def _http(get: Json, target: Target) -> Outcome:
    scheme, path = get.get("scheme", "HTTP").lower(), get.get("path") or "/"
    url = f"{scheme}://{target.pod_ip}:{get['port']}{path}"
    tls = ssl._create_unverified_context() if scheme == "https" else None  # noqa: S323 - as kubelet
    try:
        reader, writer = await _connected(get, target, tls)
    except (OSError, ValueError) as error:
        return Outcome(False, f'Get "{url}": {_reason(error)}')
    try:
        writer.write(_request(get, path, target))
        status_line = await reader.readline()
    except OSError as error:
        return Outcome(False, f'Get "{url}": {_reason(error)}')
    finally:
        writer.close()
    words = status_line.split()
    if len(words) < 2 or not words[1].isdigit():
        return Outcome(False, f'Get "{url}": no HTTP answer')
    code = int(words[1])
    healthy = 200 <= code < 400
    return Outcome(healthy, "" if healthy else f"HTTP probe failed with statuscode: {code}")


def _request(get: Json, path: str, target: Target) -> bytes:
    headers = {
        "Host": f"{target.pod_ip}:{port_number(get['port'], target.container)}",
        "User-Agent": "kube-probe/1.37",
        "Accept": "*/*",
        "Connection": "close",
    }
    headers |= {header["name"]: header["value"] for header in get.get("httpHeaders") or ()}
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _exec(command: list[str], target: Target, limit: float) -> Outcome:
    try:
        code, said = await run_once(target.launch(command), limit)
    except (OSError, CannotStart) as error:
        return Outcome(False, str(error))
    return Outcome(code == 0, said.strip())


def _reason(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connect: connection refused"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)


class Prober:
    """Repeats a probe as its spec says and tells when its thresholds are crossed.

    An `eager` one without initialDelaySeconds tries after 50, 100, 200 … ms until its first
    success, where kubelet tries once a period: so a lab cluster is up in a second. These extra
    tries count as nothing when they fail. `on_failure` hears of each failure that counts.
    """

    def __init__(
        self, spec: Json, attempt: Attempt, on_failure: Callable[[str], None], *, eager: bool
    ) -> None:
        self._initial = float(spec.get("initialDelaySeconds", 0))
        self._period = float(spec.get("periodSeconds", 10))
        self._success_threshold = int(spec.get("successThreshold", 1))
        self._failure_threshold = int(spec.get("failureThreshold", 3))
        self._attempt = attempt
        self._on_failure = on_failure
        self._eager = eager and not self._initial

    async def verdicts(self) -> AsyncIterator[bool]:
        """Whether the container is healthy, each time a threshold is reached."""
        successes = failures = 0
        async for found in self._counted():
            if found.healthy:
                successes, failures = successes + 1, 0
                if successes >= self._success_threshold:
                    yield True
            else:
                successes, failures = 0, failures + 1
                self._on_failure(found.message)
                if failures >= self._failure_threshold:
                    yield False

    async def _counted(self) -> AsyncIterator[Outcome]:
        if self._eager:
            async for found in self._eager_tries():
                yield found
        else:
            await asyncio.sleep(self._initial or self._period)
            yield await self._attempt()
        while True:
            await asyncio.sleep(self._period)
            yield await self._attempt()

    async def _eager_tries(self) -> AsyncIterator[Outcome]:
        """Until the first success: failures count once a period."""
        loop = asyncio.get_running_loop()
        due, delay = loop.time() + self._period, FIRST_EAGER_DELAY
        while True:
            await asyncio.sleep(delay)
            delay = min(delay * 2, self._period)
            found = await self._attempt()
            if found.healthy:
                yield found
                return
            if loop.time() >= due:
                due += self._period
                yield found
