"""Connections to where this machine has no route: through a node, by the container tool.

Pods and ClusterIPs are reached from nodes only; where containers run in a network of their own (a
virtual machine, rootless), so are load balancers. A `bash` in the node carries each connection: its
/dev/tcp opens it there, and the node image has no other program for that. It needs no root, no
route and no published port, and listens on loopback only.
"""

import contextlib
import ipaddress
import socket
import subprocess
import threading

from labsupport.providers.kind.configuration import is_inside

_SCRIPT = (
    # Standard input under another number: of a command in the background, bash closes it. What is
    # in the background holds neither output open: the answer ends when the server has closed.
    "exec 3<>/dev/tcp/$0/$1 4<&0; { cat; kill $$; } <&4 >&3 2>/dev/null & cat <&3; kill $!"
)
_PIECE = 65536  # bytes


class Relay:
    """Ways to addresses, opened as they are asked for; they end with this process."""

    def __init__(self, tool: str, node: str, isolated: bool) -> None:
        self._command = (tool, "exec", "-i", node, "bash", "-c", _SCRIPT)
        self._isolated = isolated
        self._ports: dict[tuple[str, int], int] = {}
        self._lock = threading.Lock()

    def way(self, address: str, port: int) -> tuple[str, int]:
        """The address and port to connect to for those meant."""
        if not self._is_needed(address):
            return address, port
        with self._lock:
            if (address, port) not in self._ports:
                self._ports[address, port] = self._listening(address, port)
            return "127.0.0.1", self._ports[address, port]

    def _is_needed(self, address: str) -> bool:
        found = ipaddress.ip_address(address)
        if found.is_loopback:
            return False
        return is_inside(address) or (self._isolated and found.is_private)

    def _listening(self, address: str, port: int) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(
            target=self._serve, args=(server, address, port), daemon=True, name="kind relay"
        ).start()
        number: int = server.getsockname()[1]
        return number

    def _serve(self, server: socket.socket, address: str, port: int) -> None:
        with server:
            while True:
                connection, _ = server.accept()
                words = (*self._command, address, str(port))
                threading.Thread(
                    target=_carry, args=(connection, words), daemon=True, name="kind relay"
                ).start()


def _carry(connection: socket.socket, command: tuple[str, ...]) -> None:
    """Carry one connection to its end, both ways."""
    with (
        connection,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        ) as process,
    ):
        sender = threading.Thread(target=_send, args=(connection, process), daemon=True)
        sender.start()
        assert process.stdout is not None
        with contextlib.suppress(OSError):
            while piece := process.stdout.read(_PIECE):
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_RDWR)
        sender.join()


def _send(connection: socket.socket, process: subprocess.Popen[bytes]) -> None:
    """What the client sends; at its end the node's part is told to end too."""
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        while piece := connection.recv(_PIECE):
            process.stdin.write(piece)
    with contextlib.suppress(OSError):
        process.stdin.close()
