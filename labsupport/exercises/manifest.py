"""Ingress manifests in few words, for answers that are kept as data."""

import json
from collections.abc import Mapping, Sequence

_HEAD = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:{metadata}
spec:
  ingressClassName: {ingress_class}
"""
_BACKEND = "{{service: {{name: {app}, port: {{number: {port}}}}}}}"


def ingress(
    name: str,
    rules: Mapping[str, Sequence[str]],
    *,
    default: str = "",
    tls: Mapping[str, Sequence[str]] | None = None,
    ingress_class: str = "traefik",
    annotations: Mapping[str, str] | None = None,
) -> str:
    """The YAML of an Ingress, its `annotations` with their prefixes.

    `rules` maps a host ("" for a rule without one) to its paths, each as `Exact /path -> app`.
    An app, also the one of the default backend, is a Service, port 80, or `service:port`. `tls`
    maps Secrets to the hosts they are for.
    """
    keys = "".join(f"\n    {key}: {json.dumps(text)}" for key, text in (annotations or {}).items())
    metadata = f"\n  name: {name}\n  annotations:{keys}" if keys else f" {{name: {name}}}"
    lines = [_HEAD.format(metadata=metadata, ingress_class=ingress_class).rstrip()]
    if default:
        lines.append(f"  defaultBackend: {_backend(default)}")
    if tls:
        lines.append("  tls:")
    for secret, hosts in (tls or {}).items():
        lines.append(f"  - {{hosts: [{', '.join(map(_quoted, hosts))}], secretName: {secret}}}")
    if rules:
        lines.append("  rules:")
    for host, paths in rules.items():
        lines += [f"  - host: {_quoted(host)}", "    http:"] if host else ["  - http:"]
        lines.append("      paths:")
        lines += [f"      - {{{_path(path)}}}" for path in paths]
    return "\n".join(lines) + "\n"


def _quoted(host: str) -> str:
    return f'"{host}"' if host.startswith("*") else host  # in YAML a bare * is an alias


def _path(words: str) -> str:
    path_type, path, _, app = words.split()
    return f"path: {path}, pathType: {path_type}, backend: {_backend(app)}"


def _backend(app: str) -> str:
    service, _, port = app.partition(":")
    return _BACKEND.format(app=service, port=port or 80)
