"""How each kind of node and edge looks: colours of the Okabe-Ito palette, on a white card.

The palette stays apart for colour-blind readers, and nothing is told by colour alone: kinds are
written in each box, configuration is dashed, the way that a request took is thick, and where it
failed stands an octagon.
"""

from dataclasses import dataclass

FONT = "Helvetica,Arial,sans-serif"
CARD = "#FFFFFF"
TEXT = "#1A1A1A"
FAINT = "#555555"

_BLUE = "#00639B"
_SKY = "#1F6C9E"
_GREEN = "#00795A"
_PURPLE = "#9C4079"
_ORANGE = "#A85800"
_VERMILION = "#D55E00"
_GREY = "#6B6B6B"


@dataclass(frozen=True)
class NodeLook:
    """A box: what is written above the label, the line's colour, the fill, dashed or not."""

    caption: str
    line: str
    fill: str
    dashed: bool = False


@dataclass(frozen=True)
class EdgeLook:
    """A line: its colour and style when lit and when not."""

    lit: str
    unlit: str
    style: str = "solid"
    arrowhead: str = "normal"


NODES = {
    "client": NodeLook("client", TEXT, "#F2F2F2"),
    "dns": NodeLook("DNS", _PURPLE, "#F6E3EF"),
    "hosts-file": NodeLook("on this computer", _PURPLE, "#F6E3EF"),
    "name-server": NodeLook("DNS", _PURPLE, "#F6E3EF"),
    "load-balancer": NodeLook("load balancer", _SKY, "#E3F1FB"),
    "address": NodeLook("TCP connection", _SKY, "#E3F1FB"),
    "tls": NodeLook("TLS", _PURPLE, CARD),
    "proxy": NodeLook("ingress proxy", _BLUE, "#CFE3F2"),
    "controller": NodeLook("controller", _BLUE, CARD),
    "ingress": NodeLook("Ingress", _ORANGE, CARD, dashed=True),
    "gateway": NodeLook("Gateway", _ORANGE, CARD, dashed=True),
    "http-route": NodeLook("HTTPRoute", _ORANGE, CARD, dashed=True),
    "secret": NodeLook("Secret", _ORANGE, CARD, dashed=True),
    "middleware": NodeLook("Middleware", _ORANGE, CARD),
    "static-site": NodeLook("StaticSite", _ORANGE, CARD, dashed=True),
    "service": NodeLook("Service", _ORANGE, CARD, dashed=True),
    "pod": NodeLook("Pod", _GREEN, "#D9F2E8"),
}

EDGES = {
    "traffic": EdgeLook(_VERMILION, _GREY),
    "lookup": EdgeLook(_PURPLE, _PURPLE, style="dotted"),
    "configuration": EdgeLook(_ORANGE, _ORANGE, style="dashed", arrowhead="vee"),
}
