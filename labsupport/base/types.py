"""Names for shapes that pass through every layer."""

from typing import Any

Json = dict[str, Any]
"""A JSON object: a Kubernetes object, or a part of one."""
