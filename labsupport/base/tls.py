"""What Python's `ssl` knows of a handshake but has no public name for in every version."""

import ssl
from typing import Any


def sent_chain(secured: ssl.SSLSocket) -> list[bytes]:
    """The certificates (DER) that the other side sent, its own first; nothing is checked."""
    if hasattr(secured, "get_unverified_chain"):  # Python 3.13
        return list(secured.get_unverified_chain() or ())
    inner: Any = secured._sslobj  # type: ignore[attr-defined]  # has it since 3.10, without a name
    chain = inner.get_unverified_chain() or ()
    return [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in chain]
