"""Which addresses may receive a Service's traffic (ValidateEndpointIP)."""

import ipaddress

from labsupport.rules.formats import parsed_ip

_LINK_LOCAL = tuple(map(ipaddress.ip_network, ("169.254.0.0/16", "fe80::/10")))
_LINK_LOCAL_MULTICAST = tuple(map(ipaddress.ip_network, ("224.0.0.0/24", "ff02::/16")))


def endpoint_address(address: str, *, allow_loopback: bool) -> list[str]:
    """The messages that an endpoint's or external IP's address earns.

    Real API servers refuse loopback addresses. On the embedded cluster pods live on 127/8, so
    endpoints are checked with `allow_loopback=True`: the one rule relaxed knowingly.
    """
    ip = parsed_ip(address)
    if ip is None:
        return ["must be a valid IP address"]
    messages = []
    if ip.is_unspecified:
        messages.append(f"may not be unspecified ({address})")
    if ip.is_loopback and not allow_loopback:
        messages.append("may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if any(ip in network for network in _LINK_LOCAL):
        messages.append("may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    if any(ip in network for network in _LINK_LOCAL_MULTICAST):
        messages.append("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
    return messages
