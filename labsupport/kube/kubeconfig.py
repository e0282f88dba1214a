"""Kubeconfig files of the user's: one context read out of them, never written to.

The format is that of `kubectl`, `Config` of `client.authentication` and `clientcmd/api/v1`.
"""

import base64
import binascii
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from labsupport.base.errors import UsageError
from labsupport.base.files import write_atomically
from labsupport.base.paths import Instance
from labsupport.base.types import Json
from labsupport.kube.access import CONTEXT, Access, ClientCertificate
from labsupport.rules.tenancy import WHOLE, Tenancy

_FILES = {
    "certificate-authority": "certificate-authority-data",
    "client-certificate": "client-certificate-data",
    "client-key": "client-key-data",
}
_MARGIN_SECONDS = 30.0  # before a token's end, the next is asked for
_UNKNOWN_LIFE = 300.0  # seconds that a token without an end is used before it is asked for anew


@dataclass(frozen=True)
class Context:
    """One context: its name, cluster, user and namespace; contents of files stand in `…-data`."""

    name: str
    cluster: Json
    user: Json
    namespace: str = ""

    @property
    def server(self) -> str:
        """The API server's URL."""
        return str(self.cluster.get("server", ""))

    def text(self, namespace: str) -> str:
        """A kubeconfig of this context alone, called `ingress-lab`."""
        context = {"cluster": CONTEXT, "user": CONTEXT, "namespace": namespace}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": CONTEXT, "cluster": self.cluster}],
            "contexts": [{"name": CONTEXT, "context": context}],
            "current-context": CONTEXT,
            "users": [{"name": CONTEXT, "user": self.user}],
        }
        return str(yaml.safe_dump(config, sort_keys=False))


def default_paths() -> list[Path]:
    """Where `kubectl` looks: the files that $KUBECONFIG names, else ~/.kube/config."""
    named = os.environ.get("KUBECONFIG", "")
    return [Path(each).expanduser() for each in named.split(os.pathsep) if each] or [
        Path.home() / ".kube" / "config"
    ]


def context_in(paths: Sequence[Path], name: str) -> Context:
    """The context `name` of these files; of several entries of one name, the first counts.

    UsageError when there is no such file or context, or when it is not whole.
    """
    found = [(path.absolute(), _read(path)) for path in paths if path.is_file()]
    if not found:
        raise UsageError(
            "there is no kubeconfig",
            found=f"no file {' or '.join(map(str, paths))}",
            remedy="./lab up --provider existing --kubeconfig FILE --context NAME",
        )
    _, context = _entry(found, "contexts", "context", name)
    cluster_path, cluster = _entry(found, "clusters", "cluster", str(context.get("cluster", "")))
    user_path, user = _entry(found, "users", "user", str(context.get("user", "")))
    if not str(cluster.get("server", "")).startswith("https://"):
        raise UsageError(
            f"the cluster of context {name!r} has no server's https URL",
            found=repr(cluster.get("server")),
            remedy=f"kubectl config view --context {name}",
        )
    return Context(
        name,
        _inlined(cluster, cluster_path),
        _inlined(user, user_path),
        str(context.get("namespace") or ""),
    )


def contexts_in(paths: Sequence[Path]) -> list[str]:
    """The names of all contexts in these files."""
    found = [_read(path) for path in paths if path.is_file()]
    return [str(each.get("name")) for config in found for each in _entries(config, "contexts")]


def access_by(context: Context, instance: Instance, tenancy: Tenancy = WHOLE) -> Access:
    """Access by a context; its certificates and key are put into the instance's files (0600)."""
    user = context.user
    if context.cluster.get("insecure-skip-tls-verify"):
        raise UsageError(
            f"context {context.name!r} does not check who its API server is",
            found="insecure-skip-tls-verify: true",
            remedy="give the cluster its certificate-authority-data in the kubeconfig",
        )
    ca_file = _put(context.cluster, "certificate-authority-data", instance.cluster_ca)
    certificate = _put(user, "client-certificate-data", instance.client_certificate)
    key = _put(user, "client-key-data", instance.client_key)
    pair = ClientCertificate(certificate, key) if certificate and key else None
    if "exec" in user:
        fresh = _ExecTokens(user["exec"], context.cluster, context.name).token
        return Access(context.server, ca_file, fresh_token=fresh, tenancy=tenancy)
    token = str(user.get("token") or "")
    if not token and user.get("tokenFile"):
        fresh = partial(_token_in, Path(user["tokenFile"]))
        return Access(context.server, ca_file, fresh_token=fresh, tenancy=tenancy)
    if not token and pair is None:
        raise UsageError(
            f"the user of context {context.name!r} has no way to say who it is that the lab knows",
            found=f"keys: {', '.join(sorted(user)) or 'none'}",
            remedy="a token, a client certificate or an exec plugin; "
            "for a ServiceAccount: kubectl create token NAME",
        )
    return Access(context.server, ca_file, token, pair, tenancy=tenancy)


def _token_in(file: Path) -> str:
    """The token in a file that somebody keeps fresh."""
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            "the kubeconfig names a file with a token, which can't be read",
            found=f"tokenFile: {error}",
            remedy=f"log in again, then: ls -l {file}",
        ) from error


class _ExecTokens:
    """Tokens of an exec plugin (`ExecCredential`), each used to its end."""

    def __init__(self, command: Json, cluster: Json, context: str) -> None:
        self._command = command
        self._cluster = cluster
        self._context = context
        self._token = ""
        self._ends = 0.0

    def token(self) -> str:
        """A token that is good for now; UsageError when the plugin gives none."""
        if time.time() >= self._ends:
            # Imported here: it takes two seconds, and few kubeconfigs need it.
            from kubernetes.config.config_exception import ConfigException
            from kubernetes.config.exec_provider import ExecProvider
            from kubernetes.config.kube_config import ConfigNode

            try:
                node = ConfigNode("exec", self._command)
                status = ExecProvider(node, None, ConfigNode("cluster", self._cluster)).run()
            except (ConfigException, OSError) as error:
                raise self._failure(str(error)) from error
            if not status.get("token"):
                raise self._failure("it gave no token (certificates of plugins are not supported)")
            self._token = str(status["token"])
            self._ends = _end(status.get("expirationTimestamp")) - _MARGIN_SECONDS
        return self._token

    def _failure(self, found: str) -> UsageError:
        return UsageError(
            f"the command that logs context {self._context!r} in gave no token",
            found=found.strip(),
            remedy=f"log in again, then: kubectl --context {self._context} version",
        )


def _end(timestamp: Any) -> float:
    """Seconds since the epoch at which a token ends."""
    if not timestamp:
        return time.time() + _UNKNOWN_LIFE
    parsed = datetime.fromisoformat(str(timestamp))
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def _read(path: Path) -> Json:
    try:
        config = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(
            f"{path} is no kubeconfig",
            found=str(error),
            remedy=f"kubectl --kubeconfig {path} config view",
        ) from error
    if not isinstance(config, dict) or config.get("kind") not in (None, "Config"):
        raise UsageError(f"{path} is no kubeconfig", found="not a Config of apiVersion v1")
    return config


def _entries(config: Json, key: str) -> list[Json]:
    """The entries of a list in a kubeconfig; what is none is passed over."""
    found = config.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _entry(found: list[tuple[Path, Json]], key: str, inner: str, name: str) -> tuple[Path, Json]:
    for path, config in found:
        for each in _entries(config, key):
            if each.get("name") == name:
                return path, dict(each.get(inner) or {})
    known = [str(each.get("name")) for _, config in found for each in _entries(config, key)]
    raise UsageError(
        f"the kubeconfig has no {inner} {name!r}",
        found=f"{key}: {', '.join(known) or 'none'}",
        remedy="kubectl config get-contexts",
    )


def _inlined(entry: Json, path: Path) -> Json:
    """The entry with the contents of the files it names, which are relative to its own."""
    changed = dict(entry)
    for key, data in _FILES.items():
        if (named := changed.pop(key, None)) and data not in changed:
            file = path.parent / str(named)
            try:
                changed[data] = base64.b64encode(file.read_bytes()).decode()
            except OSError as error:
                raise UsageError(
                    f"{path} names a file that can't be read",
                    found=f"{key}: {file}: {error.strerror}",
                ) from error
    if changed.get("tokenFile"):
        changed["tokenFile"] = str(path.parent / changed["tokenFile"])
    if isinstance(command := changed.get("exec"), dict):
        words = str(command.get("command", ""))
        if os.sep in words:  # relative to the kubeconfig, as for kubectl
            changed["exec"] = {**command, "command": str(path.parent / words)}
    return changed


def _put(entry: Json, key: str, file: Path) -> Path | None:
    """Write what `key` has in base64 to `file`, and give that; None when there is nothing."""
    if not entry.get(key):
        return None
    try:
        data = base64.b64decode(str(entry[key]), validate=True)
    except (ValueError, binascii.Error) as error:
        raise UsageError(f"{key} in the kubeconfig is not base64", found=str(error)) from error
    write_atomically(file, data)
    return file
