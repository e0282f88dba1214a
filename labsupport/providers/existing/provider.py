"""Finds, joins and leaves a cluster that is there already."""

import dataclasses
from contextlib import closing
from pathlib import Path

from labsupport.base.errors import ClusterError, ClusterNotRunning, UsageError
from labsupport.base.files import write_atomically
from labsupport.base.paths import Instance
from labsupport.kube.access import CONTEXT, Access, answers
from labsupport.kube.api import Api
from labsupport.kube.kubeconfig import Context, access_by, context_in, contexts_in, default_paths
from labsupport.providers.chosen import Chosen, chosen, tenancy_of
from labsupport.providers.daemon.record import running
from labsupport.providers.existing.belongings import belongings, label_of, remove
from labsupport.providers.existing.joining import Place, make_namespace, place
from labsupport.providers.names_only import (
    connection_by,
    ensure_names,
    names_addresses,
    own_access,
    stop_names,
)
from labsupport.providers.protocol import (
    ClusterStatus,
    Connection,
    Farewell,
    Progress,
    Wishes,
    quiet,
)
from labsupport.providers.state import delete_state
from labsupport.rules.status import StatusError

NAME = "existing"
_TIMEOUT = 5.0  # seconds that a cluster far away may take to say that it is there
_HOW = "./lab up --provider existing --context NAME [--namespace learner7]"
_AGAIN = "./lab down && ./lab up --provider existing --context NAME"
PATIENCE = 300.0
"""Seconds for pods and addresses: images are pulled, and clouds make load balancers slowly."""


class Existing:
    """A namespace on a cluster of others, for one instance."""

    farewell = Farewell(
        ended="The lab has left the cluster.",
        idle="The lab was on no cluster.",
        deleted="What it made there is removed, and so is its state here.",
        kept="What it made there stays. Come back to it: ./lab up",
    )

    def __init__(self, instance: Instance, wishes: Wishes | None = None) -> None:
        self.instance = instance
        self._wishes = wishes or Wishes()

    def up(self, progress: Progress) -> Connection:
        """Join the cluster, or find that we have; the lab's DNS runs when this returns.

        A second `up` needs no wishes: it comes back to where the first one was. With a context, it
        takes from that who we are now.
        """
        if self._joined():
            if self._wishes.context:
                self._log_in_again()
        else:
            context = self._context()
            with progress("asking the cluster what this account may do"):
                self._join(context)
        access = own_access(self.instance)
        with closing(Api(access)) as api:
            _require(api, access)
            make_namespace(api, access.tenancy)
        with progress("starting the lab's DNS"):
            record = ensure_names(self.instance)
        return self._connection(access, connection_by(access, record))

    def down(self, progress: Progress = quiet, *, delete: bool = False) -> bool:
        """Stop the lab's DNS; with `delete`, remove what the lab made there, by its label."""
        joined = self._joined()
        if delete and joined:
            access = own_access(self.instance)
            with progress("removing the lab's objects"), closing(Api(access)) as api:
                _require(api, access)
                remove(api, belongings(api, access.tenancy.namespace))
        with progress("stopping the lab's DNS"):
            ran = stop_names(self.instance)
        if delete:
            delete_state(self.instance)
        return ran or joined

    def belongings(self) -> list[str]:
        """The labelled objects on the cluster, as far as this account may list them."""
        if not self._joined():
            return []
        access = own_access(self.instance)
        with closing(Api(access)) as api:
            _require(api, access)
            return [label_of(*each) for each in belongings(api, access.tenancy.namespace)]

    def connection(self) -> Connection:
        """How to reach the cluster; ClusterNotRunning when this lab has not joined one."""
        record = running(self.instance)
        if not self._joined() or record is None:
            raise ClusterNotRunning(
                "this lab is not on a cluster now",
                found=f"no DNS of the lab runs for {self.instance.home}",
                remedy="./lab up" if self._joined() else _HOW,
            )
        access = own_access(self.instance)
        if not answers(access, timeout=_TIMEOUT):
            with closing(Api(access)) as api:
                _require(api, access)
        return self._connection(access, connection_by(access, record))

    def status(self) -> ClusterStatus:
        """Which context and namespace this lab is in."""
        record = running(self.instance)
        settings = chosen(self.instance).settings
        tenancy = tenancy_of(self.instance)
        about = f"context {settings.get('context', '')}, namespace {tenancy.namespace}"
        sites = f"sites below {tenancy.domain}" if tenancy.domain else "sites as in the lessons"
        return ClusterStatus(
            provider=NAME,
            running=record is not None,
            about=f"{about}, {sites}" if record else "not joined, or its DNS is not running",
            pid=record.pid if record else None,
            kubeconfig=str(self.instance.kubeconfig),
            addresses=names_addresses(record) if record else {},
            ports={"Services": "as they are"} if record else {},
            memory={},
        )

    def _joined(self) -> bool:
        return chosen(self.instance).provider == NAME

    def _context(self) -> Context:
        """The context that the user names; never one of our own choice."""
        wishes = self._wishes
        paths = [Path(wishes.kubeconfig).expanduser()] if wishes.kubeconfig else default_paths()
        if not wishes.context:
            raise UsageError(
                "say which context of your kubeconfig is meant; the lab takes none by itself",
                found=f"contexts: {', '.join(contexts_in(paths)) or 'none'}",
                remedy=_HOW,
            )
        return context_in(paths, wishes.context)

    def _join(self, context: Context) -> None:
        """Decide where we stand, and remember it; nothing on the cluster is changed."""
        access = access_by(context, self.instance.make())
        with closing(Api(access)) as api:
            _require(api, access)
            found = place(api, context, self._wishes, self.instance)
        self._remember(context, found)

    def _log_in_again(self) -> None:
        """Take the credentials of the context in place of those that we joined with."""
        context, own = self._context(), context_in([self.instance.kubeconfig], CONTEXT)
        if context.server != own.server:
            raise UsageError(
                "this lab stands on another cluster than that context's",
                found=f"{own.server}, and context {context.name} is {context.server}",
                remedy="leave that first: ./lab down --delete",
            )
        namespace = tenancy_of(self.instance).namespace
        write_atomically(self.instance.kubeconfig, context.text(namespace))

    def _remember(self, context: Context, found: Place) -> None:
        tenancy = dataclasses.asdict(found.tenancy)
        write_atomically(self.instance.kubeconfig, context.text(found.tenancy.namespace))
        settings = {
            "context": context.name,
            "tenancy": tenancy,
            "addons": list(found.addons),
            "controller": found.controller,
        }
        Chosen(NAME, settings).write(self.instance)

    def _connection(self, access: Access, plain: Connection) -> Connection:
        settings = chosen(self.instance).settings
        return dataclasses.replace(
            plain,
            addons=tuple(settings["addons"]),
            controller=str(settings["controller"]),
            patience=PATIENCE,
        )


def _require(api: Api, access: Access) -> None:
    """ClusterError unless the API server is there and knows us."""
    try:
        api.call("GET", "/api")
    except ClusterNotRunning as error:
        if "certificate verify failed" in error.found:
            raise ClusterError(
                "the API server is not vouched for by the authority that the kubeconfig names",
                found=error.found,
                remedy="get the kubeconfig anew from who runs the cluster, then: "
                f"kubectl --context NAME version; {_AGAIN}",
            ) from error
        raise ClusterError(
            "the cluster of that context does not answer",
            found=error.found,
            remedy="is it on, and is this computer in its network (VPN)? kubectl cluster-info",
        ) from error
    except StatusError as error:
        if error.code not in (401, 403):
            raise
        raise ClusterError(
            "the cluster does not know you any more, or never did",
            found=f"{access.server} answers {error.code} {error.message.strip()}",
            remedy=f"log in again (an expired certificate or token?), then: {_AGAIN}",
        ) from error
