"""A registry and an API server, real but small: SQLite in tmp_path, TLS on a free loopback port."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from minicluster_api import ADMIN_TOKEN, NETWORK, Api, Certificate

from labsupport.minicluster.api.auth import Authenticator, ServiceAccountTokens
from labsupport.minicluster.api.bootstrap import bootstrap
from labsupport.minicluster.api.http.app import ApiApp
from labsupport.minicluster.api.http.server import ApiServer
from labsupport.minicluster.api.registry import Registry
from labsupport.minicluster.api.schemas import Schemas
from labsupport.minicluster.reconcile import Cache, Cluster, EventRecorder
from labsupport.minicluster.reconcile.cache import WHOLE
from labsupport.minicluster.store import Store


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    """A bootstrapped registry without any controller."""
    store = Store.open(tmp_path / "cluster.db")
    registry = Registry(store, network=NETWORK)
    await bootstrap(registry)
    yield registry
    store.close()


@pytest.fixture
async def cluster(registry: Registry) -> AsyncIterator[Cluster]:
    """The registry with an informer cache and an event recorder at work, and no controller."""
    cache = Cache(registry, whole=WHOLE)
    recorder = EventRecorder(registry, host="lab-node")
    await cache.fill()
    tasks = [asyncio.create_task(cache.follow()), asyncio.create_task(recorder.run())]
    yield Cluster(registry, cache, recorder)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A self-signed certificate for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test API server")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = Certificate(folder / "apiserver.crt", folder / "apiserver.key")
    paths.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@pytest.fixture(scope="session")
def schemas() -> Schemas:
    return Schemas.load()


@pytest.fixture
async def api(registry: Registry, certificate: Certificate, schemas: Schemas) -> AsyncIterator[Api]:
    """The API over HTTPS on a free loopback port."""
    tokens = ServiceAccountTokens(b"k" * 32)
    app = ApiApp(registry, Authenticator(registry, ADMIN_TOKEN, tokens), schemas=schemas)
    server = ApiServer(app, certificate=certificate.certificate, key=certificate.key)
    port = await server.start("127.0.0.1", 0)
    yield Api(registry, app, tokens, server, port, certificate.certificate)
    await server.stop()
