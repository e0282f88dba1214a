"""When a container that ended is started again (kubelet's restart back-off). Pure."""

from dataclasses import dataclass

FIRST_DELAY = 10.0
LONGEST_DELAY = 300.0
RESET_AFTER = 600.0


def restarts(policy: str, exit_code: int) -> bool:
    """Whether `restartPolicy` starts a container again that ended with `exit_code`."""
    return policy == "Always" or (policy == "OnFailure" and exit_code != 0)


@dataclass
class BackOff:
    """Delays before restarts, in seconds: none, then 10, 20, 40 … at most 300.

    A container that ran for ten minutes starts from the beginning.
    """

    first: float = FIRST_DELAY
    longest: float = LONGEST_DELAY
    reset_after: float = RESET_AFTER
    _next: float = 0.0

    def after(self, ran_seconds: float) -> float:
        """The delay before the next start of a container that ran this long."""
        if ran_seconds >= self.reset_after:
            self._next = 0.0
        delay = self._next
        self._next = min(delay * 2, self.longest) if delay else self.first
        return delay
