"""A real control plane, for the tests that ask for one."""

from real_cluster import real_cluster

__all__ = ["real_cluster"]
