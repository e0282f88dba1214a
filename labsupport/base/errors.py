"""The one error tree. Each error says what went wrong, what was found, and what to do next."""

from typing import Any


class LabError(Exception):
    """Something the user can understand and act on.

    `what` says what was expected or tried and failed, `found` what was met instead, and `remedy`
    what to do next, with a command to paste where there is one. `exit_code` is what the command
    line ends with.
    """

    exit_code = 1

    def __init__(self, what: str, *, found: str = "", remedy: str = "") -> None:
        self.what = what
        self.found = found
        self.remedy = remedy
        super().__init__(what)

    def __str__(self) -> str:
        lines = [self.what]
        if self.found:
            lines.append(f"  found: {self.found}")
        if self.remedy:
            lines.append(f"  next:  {self.remedy}")
        return "\n".join(lines)

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows in place of a traceback (IPython's `_render_traceback_` protocol)."""
        return [f"{type(self).__name__}: {self}"]


class UsageError(LabError):
    """The command or call was worded in a way that can't be carried out."""

    exit_code = 2


class NotInThisVersion(UsageError):
    """The lab knows the thing by name, but this version does not bring it."""


class ClusterError(LabError):
    """The cluster could not be started, reached or stopped."""


class ClusterNotRunning(ClusterError):
    """No cluster of this lab is running."""


class AddressInUse(ClusterError):
    """Another process holds an address or port that the lab needs."""


class ProxyRefused(ClusterError):
    """A proxy did not take the configuration that it was given; it goes on with the one before."""


class StorageError(ClusterError):
    """State could not be written; nothing that was acknowledged is lost."""


class ManifestError(LabError):
    """A manifest could not be read as Kubernetes objects; `line` counts from 1, 0 is unknown."""

    def __init__(self, what: str, *, found: str = "", remedy: str = "", line: int = 0) -> None:
        self.line = line
        super().__init__(what, found=found, remedy=remedy)


class NameNotFound(LabError):
    """A host name has no address on the lab's computer."""


class CertificateError(LabError):
    """A certificate could not be read, made or found."""


class RequestFailed(LabError):
    """No HTTP answer came.

    `kind` is a word for programs: refused, unreachable, connect-timeout; certificate, tls-alert,
    not-tls, tls-cut, tls-timeout; silent, cut, not-http; redirect-loop, redirect-target, name.
    The client of `labsupport.http` fills in the rest: `url` was asked, `way` has the hops up to the
    one that failed, `tls` what the handshake told, `redirects` the exchanges that led here.
    """

    def __init__(self, what: str, *, found: str = "", remedy: str = "", kind: str = "") -> None:
        self.kind = kind
        self.url = ""
        self.way: tuple[Any, ...] = ()
        self.tls: Any = None
        self.redirects: tuple[Any, ...] = ()
        super().__init__(what, found=found, remedy=remedy)


class WaitTimeout(LabError):
    """A condition did not come true in the time given."""


class NotebookError(LabError):
    """A notebook is malformed, or a cell failed that should not have."""
