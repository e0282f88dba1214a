"""How long answers take, with as little of our own in between as can be."""

import http.client
import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import ExitStack

from labsupport.base.errors import RequestFailed
from labsupport.http.adapter import Target

_TIMEOUT = 10.0  # seconds for connecting and for each answer


def answer_times(ways: Sequence[tuple[Target, str]], rounds: int) -> list[list[float]]:
    """Seconds that each of `rounds` GETs took, for each way: a target, and the URL's path.

    Each way has one connection, over TLS where its port is 443, and the ways take turns, so that
    what else the computer does hits all alike. RequestFailed when one gives no answer.
    """
    times: list[list[float]] = [[] for _ in ways]
    with ExitStack() as stack:
        connections = [_connected(target, stack) for target, _ in ways]
        for _ in range(rounds):
            for (target, path), connection, found in zip(ways, connections, times, strict=True):
                found.append(_seconds(connection, target, path))
    return times


def _connected(target: Target, stack: ExitStack) -> http.client.HTTPConnection:
    """A connection whose socket is made; certificates are not checked here."""
    try:
        link = socket.create_connection(target.reached, _TIMEOUT)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if target.port == 443:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            link = context.wrap_socket(link, server_hostname=target.name)
    except OSError as error:
        raise _failed(target, error) from error
    connection = http.client.HTTPConnection(target.name)
    connection.sock = link
    connection.auto_open = 0  # what is closed stays closed: a new connection is another way
    stack.callback(connection.close)
    return connection


def _seconds(connection: http.client.HTTPConnection, target: Target, path: str) -> float:
    started = time.perf_counter()
    try:
        connection.request("GET", path)
        connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        raise _failed(target, error) from error
    return time.perf_counter() - started


def _failed(target: Target, error: Exception) -> RequestFailed:
    return RequestFailed(
        f"{target.name} at {target.text} did not answer",
        found=str(error) or type(error).__name__,
        remedy="./lab status",
        kind="silent",
    )
