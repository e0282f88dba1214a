"""A real Kubernetes cluster whose nodes are containers, made by kind (kind.sigs.k8s.io).

`provider` starts, finds and stops it. `tools` finds Docker, Podman or nerdctl, `program` the kind
binary; `configuration` and `remedies` are pure: what the cluster shall be, and what to do about
what kind and the tools say. `making` runs `kind create cluster`, `nodes` looks after its
containers, `balancers` runs cloud-provider-kind, `relay` reaches what this machine has no route
to, and `images` lists, saves and loads the container images for a room without a registry.
"""

from labsupport.providers.kind.provider import Kind

__all__ = ["Kind"]
