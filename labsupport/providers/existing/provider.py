"""Finds, joins and leaves a cluster that is there already."""

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from shlex import join, quote

from labsupport.base.errors import ClusterError, ClusterNotRunning, UsageError
from labsupport.base.files import write_atomically
from labsupport.base.paths import Instance
from labsupport.kube.access import CONTEXT, Access, answers
from labsupport.kube.api import Api
from labsupport.kube.kubeconfig import Context, access_by, context_in, contexts_in, default_paths
from labsupport.providers.daemon.record import Record, running
from labsupport.providers.existing.belongings import belongings, label_of, remove
from labsupport.providers.existing.joined import NAME, Joined
from labsupport.providers.existing.joining import make_namespace, other_wish, place
from labsupport.providers.names_only import (
    connection_by,
    ensure_names,
    names_addresses,
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
from labsupport.providers.state import delete_state, state_of
from labsupport.rules.status import StatusError

_TIMEOUT = 5.0  # seconds that a cluster far away may take to say that it is there
_HOW = "./lab up --provider existing --context NAME"
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
        takes from that who we are now; UsageError when it is to lead elsewhere.
        """
        joined = Joined.of(self.instance)
        if joined is None:
            context = self._context()
            with progress("asking the cluster what this account may do"):
                joined = self._join(context)
        else:
            self._stay(joined)
        access = joined.access(self.instance)
        with self._known(access, joined.context) as api:
            make_namespace(api, access.tenancy)
        with progress("starting the lab's DNS"):
            record = ensure_names(self.instance)
        return _connection(joined, access, record)

    def down(self, progress: Progress = quiet, *, delete: bool = False) -> bool:
        """Stop the lab's DNS; with `delete`, remove what the lab made there, by its label."""
        joined = Joined.of(self.instance)
        if delete and joined:
            with progress("removing the lab's objects"), self._leaving(joined) as api:
                remove(api, belongings(api, joined.place.tenancy.namespace))
        with progress("stopping the lab's DNS"):
            ran = stop_names(self.instance)
        if delete:
            delete_state(self.instance)
        return ran or joined is not None

    def belongings(self) -> list[str]:
        """The labelled objects that this account may list, and the files of names and trust."""
        joined = Joined.of(self.instance)
        found = []
        if joined:
            with self._leaving(joined) as api:
                labelled = belongings(api, joined.place.tenancy.namespace)
                found = [label_of(*each) for each in labelled]
        return [*found, *map(str, state_of(self.instance))]

    def connection(self) -> Connection:
        """How to reach the cluster; ClusterNotRunning when this lab has not joined one."""
        joined, record = Joined.of(self.instance), running(self.instance)
        if joined is None or record is None:
            raise ClusterNotRunning(
                "this lab is not on a cluster now",
                found=f"no DNS of the lab runs for {self.instance.home}",
                remedy="./lab up" if joined else _HOW,
            )
        access = joined.access(self.instance)
        if not answers(access, timeout=_TIMEOUT):
            with self._known(access, joined.context):
                pass  # slow, but there
        return _connection(joined, access, record)

    def status(self) -> ClusterStatus:
        """Which context and namespace this lab is in."""
        joined, record = Joined.of(self.instance), running(self.instance)
        return ClusterStatus(
            provider=NAME,
            running=record is not None,
            about=_about(joined) if joined and record else "not joined, or its DNS is not running",
            pid=record.pid if record else None,
            kubeconfig=str(self.instance.kubeconfig),
            addresses=names_addresses(record) if record else {},
            ports={"Services": "as they are"} if record else {},
            memory={},
        )

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

    def _join(self, context: Context) -> Joined:
        """Decide where we stand, and remember it; nothing on the cluster is changed."""
        access = access_by(context, self.instance.make())
        with self._known(access, context.name) as api:
            joined = Joined(context.name, place(api, context, self._wishes, self.instance))
        self._keep(context, joined)
        joined.write(self.instance)
        return joined

    def _stay(self, joined: Joined) -> None:
        """Take the credentials of the context that is wished, if any; the place stays the same."""
        if other := other_wish(joined.place.tenancy, self._wishes):
            raise _elsewhere("in another place of its cluster than you wish", other)
        if not self._wishes.context:
            return
        context, own = self._context(), context_in([self.instance.kubeconfig], CONTEXT)
        if context.server != own.server:
            found = f"{own.server}, and context {context.name} is {context.server}"
            raise _elsewhere("on another cluster than that context's", found)
        if self._keep(context, joined):
            stop_names(self.instance)  # what it follows, it follows as who we were

    def _keep(self, context: Context, joined: Joined) -> bool:
        """Make the instance's kubeconfig that of the context; whether it changed."""
        file, text = self.instance.kubeconfig, context.text(joined.place.tenancy.namespace)
        if file.is_file() and file.read_text() == text:
            return False
        write_atomically(file, text)
        return True

    @contextmanager
    def _known(self, access: Access, context: str) -> Iterator[Api]:
        """The API server, where it is there and knows us; else ClusterError."""
        with closing(Api(access)) as api:
            _require(api, access, self._options(context))
            yield api

    @contextmanager
    def _leaving(self, joined: Joined) -> Iterator[Api]:
        """The same for whoever leaves; the error then says how, where the cluster is no more."""
        with ExitStack() as stack:
            try:
                access = joined.access(self.instance)
                api = stack.enter_context(self._known(access, joined.context))
            except (ClusterError, UsageError) as error:
                file = quote(str(self.instance.provider))
                error.remedy += f"   or, if it is gone for good: rm {file} && ./lab down --delete"
                raise
            yield api

    def _options(self, context: str) -> str:
        """The options of kubectl, and of `lab up`, that lead to a context."""
        file = self._wishes.kubeconfig
        return join([*(["--kubeconfig", file] if file else []), "--context", context])


def _connection(joined: Joined, access: Access, record: Record) -> Connection:
    return dataclasses.replace(
        connection_by(access, record),
        addons=joined.place.addons,
        controller=joined.place.controller,
        patience=PATIENCE,
    )


def _elsewhere(where: str, found: str) -> UsageError:
    return UsageError(
        f"this lab stands {where}", found=found, remedy="leave that first: ./lab down --delete"
    )


def _about(joined: Joined) -> str:
    tenancy = joined.place.tenancy
    sites = f"sites below {tenancy.domain}" if tenancy.domain else "sites as in the lessons"
    return f"context {joined.context}, namespace {tenancy.namespace}, {sites}"


def _require(api: Api, access: Access, options: str) -> None:
    """ClusterError unless the API server is there and knows us."""
    again = f"./lab down && ./lab up --provider existing {options}"
    try:
        api.call("GET", "/api")
    except ClusterNotRunning as error:
        if "certificate verify failed" in error.found:
            raise ClusterError(
                "the API server is not vouched for by the authority that the kubeconfig names",
                found=error.found,
                remedy="get the kubeconfig anew from who runs the cluster, then: "
                f"kubectl {options} version; {again}",
            ) from error
        raise ClusterError(
            "the cluster of that context does not answer",
            found=error.found,
            remedy="is it on, and is this computer in its network (VPN)? "
            f"kubectl {options} cluster-info",
        ) from error
    except StatusError as error:
        if error.code not in (401, 403):
            raise
        raise ClusterError(
            "the cluster does not know you any more, or never did",
            found=f"{access.server} answers {error.code} {error.message.strip()}",
            remedy=f"log in again (an expired certificate or token?), then: {again}",
        ) from error
