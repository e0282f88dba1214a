"""What controllers and the node are made of: informer cache, work queue, control loop, events.

The counterparts of client-go's tools/cache, util/workqueue and tools/record. Nothing in here knows
what a Deployment or a pod does; it only knows that somebody wants to hear of them.
"""

from labsupport.minicluster.reconcile.cache import Cache, Change
from labsupport.minicluster.reconcile.cluster import Cluster
from labsupport.minicluster.reconcile.controller import Controller
from labsupport.minicluster.reconcile.events import EventRecorder

__all__ = ["Cache", "Change", "Cluster", "Controller", "EventRecorder"]
