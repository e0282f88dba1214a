"""Where things are: the checkout, and the instance directory that holds a running lab's state."""

import os
from dataclasses import dataclass
from pathlib import Path

HOME_VARIABLE = "INGRESS_LAB_HOME"
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Instance:
    """One lab instance: the names of the files in its directory `home` (0700).

    Only names: nothing here says that a file exists. `make` makes the directory itself.
    """

    home: Path

    @property
    def database(self) -> Path:
        """The embedded cluster's state (SQLite)."""
        return self.home / "cluster.db"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig (0600)."""
        return self.home / "kubeconfig"

    @property
    def token(self) -> Path:
        """The administrator's bearer token (0600)."""
        return self.home / "token"

    @property
    def ca_certificate(self) -> Path:
        """The instance's own certificate authority (PEM)."""
        return self.home / "ca.crt"

    @property
    def ca_key(self) -> Path:
        """The authority's private key (PEM, 0600)."""
        return self.home / "ca.key"

    @property
    def server_certificate(self) -> Path:
        """The API server's certificate (PEM)."""
        return self.home / "apiserver.crt"

    @property
    def server_key(self) -> Path:
        """The API server's private key (PEM, 0600)."""
        return self.home / "apiserver.key"

    @property
    def network(self) -> Path:
        """Which loopback network the instance owns: the N of 127.N.0.0/16."""
        return self.home / "network"

    @property
    def provider(self) -> Path:
        """Which cluster the instance stands on, if not the embedded one (JSON)."""
        return self.home / "provider.json"

    @property
    def cluster_ca(self) -> Path:
        """The authority of a cluster that runs elsewhere (PEM)."""
        return self.home / "cluster-ca.crt"

    @property
    def client_certificate(self) -> Path:
        """By what we show a cluster elsewhere who we are (PEM)."""
        return self.home / "client.crt"

    @property
    def client_key(self) -> Path:
        """Its private key (PEM, 0600)."""
        return self.home / "client.key"

    @property
    def kind_config(self) -> Path:
        """The configuration that a kind cluster was made by."""
        return self.home / "kind.yaml"

    @property
    def rights(self) -> Path:
        """The RBAC objects that an account lacked on a cluster of others (YAML)."""
        return self.home / "rights.yaml"

    @property
    def lock(self) -> Path:
        """Held (flock) by whoever starts or stops the cluster."""
        return self.home / "lock"

    @property
    def daemon(self) -> Path:
        """What the running daemon says of itself: pid, start time, network, ports (JSON)."""
        return self.home / "daemon.json"

    @property
    def daemon_log(self) -> Path:
        """The daemon's log, in plain sentences."""
        return self.home / "daemon.log"

    @property
    def hosts(self) -> Path:
        """The lab's hosts file, in the format of /etc/hosts."""
        return self.home / "hosts"

    @property
    def zones(self) -> Path:
        """The folder of the lab DNS's zone files."""
        return self.home / "zones"

    @property
    def resolver(self) -> Path:
        """Whom the lab's computer asks for names, in the format of resolv.conf."""
        return self.home / "resolv.conf"

    @property
    def external_dns(self) -> Path:
        """There while external-dns is wanted; its report is the same name with `.json`."""
        return self.home / "external-dns"

    @property
    def pods(self) -> Path:
        """The folder of the pods' own directories, one per pod UID."""
        return self.home / "pods"

    @property
    def jupyter(self) -> Path:
        """JupyterLab's settings and state, apart from the user's own ~/.jupyter."""
        return self.home / "jupyter"

    @property
    def progress(self) -> Path:
        """The learner's progress: one JSON line for each check of an exercise."""
        return self.home / "progress.jsonl"

    @property
    def exam(self) -> Path:
        """The folder of the note on the exam that is under way (0700)."""
        return self.home / "exam"

    @property
    def exam_results(self) -> Path:
        """What exams came to: one JSON line for each grading, for whoever collects them."""
        return self.home / "exam-results.jsonl"

    @property
    def clinic(self) -> Path:
        """The folder of the notes on what breakages changed (0700)."""
        return self.home / "clinic"

    def make(self) -> "Instance":
        """The same instance, its directory made (0700) if it was missing."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self


def checkout() -> Path | None:
    """The git checkout this package runs from, or None when it was installed elsewhere."""
    root = _PACKAGE.parent
    return root if (root / "pyproject.toml").is_file() and (root / "lab").is_file() else None


def instance() -> Instance:
    """The instance meant: $INGRESS_LAB_HOME, else `.lab` in the checkout, else the user's state.

    The last is `$XDG_STATE_HOME/ingress-lab` (~/.local/state/ingress-lab).
    """
    if named := os.environ.get(HOME_VARIABLE):
        return Instance(Path(named).expanduser().resolve())
    if root := checkout():
        return Instance(root / ".lab")
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Instance(Path(state) / "ingress-lab")
