"""Who is believed: the instance's certificate authority, its certificates, its tokens.

Everything private is written 0600. Nothing here serves, and only `handshake` opens a connection,
to look at a certificate. The trust store of the system is touched by `stores` alone, and only when
somebody asked for it.
"""

from labsupport.trust.credentials import certificate_for, ensure_credentials, expiry

__all__ = ["certificate_for", "ensure_credentials", "expiry"]
