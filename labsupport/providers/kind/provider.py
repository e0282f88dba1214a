"""Makes, finds, stops and removes the instance's kind cluster."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from labsupport.base import paths
from labsupport.base.errors import ClusterError, ClusterNotRunning, LabError, UsageError
from labsupport.base.files import write_atomically
from labsupport.base.paths import Instance
from labsupport.kube.access import Access, answers
from labsupport.kube.api import Api
from labsupport.kube.kubeconfig import context_in
from labsupport.kube.wait import until_nothing_missing
from labsupport.providers.daemon.control import locked
from labsupport.providers.daemon.network import Network
from labsupport.providers.daemon.record import running
from labsupport.providers.daemon.spawning import READY_WITHIN
from labsupport.providers.kind.balancers import (
    PROGRAM,
    Balancer,
    end_balancer,
    ensured_balancer,
    get_balancer,
    load_balancers,
    log_of,
    remove_load_balancers,
)
from labsupport.providers.kind.configuration import cluster_config, cluster_name, node_image
from labsupport.providers.kind.images import as_it_is_here, give_to_nodes, tag_of
from labsupport.providers.kind.made import PROVIDER, Made
from labsupport.providers.kind.making import NameTaken, create_cluster
from labsupport.providers.kind.moving import follow, moves, told_addresses
from labsupport.providers.kind.nodes import Node, nodes_of, start_nodes, stop_nodes
from labsupport.providers.kind.program import Program, found_program
from labsupport.providers.kind.relay import Relay
from labsupport.providers.kind.tools import Tool, found_tool
from labsupport.providers.names_only import (
    connection_by,
    ensure_names,
    names_addresses,
    own_access,
    stop_names,
)
from labsupport.providers.protocol import (
    OWN_CLUSTER,
    ClusterStatus,
    Connection,
    Progress,
    Wishes,
    quiet,
)
from labsupport.providers.state import delete_state, state_of

_API_WITHIN = 120.0  # seconds until the API server answers, after the nodes were started
_NODES_WITHIN = 180.0  # seconds until every node is ready
_PATIENCE = 300.0  # seconds; nodes pull images, and load balancers theirs


class Kind:
    """The kind cluster of one instance."""

    farewell = OWN_CLUSTER

    def __init__(self, instance: Instance, wishes: Wishes) -> None:
        self.instance = instance
        self.wishes = wishes
        own = paths.checkout()
        self.name = cluster_name(instance.home, own / ".lab" if own else None)

    def up(self, progress: Progress) -> Connection:
        """Make the cluster, start its stopped nodes, or find it running.

        One that was half made is removed and made anew.
        """
        made = Made.of(self.instance)
        program = found_program()
        with progress("looking for a container tool"):
            tool = found_tool(made.tool if made else "")
        with locked(self.instance, READY_WITHIN):
            made = self._standing(tool, progress)
            moved = self._served(program, tool, made, progress) if made else {}
            if not made:
                self._made(program, tool, progress)
        with progress("starting the lab's DNS"):
            record = ensure_names(self.instance)
        if moved:
            follow(self.instance, Network(record.network).dns, moved)
        return self.connection()

    def down(self, progress: Progress = quiet, *, delete: bool = False) -> bool:
        """Stop the nodes, cloud-provider-kind if it is ours, and the lab's DNS.

        With `delete` the nodes are removed with all that is in them.
        """
        made = Made.of(self.instance)
        if made is None:
            return False
        stopped = stop_names(self.instance)  # first: it needs no container tool
        tool = found_tool(made.tool)
        with locked(self.instance, READY_WITHIN):
            nodes = self._own_nodes(tool, made)
            ran = any(node.runs for node in nodes)
            with progress("removing the cluster" if delete else "stopping the nodes"):
                if delete:
                    self._remove(tool, made)
                else:
                    self._stop(tool, made, nodes)
        if delete:
            delete_state(self.instance)
            log_of(self.instance).unlink(missing_ok=True)
        return ran or stopped

    def belongings(self) -> list[str]:
        """The nodes, the load balancers and what makes them, the files of names and trust."""
        own = [*state_of(self.instance), log_of(self.instance)]
        files = [str(path) for path in own if path.exists()]
        made = Made.of(self.instance)
        if made is None:
            return files
        tool = found_tool(made.tool)
        nodes = self._own_nodes(tool, made)
        carried = len(load_balancers(tool, made.name)) if nodes else 0
        return [
            *(f"{tool.name} container {node.name}, with all that is in it" for node in nodes),
            *([f"{carried} containers of load balancers"] if carried else []),
            *([f"{tool.name} container of {PROGRAM}"] if made.balancer.container else []),
            *files,
        ]

    def connection(self) -> Connection:
        """How to reach the running cluster; ClusterNotRunning when there is none."""
        made, record = Made.of(self.instance), running(self.instance)
        found = "it was never made"
        if made is not None:
            found = f"kind cluster {made.name} in {made.tool}"
            access = self._access()
            if record and access and made.whole and answers(access, path="/api"):
                relay = Relay(made.tool, f"{made.name}-control-plane", made.isolated)
                return replace(connection_by(access, record), way=relay.way, patience=_PATIENCE)
        raise ClusterNotRunning(
            "no cluster of this lab is running",
            found=found,
            remedy="./lab up" if made else "./lab up --provider kind",
        )

    def status(self) -> ClusterStatus:
        """Nodes, where they run, what they were made by; never fails for a tool that is dead."""
        made, record = Made.of(self.instance), running(self.instance)
        nodes: list[Node] = []
        trouble = ""
        if made is not None:
            try:
                nodes = self._own_nodes(found_tool(made.tool), made)
            except LabError as error:
                trouble = f"{error.what} ({error.found})"
        addresses = {node.name: f"{node.address or '-'}, {node.state}" for node in nodes}
        access = self._access() if nodes else None
        if access:
            addresses = {"API server": access.server, **addresses}
        if record:
            addresses |= names_addresses(record)
        return ClusterStatus(
            provider=PROVIDER,
            running=bool(made and made.whole and nodes and all(node.runs for node in nodes)),
            about=trouble or self._about(made, nodes),
            pid=record.pid if record else None,
            kubeconfig=str(self.instance.kubeconfig),
            addresses=addresses,
            ports={},
            memory={},
        )

    # The cluster

    def _standing(self, tool: Tool, progress: Progress) -> Made | None:
        """The cluster that is there already, its nodes and balancer started; None if there is none
        to use. ClusterError when one of the name is somebody else's."""
        made = Made.of(self.instance)
        nodes = nodes_of(tool, made.name if made else self.name)
        if made is not None and not made.whole:
            with progress("removing what was half made"):
                self._remove(tool, made)
            return None
        own = self._own(nodes, made)
        if nodes and not own:
            raise self._taken(tool, nodes)
        if made is None or not own:
            return None
        if tag_of(self.wishes.image or made.image) != tag_of(made.image):
            raise UsageError(
                "this lab's cluster is there already, with another image",
                found=made.image,
                remedy="forget its objects and make it anew: ./lab down --delete && "
                f"./lab up --provider kind --image {self.wishes.image}",
            )
        if any(not node.runs for node in own):
            with progress("starting the nodes"):
                start_nodes(tool, own)
        return made

    def _made(self, program: Program, tool: Tool, progress: Progress) -> None:
        """A new cluster; when it does not come up, it is removed again, unless `keep`."""
        image = as_it_is_here(tool, self.wishes.image or node_image(program.version))
        with progress("getting cloud-provider-kind"):  # minutes before it is needed: it may fail
            get_balancer(tool)
        before = Made.of(self.instance)  # of a cluster that its user deleted by hand
        made = Made(
            name=self.name,
            tool=tool.name,
            isolated=tool.isolated,
            image=image,
            kind_version=program.shown,
            balancer=before.balancer if before else Balancer(),
        )
        made.write(self.instance)  # before anything is made, so that it can be found again
        config = self.instance.kind_config
        with progress(f"writing {config}"):
            write_atomically(config, cluster_config(self.name, image), mode=0o644)
        with self._removed_on_failure(tool, made):
            create_cluster(
                program,
                tool,
                config,
                self.instance.kubeconfig,
                name=self.name,
                keep=self.wishes.keep,
                progress=progress,
            )
            with suppress(ClusterError):  # nodes that did not get them pull them
                give_to_nodes(tool, program, self.name, progress)
            self._served(program, tool, made, progress)
            ids = tuple(node.id for node in nodes_of(tool, self.name))
            served = Made.of(self.instance) or made
            replace(served, whole=True, containers=ids).write(self.instance)

    def _served(
        self, program: Program, tool: Tool, made: Made, progress: Progress
    ) -> dict[str, str]:
        """Wait until the nodes are ready, and have load balancers; gives those that moved."""
        self._write_kubeconfig(program, tool, made.name)
        access = own_access(self.instance)
        with progress("waiting for the nodes"):
            _wait_for_api(access, made.name)
            _wait_for_nodes(access)
        if made.balancer.runs(tool):
            return {}
        api = Api(access)
        try:
            before = told_addresses(api)  # it changes them soon
        finally:
            api.close()
        with progress("starting cloud-provider-kind"):
            balancer = ensured_balancer(self.instance, tool)
            replace(made, balancer=balancer).write(self.instance)
        with progress("waiting for the load balancers"):
            return moves(tool, made.name, before)

    def _stop(self, tool: Tool, made: Made, nodes: list[Node]) -> None:
        """Stop the nodes and our cloud-provider-kind; another's keeps its load balancers."""
        if made.balancer.runs(tool):
            end_balancer(tool, made.balancer)
            remove_load_balancers(tool, made.name)
        stop_nodes(tool, nodes)
        replace(made, balancer=Balancer()).write(self.instance)

    @contextmanager
    def _removed_on_failure(self, tool: Tool, made: Made) -> Iterator[None]:
        try:
            yield
        except NameTaken:  # somebody made theirs since we looked
            self._forget()
            raise
        except BaseException:
            if not self.wishes.keep:
                # If that fails, provider.json still names it: `up` or `down --delete` does it.
                with suppress(LabError):
                    self._remove(tool, made)
                    self._forget()
            raise

    def _forget(self) -> None:
        self.instance.provider.unlink(missing_ok=True)
        self.instance.kind_config.unlink(missing_ok=True)

    def _remove(self, tool: Tool, made: Made) -> None:
        """Remove the nodes that are ours, and their load balancers.

        By `kind delete cluster`, which knows what else each tool keeps; for a cluster that nobody
        else can have made in between, since its name was free when ours was begun.
        """
        known = Made.of(self.instance) or made
        end_balancer(tool, known.balancer)
        if made.whole and not self._own_nodes(tool, made):
            return  # another cluster may have the name now
        remove_load_balancers(tool, made.name)
        words = ["delete", "cluster", "--name", made.name]
        # The lab's own file: without, kind edits ~/.kube/config.
        found_program().run(tool, *words, "--kubeconfig", str(self.instance.kubeconfig))

    def _own_nodes(self, tool: Tool, made: Made) -> list[Node]:
        return self._own(nodes_of(tool, made.name), made)

    def _own(self, nodes: list[Node], made: Made | None) -> list[Node]:
        """Those of the nodes that this instance made."""
        if made is None:
            return []
        return [node for node in nodes if not made.whole or node.id in made.containers]

    def _taken(self, tool: Tool, nodes: list[Node]) -> ClusterError:
        return ClusterError(
            f"a kind cluster called {self.name} is there, and this lab did not make it",
            found=f"{tool.name} containers {', '.join(node.name for node in nodes)}",
            remedy="have this lab elsewhere: INGRESS_LAB_HOME=~/lab-kind ./lab up --provider kind"
            f"   or, if nobody needs that cluster: kind delete cluster --name {self.name}",
        )

    # Reaching it

    def _write_kubeconfig(self, program: Program, tool: Tool, name: str) -> None:
        """Put the administrator's kubeconfig, as the cluster has it now, into the instance."""
        told = program.run(tool, "get", "kubeconfig", "--name", name)
        write_atomically(self.instance.kubeconfig, told.stdout)
        context = context_in([self.instance.kubeconfig], f"kind-{name}")
        write_atomically(self.instance.kubeconfig, context.text("default"))

    def _access(self) -> Access | None:
        """By the instance's kubeconfig; None when that is missing or damaged: `up` renews it."""
        try:
            return own_access(self.instance)
        except UsageError:
            return None

    def _about(self, made: Made | None, nodes: list[Node]) -> str:
        if made is None or not nodes:
            return "not made"
        by = (
            f"{made.name} in {made.tool}, made by kind {made.kind_version} "
            f"from {tag_of(made.image) or 'its own image'} and {self.instance.kind_config}"
        )
        if not made.whole:
            return f"half made: {by}"
        stopped = [node.name for node in nodes if not node.runs]
        if not stopped:
            return f"running as {by}"
        which = "" if len(stopped) == len(nodes) else f" in part ({', '.join(stopped)})"
        return f"stopped{which}: {by}"


def _wait_for_api(access: Access, name: str) -> None:
    deadline = time.monotonic() + _API_WITHIN
    while not answers(access, path="/api"):
        if time.monotonic() > deadline:
            raise ClusterError(
                "the cluster's API server does not answer",
                found=f"nothing from {access.server} in {_API_WITHIN:g} s",
                remedy=f"see why: kind export logs --name {name}   or make it anew: "
                "./lab down --delete && ./lab up --provider kind",
            )
        time.sleep(0.5)


def _wait_for_nodes(access: Access) -> None:
    api = Api(access)
    try:
        until_nothing_missing(
            lambda: _unready(api), what="every node to be ready", timeout=_NODES_WITHIN
        )
    finally:
        api.close()


def _unready(api: Api) -> list[str]:
    return [
        f"node {each['metadata']['name']} is not ready"
        for each in api.list("nodes")
        if not any(
            condition["type"] == "Ready" and condition["status"] == "True"
            for condition in each.get("status", {}).get("conditions", ())
        )
    ]
