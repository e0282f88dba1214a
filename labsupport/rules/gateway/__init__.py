"""Gateway API: what becomes of an Ingress there, and which HTTPRoute takes a request.

`conversion` makes HTTPRoutes (and a Gateway for TLS) of Ingresses and says what it can't convert;
`annotations` is the part of it that reads annotations. `reading` is HTTPRoute's own precedence, as
the specification has it and as Traefik does it. Objects are JSON, in and out; nothing here knows a
cluster or a proxy.
"""

from labsupport.rules.gateway.conversion import LAB_GATEWAY, Conversion, Target, converted
from labsupport.rules.gateway.notes import Note
from labsupport.rules.gateway.reading import PRECEDENCES, Choice, Matched, chosen

__all__ = [
    "LAB_GATEWAY",
    "PRECEDENCES",
    "Choice",
    "Conversion",
    "Matched",
    "Note",
    "Target",
    "chosen",
    "converted",
]
