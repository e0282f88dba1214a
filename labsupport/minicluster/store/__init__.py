"""The cluster's memory: every object as JSON text in one SQLite file, and the history of changes.

What lives here knows keys, versions and bytes, not kinds: no rule of Kubernetes beyond
`metadata.resourceVersion` may come in. `Store` is the door; `writer` owns the only thread that
writes; `watches` lets readers follow the history.
"""

from labsupport.minicluster.store.records import Event, Key
from labsupport.minicluster.store.store import Snapshot, Store
from labsupport.minicluster.store.transaction import Transaction
from labsupport.minicluster.store.watches import Watch

__all__ = ["Event", "Key", "Snapshot", "Store", "Transaction", "Watch"]
