"""The application on a TLS socket, inside the event loop that is running."""

import asyncio
import socket
from pathlib import Path

import uvicorn

from labsupport.base.errors import AddressInUse
from labsupport.minicluster.api.http.app import ApiApp

_KEEP_ALIVE_SECONDS = 90
_STOP_SECONDS = 2


class ApiServer:
    """Serves an `ApiApp` on one loopback address until it is stopped.

    Unlike `uvicorn.Server.serve` it takes no signals and has no loop of its own: the daemon
    around it decides when to end.
    """

    def __init__(self, app: ApiApp, *, certificate: Path, key: Path) -> None:
        self._app = app
        config = uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            # Not its warnings: they advise a WebSocket library to whoever tries kubectl exec.
            log_level="error",
            access_log=False,
            date_header=False,
            server_header=False,
            proxy_headers=False,
            ssl_certfile=str(certificate),
            ssl_keyfile=str(key),
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
        config.load()
        self._server = uvicorn.Server(config)
        self._server.lifespan = config.lifespan_class(config)
        self._socket: socket.socket | None = None

    async def start(self, host: str, port: int) -> int:
        """Listens on `host`; returns the port (chosen when 0). `AddressInUse` if it is taken."""
        self._socket = _bound(host, port)
        await self._server.startup(sockets=[self._socket])
        return int(self._socket.getsockname()[1])

    async def stop(self) -> None:
        """Ends watches, lets requests finish, closes the socket."""
        if self._socket is None:
            return
        self._app.close()
        await asyncio.sleep(0)
        await self._server.shutdown(sockets=[self._socket])
        self._socket = None


def _bound(host: str, port: int) -> socket.socket:
    # With the protocol named: only then does asyncio set TCP_NODELAY on what it accepts, without
    # which every answer waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise AddressInUse(
            f"The API server could not listen on {host}:{port}.",
            found=error.strerror or str(error),
            remedy="./lab status shows what runs; ./lab down ends it",
        ) from error
    return listener
