"""The clusters a lab can stand on, behind one narrow protocol (`protocol.Provider`).

`embedded` brings its own small cluster; `kind` and `existing` are known by name only in this
version. Providers don't know each other; `provider` picks one by name.
"""

from labsupport.base.errors import UsageError
from labsupport.base.paths import Instance
from labsupport.providers.protocol import Provider

NAMES = ("auto", "embedded", "kind", "existing")


def provider(name: str, instance: Instance) -> Provider:
    """The provider called `name` for this instance; `auto` is the embedded one."""
    if name in ("auto", "embedded"):
        from labsupport.providers.embedded.provider import Embedded

        return Embedded(instance)
    if name == "kind":
        from labsupport.providers.kind import Kind

        return Kind(instance)
    if name == "existing":
        from labsupport.providers.existing import Existing

        return Existing(instance)
    raise UsageError(
        f"no provider {name!r}", found=f"providers: {', '.join(NAMES)}", remedy="./lab up"
    )
