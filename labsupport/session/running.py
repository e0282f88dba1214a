"""The lab that runs already, for commands that don't start one."""

from labsupport.base.paths import instance
from labsupport.providers import provider
from labsupport.session.lab import Lab


def running_lab() -> Lab:
    """This instance's lab; ClusterNotRunning when it isn't up."""
    home = instance()
    chosen = provider("auto", home)
    return Lab(chosen, chosen.connection(), home)
