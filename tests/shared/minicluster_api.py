"""A client for the API server under test, and what it needs to know of it."""

import json
import ssl
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

from labsupport.base.types import Json
from labsupport.minicluster.api.auth import ServiceAccountTokens
from labsupport.minicluster.api.http.app import ApiApp
from labsupport.minicluster.api.http.server import ApiServer
from labsupport.minicluster.api.registry import Registry

NETWORK = "127.77"
ADMIN_TOKEN = "the-admin-token"


@dataclass(frozen=True)
class Certificate:
    certificate: Path
    key: Path


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Json:
        value: Any = json.loads(self.text)
        assert isinstance(value, dict)
        return value


@dataclass
class Api:
    """A running API server, and a client that blocks: call it in a thread (`asyncio.to_thread`)."""

    registry: Registry
    app: ApiApp
    tokens: ServiceAccountTokens
    server: ApiServer
    port: int
    certificate: Path
    token: str = ADMIN_TOKEN

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def connection(self) -> HTTPSConnection:
        context = ssl.create_default_context(cafile=str(self.certificate))
        return HTTPSConnection("127.0.0.1", self.port, context=context, timeout=20)

    def request(
        self,
        method: str,
        path: str,
        body: Json | list[Any] | bytes | None = None,
        *,
        content_type: str = "application/json",
        accept: str = "application/json",
        token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        sent = {"Content-Type": content_type, "Accept": accept, **(headers or {})}
        if used := self.token if token is None else token:
            sent["Authorization"] = f"Bearer {used}"
        connection = self.connection()
        try:
            connection.request(method, path, data, sent)
            reply = connection.getresponse()
            return Reply(reply.status, dict(reply.getheaders()), reply.read().decode())
        finally:
            connection.close()

    def kubeconfig(self, path: Path, token: str | None = None) -> Path:
        """A kubeconfig for this server; JSON is YAML."""
        cluster = {"server": self.url, "certificate-authority": str(self.certificate)}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "lab", "cluster": cluster}],
            "users": [{"name": "lab", "user": {"token": token or self.token}}],
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
            "current-context": "lab",
        }
        path.write_text(json.dumps(config))
        path.chmod(0o600)
        return path
