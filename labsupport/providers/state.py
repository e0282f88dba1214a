"""The files that a lab leaves in its instance's folder, where the user may have others."""

import shutil
from pathlib import Path

from labsupport.base.paths import Instance


def state_of(instance: Instance) -> list[Path]:
    """All that a cluster, its names and its trust left there; not what a learner did.

    A learner's progress and work stay, and so do JupyterLab's settings.
    """
    named = (
        *instance.home.glob(f"{instance.database.name}*"),
        *(instance.ca_certificate, instance.ca_key, instance.token),
        *(instance.server_certificate, instance.server_key),
        *(instance.kubeconfig, instance.network, instance.daemon, instance.daemon_log),
        *instance.home.glob(f"{instance.hosts.name}*"),  # and its backups
        *(instance.zones, instance.pods, instance.resolver),
        *instance.clinic.glob("*.json"),  # what is broken; a learner's work beside it stays
        *instance.home.glob(f"{instance.external_dns.name}*"),
        *(instance.home / name for name in ("serviceaccount.key", "daemon.lock")),
        *(instance.cluster_ca, instance.client_certificate, instance.client_key),
        *(instance.kind_config, instance.provider, instance.rights),
    )
    return [path for path in named if path.exists()]


def delete_state(instance: Instance) -> None:
    """Remove those files."""
    for path in state_of(instance):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
