"""Who is believed: the instance's certificate authority, its certificates, its tokens.

Everything private is written 0600. Nothing here serves or opens a connection, and nothing here
touches a trust store of the system.
"""

from labsupport.trust.credentials import certificate_for, ensure_credentials, expiry

__all__ = ["certificate_for", "ensure_credentials", "expiry"]
