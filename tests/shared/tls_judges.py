"""Real TLS clients and servers in memory, to judge what the lab says of certificates."""

import contextlib
import ssl
from pathlib import Path


def client_context(ca_file: Path) -> ssl.SSLContext:
    """A client that believes one authority, and heeds only names in subjectAltName, as browsers."""
    context = ssl.create_default_context(cafile=str(ca_file))
    context.hostname_checks_common_name = False
    return context


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """A server that would show anything, weak certificates too."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(certificate, key)
    return context


def verify_code(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> int:
    """OpenSSL's verdict in a whole handshake: 0 when the client accepts, else X509_V_ERR_…."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = client.wrap_bio(to_client, to_server, server_hostname=name)
    far = server.wrap_bio(to_server, to_client, server_side=True)
    unfinished = [near, far]
    try:
        for side in (near, far, near, far):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
                unfinished.remove(side)
    except ssl.SSLCertVerificationError as error:
        return int(error.verify_code)
    assert near not in unfinished
    return 0
