"""Gives a Python pod a network of its own: a bind to "every address" binds the pod's address.

In a container 0.0.0.0 means the pod's interfaces; here it would mean the whole machine, where pods
would collide on ports and be reachable from outside. This file is on PYTHONPATH of python pods.
"""

import os
import socket

_IP = os.environ.get("INGRESS_LAB_POD_IP", "127.0.0.1")
_bind = socket.socket.bind


def _bind_in_pod(self, address):  # type: ignore[no-untyped-def]
    if self.family == socket.AF_INET and address[0] in ("", "0.0.0.0"):  # noqa: S104 - to prevent it
        address = (_IP, *address[1:])
    elif self.family == socket.AF_INET6 and address[0] in ("", "::"):
        if self.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY):
            # IPv4 has a socket of its own then; this one gets a port that nobody will ask for.
            address = ("::1", 0)
        else:
            address = (f"::ffff:{_IP}", *address[1:])
    return _bind(self, address)


socket.socket.bind = _bind_in_pod  # type: ignore[method-assign]
