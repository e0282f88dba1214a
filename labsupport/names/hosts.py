"""The lab's hosts file: what /etc/hosts is to a computer."""

from pathlib import Path

from labsupport.base.files import write_atomically
from labsupport.rules import hosts

_NEW = "127.0.0.1\tlocalhost\n"


class HostsFile:
    """A hosts file, read anew each time: whatever edits it, the next look-up sees it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def text(self) -> str:
        """The file as it is; as a new computer has it when there is none yet."""
        try:
            # Bytes, not read_text: universal newlines would change a CRLF file.
            return self.path.read_bytes().decode("utf-8", "surrogateescape")
        except FileNotFoundError:
            return _NEW

    def address_of(self, name: str) -> str | None:
        """The first address the file gives `name`, or None."""
        return hosts.address_of(self.text(), name)

    def add(self, name: str, address: str) -> None:
        """Give `name` this address, in the lab's own block; an older entry there is replaced."""
        text = hosts.without_name(self.text(), name)
        self._write(hosts.with_entry(text, address, [name]))

    def remove(self, name: str) -> None:
        """Take `name` out of the lab's own block; nothing happens when it isn't there."""
        self._write(hosts.without_name(self.text(), name))

    def _write(self, text: str) -> None:
        if text != self.text() or not self.path.exists():
            data = text.encode("utf-8", "surrogateescape")
            write_atomically(self.path, data, mode=0o644)

    def __str__(self) -> str:
        return self.text().rstrip("\n")
