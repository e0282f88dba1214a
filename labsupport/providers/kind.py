"""The provider `kind`: a real Kubernetes cluster in Docker or Podman. Not in this version."""

from labsupport.providers.not_yet import NotYet


class Kind(NotYet):
    """Refuses, and says what to use instead."""

    name = "kind"
    what = "a real Kubernetes cluster in Docker or Podman"
