"""The clusters a lab can stand on, behind one narrow protocol (`protocol.Provider`).

`embedded` brings its own small cluster, `kind` makes a real one in containers, `existing` takes a
namespace of any cluster. Providers don't know each other; `provider` picks one by name, and
`chosen` remembers which. What they share lies beside them: `daemon`, the one process that a lab
leaves running; `names_only`, what it does where the cluster runs elsewhere; `state`, the files.
"""

from labsupport.base.errors import UsageError
from labsupport.base.paths import Instance
from labsupport.providers.chosen import EMBEDDED, PROVIDERS, chosen
from labsupport.providers.protocol import Provider, Wishes

AUTO = "auto"
NAMES = (AUTO, *PROVIDERS)


def provider(name: str, instance: Instance, wishes: Wishes | None = None) -> Provider:
    """The provider called `name` for this instance; `auto` is the one that it stands on.

    UsageError when it stands on another: one instance, one cluster.
    """
    if name not in NAMES:
        raise UsageError(
            f"no provider {name!r}", found=f"providers: {', '.join(NAMES)}", remedy="./lab up"
        )
    stands_on = chosen(instance).provider
    if name == AUTO:
        name = stands_on
    elif name != stands_on and (stands_on != EMBEDDED or instance.database.exists()):
        raise UsageError(
            f"this lab stands on the provider {stands_on}, not on {name}",
            found=f"its state is in {instance.home}",
            remedy="remove it: ./lab down --delete   "
            f"or have a second lab: INGRESS_LAB_HOME=~/lab-{name} ./lab up --provider {name}",
        )
    return _made(name, instance, wishes or Wishes())


def _made(name: str, instance: Instance, wishes: Wishes) -> Provider:
    if name == "kind":
        from labsupport.providers.kind import Kind

        return Kind(instance, wishes)
    if name == "existing":
        from labsupport.providers.existing import Existing

        return Existing(instance, wishes)
    from labsupport.providers.embedded.provider import Embedded

    return Embedded(instance)
