"""A namespace on a cluster that is there already, and that others use too.

`provider` finds it and connects, `joining` decides where the learner stands there, `joined` is what
the lab remembers of that, `rights` asks beforehand what the account may do, and `belongings` finds
what the lab made, by its label. The kubeconfig is read and never written; nothing without the lab's
label is ever removed.
"""

from labsupport.providers.existing.provider import Existing

__all__ = ["Existing"]
