"""The instance's loopback network 127.N.0.0/16, as the node uses it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Network:
    """Addresses and ports of one instance; `prefix` is `127.N`.

    Where an ordinary user may not bind ports below 1024, they are listened on at
    `port + port_offset`.
    """

    prefix: str
    port_offset: int = 0

    @property
    def node_ip(self) -> str:
        """The node's InternalIP; NodePorts listen here."""
        return f"{self.prefix}.0.2"

    @property
    def pod_cidr(self) -> str:
        """The range of pod addresses."""
        return f"{self.prefix}.64.0/18"

    def bound_port(self, port: int) -> int:
        """Where a Service port is really listened on."""
        return port + self.port_offset if port < 1024 else port


class PodAddresses:
    """Gives each pod an address in 127.N.64.1 … 127.N.127.254, each as late as possible again."""

    def __init__(self, network: Network) -> None:
        self._prefix = network.prefix
        self._taken: set[str] = set()
        self._next = 0

    def allocate(self) -> str:
        """An address no pod has; RuntimeError when all 16 256 are taken."""
        hosts = 64 * 254
        for step in range(hosts):
            position = (self._next + step) % hosts
            address = f"{self._prefix}.{64 + position // 254}.{1 + position % 254}"
            if address not in self._taken:
                self._next = position + 1
                self._taken.add(address)
                return address
        raise RuntimeError(f"no pod address is free in {self._prefix}.64.0/18")

    def release(self, address: str) -> None:
        """Give an address back."""
        self._taken.discard(address)
