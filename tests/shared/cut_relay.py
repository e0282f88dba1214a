"""A relay of TCP connections that can be cut, and closed for a while."""

import contextlib
import socket
import threading
from collections.abc import Iterator

_CHUNK = 65536


class CutRelay:
    """Passes connections on to `target`; `cut` ends all there are and refuses new ones."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._open = threading.Event()
        self._open.set()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut(self) -> None:
        """End every connection; new ones are ended at once until `mend`."""
        self._open.clear()
        self._end()

    def mend(self) -> None:
        """Pass connections on again."""
        self._open.set()

    def close(self) -> None:
        self.cut()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _end(self) -> None:
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._open.is_set():
                client.close()
                continue
            server = socket.create_connection(self._target)
            self._sockets += [client, server]
            for ends in ((client, server), (server, client)):
                self._threads.append(threading.Thread(target=_pass_on, args=ends))
                self._threads[-1].start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK):
            sink.sendall(data)
    for each in (source, sink):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
    source.close()


@contextlib.contextmanager
def relayed(target: tuple[str, int]) -> Iterator[CutRelay]:
    """A relay for the time of a test."""
    relay = CutRelay(target)
    try:
        yield relay
    finally:
        relay.close()
