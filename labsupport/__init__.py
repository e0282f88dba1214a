"""Ingress Lab: real Kubernetes objects, real proxies, real requests, in a notebook.

`from labsupport import Lab` is all that a notebook needs. What else is public is imported from
its own folder; nothing heavy is loaded before it is used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labsupport.session import Lab as Lab

__all__ = ["Lab"]


def __getattr__(name: str) -> object:
    if name == "Lab":
        from labsupport.session import Lab

        return Lab
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
