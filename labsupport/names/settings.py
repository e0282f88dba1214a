"""Whom the lab's computer asks for names: its resolv.conf (see `man resolv.conf`)."""

from pathlib import Path

from labsupport.base.files import write_atomically

_HEAD = "# The lab computer's resolver: whom it asks for a name that its hosts file lacks.\n"
_SYSTEM = "ingress-lab-system"


class ResolverSettings:
    """A resolv.conf of the lab's own, read anew each time.

    `nameserver` is who is asked; the option `ingress-lab-system` allows to ask the machine's own
    resolver for names that lie in none of the lab's zones. Without a file: the lab's DNS server,
    and nobody else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def nameserver(self) -> str:
        """The IPv4 address of the DNS server to ask; "" for the one that holds the zones."""
        return next((words[1] for words in self._lines("nameserver")), "")

    def use(self, address: str) -> None:
        """Ask the DNS server at `address` from now on ("" as in `nameserver`)."""
        self._write(address, self.system_allowed())

    def system_allowed(self) -> bool:
        """Whether names outside of the lab's zones may be looked up by the machine's resolver."""
        return any(_SYSTEM in words for words in self._lines("options"))

    def allow_system(self, allowed: bool) -> None:
        """Allow that, or forbid it again."""
        self._write(self.nameserver(), allowed)

    def _lines(self, keyword: str) -> list[list[str]]:
        try:
            lines = self.path.read_text().splitlines()
        except FileNotFoundError:
            return []
        split = [line.split() for line in lines]
        return [words for words in split if len(words) > 1 and words[0] == keyword]

    def _write(self, address: str, system: bool) -> None:
        lines = [f"nameserver {address}\n"] if address else []
        lines += [f"options {_SYSTEM}\n"] if system else []
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(self.path, "".join([_HEAD, *lines]), mode=0o644)
