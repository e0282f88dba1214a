"""The instance's authority, API server certificate and token."""

import socket
import ssl
import stat
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from labsupport.base.files import write_atomically
from labsupport.base.paths import Instance
from labsupport.trust import ensure_credentials, expiry
from labsupport.trust.authority import Authority


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    instance = Instance(tmp_path / "lab").make()
    ensure_credentials(instance, 77)
    return instance


def handshake(instance: Instance, name: str) -> str:
    """The name the certificate was found good for, by a real handshake."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(instance.server_certificate, instance.server_key)
    client = ssl.create_default_context(cafile=str(instance.ca_certificate))
    near, far = socket.socketpair()
    with near, far:
        thread = threading.Thread(target=serve, args=(server, far))
        thread.start()
        try:
            with client.wrap_socket(near, server_hostname=name) as secured:
                return str(secured.server_hostname)
        finally:
            near.close()
            thread.join()


def serve(context: ssl.SSLContext, connection: socket.socket) -> None:
    try:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)
    except (ssl.SSLError, OSError):
        pass


@pytest.mark.parametrize(
    "name", ["127.77.0.1", "127.77.128.1", "localhost", "kubernetes.default.svc"]
)
def test_the_api_server_is_believed_under_each_of_its_names(instance: Instance, name: str) -> None:
    assert handshake(instance, name) == name


def test_another_name_is_refused(instance: Instance) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(instance, "127.78.0.1")


def test_keys_and_token_are_for_the_owner_only(instance: Instance) -> None:
    for file in (instance.ca_key, instance.server_key, instance.token):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_a_second_call_changes_nothing(instance: Instance) -> None:
    before = {file.name: file.read_bytes() for file in instance.home.iterdir()}
    ensure_credentials(instance, 77)
    assert {file.name: file.read_bytes() for file in instance.home.iterdir()} == before


def test_an_authority_near_its_end_is_renewed_and_the_token_stays(instance: Instance) -> None:
    token = instance.token.read_text()
    old = Authority.create("Ingress Lab CA", lifetime=timedelta(days=2))
    write_atomically(instance.ca_certificate, old.pair.certificate)
    ensure_credentials(instance, 77)
    assert expiry(instance.ca_certificate) > datetime.now(UTC) + timedelta(days=300)
    assert handshake(instance, "127.77.0.1")
    assert instance.token.read_text() == token


def test_a_damaged_authority_is_made_anew(instance: Instance) -> None:
    instance.ca_certificate.write_text("not PEM")
    ensure_credentials(instance, 77)
    assert handshake(instance, "127.77.0.1")


def test_openssl_verifies_the_chain(instance: Instance) -> None:
    command = ["openssl", "verify", "-CAfile", str(instance.ca_certificate)]
    try:
        done = subprocess.run(
            [*command, str(instance.server_certificate)], capture_output=True, text=True
        )
    except FileNotFoundError:
        pytest.skip("no openssl on this machine")
    assert done.stdout.strip().endswith("OK"), done.stderr
